"""The encoder-decoder as the stream computes it: `training.model.network` without torch.

Most of a profile's time went to starting hundreds of tiny operations and to reading the same
weights again for each profile. Here profiles go through the big maps side by side, and all that is
as long as a profile is done for each alone.

A list must not depend on who is beside it, to the last bit. So maps that several profiles go
through always see the same number of rows (`training.ranking.batch_invariant_ops`), and whether
this machine's BLAS treats rows alike is tried when a model is loaded; where it does not, rows go
one by one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from training.model.network import BLOCKS, SHORTEST, EncoderDecoder
from training.ranking.batch_invariant_ops import (
    ROWS,
    lstm,
    one_thread,
    pieces,
    sigmoid,
    softmax_of_each,
    through,
    treats_rows_alike,
)

_WORDS = BLOCKS.index("words")


@dataclass(frozen=True, eq=False)
class Reading:
    """The L steps of one profile (`model.Steps`)."""

    vectors: np.ndarray
    """(L, D) float32."""
    kinds: np.ndarray
    """(L,) int64, places in `STEP_KINDS`."""
    moments: np.ndarray
    """(L, M) float32."""


@dataclass(frozen=True, eq=False)
class Encoded:
    """What the decoder needs of R profiles (`model.Encoded`); each has a length of its own."""

    states: list[np.ndarray]
    """(L, U) each."""
    keys: list[np.ndarray]
    """(L,) each."""
    contents: list[np.ndarray]
    """(L, D) each."""

    def take(self, some: slice) -> "Encoded":
        """Select some of the profiles."""
        return Encoded(self.states[some], self.keys[some], self.contents[some])


State = tuple[np.ndarray, np.ndarray]
"""Hidden and cell state, (R, U) each."""


@dataclass(frozen=True, eq=False)
class Decision:
    """One decoding step of R profiles (`model.Decision`)."""

    query: np.ndarray
    """(R, D)."""
    taste: np.ndarray
    """(R, 3)."""
    attention: list[np.ndarray]
    """(L,) each, sums to 1."""
    gates: np.ndarray
    """(R, D)."""
    state: State

    def take(self, some: slice) -> "Decision":
        """Select some of the profiles."""
        hidden, cell = self.state
        rows = self.query[some], self.taste[some], self.attention[some], self.gates[some]
        return Decision(*rows, (hidden[some], cell[some]))


class Network:
    """The weights of a model, laid out for reading them in order.

    Args:
        model: in evaluation mode; later changes of it have no effect.
    """

    def __init__(self, model: EncoderDecoder) -> None:
        held = {name: value.detach().numpy().copy() for name, value in model.state_dict().items()}
        self._units = len(held["start"])
        self._start = held["start"]
        self._text, self._fields = _across(held["text.weight"]), held["fields"]
        self._no_id = held["ids.weight"][0]
        self._inputs, self._inputs_bias = _across(held["inputs.weight"]), held["inputs.bias"]
        # The input of the encoder and what a relation begins with, side by side.
        compress = _across(held["compress.weight"])
        self._reads = np.concatenate([self._inputs, compress], axis=1)
        self._kinds = held["kinds.weight"] + held["moments.bias"]
        self._moments = _across(held["moments.weight"])
        self._given = _across(held["encoder.weight_ih_l0"])
        self._given_bias = held["encoder.bias_ih_l0"] + held["encoder.bias_hh_l0"]
        self._kept = _across(held["encoder.weight_hh_l0"])
        self._asks, self._asked = np.split(held["attend.weight"][0], 2)
        self._asked_bias = held["attend.bias"]
        self._sharpness = np.exp(held["sharpness"])
        self._relate = _across(held["relate.weight"])
        self._strengths = held["strengths"]
        block_of, copied = model.block_of.numpy(), model.copied.numpy()
        self._dimensions = len(block_of)
        self._widths = np.bincount(block_of, minlength=len(BLOCKS))
        self._decoder = _across(held["decoder.weight_ih"], held["decoder.weight_hh"])
        self._decoder_bias = held["decoder.bias_ih"] + held["decoder.bias_hh"]
        # A token emitted before, what the attention gathered, and the state before.
        emitted, gathered, before = np.split(self._decoder, 3)
        self._decoder_gathered = np.ascontiguousarray(gathered)
        self._decoder_told = np.concatenate([emitted, before])
        # The words are compared as they are: nothing learned goes into what is asked for there.
        learned = np.flatnonzero(~copied)
        self._words = slice(*np.searchsorted(block_of, [_WORDS, _WORDS + 1]).tolist())
        self._relate[:, copied] = 0.0
        heads = [held["query.weight"][learned], held["gates.weight"], held["taste.weight"]]
        biases = [held["query.bias"][learned], held["gates.bias"], held["taste.bias"]]
        self._heads = np.concatenate([_across(weight) for weight in heads], axis=1)
        self._heads_bias = np.concatenate(biases)
        self._ends = np.cumsum([len(bias) for bias in biases])[:-1]
        maps = (
            *(self._reads, self._inputs, self._moments, self._relate, self._given, self._kept),
            *(self._decoder, self._decoder_gathered, self._decoder_told, self._heads),
        )
        with one_thread():
            self.rows = ROWS if all(map(treats_rows_alike, maps)) else 1

    def vector(self, text: np.ndarray, words: np.ndarray, fields: np.ndarray) -> np.ndarray:
        """Lay the blocks of a stated entry side by side, as `EncoderDecoder.posting_vectors`.

        Args:
            text: (W,).
            words: (V,).
            fields: (F, H).

        Returns:
            (D,) float32; its id block is that of a posting never seen.
        """
        meaning = text @ self._text
        length = np.sqrt(meaning @ meaning)
        mixed = np.einsum("fh,fhg->fg", fields, self._fields).ravel()
        blocks = [meaning / max(length, 1e-12), words, mixed, self._no_id]
        return np.concatenate(blocks, dtype=np.float32)

    def encode(self, readings: Sequence[Reading]) -> tuple[Encoded, State]:
        """Read R profiles; the encoder's last state is the decoder's first."""
        lengths = np.array([len(reading.kinds) for reading in readings])
        given, contents = self._steps(readings)
        # The longest first, so that those still being read come before those that are done.
        order = np.argsort(-lengths, kind="stable")
        parts = pieces(given, lengths)
        steps = np.zeros((len(order), lengths.max(), given.shape[1]), dtype=np.float32)
        for row, place in enumerate(order.tolist()):
            steps[row, : lengths[place]] = parts[place]
        states = np.zeros((len(order), lengths.max(), self._units), dtype=np.float32)
        hidden, cell = (np.zeros((len(order), self._units), dtype=np.float32) for _ in range(2))
        for step in range(lengths.max()):
            going = np.count_nonzero(lengths > step)
            gates = through(hidden[:going], self._kept, self.rows) + steps[:going, step]
            hidden[:going], cell[:going] = lstm(gates, cell[:going])
            states[:going, step] = hidden[:going]
        where = np.argsort(order)
        own = [states[where[n], :length] for n, length in enumerate(lengths.tolist())]
        keys = [read @ self._asked + self._asked_bias for read in own]
        return Encoded(own, keys, contents), (hidden[where], cell[where])

    def _steps(self, readings: Sequence[Reading]) -> tuple[np.ndarray, list[np.ndarray]]:
        """Take the T steps of all profiles, one profile after the other, through the first maps.

        Returns:
            What the encoder is given, (T, 4U), and for each profile what each step itself asks
            for, times the strength of its kind, (L, D).
        """
        vectors = np.concatenate([reading.vectors for reading in readings])  # (T, D)
        kinds = np.concatenate([reading.kinds for reading in readings])
        moments = np.concatenate([reading.moments for reading in readings])
        read = through(vectors, self._reads, self.rows)
        inputs = read[:, : self._units] + self._inputs_bias + self._kinds[kinds]
        inputs += through(moments, self._moments, self.rows)
        given = through(inputs, self._given, self.rows) + self._given_bias
        contents = through(read[:, self._units :], self._relate, self.rows)
        contents += vectors
        contents *= self._strengths[kinds][:, None]
        return given, pieces(contents, np.array([len(reading.kinds) for reading in readings]))

    def first_input(self) -> np.ndarray:
        """Return the start token, (U,)."""
        return np.asarray(self._start)

    def next_input(self, emitted: np.ndarray) -> np.ndarray:
        """Make a decoder's input of the postings just emitted: (R, D) → (R, U)."""
        return np.asarray(through(emitted, self._inputs, self.rows) + self._inputs_bias)

    def decide(self, encoded: Encoded, state: State, previous: np.ndarray) -> Decision:
        """Take one decoding step; the formulas are those of `EncoderDecoder.decide`.

        Args:
            encoded: R profiles.
            state: the decoder's.
            previous: (R, U), `next_input`, or (U,) for all, `first_input`.
        """
        hidden, cell = state
        lengths = np.array([len(keys) for keys in encoded.keys])
        attention = pieces(softmax_of_each(self._told(encoded, hidden), lengths), lengths)
        summary = np.empty_like(hidden)
        content = np.empty((len(hidden), self._dimensions), dtype=np.float32)
        for row, weights in enumerate(attention):
            np.matmul(weights, encoded.states[row], out=summary[row])
            np.matmul(weights, encoded.contents[row], out=content[row])
        before = np.broadcast_to(previous, hidden.shape)
        seen = np.concatenate([before, summary, hidden], axis=1)
        after = lstm(through(seen, self._decoder, self.rows) + self._decoder_bias, cell)
        return self._decision(after, summary, content, attention)

    def decide_without(
        self, encoded: Encoded, state: State, hidden_steps: Sequence[np.ndarray]
    ) -> Decision:
        """Take the first decoding step of profiles with a step hidden from the attention.

        Args:
            encoded: R profiles.
            state: the encoder's last.
            hidden_steps: for each profile some of its steps, another one for each decision.

        Returns:
            A decision for each hidden step, profile by profile.
        """
        hidden, cell = state
        counts = np.array([len(steps) for steps in hidden_steps])  # T of each
        lengths = np.array([len(keys) for keys in encoded.keys])  # L of each
        shares = self._attend_without(encoded, hidden, hidden_steps)
        summary = np.empty((counts.sum(), self._units), dtype=np.float32)
        content = np.empty((counts.sum(), self._dimensions), dtype=np.float32)
        end = 0
        for row, part in enumerate(pieces(shares, counts * lengths)):
            weights = part.reshape(counts[row], lengths[row])
            rows, end = slice(end, end + counts[row]), end + counts[row]
            np.matmul(weights, encoded.states[row], out=summary[rows])
            np.matmul(weights, encoded.contents[row], out=content[rows])
        # All but the summary is the same for each step of a profile.
        start = np.broadcast_to(self._start, hidden.shape)
        common = np.concatenate([start, hidden], axis=1)
        known = through(common, self._decoder_told, self.rows) + self._decoder_bias
        gates = through(summary, self._decoder_gathered, self.rows)
        gates += np.repeat(known, counts, axis=0)
        after = lstm(gates, np.repeat(cell, counts, axis=0))
        attention = pieces(shares, np.repeat(lengths, counts))
        return self._decision(after, summary, content, attention)

    def _told(self, encoded: Encoded, hidden: np.ndarray) -> np.ndarray:
        """Tell how much the decoder, (R, U), would look at each step of R profiles, (T,)."""
        asks = (hidden * self._asks).sum(axis=1)
        lengths = [len(keys) for keys in encoded.keys]
        return np.asarray(
            self._sharpness * sigmoid(np.concatenate(encoded.keys) + np.repeat(asks, lengths))
        )

    def _attend_without(
        self, encoded: Encoded, hidden: np.ndarray, hidden_steps: Sequence[np.ndarray]
    ) -> np.ndarray:
        """Weigh the steps of each profile as often as steps are hidden, one after the other."""
        lengths = np.array([len(keys) for keys in encoded.keys])
        counts = [len(steps) for steps in hidden_steps]
        told = pieces(self._told(encoded, hidden), lengths)
        seen = np.concatenate(
            [
                np.repeat(own[None], count, axis=0).ravel()
                for own, count in zip(told, counts, strict=True)
            ]
        )
        lengths = np.repeat(lengths, counts)
        seen[np.cumsum(lengths) - lengths + np.concatenate(hidden_steps)] = -np.inf
        return softmax_of_each(seen, lengths)

    def _decision(
        self,
        after: State,
        summary: np.ndarray,
        content: np.ndarray,
        attention: list[np.ndarray],
    ) -> Decision:
        """Decide by the decoder's new state and what the attention gathered for each row.

        Args:
            after: (R, U) each.
            summary: (R, U).
            content: (R, D).
            attention: R of them.
        """
        known = np.concatenate([after[0], summary], axis=1)
        known = through(known, self._heads, self.rows) + self._heads_bias
        learned, gates, taste = np.split(known, self._ends, axis=1)
        gates = np.exp(gates)
        words = self._words
        lengths = np.sqrt(np.square(content[:, words]).sum(axis=1))
        gates[:, _WORDS] /= np.maximum(lengths, SHORTEST)
        gates = np.repeat(gates, self._widths, axis=1)  # (R, D)
        query = content.copy()
        query[:, : words.start] += learned[:, : words.start]
        query[:, words.stop :] += learned[:, words.start :]
        query *= gates
        return Decision(query, taste, attention, gates, after)


def _across(*weights: np.ndarray) -> np.ndarray:
    """Turn maps as torch holds them, (out, in), to (in, out), one under the other."""
    return np.ascontiguousarray(np.concatenate([weight.T for weight in weights]))
