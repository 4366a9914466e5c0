"""The encoder-decoder: a profile's steps in, one posting per decoding step out.

Shapes: B profiles, L steps of a profile, T decoding steps, N postings, W dimensions of a text
vector, V of a vector of words, F fields of H dimensions, D dimensions of a posting vector, M time
features of a step, U hidden units. The network knows nothing of distribution, files or postings;
`training.model.features` makes its inputs.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from training.model.features import FIELDS, STEP_KINDS
from training.model.presets import ModelConfig
from training.model.time_encoding import EVENT_TIME_FEATURES, FRESHNESS_FEATURES

BLOCKS = ("text", "words", *FIELDS, "id")
"""The blocks of a posting vector, in this order."""

_INITIAL_GATES = {
    "text": 6.0,
    "words": 10.0,
    "place": 3.0,
    "employer": 2.0,
    "industry": 3.0,
    "occupation": 4.0,
    "terms": 1.0,
    "salary": 1.0,
    "language": 3.0,
    "id": 1.0,
}
"""The initial weights of the blocks. Text weighs most, so that an untrained model already ranks by
content. Training changes them, and so does each candidate's state."""

MAX_GATE = 100.0
"""The largest weight of a block. Where nearly all postings are equal in a block, such as in their
language, the loss hardly depends on its weight. It would grow until rounding hides the others."""

MIN_WORDS_NORM = 1e-3
"""The least norm that the query's block of words is divided by: a profile may have no words."""

_INITIAL_STRENGTHS = {"dismiss": -0.5}
"""The initial weight of a step's own content in the query; 1 for the other kinds."""


_IGNORED = -100


@dataclass(frozen=True, eq=False)
class Steps:
    """What the encoder reads, right-padded."""

    vectors: Tensor
    """(B, L, D) vectors of postings or of stated entries."""
    kinds: Tensor
    """(B, L) int64, indices of `STEP_KINDS`."""
    time_features: Tensor
    """(B, L, M)."""
    lengths: Tensor
    """(B,) int64 on the CPU, at least 1."""


@dataclass(frozen=True, eq=False)
class Encoded:
    """What the decoder needs of the encoder."""

    states: Tensor
    """(B, L, U)."""
    keys: Tensor
    """(B, L): the part of the attention's logits that depends on the steps."""
    contents: Tensor
    """(B, L, D): each step's own content, times the strength of its kind."""
    mask: Tensor
    """(B, L) bool: false on padding."""


@dataclass(frozen=True, eq=False)
class Decision:
    """One decoding step: a score is query · posting vector + freshness weights · freshness."""

    query: Tensor
    """(B, D)."""
    freshness_weights: Tensor
    """(B, 3): what each number of `time_encoding.freshness` is worth."""
    attention: Tensor
    """(B, L), sums to 1."""
    gates: Tensor
    """(B, D): the weight of each block, repeated over its dimensions."""
    state: tuple[Tensor, Tensor]
    """The decoder's hidden and cell state, (B, U) each."""


class EncoderDecoder(nn.Module):
    """The network for `ids` postings with an id block, numbered from 1, 0 for none.

    Names of its parts are those in saved weights.
    """

    block_of: Tensor
    """(D,) int64: the block that each dimension belongs to."""
    copied: Tensor
    """(D,) bool: true for the block of words, of which nothing but the weight is learned."""

    def __init__(self, config: ModelConfig, ids: int) -> None:
        super().__init__()
        fields = [config.field_dimensions] * len(FIELDS)
        widths = [config.text_dimensions, config.lexical_dimensions, *fields, config.id_dimensions]
        total, hidden = sum(widths), config.hidden
        self.text = nn.Linear(config.word_dimensions, config.text_dimensions, bias=False)
        self.fields = nn.Parameter(torch.eye(config.field_dimensions).repeat(len(FIELDS), 1, 1))
        self.ids = nn.Embedding(ids + 1, config.id_dimensions, padding_idx=0, sparse=True)
        self.inputs = nn.Linear(total, hidden)
        self.kinds = nn.Embedding(len(STEP_KINDS), hidden)
        self.moments = nn.Linear(EVENT_TIME_FEATURES, hidden)
        self.encoder = nn.LSTM(hidden, hidden, batch_first=True)
        self.start = nn.Parameter(torch.zeros(hidden))
        self.decoder = nn.LSTMCell(2 * hidden, hidden)
        self.attend = nn.Linear(2 * hidden, 1)
        self.sharpness = nn.Parameter(torch.zeros(()))
        self.compress = nn.Linear(total, config.relations, bias=False)
        self.relate = nn.Linear(config.relations, total, bias=False)
        self.query = nn.Linear(2 * hidden, total)
        self.gates = nn.Linear(2 * hidden, len(BLOCKS))
        self.taste = nn.Linear(2 * hidden, FRESHNESS_FEATURES)
        self.strengths = nn.Parameter(
            torch.tensor([_INITIAL_STRENGTHS.get(kind, 1.0) for kind in STEP_KINDS])
        )
        self.dropout = nn.Dropout(config.dropout)
        block_of = torch.repeat_interleave(torch.arange(len(BLOCKS)), torch.tensor(widths))
        self.register_buffer("block_of", block_of, persistent=False)
        self.register_buffer("copied", block_of == BLOCKS.index("words"), persistent=False)
        self._initialise()

    def _initialise(self) -> None:
        nn.init.orthogonal_(self.text.weight)  # keeps the angles between texts
        nn.init.zeros_(self.ids.weight)  # an untrained id adds nothing
        nn.init.zeros_(self.relate.weight)  # at first a step asks for postings like itself
        nn.init.normal_(self.query.weight, std=0.02)
        nn.init.zeros_(self.query.bias)
        nn.init.normal_(self.gates.weight, std=0.02)
        nn.init.normal_(self.taste.weight, std=0.02)
        nn.init.ones_(self.taste.bias)
        nn.init.normal_(self.start, std=0.1)
        with torch.no_grad():
            self.gates.bias.copy_(torch.tensor([_INITIAL_GATES[block] for block in BLOCKS]).log())

    def posting_vectors(self, text: Tensor, words: Tensor, fields: Tensor, ids: Tensor) -> Tensor:
        """Build the vectors of postings or of stated entries, block by block.

        Text is (N, W), words (N, V), fields (N, F, H); ids are (N,) int64, 0 for a posting never
        seen in training: its block is zero.

        Returns:
            (N, D); the text block has length 1, or is zero where there is no text.
        """
        projected = functional.normalize(self.text(text), dim=-1)  # (N, text_dimensions)
        mixed = torch.einsum("nfh,fhg->nfg", fields, self.fields)  # (N, F, H)
        return torch.cat([projected, words, mixed.flatten(1), self.ids(ids)], dim=1)

    def encode(self, steps: Steps) -> tuple[Encoded, tuple[Tensor, Tensor]]:
        """Encode profiles; the encoder's last state is the decoder's first."""
        inputs = self.inputs(steps.vectors) + self.kinds(steps.kinds)
        inputs = inputs + self.moments(steps.time_features)
        packed = pack_padded_sequence(
            self.dropout(inputs), steps.lengths, batch_first=True, enforce_sorted=False
        )
        outputs, (hidden, cell) = self.encoder(packed)
        length = steps.kinds.shape[1]
        states, _ = pad_packed_sequence(outputs, batch_first=True, total_length=length)  # (B, L, U)
        mask = torch.arange(length)[None, :] < steps.lengths[:, None]  # (B, L), on the CPU
        mask = mask.to(states.device)
        units = states.shape[2]
        keys = states @ self.attend.weight[0, units:] + self.attend.bias  # (B, L)
        related = self.relate(self.compress(steps.vectors)) * ~self.copied  # (B, L, D)
        contents = steps.vectors + related  # (B, L, D)
        contents = contents * self.strengths[steps.kinds][..., None]
        return Encoded(states, keys, contents, mask), (hidden[0], cell[0])

    def first_input(self, profiles: int) -> Tensor:
        """Return the start token, (B, U)."""
        return self.start.expand(profiles, -1)

    def next_input(self, emitted: Tensor) -> Tensor:
        """Map the posting just emitted to the decoder's input: (B, D) to (B, U)."""
        return self.inputs(emitted)  # type: ignore[no-any-return]

    def decide(self, encoded: Encoded, state: tuple[Tensor, Tensor], previous: Tensor) -> Decision:
        """Take one decoding step, with additive attention (Bahdanau, Cho and Bengio 2015).

        a = softmax_i(k sigma(W_a [h_(t-1); h_i])), s = sum_i a_i h_i, h_t = LSTM([y_(t-1); s]),
        query = gates(h_t, s) * (W_q [h_t; s] + sum_i a_i content_i),
        freshness weights = W_f [h_t; s].
        Gates are at most `MAX_GATE`. In the block of words W_q is zero and the sum is scaled to
        length 1.

        `previous` is (B, U), `first_input` or `next_input`.
        """
        units = state[0].shape[1]
        decoder_part = state[0] @ self.attend.weight[0, :units]  # (B,)
        logits = self.sharpness.exp() * torch.sigmoid(encoded.keys + decoder_part[:, None])
        attention = logits.masked_fill(~encoded.mask, -torch.inf).softmax(dim=1)  # (B, L)
        summary = (attention[:, None, :] @ encoded.states)[:, 0]  # (B, U)
        content = (attention[:, None, :] @ encoded.contents)[:, 0]  # (B, D)
        hidden, cell = self.decoder(torch.cat([previous, summary], dim=1), state)
        features = self.dropout(torch.cat([hidden, summary], dim=1))  # (B, 2U)
        # The words of the query have length 1, however many steps add to them: a TF-IDF cosine.
        norm = (content * self.copied).norm(dim=1, keepdim=True).clamp(min=MIN_WORDS_NORM)  # (B, 1)
        logs = self.gates(features).clamp(max=math.log(MAX_GATE))
        gates = logs.exp()[:, self.block_of]  # (B, D)
        gates = torch.where(self.copied, gates / norm, gates)
        query = gates * (self.query(features) * ~self.copied + content)  # (B, D)
        return Decision(query, self.taste(features), attention, gates, (hidden, cell))

    def forward(self, steps: Steps, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Decode with teacher forcing: each step reads the posting that really came before.

        Targets are (B, T, D) vectors of the postings that came next; step t reads those before t.

        Returns:
            Queries, (B, T, D), and freshness weights, (B, T, 3).
        """
        encoded, state = self.encode(steps)
        previous = self.first_input(len(targets))
        queries, weights = [], []
        for target in targets.unbind(dim=1):
            decision = self.decide(encoded, state, previous)
            queries.append(decision.query)
            weights.append(decision.freshness_weights)
            state, previous = decision.state, self.next_input(target)
        return torch.stack(queries, dim=1), torch.stack(weights, dim=1)


def cross_entropy(scores: Tensor, targets: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:
    """Sum the loss over real targets, in nats, and count first targets with the highest score.

    Scores are (B, T, N), -inf where a posting may not be emitted; targets are (B, T) int64 columns
    of them; `real`, (B, T) bool, is false on padding.
    """
    padded = torch.where(real, targets, _IGNORED)  # indexing by `real` would wait for a GPU
    losses = functional.cross_entropy(
        scores.flatten(0, 1), padded.flatten(), ignore_index=_IGNORED, reduction="sum"
    )
    hits = (scores[:, 0].argmax(dim=1) == targets[:, 0]).sum()
    return losses, hits
