"""The encoder-decoder in NumPy: computes what `training.model.network` does, without PyTorch.

PyTorch spends most of a profile's time on starting hundreds of tiny operations and on reading the
same weights again for each profile. Here the rows of all profiles go through each large matrix
together. Work whose length is that of a profile (attention) is done for each profile alone.

A list must not depend on the profiles beside it, to the last bit. Matrix products of several
profiles therefore use `batch_invariant_ops.multiply_rows`. When a model is loaded, the network
checks that this machine's BLAS treats rows alike; where it does not, rows are multiplied one by
one.

Shapes: R profiles, T steps of all profiles together, and otherwise as in `training.model.network`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from training.inference.batch_invariant_ops import (
    ROWS_PER_GROUP,
    is_batch_invariant,
    lstm_step,
    multiply_rows,
    one_thread,
    segment_softmax,
    sigmoid,
    split_segments,
)
from training.model.network import BLOCKS, MAX_GATE, MIN_WORDS_NORM, EncoderDecoder

_WORDS = BLOCKS.index("words")


@dataclass(frozen=True, eq=False)
class EncoderInput:
    """The L steps of one profile (`network.Steps`)."""

    vectors: np.ndarray
    """(L, D) float32."""
    kinds: np.ndarray
    """(L,) int64, indices of `STEP_KINDS`."""
    time_features: np.ndarray
    """(L, M) float32."""


@dataclass(frozen=True, eq=False)
class Encoded:
    """What the decoder needs of R profiles (`network.Encoded`); each has its own length L."""

    states: list[np.ndarray]
    """(L, U) each."""
    keys: list[np.ndarray]
    """(L,) each."""
    contents: list[np.ndarray]
    """(L, D) each."""

    def take(self, rows: slice) -> "Encoded":
        """Select some of the profiles."""
        return Encoded(self.states[rows], self.keys[rows], self.contents[rows])


State = tuple[np.ndarray, np.ndarray]
"""Hidden state and cell state, (R, U) each."""


@dataclass(frozen=True, eq=False)
class Decision:
    """One decoding step of R profiles (`network.Decision`)."""

    query: np.ndarray
    """(R, D)."""
    freshness_weights: np.ndarray
    """(R, 3)."""
    attention: list[np.ndarray]
    """(L,) each, sums to 1."""
    gates: np.ndarray
    """(R, D)."""
    state: State

    def take(self, rows: slice) -> "Decision":
        """Select some of the profiles."""
        hidden, cell = self.state
        return Decision(
            self.query[rows],
            self.freshness_weights[rows],
            self.attention[rows],
            self.gates[rows],
            (hidden[rows], cell[rows]),
        )


class NumpyNetwork:
    """A copy of the weights of a model in evaluation mode, as contiguous (in, out) matrices."""

    def __init__(self, model: EncoderDecoder) -> None:
        weights = {
            name: value.detach().numpy().copy() for name, value in model.state_dict().items()
        }
        self._units = len(weights["start"])
        self._start = weights["start"]
        self._text, self._fields = _transposed(weights["text.weight"]), weights["fields"]
        self._unknown_id = weights["ids.weight"][0]
        self._inputs = _transposed(weights["inputs.weight"])
        self._inputs_bias = weights["inputs.bias"]
        # One product gives the encoder's input and the low-rank part of the relations.
        compress = _transposed(weights["compress.weight"])
        self._inputs_and_compress = np.concatenate([self._inputs, compress], axis=1)
        self._kinds = weights["kinds.weight"] + weights["moments.bias"]
        self._time_features = _transposed(weights["moments.weight"])
        self._encoder_input = _transposed(weights["encoder.weight_ih_l0"])
        self._encoder_bias = weights["encoder.bias_ih_l0"] + weights["encoder.bias_hh_l0"]
        self._encoder_hidden = _transposed(weights["encoder.weight_hh_l0"])
        self._attend_decoder, self._attend_encoder = np.split(weights["attend.weight"][0], 2)
        self._attend_bias = weights["attend.bias"]
        self._sharpness = np.exp(weights["sharpness"])
        self._relate = _transposed(weights["relate.weight"])
        self._strengths = weights["strengths"]
        block_of, copied = model.block_of.numpy(), model.copied.numpy()
        self._dimensions = len(block_of)
        self._widths = np.bincount(block_of, minlength=len(BLOCKS))
        self._decoder = _transposed(weights["decoder.weight_ih"], weights["decoder.weight_hh"])
        self._decoder_bias = weights["decoder.bias_ih"] + weights["decoder.bias_hh"]
        # The decoder's input: the posting emitted before, the attention's summary, its own state.
        previous, summary, hidden = np.split(self._decoder, 3)
        self._decoder_summary = np.ascontiguousarray(summary)
        self._decoder_others = np.concatenate([previous, hidden])
        # Nothing learned enters the query's block of words, so its columns are left out.
        learned = np.flatnonzero(~copied)
        self._words = slice(*np.searchsorted(block_of, [_WORDS, _WORDS + 1]).tolist())
        self._relate[:, copied] = 0.0
        heads = [weights["query.weight"][learned], weights["gates.weight"], weights["taste.weight"]]
        biases = [weights["query.bias"][learned], weights["gates.bias"], weights["taste.bias"]]
        self._heads = np.concatenate([_transposed(weight) for weight in heads], axis=1)
        self._heads_bias = np.concatenate(biases)
        self._ends = np.cumsum([len(bias) for bias in biases])[:-1]
        matrices = (
            *(self._inputs_and_compress, self._inputs, self._time_features, self._relate),
            *(self._encoder_input, self._encoder_hidden, self._heads),
            *(self._decoder, self._decoder_summary, self._decoder_others),
        )
        with one_thread():
            self.rows = ROWS_PER_GROUP if all(map(is_batch_invariant, matrices)) else 1

    def vector(self, text: np.ndarray, words: np.ndarray, fields: np.ndarray) -> np.ndarray:
        """Build the vector of a stated entry, as `EncoderDecoder.posting_vectors` does.

        Text is (W,), words (V,), fields (F, H). Returns (D,) float32; its id block is that of a
        posting never seen in training.
        """
        projected = text @ self._text
        norm = np.sqrt(projected @ projected)
        mixed = np.einsum("fh,fhg->fg", fields, self._fields).ravel()
        blocks = [projected / max(norm, 1e-12), words, mixed, self._unknown_id]
        return np.concatenate(blocks, dtype=np.float32)

    def encode(self, inputs: Sequence[EncoderInput]) -> tuple[Encoded, State]:
        """Encode R profiles; the encoder's last state is the decoder's first."""
        lengths = np.array([len(profile.kinds) for profile in inputs])
        gate_inputs, contents = self._step_inputs(inputs)
        # The longest first, so that the profiles that still have a step are the first rows.
        order = np.argsort(-lengths, kind="stable")
        parts = split_segments(gate_inputs, lengths)
        steps = np.zeros((len(order), lengths.max(), gate_inputs.shape[1]), dtype=np.float32)
        for row, profile in enumerate(order.tolist()):
            steps[row, : lengths[profile]] = parts[profile]
        states = np.zeros((len(order), lengths.max(), self._units), dtype=np.float32)
        hidden, cell = (np.zeros((len(order), self._units), dtype=np.float32) for _ in range(2))
        for step in range(lengths.max()):
            active = np.count_nonzero(lengths > step)
            gates = multiply_rows(hidden[:active], self._encoder_hidden, self.rows)
            gates = gates + steps[:active, step]
            hidden[:active], cell[:active] = lstm_step(gates, cell[:active])
            states[:active, step] = hidden[:active]
        row_of = np.argsort(order)
        own_states = [states[row_of[n], :length] for n, length in enumerate(lengths.tolist())]
        keys = [own @ self._attend_encoder + self._attend_bias for own in own_states]
        return Encoded(own_states, keys, contents), (hidden[row_of], cell[row_of])

    def _step_inputs(self, inputs: Sequence[EncoderInput]) -> tuple[np.ndarray, list[np.ndarray]]:
        """Compute, for the T steps of all profiles, everything that does not depend on a state.

        Returns:
            The input part of the encoder's gates, (T, 4U), and for each profile the steps' own
            contents times the strength of their kinds, (L, D).
        """
        vectors = np.concatenate([profile.vectors for profile in inputs])  # (T, D)
        kinds = np.concatenate([profile.kinds for profile in inputs])
        time_features = np.concatenate([profile.time_features for profile in inputs])
        product = multiply_rows(vectors, self._inputs_and_compress, self.rows)
        hidden = product[:, : self._units] + self._inputs_bias + self._kinds[kinds]
        hidden += multiply_rows(time_features, self._time_features, self.rows)
        gate_inputs = multiply_rows(hidden, self._encoder_input, self.rows) + self._encoder_bias
        contents = multiply_rows(product[:, self._units :], self._relate, self.rows)
        contents += vectors
        contents *= self._strengths[kinds][:, None]
        lengths = np.array([len(profile.kinds) for profile in inputs])
        return gate_inputs, split_segments(contents, lengths)

    def first_input(self) -> np.ndarray:
        """Return the start token, (U,)."""
        return np.asarray(self._start)

    def next_input(self, emitted: np.ndarray) -> np.ndarray:
        """Map the postings just emitted to the decoder's input: (R, D) to (R, U)."""
        return np.asarray(multiply_rows(emitted, self._inputs, self.rows) + self._inputs_bias)

    def decide(self, encoded: Encoded, state: State, previous: np.ndarray) -> Decision:
        """Take one decoding step; the formulas are those of `EncoderDecoder.decide`.

        The state is (R, U) each; `previous` is (R, U), `next_input`, or (U,) for all,
        `first_input`.
        """
        hidden, cell = state
        lengths = np.array([len(keys) for keys in encoded.keys])
        weights = segment_softmax(self._attention_logits(encoded, hidden), lengths)
        attention = split_segments(weights, lengths)
        summary = np.empty_like(hidden)
        content = np.empty((len(hidden), self._dimensions), dtype=np.float32)
        for row, own in enumerate(attention):
            np.matmul(own, encoded.states[row], out=summary[row])
            np.matmul(own, encoded.contents[row], out=content[row])
        previous = np.broadcast_to(previous, hidden.shape)
        inputs = np.concatenate([previous, summary, hidden], axis=1)
        gates = multiply_rows(inputs, self._decoder, self.rows) + self._decoder_bias
        return self._decision(lstm_step(gates, cell), summary, content, attention)

    def _attention_logits(self, encoded: Encoded, hidden: np.ndarray) -> np.ndarray:
        """Compute the logits of the attention to all steps of R profiles, (T,)."""
        queries = (hidden * self._attend_decoder).sum(axis=1)
        lengths = [len(keys) for keys in encoded.keys]
        keys = np.concatenate(encoded.keys)
        return np.asarray(self._sharpness * sigmoid(keys + np.repeat(queries, lengths)))

    def _decision(
        self, state: State, summary: np.ndarray, content: np.ndarray, attention: list[np.ndarray]
    ) -> Decision:
        """Compute a decoding step from attended states, (R, U), and attended contents, (R, D)."""
        inputs = np.concatenate([state[0], summary], axis=1)
        outputs = multiply_rows(inputs, self._heads, self.rows) + self._heads_bias
        learned, gates, freshness_weights = np.split(outputs, self._ends, axis=1)
        gates = np.exp(np.minimum(gates, math.log(MAX_GATE)))
        words = self._words
        norms = np.sqrt(np.square(content[:, words]).sum(axis=1))
        gates[:, _WORDS] /= np.maximum(norms, MIN_WORDS_NORM)
        gates = np.repeat(gates, self._widths, axis=1)  # (R, D)
        query = content.copy()
        query[:, : words.start] += learned[:, : words.start]
        query[:, words.stop :] += learned[:, words.start :]
        query *= gates
        return Decision(query, freshness_weights, attention, gates, state)


def _transposed(*weights: np.ndarray) -> np.ndarray:
    """Transpose PyTorch's (out, in) matrices to (in, out), and stack them along `in`."""
    return np.ascontiguousarray(np.concatenate([weight.T for weight in weights]))
