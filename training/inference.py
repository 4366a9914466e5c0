"""The encoder-decoder as the stream computes it: `training.model` without torch.

Most of a profile's time went to starting hundreds of tiny operations and to reading the same
weights again for each profile. Here profiles go through the big maps side by side, and all that is
as long as a profile is done for each alone.

A list must not depend on who is beside it, to the last bit. So maps that several profiles go
through always see the same number of rows, filled up with zeros, and whether this machine's BLAS
treats rows alike is tried when a model is loaded; where it does not, profiles go one by one.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import numpy as np
from threadpoolctl import ThreadpoolController

from training.model import SHORTEST, EncoderDecoder

ROWS = 8
"""Profiles side by side, where BLAS allows."""
_TRIES = 3
_one_at_a_time = threading.RLock()


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


State = tuple[np.ndarray, np.ndarray]
"""Hidden and cell state, (`Network.rows`, U) each; rows beyond the profiles mean nothing."""


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
        self._kinds = held["kinds.weight"] + held["moments.bias"]
        self._moments = _across(held["moments.weight"])
        self._given = _across(held["encoder.weight_ih_l0"])
        self._given_bias = held["encoder.bias_ih_l0"] + held["encoder.bias_hh_l0"]
        self._kept = _across(held["encoder.weight_hh_l0"])
        self._asks, self._asked = np.split(held["attend.weight"][0], 2)
        self._asked_bias = held["attend.bias"]
        self._sharpness = np.exp(held["sharpness"])
        self._compress = _across(held["compress.weight"])
        self._relate = _across(held["relate.weight"])
        self._strengths = held["strengths"]
        self._copied = model.copied.numpy()
        self._block_of = model.block_of.numpy()
        self._decoder = _across(held["decoder.weight_ih"], held["decoder.weight_hh"])
        self._decoder_bias = held["decoder.bias_ih"] + held["decoder.bias_hh"]
        # A token emitted before, what the attention gathered, and the state before.
        emitted, gathered, before = np.split(self._decoder, 3)
        self._decoder_gathered = np.ascontiguousarray(gathered)
        self._decoder_told = np.concatenate([emitted, before])
        # The words are compared as they are: nothing learned goes into what is asked for there.
        self._learned = np.flatnonzero(~self._copied)
        heads = [held["query.weight"][self._learned], held["gates.weight"], held["taste.weight"]]
        biases = [held["query.bias"][self._learned], held["gates.bias"], held["taste.bias"]]
        self._heads = np.concatenate([_across(weight) for weight in heads], axis=1)
        self._heads_bias = np.concatenate(biases)
        self._relate[:, self._copied] = 0.0
        self._ends = np.cumsum([len(bias) for bias in biases])[:-1]
        maps = (self._kept, self._decoder, self._heads, self._inputs)
        with one_thread():
            self.rows = ROWS if all(map(_treats_rows_alike, maps)) else 1

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
        """Read at most `rows` profiles; the encoder's last state is the decoder's first."""
        lengths = np.array([len(reading.kinds) for reading in readings])
        given = np.zeros((self.rows, lengths.max(), 4 * self._units), dtype=np.float32)
        for row, reading in enumerate(readings):
            inputs = reading.vectors @ self._inputs + self._inputs_bias + self._kinds[reading.kinds]
            inputs += reading.moments @ self._moments
            given[row, : lengths[row]] = inputs @ self._given + self._given_bias
        states = np.zeros((self.rows, lengths.max(), self._units), dtype=np.float32)
        hidden = np.zeros((self.rows, self._units), dtype=np.float32)
        cell = hidden
        ends = np.zeros(self.rows, dtype=np.int64)
        ends[: len(lengths)] = lengths
        for step in range(lengths.max()):
            going = (step < ends)[:, None]
            after, kept = _lstm(hidden @ self._kept + given[:, step], cell)
            hidden, cell = np.where(going, after, hidden), np.where(going, kept, cell)
            states[:, step] = hidden
        own = [states[row, :length] for row, length in enumerate(lengths)]
        keys = [read @ self._asked + self._asked_bias for read in own]
        return Encoded(own, keys, [self._content(r) for r in readings]), (hidden, cell)

    def first_input(self) -> np.ndarray:
        """Return the start token, (`rows`, U)."""
        return np.tile(self._start, (self.rows, 1))

    def next_input(self, emitted: np.ndarray) -> np.ndarray:
        """Make a decoder's input of the postings just emitted: (`rows`, D) → (`rows`, U)."""
        return np.asarray(emitted @ self._inputs + self._inputs_bias)

    def decide(self, encoded: Encoded, state: State, previous: np.ndarray) -> Decision:
        """Take one decoding step; the formulas are those of `EncoderDecoder.decide`.

        Args:
            encoded: R profiles.
            state: the decoder's.
            previous: (`rows`, U), `first_input` or `next_input`.
        """
        hidden = state[0]
        summary = np.zeros_like(hidden)
        content = np.zeros((self.rows, len(self._copied)), dtype=np.float32)
        attention = []
        for row, keys in enumerate(encoded.keys):
            weights = self._attend(keys, hidden[row])  # (L,)
            summary[row] = weights @ encoded.states[row]
            content[row] = weights @ encoded.contents[row]
            attention.append(weights)
        seen = np.concatenate([previous, summary, hidden], axis=1)
        after = _lstm(seen @ self._decoder + self._decoder_bias, state[1])
        return self._decision(after, summary, content, attention)

    def decide_without(
        self, encoded: Encoded, state: State, place: int, hidden_steps: np.ndarray
    ) -> Decision:
        """Take the first decoding step of one profile with a step hidden from the attention.

        Args:
            encoded: a block of profiles.
            state: the encoder's last, of the block.
            place: of the profile in the block.
            hidden_steps: (T,) steps of the profile, at most `rows`, another one for each decision.

        Returns:
            T decisions side by side, of that profile alone; so is their state, (T, U) each.
        """
        hidden, cell = (part[place] for part in state)  # (U,)
        seen = np.ones((len(hidden_steps), len(encoded.keys[place])), dtype=bool)
        seen[np.arange(len(hidden_steps)), hidden_steps] = False
        weights = self._attend(encoded.keys[place], hidden, seen)  # (T, L)
        summary = weights @ encoded.states[place]
        # All but the summary is the same for each of them.
        told = np.concatenate([self._start, hidden]) @ self._decoder_told + self._decoder_bias
        gates = summary @ self._decoder_gathered + told
        content = weights @ encoded.contents[place]
        return self._decision(_lstm(gates, cell), summary, content, list(weights))

    def _attend(
        self, keys: np.ndarray, hidden: np.ndarray, seen: np.ndarray | None = None
    ) -> np.ndarray:
        """Weigh the L steps of a profile for the decoder's state, (U,).

        Args:
            keys: (L,), of `Encoded`.
            hidden: (U,).
            seen: (T, L) bool: which steps each of T weighings knows of; None: all, once.

        Returns:
            (L,) or (T, L), sums to 1.
        """
        told = self._sharpness * _sigmoid(keys + hidden @ self._asks)
        return _softmax(told if seen is None else np.where(seen, told, -np.inf))

    def _decision(
        self,
        after: State,
        summary: np.ndarray,
        content: np.ndarray,
        attention: list[np.ndarray],
    ) -> Decision:
        """Decide by the decoder's new state and what the attention gathered for each row.

        Args:
            after: (R', U) each; rows beyond `attention` mean nothing.
            summary: (R', U).
            content: (R', D).
            attention: R of them.
        """
        count = len(attention)
        known = np.concatenate([after[0], summary], axis=1) @ self._heads + self._heads_bias
        learned, gates, taste = np.split(known, self._ends, axis=1)
        gates = np.exp(gates)[:, self._block_of]
        said = content[:, self._copied]
        lengths = np.sqrt(np.einsum("rw,rw->r", said, said))
        gates[:, self._copied] /= np.maximum(lengths, SHORTEST)[:, None]
        asked = content.copy()
        asked[:, self._learned] += learned
        query = gates * asked
        return Decision(query[:count], taste[:count], attention, gates[:count], after)

    def _content(self, reading: Reading) -> np.ndarray:
        """What each step itself asks for, times the strength of its kind, (L, D)."""
        related = (reading.vectors @ self._compress) @ self._relate
        strengths = self._strengths[reading.kinds][:, None]
        return np.asarray((reading.vectors + related) * strengths)


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute in one thread: how a sum is split among threads would show in its last bits.

    The limit is the process's own, so that whoever else computes here waits for its end.
    """
    with _one_at_a_time, _pools().limit(limits=1):
        yield


@cache
def _pools() -> ThreadpoolController:
    """Find the thread pools of this process; it takes milliseconds."""
    return ThreadpoolController()


def _across(*weights: np.ndarray) -> np.ndarray:
    """Turn maps as torch holds them, (out, in), to (in, out), one under the other."""
    return np.ascontiguousarray(np.concatenate([weight.T for weight in weights]))


def _treats_rows_alike(weights: np.ndarray) -> bool:
    """Try whether rows have the same product wherever and beside whatever they stand."""
    chance = np.random.default_rng(0)
    for _ in range(_TRIES):
        rows = chance.standard_normal((ROWS, len(weights)), dtype=np.float32)
        others = chance.standard_normal((ROWS, len(weights)), dtype=np.float32)
        product = rows @ weights
        others[0] = rows[0]
        turned = [np.roll(rows, shift, axis=0) @ weights for shift in range(1, ROWS)]
        same = [np.array_equal(np.roll(product, n, axis=0), t) for n, t in enumerate(turned, 1)]
        if not (all(same) and np.array_equal((others @ weights)[0], product[0])):
            return False
    return True


def _lstm(gates: np.ndarray, cell: np.ndarray) -> State:
    """Take one step of an LSTM: (R, 4U) in torch's order, input, forget, cell, output."""
    entering, forgetting, new, leaving = np.split(gates, 4, axis=1)
    cell = _sigmoid(forgetting) * cell + _sigmoid(entering) * np.tanh(new)
    return _sigmoid(leaving) * np.tanh(cell), cell


def _sigmoid(values: np.ndarray) -> np.ndarray:
    half = np.float32(0.5)
    return np.asarray(half * (1 + np.tanh(half * values)))  # the exponential could overflow


def _softmax(values: np.ndarray) -> np.ndarray:
    powers = np.exp(values - values.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))
