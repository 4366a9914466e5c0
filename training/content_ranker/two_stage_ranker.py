"""The preset `best`: a ranker in two stages.

Profiles with events get their list in two stages. Stage one retrieves some hundreds of postings
from five sources: a content score that is a sum, the first decoding step of the encoder-decoder,
co-visitation, the newest and the most popular postings. Stage two blends the content score with the
exact score of the encoder-decoder, and makes probabilities of the sums.

Where training found that most turns are to postings known before, or postings say nothing to
compare, a part that reads ids alone (`training.sequence_scorer`) is a further source and a further
score.

Profiles that have only a statement get their lists the same way, by other features
(`stated_score`). Where there is nothing to score, the encoder-decoder ranks alone, and for empty
profiles the popular postings are listed. Each profile is computed by itself
or, in the encoder-decoder, in blocks of a fixed size, so that other profiles of a batch do not
change a bit.
"""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import Enum, auto
from functools import lru_cache, partial
from pathlib import Path
from typing import Self
from zipfile import BadZipFile

import numpy as np

from streaming.errors import ModelError
from streaming.serving.catalogue import Catalogue
from streaming.serving.ranker import Profile, RankedItem, Requirement
from training.content_ranker.calibration import Calibration
from training.content_ranker.co_visitation import CoVisitation
from training.content_ranker.content_index import ContentIndex
from training.content_ranker.content_score import ContentScore, ContentScores
from training.content_ranker.posting_features import PostingFeaturizer
from training.content_ranker.profile_history import ProfileHistory
from training.content_ranker.stated_score import StatedPart
from training.explanation.attribution import ListedPosting, carrying_strengths
from training.inference.batch_invariant_ops import log_softmax, one_thread
from training.inference.prepared_catalogue import PreparedCatalogue
from training.inference.profile_encoding import EventStep
from training.model.features import StatedStep, stated_steps
from training.model.presets import Preset
from training.model.time_encoding import to_microseconds
from training.ranking.encoder_decoder_ranker import EncoderDecoderRanker
from training.ranking.first_step import FirstStep
from training.ranking.ranked_items import ranked_items
from training.retrieval.employer_cap import capped_top_rows, top_rows
from training.retrieval.shortlist import Shortlist
from training.retrieval.sources import Retrieved
from training.sequence_scorer.histories import steps_of
from training.sequence_scorer.sequence_part import OpenSequencePart, SequencePart

FORMAT = 1
"""Of the model folder; a folder of another format is refused."""

ENCODER_DECODER_FOLDER = "encoder-decoder"
"""In the model folder: that of the encoder-decoder."""
_SETTINGS, _WEIGHTS = "blend.json", "weights.npy"
_CONTENT, _SEQUENCE = "content", "sequence"
RETRIEVED = {
    "content": 160,
    "encoder-decoder": 80,
    "sequence": 160,
    "co-visitation": 40,
    "fresh": 10,
    "popular": 10,
}
"""Source to how many postings it gives for a list of at most `_PLACES`."""
_PLACES = 20
_EXPLAINED, _EXPLAINED_BY_IDS = 60, 240
"""Postings among which reasons are measured, whatever a list's size; ids tell them apart less."""
_BATCH = 32
"""Profiles whose scores of the whole catalogue are in memory at a time."""


@dataclass(frozen=True)
class Blend:
    """The weights of the scores."""

    content: float
    encoder_decoder: float
    sequence: float = 0.0
    """0 without a part that reads ids."""

    def of(self, scored: "Scored") -> np.ndarray:
        """Blend the scores of stage two: (K,) float64."""
        blended = self.content * scored.content.astype(np.float64)
        blended += self.encoder_decoder * scored.decoded
        return blended + self.sequence * scored.sequence

    def __str__(self) -> str:
        parts = f"{self.content:g} content + {self.encoder_decoder:g} encoder-decoder"
        return f"{parts} + {self.sequence:g} sequence" if self.sequence else parts

    @property
    def is_encoder_decoder(self) -> bool:
        """Whether the encoder-decoder alone makes all lists."""
        return not self.content and not self.sequence


@dataclass(frozen=True, eq=False)
class Scored:
    """The K postings that stage one retrieved, and their scores in stage two, (K,) float32."""

    shortlist: Shortlist
    sources: tuple[str, ...]
    """For each posting, what retrieved it."""
    content: np.ndarray
    decoded: np.ndarray
    """By the encoder-decoder."""
    sequence: np.ndarray
    """By the part that reads ids; 0 without one."""


class _Kind(Enum):
    """By what a profile's list is made."""

    EVENTS = auto()
    STATED = auto()
    OTHER = auto()
    """By the encoder-decoder alone."""


@dataclass(frozen=True, eq=False)
class Query:
    """A profile with events, and the moment that its list is for."""

    profile: Profile
    as_of: str
    history: ProfileHistory


class TwoStageRanker:
    """An encoder-decoder and content features; a `streaming.serving.ranker.Ranker`.

    Args:
        encoder_decoder: ranks for profiles without events, too.
        index: makes the features.
        weights: (F,) float32, of the content score's features.
        blend: of the two scores in stage two.
        calibration: makes scores probabilities; None: items have no probability.
        sequence: reads ids alone; None: it is no source and has no part in scores.
        stated: ranks for profiles without events; None: the encoder-decoder alone does.
        retrieved: source to how many postings it gives for a list of at most 20.
    """

    def __init__(
        self,
        encoder_decoder: EncoderDecoderRanker,
        index: ContentIndex,
        weights: np.ndarray,
        blend: Blend,
        *,
        calibration: Calibration | None = None,
        sequence: SequencePart | None = None,
        stated: StatedPart | None = None,
        retrieved: Mapping[str, int] = RETRIEVED,
    ) -> None:
        self.encoder_decoder = encoder_decoder
        self.index = index
        self.weights = weights
        self.blend = blend
        self.calibration = calibration
        self.sequence = sequence
        self.stated = stated
        self.retrieved = retrieved
        self._cached_content_score = lru_cache(maxsize=2)(self._open_content_score)
        self._cached_sequence_part = lru_cache(maxsize=2)(self._open_sequence_part)

    def over_everything(self) -> "TwoStageRanker":
        """Return the same ranker with every posting in stage two: slow, to compare with."""
        return TwoStageRanker(
            self.encoder_decoder,
            self.index,
            self.weights,
            self.blend,
            calibration=self.calibration,
            sequence=self.sequence,
            stated=self.stated,
            retrieved={"content": sys.maxsize},
        )

    @property
    def preset(self) -> Preset:
        """That of the encoder-decoder."""
        return self.encoder_decoder.preset

    @property
    def packages(self) -> tuple[str, ...]:
        """Those of the encoder-decoder."""
        return self.encoder_decoder.packages

    def save(self, folder: Path) -> None:
        """Write everything `load` needs into an existing folder."""
        for name in (ENCODER_DECODER_FOLDER, _CONTENT):
            (folder / name).mkdir()
        self.encoder_decoder.save(folder / ENCODER_DECODER_FOLDER)
        self.index.featurizer.save(folder / _CONTENT)
        self.index.co_visitation.save(folder / _CONTENT)
        np.save(folder / _CONTENT / _WEIGHTS, self.weights)
        if self.stated:
            self.stated.save(folder / _CONTENT)
        if self.sequence:
            (folder / _SEQUENCE).mkdir()
            self.sequence.save(folder / _SEQUENCE)
        settings = {"format": FORMAT, "blend": asdict(self.blend)}
        settings |= {"calibration": asdict(self.calibration)} if self.calibration else {}
        (folder / _SETTINGS).write_text(json.dumps(settings), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote.

        Raises:
            ModelError: the folder is incomplete or of another format.
        """
        content = folder / _CONTENT
        try:
            settings = json.loads((folder / _SETTINGS).read_text(encoding="utf-8"))
            if settings["format"] != FORMAT:
                raise ModelError(
                    f"model folder {folder} has format {settings['format']}, this version reads "
                    f"{FORMAT}; train again"
                )
            encoder_decoder = EncoderDecoderRanker.load(folder / ENCODER_DECODER_FOLDER)
            mapper = encoder_decoder.embedder.mapper
            featurizer = PostingFeaturizer.load(content, mapper)
            index = ContentIndex(featurizer, CoVisitation.load(content))
            weights = np.load(content / _WEIGHTS)
        except (OSError, ValueError, KeyError, BadZipFile) as error:
            raise ModelError(
                f"model folder {folder} is incomplete: {error}; train again"
            ) from error
        found = settings.get("calibration")  # release 0.1.0 had none
        calibration = Calibration(**found) if found else None
        part = folder / _SEQUENCE
        sequence = SequencePart.load(part) if part.exists() else None
        blend = Blend(**settings["blend"])
        return cls(
            encoder_decoder,
            index,
            weights,
            blend,
            calibration=calibration,
            sequence=sequence,
            stated=StatedPart.load(content),
        )

    def prepare(self, catalogue: Catalogue, folder: Path) -> None:
        """Write a catalogue, its posting vectors and its content index."""
        for name in (ENCODER_DECODER_FOLDER, _CONTENT):
            (folder / name).mkdir()
        self.encoder_decoder.prepare(catalogue, folder / ENCODER_DECODER_FOLDER)
        self.index.write(catalogue, folder / _CONTENT)
        if self.sequence:
            (folder / _SEQUENCE).mkdir()
            self.sequence.prepare(catalogue, folder / _SEQUENCE)

    def rank(
        self, profiles: Sequence[Profile], as_of: Sequence[str], folder: Path, size: int
    ) -> list[list[RankedItem]]:
        """Rank a prepared catalogue for each profile; see `streaming.serving.ranker.Ranker.rank`.

        Scores are comparable within one list alone: only profiles with events have blended ones.
        """
        rows = self.open_prepared(folder).catalogue.rows
        histories = [ProfileHistory.of_profile(profile, rows) for profile in profiles]
        requests = list(zip(profiles, as_of, histories, strict=True))
        kinds = [self._kind_of(profile, history) for profile, _, history in requests]
        queries = {
            kind: [Query(*r) for r, own in zip(requests, kinds, strict=True) if own == kind]
            for kind in _Kind
        }
        others = [r for r, own in zip(requests, kinds, strict=True) if own == _Kind.OTHER]
        with one_thread():
            blended = iter([*self._blended_lists(queries[_Kind.EVENTS], folder, size)])
            stated = iter([*self._stated_lists(queries[_Kind.STATED], folder, size)])
        rest = iter(
            self.encoder_decoder.rank(
                [profile for profile, _, _ in others],
                [moment for _, moment, _ in others],
                folder / ENCODER_DECODER_FOLDER,
                size,
            )
        )
        lists = {_Kind.EVENTS: blended, _Kind.STATED: stated, _Kind.OTHER: rest}
        return [next(lists[kind]) for kind in kinds]

    def _kind_of(self, profile: Profile, history: ProfileHistory) -> "_Kind":
        if history.is_scorable:
            return _Kind.OTHER if self.blend.is_encoder_decoder else _Kind.EVENTS
        steps = stated_steps(profile.get("stated"), self.preset.model)
        return _Kind.STATED if self.stated and steps else _Kind.OTHER

    def requirements(
        self, profile: Profile, posting_ids: Sequence[str], folder: Path
    ) -> list[Requirement]:
        """See `streaming.serving.ranker.RequirementJudge.requirements`."""
        prepared = folder / ENCODER_DECODER_FOLDER
        return self.encoder_decoder.requirements(profile, posting_ids, prepared)

    def posting_vectors(self, folder: Path) -> np.ndarray:
        """Return the encoder-decoder's; see `EncoderDecoderRanker.posting_vectors`."""
        return self.encoder_decoder.posting_vectors(folder / ENCODER_DECODER_FOLDER)

    def work_vectors(self, folder: Path) -> np.ndarray:
        """Return the encoder-decoder's; see `EncoderDecoderRanker.work_vectors`."""
        return self.encoder_decoder.work_vectors(folder / ENCODER_DECODER_FOLDER)

    def candidate_vectors(
        self, profiles: Sequence[Profile], as_of: Sequence[str], folder: Path
    ) -> np.ndarray:
        """Return the encoder-decoder's; see `EncoderDecoderRanker.candidate_vectors`."""
        return self.encoder_decoder.candidate_vectors(
            profiles, as_of, folder / ENCODER_DECODER_FOLDER
        )

    def open_prepared(self, folder: Path) -> PreparedCatalogue:
        """Open the encoder-decoder's part of what `prepare` wrote."""
        return self.encoder_decoder.open_prepared(folder / ENCODER_DECODER_FOLDER)

    def content_score(self, folder: Path) -> ContentScore:
        """Open the content index that `prepare` wrote; cached until it is written again."""
        stamp = (folder / _CONTENT / "codes.npy").stat().st_mtime_ns
        return self._cached_content_score(folder, stamp)

    def _open_content_score(self, folder: Path, stamp: int) -> ContentScore:
        del stamp
        catalogue = self.open_prepared(folder).catalogue
        return self.index.open(catalogue, folder / _CONTENT, self.weights)

    def sequence_part(self, folder: Path) -> OpenSequencePart | None:
        """Open what `prepare` wrote for the part that reads ids; None without it.

        Cached until it is written again.
        """
        if self.sequence is None:
            return None
        return self._cached_sequence_part(folder, (folder / _SEQUENCE).stat().st_mtime_ns)

    def _open_sequence_part(self, folder: Path, stamp: int) -> OpenSequencePart | None:
        del stamp
        return self.sequence.open(folder / _SEQUENCE) if self.sequence else None

    def _blended_lists(
        self, queries: Sequence[Query], folder: Path, size: int
    ) -> Iterator[list[RankedItem]]:
        """Yield the lists of profiles with events."""
        prepared = self.open_prepared(folder)
        scored = self.score(queries, folder, size)
        for query, (first, own) in zip(queries, scored, strict=True):
            alone = partial(self._scores_alone, query, first, folder)
            listed = self._list(own, size, self.blend, self.calibration, alone)
            yield ranked_items(prepared, query.profile, first.steps, listed)

    def _stated_lists(
        self, queries: Sequence[Query], folder: Path, size: int
    ) -> Iterator[list[RankedItem]]:
        """Yield the lists of profiles that have stated something and have no events."""
        if self.stated is None:
            return
        prepared, part = self.open_prepared(folder), self.stated
        scored = self.score_stated(part, queries, folder, size)
        for query, (first, own) in zip(queries, scored, strict=True):
            alone = partial(self._stated_scores_alone, part, first, folder)
            listed = self._list(
                own, size, Blend(1.0, part.encoder_decoder), part.calibration, alone
            )
            yield ranked_items(prepared, query.profile, first.steps, listed)

    def score_stated(
        self, part: StatedPart, queries: Sequence[Query], folder: Path, size: int
    ) -> Iterator[tuple[FirstStep, Scored]]:
        """As `score`, by what profiles without events have stated."""
        prepared, features = self.open_prepared(folder), self.content_score(folder).stated
        for start in range(0, len(queries), _BATCH):
            batch = queries[start : start + _BATCH]
            requests = [(query.profile, query.as_of) for query in batch]
            with one_thread():
                first_steps = self.encoder_decoder.first_steps(requests, prepared)
                for query, first in zip(batch, first_steps, strict=True):
                    steps = [step for step in first.steps if isinstance(step, StatedStep)]
                    total = part.weights @ features.compute(steps)
                    content = ContentScores(total, np.zeros_like(total))
                    yield first, self._score(query, first, content, folder, size)

    def score(
        self, queries: Sequence[Query], folder: Path, size: int
    ) -> Iterator[tuple[FirstStep, Scored]]:
        """Retrieve postings of a prepared catalogue for lists of `size`, and score them."""
        prepared, content_score = self.open_prepared(folder), self.content_score(folder)
        for start in range(0, len(queries), _BATCH):
            batch = queries[start : start + _BATCH]
            histories = [query.history for query in batch]
            moments = [to_microseconds(query.as_of) for query in batch]
            requests = [(query.profile, query.as_of) for query in batch]
            with one_thread():
                first_steps = self.encoder_decoder.first_steps(requests, prepared)
                contents = content_score.scores(histories, moments)
                scored = [
                    (first, self._score(query, first, content, folder, size))
                    for query, first, content in zip(batch, first_steps, contents, strict=True)
                ]
            yield from scored

    def _score(
        self, query: Query, first: FirstStep, content: ContentScores, folder: Path, size: int
    ) -> Scored:
        prepared, content_score = self.open_prepared(folder), self.content_score(folder)
        catalogue, moment = prepared.catalogue, to_microseconds(query.as_of)
        fresh = prepared.freshness.weighted(first.freshness_weights, moment)
        together = np.where(content.together > 0, content.together, np.float32(-np.inf))
        scores = {
            "content": content.total,
            "encoder-decoder": first.products + fresh,
            "co-visitation": together,
        }
        part, sequence = self.sequence_part(folder), np.zeros_like(content.total)
        if part and query.history.is_scorable:
            read = part.scores(steps_of(query.profile))
            scores |= read.sources()
            sequence = read.blended
        allowed, times = catalogue.eligible(query.profile, query.as_of), -(-size // _PLACES)
        sizes = {name: times * count for name, count in self.retrieved.items()}
        retrieved = Retrieved.of(
            {
                name: capped_top_rows(
                    own, allowed & (own > -np.inf), catalogue.employer_numbers, sizes[name]
                )
                for name, own in scores.items()
                if name in sizes
            }
            | {
                name: order[allowed[order]][: sizes[name]]
                for name, order in content_score.orders.items()
                if name in sizes
            }
        )
        shortlist = Shortlist.of(prepared, retrieved.rows, moment)
        return Scored(
            shortlist=shortlist,
            sources=retrieved.sources,
            content=content.total[retrieved.rows],
            decoded=shortlist.scores(first.query, first.freshness_weights),
            sequence=sequence[retrieved.rows],
        )

    def _list(
        self,
        scored: Scored,
        size: int,
        blend: Blend,
        calibration: Calibration | None,
        alone: Callable[[Shortlist], np.ndarray],
    ) -> list[ListedPosting]:
        """Select postings, and measure how much each step of the profile carries them.

        `alone` scores K postings by each of L steps, (L, K) float32.
        """
        shortlist, scores = scored.shortlist, blend.of(scored)
        every = np.ones(len(shortlist), dtype=bool)
        chosen = capped_top_rows(scores, every, shortlist.employers, size)
        explained = _EXPLAINED_BY_IDS if self.sequence else _EXPLAINED
        near = np.union1d(top_rows(scores, every, explained), chosen)
        strengths = carrying_strengths(alone(shortlist.take(near)))
        chances: Sequence[float | None] = [None] * len(chosen)
        if calibration:
            found = calibration.of(log_softmax(scores)[chosen])
            chances = (found / max(1.0, float(found.sum()))).tolist()  # one turn comes next
        return [
            ListedPosting(
                row=int(shortlist.rows[place]),
                score=float(scores[place]),
                strengths=strengths[:, index],
                source=scored.sources[place],
                probability=chance,
            )
            for place, index, chance in zip(
                chosen.tolist(), np.searchsorted(near, chosen).tolist(), chances, strict=True
            )
        ]

    def _stated_scores_alone(
        self, part: StatedPart, first: FirstStep, folder: Path, shortlist: Shortlist
    ) -> np.ndarray:
        """Score K postings by each of the L steps alone, where there are no events: (L, K)."""
        scores = part.encoder_decoder * first.scores_alone(shortlist.vectors)
        features = self.content_score(folder).stated
        for place, step in enumerate(first.steps):
            if isinstance(step, StatedStep):
                scores[place] += part.weights @ features.compute([step], shortlist.rows)
        return np.asarray(scores, dtype=np.float32)

    def _scores_alone(
        self, query: Query, first: FirstStep, folder: Path, shortlist: Shortlist
    ) -> np.ndarray:
        """Score K postings by each of the L steps of a profile alone, (L, K) float32."""
        newest = {step.row: n for n, step in enumerate(first.steps) if isinstance(step, EventStep)}
        alone = self.blend.encoder_decoder * first.scores_alone(shortlist.vectors)
        moment = to_microseconds(query.as_of)
        content = self.content_score(folder).scores_alone(query.history, moment, shortlist.rows)
        alone[[newest[row] for row in query.history.rows.tolist()]] += self.blend.content * content
        if part := self.sequence_part(folder):
            known, steps = self.open_prepared(folder).catalogue.rows, steps_of(query.profile)
            read = part.scores_alone(steps, shortlist.rows)
            for step, own in zip(steps, read, strict=True):
                if (place := newest.get(known.get(step, -1))) is not None:
                    alone[place] += self.blend.sequence * own
        return np.asarray(alone, dtype=np.float32)
