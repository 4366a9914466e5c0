"""The preset `best()` as a `streaming.serving.ranker.Ranker`.

Who has events gets a blend: the first step of the encoder-decoder plus the content score, both for
the whole catalogue. Who only states something, or whose postings the catalogue lacks, gets the
encoder-decoder alone, and who says nothing the popular postings. Everything is computed for each
profile by itself or, in the encoder-decoder, in blocks of one size: neighbours change no bit.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Self
from zipfile import BadZipFile

import numpy as np
from scipy.special import log_softmax

from streaming.errors import ModelError
from streaming.serving.catalogue import Catalogue
from streaming.serving.ranker import Profile, RankedItem
from training.content_ranker.co_visitation import Habits
from training.content_ranker.content_score import Weighing
from training.content_ranker.profile_features import Steps
from training.content_ranker.text_features import Wording
from training.content_ranker.text_index import Overview
from training.model.time_encoding import freshness_at, micros
from training.ranking.batch_invariant_ops import one_thread
from training.ranking.decoding import Emission
from training.ranking.employer_cap import best_rows
from training.ranking.encoder_decoder_ranker import FirstStep, NeuralRanker, items
from training.ranking.prepared_catalogue import PreparedCatalogue
from training.ranking.profile_encoding import PastEvent
from training.ranking.retrieval import Shortlist

FORMAT = 1
"""Of the model folder; a folder of another format is refused."""

_ABOUT, _WEIGHTS = "blend.json", "weights.npy"
_ENCODER_DECODER, _CONTENT = "encoder-decoder", "content"
_CLOSER_LOOK, _NEAR = 4, 64
"""For each place of a list so many postings are looked at closely, and at least so many."""
_TOGETHER = 32
"""Profiles whose likeness with the whole catalogue is held at a time."""


@dataclass(frozen=True)
class Blend:
    """What the two scores count."""

    content: float
    """0: the encoder-decoder alone makes all lists."""
    encoder_decoder: float

    def __str__(self) -> str:
        return f"{self.content:g} content + {self.encoder_decoder:g} encoder-decoder"


@dataclass(frozen=True, eq=False)
class Asked:
    """A profile with events, and what is wanted for it."""

    profile: Profile
    as_of: str
    steps: Steps


class BestRanker:
    """An encoder-decoder and a content score, blended.

    Args:
        neural: the encoder-decoder.
        overview: compares the postings of catalogues.
        weights: (F,) float32, of the content score's numbers.
        blend: what either counts.
    """

    def __init__(
        self, neural: NeuralRanker, overview: Overview, weights: np.ndarray, blend: Blend
    ) -> None:
        self.neural = neural
        self.overview = overview
        self.weights = weights
        self.blend = blend
        self._open = lru_cache(maxsize=2)(self._opened)

    @property
    def packages(self) -> tuple[str, ...]:
        """Those of the encoder-decoder."""
        return self.neural.packages

    def save(self, folder: Path) -> None:
        """Write everything `load` needs into an existing folder."""
        for name in (_ENCODER_DECODER, _CONTENT):
            (folder / name).mkdir()
        self.neural.save(folder / _ENCODER_DECODER)
        self.overview.wording.save(folder / _CONTENT)
        self.overview.habits.save(folder / _CONTENT)
        np.save(folder / _CONTENT / _WEIGHTS, self.weights)
        about = {"format": FORMAT, "blend": asdict(self.blend)}
        (folder / _ABOUT).write_text(json.dumps(about), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote.

        Raises:
            ModelError: the folder is incomplete or of another format.
        """
        content = folder / _CONTENT
        try:
            about = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
            if about["format"] != FORMAT:
                raise ModelError(
                    f"model folder {folder} has format {about['format']}, this version reads "
                    f"{FORMAT}; train again"
                )
            overview = Overview(Wording.load(content), Habits.load(content))
            weights = np.load(content / _WEIGHTS)
        except (OSError, ValueError, KeyError, BadZipFile) as error:
            raise ModelError(
                f"model folder {folder} is incomplete: {error}; train again"
            ) from error
        neural = NeuralRanker.load(folder / _ENCODER_DECODER)
        return cls(neural, overview, weights, Blend(**about["blend"]))

    def prepare(self, catalogue: Catalogue, folder: Path) -> None:
        """Write a catalogue, its posting vectors and what it says, ready for comparing."""
        for name in (_ENCODER_DECODER, _CONTENT):
            (folder / name).mkdir()
        self.neural.prepare(catalogue, folder / _ENCODER_DECODER)
        self.overview.write(catalogue, folder / _CONTENT)

    def rank(
        self, profiles: Sequence[Profile], as_of: Sequence[str], folder: Path, size: int
    ) -> list[list[RankedItem]]:
        """Rank a prepared catalogue for each profile; see `streaming.serving.ranker.Ranker.rank`.

        An item's score is comparable within its own list alone: where the profile has events, it is
        the blended one.
        """
        place = folder / _ENCODER_DECODER
        rows = self.opened(folder).catalogue.rows
        steps = [Steps.read(profile, rows) for profile in profiles]
        asked = list(zip(profiles, as_of, strict=True))
        blended = {n for n, own in enumerate(steps) if self.blend.content and own.speaks}
        others = [pair for n, pair in enumerate(asked) if n not in blended]
        lists = self._blended([Asked(*asked[n], steps[n]) for n in sorted(blended)], folder, size)
        rest = iter(self.neural.rank([p for p, _ in others], [m for _, m in others], place, size))
        return [next(lists if n in blended else rest) for n in range(len(asked))]

    def posting_vectors(self, folder: Path) -> np.ndarray:
        """Return the encoder-decoder's; see `NeuralRanker.posting_vectors`."""
        return self.neural.posting_vectors(folder / _ENCODER_DECODER)

    def work_vectors(self, folder: Path) -> np.ndarray:
        """Return the encoder-decoder's; see `NeuralRanker.work_vectors`."""
        return self.neural.work_vectors(folder / _ENCODER_DECODER)

    def candidate_vectors(
        self, profiles: Sequence[Profile], as_of: Sequence[str], folder: Path
    ) -> np.ndarray:
        """Return the encoder-decoder's; see `NeuralRanker.candidate_vectors`."""
        return self.neural.candidate_vectors(profiles, as_of, folder / _ENCODER_DECODER)

    def opened(self, folder: Path) -> PreparedCatalogue:
        """Open the encoder-decoder's part of what `prepare` wrote."""
        return self.neural.opened(folder / _ENCODER_DECODER)

    def weighing(self, folder: Path) -> Weighing:
        """Open what `prepare` wrote for the content score; once, and anew when written anew."""
        return self._open(folder, (folder / _CONTENT / "codes.npy").stat().st_mtime_ns)

    def _opened(self, folder: Path, stamp: int) -> Weighing:
        del stamp
        catalogue = self.opened(folder).catalogue
        numbers, index = self.overview.open(catalogue, folder / _CONTENT)
        return Weighing(numbers, self.weights, index)

    def _blended(
        self, asked: Sequence[Asked], folder: Path, size: int
    ) -> Iterator[list[RankedItem]]:
        """Make the lists of profiles with events."""
        prepared = self.opened(folder)
        for start in range(0, len(asked), _TOGETHER):
            some = asked[start : start + _TOGETHER]
            with one_thread():
                begun = self.neural.first_steps(
                    [(one.profile, one.as_of) for one in some], prepared
                )
                lists = [
                    self._list(one, first, prepared, self.weighing(folder), size)
                    for one, first in zip(some, begun, strict=True)
                ]
            for one, first, emissions in zip(some, begun, lists, strict=True):
                yield items(prepared, one.profile, first.parts, emissions)

    def _list(
        self,
        asked: Asked,
        first: FirstStep,
        prepared: PreparedCatalogue,
        weighing: Weighing,
        size: int,
    ) -> list[Emission]:
        """Take the best by both scores, and measure what each part of the profile brings."""
        catalogue, moment = prepared.catalogue, micros(asked.as_of)
        content = self.blend.content * weighing.scores(asked.steps, moment)
        fresh = freshness_at(catalogue.opens, moment)
        estimates = content + self.blend.encoder_decoder * (first.likeness + first.taste @ fresh)
        allowed = catalogue.eligible(asked.profile, asked.as_of)
        employers = catalogue.employer_numbers
        rows = np.sort(best_rows(estimates, allowed, employers, max(_NEAR, _CLOSER_LOOK * size)))
        near = Shortlist(rows, prepared.vectors[rows], fresh[:, rows], employers[rows])
        exact = self.blend.encoder_decoder * near.scores(first.query, first.taste)
        scores = content[rows].astype(np.float64) + exact
        chosen = best_rows(scores, np.ones(len(rows), dtype=bool), near.employers, size)
        added = self._added(asked, first, weighing, near)
        lost = _lost(scores, added)
        return [
            Emission(int(rows[place]), float(scores[place]), added[:, place], lost[:, place])
            for place in chosen.tolist()
        ]

    def _added(
        self, asked: Asked, first: FirstStep, weighing: Weighing, near: Shortlist
    ) -> np.ndarray:
        """Tell what each of the L parts of a profile adds to K scores, (L, K) float32."""
        found = self.blend.encoder_decoder * first.added(near.vectors).T
        shares = self.blend.content * weighing.shares(asked.steps, near.rows)
        newest = {part.row: n for n, part in enumerate(first.parts) if isinstance(part, PastEvent)}
        places = [newest[row] for row in asked.steps.rows.tolist()]
        found[places] += shares
        return np.asarray(found, dtype=np.float32)


def _lost(scores: np.ndarray, added: np.ndarray) -> np.ndarray:
    """Tell how much less probable each of K postings is among them without each part, (L, K)."""
    without = scores - added
    return np.asarray(log_softmax(scores) - log_softmax(without, axis=1), dtype=np.float32)
