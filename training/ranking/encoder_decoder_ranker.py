"""The encoder-decoder as a `streaming.serving.ranker.Ranker`.

Catalogues are prepared with torch, lists are made without it (`training.ranking.numpy_network`).
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Self

import numpy as np
import torch

from streaming.errors import ModelError
from streaming.serving.catalogue import Catalogue
from streaming.serving.ranker import Profile, RankedItem
from training.data.popularity_counts import Counts
from training.explanation.attribution import added
from training.explanation.reasons import explain
from training.model.features import (
    Embedder,
    Features,
    StatedStep,
    fingerprint,
    of_postings,
    of_stated,
)
from training.model.network import BLOCKS, EncoderDecoder
from training.model.presets import DECODINGS, Decoding, Preset
from training.model.time_encoding import micros
from training.ranking.batch_invariant_ops import one_thread
from training.ranking.decoding import Begun, Emission, begin, decode
from training.ranking.most_popular import MostPopularRanker
from training.ranking.numpy_network import Network, Reading
from training.ranking.prepared_catalogue import (
    PreparedCatalogue,
    open_prepared,
    words_of,
    write_prepared,
)
from training.ranking.profile_encoding import Part, read
from training.ranking.retrieval import Question

FORMAT = 3
"""Of the model folder; a folder of another format is refused."""

_DECIMALS = 6
_TOGETHER = 64
"""Profiles side by side, whose likeness with the whole catalogue is held at a time."""
_MOST_SAID = 8_192
"""Stated entries whose vectors are kept: many people state the same."""
WORK_BLOCKS = ("text", "words", "industry", "occupation")
"""The blocks of a posting vector that say what the work is, not where, for whom or for how much."""


@dataclass(frozen=True, eq=False)
class Attention:
    """What a profile's first recommendation rests on."""

    parts: tuple[Part, ...]
    """The L parts of the profile that the model reads, oldest first, what is stated before."""
    weights: np.ndarray
    """(L,) float32: the attention, which sums to 1."""
    shares: np.ndarray
    """(L,) float32: what each part added to the score of the posting."""
    posting_id: str
    """Of the posting that is recommended first."""


@dataclass(frozen=True, eq=False)
class FirstStep:
    """The first decoding step for one profile."""

    parts: tuple[Part, ...]
    """The L parts of the profile that the model reads."""
    likeness: np.ndarray
    """(N,) float32: estimates of the inner products of query and posting vectors, less some
    number (`training.ranking.quantisation`)."""
    begun: Begun
    """With the profiles that it was computed beside."""
    place: int
    """Among them."""

    @property
    def query(self) -> np.ndarray:
        """What is asked of posting vectors, (D,)."""
        return np.asarray(self.begun.decision.query[self.place])

    @property
    def taste(self) -> np.ndarray:
        """What being fresh adds, (3,)."""
        return np.asarray(self.begun.decision.taste[self.place])

    def added(self, vectors: np.ndarray) -> np.ndarray:
        """Tell what each part adds to the scores of some postings, (S, D) to (S, L)."""
        return added(self.begun.encoded, self.begun.decision, self.place, vectors)


class NeuralRanker:
    """A trained encoder-decoder with all it needs to score.

    Args:
        model: the network.
        embedder: texts to vectors, as in training.
        preset: what it was trained by.
        ids: the postings with an id block, in the order of its numbers, from 1.
        counts: what is popular, for profiles that say nothing.
    """

    def __init__(
        self,
        model: EncoderDecoder,
        embedder: Embedder,
        preset: Preset,
        *,
        ids: Sequence[str],
        counts: Counts,
    ) -> None:
        self.model = model.eval()
        self.embedder = embedder
        self.preset = preset
        self.ids = tuple(ids)
        self.popular = MostPopularRanker(counts)
        self._features: dict[str, tuple[Features, str]] = {}
        self._network = Network(self.model)
        self._said = lru_cache(maxsize=_MOST_SAID)(self._vector)

    def decoded_by(self, decoding: Decoding) -> Self:
        """Return this ranker, but with lists made in another way."""
        model = self.preset.model.model_copy(update={"decoding": decoding})
        other = copy(self)
        other.preset = self.preset.model_copy(update={"model": model})
        return other

    @property
    def packages(self) -> tuple[str, ...]:
        """Those of the text encoder."""
        return self.embedder.encoder.packages

    def save(self, folder: Path) -> None:
        """Write everything `load` needs into an existing folder."""
        about = {"format": FORMAT, "preset": self.preset.model_dump(mode="json"), "ids": self.ids}
        (folder / "model.json").write_text(json.dumps(about), encoding="utf-8")
        torch.save(self.model.state_dict(), folder / "weights.pt")
        self.embedder.save(folder)
        self.popular.save(folder)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote.

        Raises:
            ModelError: the folder is incomplete or of another format.
        """
        try:
            about = json.loads((folder / "model.json").read_text(encoding="utf-8"))
            weights = torch.load(folder / "weights.pt", weights_only=True)
            counts = MostPopularRanker.load(folder).counts
        except (OSError, ValueError) as error:
            raise ModelError(
                f"model folder {folder} is incomplete: {error}; train again"
            ) from error
        if about["format"] != FORMAT:
            raise ModelError(
                f"model folder {folder} has format {about['format']}, this version reads {FORMAT};"
                " train again"
            )
        preset = Preset.model_validate(about["preset"])
        model = EncoderDecoder(preset.model, len(about["ids"]))
        model.load_state_dict(weights)
        return cls(model, Embedder.load(folder), preset, ids=about["ids"], counts=counts)

    def prepare(self, catalogue: Catalogue, folder: Path) -> None:
        """Write a catalogue and its posting vectors; see `Ranker.prepare`."""
        with _alone(), torch.inference_mode():
            features, words = self._features_of(catalogue)
            numbers = {posting_id: number for number, posting_id in enumerate(self.ids, start=1)}
            ids = [numbers.get(posting_id, 0) for posting_id in catalogue.posting_ids]
            vectors = self.model.posting_vectors(
                torch.from_numpy(features.text),
                torch.from_numpy(features.words),
                torch.from_numpy(features.fields),
                torch.tensor(ids, dtype=torch.int64),
            )
        write_prepared(catalogue, vectors.numpy(), words, folder)
        popular = folder / "popular"
        popular.mkdir()
        self.popular.prepare(catalogue, popular)

    def rank(
        self, profiles: Sequence[Profile], as_of: Sequence[str], folder: Path, size: int
    ) -> list[list[RankedItem]]:
        """Rank a prepared catalogue for each profile; see `streaming.serving.ranker.Ranker.rank`.

        An item's score is the log-probability of the list up to and including it.
        """
        prepared = open_prepared(folder)
        asked = list(zip(profiles, as_of, strict=True))
        groups = (asked[start : start + _TOGETHER] for start in range(0, len(asked), _TOGETHER))
        return [items for group in groups for items in self._rank(group, prepared, size)]

    def _rank(
        self, asked: Sequence[tuple[Profile, str]], prepared: PreparedCatalogue, size: int
    ) -> Iterator[list[RankedItem]]:
        """Rank for a few profiles, each with its moment."""
        questions: list[Question] = []
        everybody: list[tuple[Part, ...] | None] = []
        with one_thread():
            for (profile, moment), found in zip(asked, self._read(asked, prepared), strict=True):
                if found is not None:
                    allowed = prepared.catalogue.eligible(profile, moment)
                    questions.append(Question(found[0], micros(moment), allowed))
                everybody.append(None if found is None else found[1])
            how = self.preset.model.decoding
            decoded = decode(self._network, questions, prepared, size=size, decoding=how)
        lists, popular = iter(decoded), prepared.folder / "popular"
        for (profile, moment), parts in zip(asked, everybody, strict=True):
            if parts is None:
                yield self.popular.rank([profile], [moment], popular, size)[0]
            else:
                yield items(prepared, profile, parts, next(lists))

    def first_steps(
        self, asked: Sequence[tuple[Profile, str]], prepared: PreparedCatalogue
    ) -> list[FirstStep]:
        """Take the first decoding step for profiles that say something.

        Args:
            asked: each with the moment that ages are taken at.
            prepared: the catalogue.
        """
        read = [one for one in self._read(asked, prepared) if one is not None]
        if not read:
            return []
        begun = begin(self._network, [reading for reading, _ in read])
        likeness = prepared.products(begun.decision.query)
        return [
            FirstStep(parts, likeness[place], begun, place) for place, (_, parts) in enumerate(read)
        ]

    def opened(self, folder: Path) -> PreparedCatalogue:
        """Open what `prepare` wrote; once, and anew when written anew."""
        return open_prepared(folder)

    def posting_vectors(self, folder: Path) -> np.ndarray:
        """Return the vectors of a prepared catalogue's postings, (N, D) float32, row by row."""
        return np.asarray(self.opened(folder).vectors)

    def work_vectors(self, folder: Path) -> np.ndarray:
        """Return the part of `posting_vectors` that says what the work is, for grouping.

        Returns:
            (N, E) float32: the blocks of `WORK_BLOCKS`.
        """
        wanted = [BLOCKS.index(block) for block in WORK_BLOCKS]
        return self.posting_vectors(folder)[:, np.isin(self.model.block_of.numpy(), wanted)]

    def candidate_vectors(
        self, profiles: Sequence[Profile], as_of: Sequence[str], folder: Path
    ) -> np.ndarray:
        """Return what each profile asks for, in the space of the posting vectors.

        The inner product of a row with a posting vector is that posting's score at the first
        decoding step, save for what its freshness adds. Who says nothing is the zero vector.

        Args:
            profiles: values of the topic `profiles`.
            as_of: for each the moment that ages are taken at.
            folder: a prepared catalogue, where the profiles' postings are looked up.

        Returns:
            (number of profiles, D) float32.
        """
        prepared = open_prepared(folder)
        vectors = np.zeros((len(profiles), prepared.vectors.shape[1]), dtype=np.float32)
        network = self._network
        with one_thread():
            for start in range(0, len(profiles), _TOGETHER):
                some = slice(start, start + _TOGETHER)
                found = self._read(list(zip(profiles[some], as_of[some], strict=True)), prepared)
                places = [place for place, one in enumerate(found, start) if one is not None]
                if places:
                    encoded, state = network.encode([one[0] for one in found if one is not None])
                    decision = network.decide(encoded, state, network.first_input())
                    vectors[places] = decision.query
        return vectors

    def attend(self, profile: Profile, as_of: str, folder: Path) -> Attention | None:
        """Say what the first place of a list looks at; None where the profile says nothing.

        Args:
            profile: value of the topic `profiles`.
            as_of: the moment that ages are taken at.
            folder: a prepared catalogue, in which something is open to the candidate.
        """
        prepared, network = open_prepared(folder), self._network
        [found] = self._read([(profile, as_of)], prepared)
        if found is None:
            return None
        reading, parts = found
        question = Question(reading, micros(as_of), prepared.catalogue.eligible(profile, as_of))
        with one_thread():
            encoded, state = network.encode([reading])
            decision = network.decide(encoded, state, network.first_input())
            [[first]] = decode(network, [question], prepared, size=1, decoding=DECODINGS["first"])
        posting_id = prepared.catalogue.posting_ids[first.row]
        return Attention(parts, decision.attention[0], first.added, posting_id)

    def _read(
        self, asked: Sequence[tuple[Profile, str]], prepared: PreparedCatalogue
    ) -> list[tuple[Reading, tuple[Part, ...]] | None]:
        moments = [(profile, micros(as_of)) for profile, as_of in asked]
        return read(moments, prepared, self._said, self.preset.model)

    def _vector(self, step: StatedStep) -> np.ndarray:
        """Return the vector of a stated entry, (D,)."""
        features = of_stated([step], self.embedder, self.preset.model)
        return self._network.vector(features.text[0], features.words[0], features.fields[0])

    def _features_of(self, catalogue: Catalogue) -> tuple[Features, list[str]]:
        """Make the features and words of a catalogue; only of postings changed since last time."""
        postings = catalogue.table.to_pylist()
        keys = [fingerprint(posting) for posting in postings]
        new = [place for place, key in enumerate(keys) if key not in self._features]
        made = of_postings([postings[place] for place in new], self.embedder, self.preset.model)
        fresh = {
            # A copy: a slice would keep the rows of all that were made with it.
            keys[place]: (made.take(np.array([row])), words_of(postings[place]))
            for row, place in enumerate(new)
        }
        known = self._features | fresh
        self._features = {key: known[key] for key in keys}
        features = Features.join([made.take(slice(0)), *(known[key][0] for key in keys)])
        return features, [known[key][1] for key in keys]


def items(
    prepared: PreparedCatalogue,
    profile: Profile,
    parts: Sequence[Part],
    emissions: Sequence[Emission],
) -> list[RankedItem]:
    """Put a list as it is published."""
    catalogue = prepared.catalogue
    explained = explain(prepared, parts, emissions, profile)
    return [
        {
            "rank": rank,
            "posting_id": catalogue.posting_ids[emission.row],
            "score": round(emission.score, _DECIMALS),
            "valid_through": catalogue.valid_through(emission.row),
            "reasons": reasons,
        }
        for rank, (emission, reasons) in enumerate(zip(emissions, explained, strict=True), start=1)
    ]


@contextmanager
def _alone() -> Iterator[None]:
    """Compute in one thread: how a sum is split among threads would show in its last bits."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
