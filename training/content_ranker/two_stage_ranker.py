"""The preset `best`: a ranker in two stages.

Profiles with events get their list in two stages. Stage one retrieves some hundreds of postings
from five sources: the first decoding step of the encoder-decoder, a content score that is a sum, co-visitation, the
newest and the most popular postings. Stage two scores these: all features of profile and posting,
with small networks for what features mean only together, and the score of the encoder-decoder. The
scores become calibrated probabilities.

Where training found that most turns are to postings known before, or postings say nothing to
compare, a part that reads ids alone (`training.sequence_scorer`) is a further source and a further
score.

Profiles that have only a statement, or events of postings that the catalogue lacks, get the
encoder-decoder alone, and empty profiles the popular postings. Each profile is computed by itself
or, in the encoder-decoder, in blocks of a fixed size, so that other profiles of a batch do not
change a bit.
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
from streaming.serving.catalogue import ALWAYS, Catalogue
from streaming.serving.ranker import Profile, RankedItem
from training.content_ranker.calibration import Calibration
from training.content_ranker.co_visitation import CoVisitation
from training.content_ranker.content_index import ContentIndex
from training.content_ranker.content_score import ContentScore
from training.content_ranker.interaction_network import InteractionScore
from training.content_ranker.posting_features import PostingFeaturizer
from training.content_ranker.profile_history import ProfileHistory
from training.explanation.attribution import ListedPosting
from training.inference.batch_invariant_ops import one_thread
from training.inference.prepared_catalogue import PreparedCatalogue
from training.inference.profile_encoding import EventStep
from training.model.time_encoding import to_microseconds
from training.ranking.encoder_decoder_ranker import EncoderDecoderRanker
from training.ranking.first_step import FirstStep
from training.ranking.ranked_items import ranked_items
from training.retrieval.employer_cap import capped_top_rows, top_rows
from training.retrieval.shortlist import Shortlist
from training.retrieval.sources import Retrieved
from training.sequence_scorer.histories import steps_of
from training.sequence_scorer.sequence_part import OpenSequencePart, SequencePart, SequenceScores

FORMAT = 2
"""Of the model folder; a folder of a newer format is refused. Format 1 has no interactions."""

_SETTINGS, _WEIGHTS, _INTERACTIONS = "blend.json", "weights.npy", "interactions.npz"
_ENCODER_DECODER, _CONTENT, _SEQUENCE = "encoder-decoder", "content", "sequence"
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
_EXPLAINED_PER_PLACE, _LEAST_EXPLAINED = 4, 64
"""Postings among which reasons are measured for each place of a list, and at least in all."""
_BATCH = 32
"""Profiles whose scores of the whole catalogue are in memory at a time."""


@dataclass(frozen=True)
class Blend:
    """The weights of the scores."""

    content: float
    encoder_decoder: float
    sequence: float = 0.0
    """0 without a part that reads ids."""

    def __str__(self) -> str:
        parts = f"{self.content:g} content + {self.encoder_decoder:g} encoder-decoder"
        return f"{parts} + {self.sequence:g} sequence" if self.sequence else parts

    @property
    def is_encoder_decoder(self) -> bool:
        """Whether the encoder-decoder alone makes all lists."""
        return not self.content and not self.sequence


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
        weights: of the additive features, float32, for stage one.
        interactions: scores all features in stage two; None: the sum of stage one serves there too.
        blend: of the two scores in stage two.
        calibration: makes scores probabilities; None: items have no probability.
        sequence: reads ids alone; None: it is no source and has no part in scores.
    """

    def __init__(
        self,
        encoder_decoder: EncoderDecoderRanker,
        index: ContentIndex,
        weights: np.ndarray,
        blend: Blend,
        *,
        interactions: InteractionScore | None = None,
        calibration: Calibration | None = None,
        sequence: SequencePart | None = None,
    ) -> None:
        self.encoder_decoder = encoder_decoder
        self.index = index
        self.weights = weights
        self.blend = blend
        self.interactions = interactions
        self.calibration = calibration
        self.sequence = sequence
        self._cached_content_score = lru_cache(maxsize=2)(self._open_content_score)
        self._cached_sequence_part = lru_cache(maxsize=2)(self._open_sequence_part)

    @property
    def packages(self) -> tuple[str, ...]:
        """Those of the encoder-decoder."""
        return self.encoder_decoder.packages

    def save(self, folder: Path) -> None:
        """Write everything `load` needs into an existing folder."""
        for name in (_ENCODER_DECODER, _CONTENT):
            (folder / name).mkdir()
        self.encoder_decoder.save(folder / _ENCODER_DECODER)
        self.index.featurizer.save(folder / _CONTENT)
        self.index.co_visitation.save(folder / _CONTENT)
        np.save(folder / _CONTENT / _WEIGHTS, self.weights)
        if self.interactions:
            self.interactions.save(folder / _CONTENT / _INTERACTIONS)
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
            if settings["format"] > FORMAT:
                raise ModelError(
                    f"model folder {folder} has format {settings['format']}, this version reads up "
                    f"to {FORMAT}; upgrade careerstream"
                )
            index = ContentIndex(PostingFeaturizer.load(content), CoVisitation.load(content))
            weights = np.load(content / _WEIGHTS)
            file, calibration = content / _INTERACTIONS, settings.get("calibration")
            interactions = InteractionScore.load(file) if file.exists() else None
        except (OSError, ValueError, KeyError, BadZipFile) as error:
            raise ModelError(
                f"model folder {folder} is incomplete: {error}; train again"
            ) from error
        encoder_decoder = EncoderDecoderRanker.load(folder / _ENCODER_DECODER)
        part = folder / _SEQUENCE
        return cls(
            encoder_decoder,
            index,
            weights,
            Blend(**settings["blend"]),
            interactions=interactions,
            calibration=Calibration(**calibration) if calibration else None,
            sequence=SequencePart.load(part) if part.exists() else None,
        )

    def prepare(self, catalogue: Catalogue, folder: Path) -> None:
        """Write a catalogue, its posting vectors and its content index."""
        for name in (_ENCODER_DECODER, _CONTENT):
            (folder / name).mkdir()
        self.encoder_decoder.prepare(catalogue, folder / _ENCODER_DECODER)
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
        alone = self.blend.is_encoder_decoder
        blended = [not alone and history.is_scorable for history in histories]
        queries = [Query(*r) for r, own in zip(requests, blended, strict=True) if own]
        others = [r for r, own in zip(requests, blended, strict=True) if not own]
        lists = self._blended_lists(queries, folder, size)
        rest = iter(
            self.encoder_decoder.rank(
                [profile for profile, _, _ in others],
                [moment for _, moment, _ in others],
                folder / _ENCODER_DECODER,
                size,
            )
        )
        return [next(lists if own else rest) for own in blended]

    def posting_vectors(self, folder: Path) -> np.ndarray:
        """Return the encoder-decoder's; see `EncoderDecoderRanker.posting_vectors`."""
        return self.encoder_decoder.posting_vectors(folder / _ENCODER_DECODER)

    def work_vectors(self, folder: Path) -> np.ndarray:
        """Return the encoder-decoder's; see `EncoderDecoderRanker.work_vectors`."""
        return self.encoder_decoder.work_vectors(folder / _ENCODER_DECODER)

    def candidate_vectors(
        self, profiles: Sequence[Profile], as_of: Sequence[str], folder: Path
    ) -> np.ndarray:
        """Return the encoder-decoder's; see `EncoderDecoderRanker.candidate_vectors`."""
        return self.encoder_decoder.candidate_vectors(profiles, as_of, folder / _ENCODER_DECODER)

    def open_prepared(self, folder: Path) -> PreparedCatalogue:
        """Open the encoder-decoder's part of what `prepare` wrote."""
        return self.encoder_decoder.open_prepared(folder / _ENCODER_DECODER)

    def content_score(self, folder: Path) -> ContentScore:
        """Open the content index that `prepare` wrote; cached until it is written again."""
        stamp = (folder / _CONTENT / "codes.npy").stat().st_mtime_ns
        return self._cached_content_score(folder, stamp)

    def _open_content_score(self, folder: Path, stamp: int) -> ContentScore:
        del stamp
        features, index = self.index.open(self.open_prepared(folder).catalogue, folder / _CONTENT)
        return ContentScore(features, self.weights, index)

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
        for start in range(0, len(queries), _BATCH):
            batch = queries[start : start + _BATCH]
            with one_thread():
                first_steps = self.encoder_decoder.first_steps(
                    [(query.profile, query.as_of) for query in batch], prepared
                )
                content_score, part = self.content_score(folder), self.sequence_part(folder)
                lists = [
                    self._list(query, first, prepared, content_score, size, part=part)
                    for query, first in zip(batch, first_steps, strict=True)
                ]
            for query, first, listed in zip(batch, first_steps, lists, strict=True):
                yield ranked_items(prepared, query.profile, first.steps, listed)

    def retrieve(
        self,
        query: Query,
        first: FirstStep,
        prepared: PreparedCatalogue,
        content_score: ContentScore,
        estimates: np.ndarray,
        size: int,
        *,
        sequence: SequenceScores | None = None,
    ) -> Retrieved:
        """Take the postings that stage two scores; `estimates` are `ContentScore.scores`."""
        catalogue, moment = prepared.catalogue, to_microseconds(query.as_of)
        features = content_score.features
        together = features.co_visits(query.history)[features.posting_places]
        fresh = prepared.freshness.weighted(first.freshness_weights, moment)
        scores = {
            "content": estimates,
            "encoder-decoder": first.products + fresh,
            "co-visitation": np.where(together > 0, together, -np.inf),
            "fresh": np.where(catalogue.opens != ALWAYS, catalogue.opens, -np.inf),
            "popular": np.where(features.popularity > 0, features.popularity, -np.inf),
        }
        if sequence:
            scores |= sequence.sources()
        times = -(-size // _PLACES)
        sizes = {name: times * count for name, count in RETRIEVED.items()}
        allowed = catalogue.eligible(query.profile, query.as_of)
        return Retrieved.of(scores, sizes, allowed, catalogue.employer_numbers)

    def stage_two(
        self,
        query: Query,
        first: FirstStep,
        shortlist: Shortlist,
        content_score: ContentScore,
        content: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Score K postings by their content and by the encoder-decoder, (K,) float each.

        `content` is what stage one says of the same postings.
        """
        if self.interactions:
            moment = to_microseconds(query.as_of)
            features = content_score.features.compute(query.history, moment, shortlist.rows)
            content = self.interactions.scores(features)
        return content, shortlist.scores(first.query, first.freshness_weights)

    def _list(
        self,
        query: Query,
        first: FirstStep,
        prepared: PreparedCatalogue,
        content_score: ContentScore,
        size: int,
        *,
        part: OpenSequencePart | None = None,
    ) -> list[ListedPosting]:
        """Retrieve, score and select postings, with the contributions of each step."""
        moment = to_microseconds(query.as_of)
        estimates = content_score.scores(query.history, moment)
        sequence = part.scores(steps_of(query.profile)) if part else None
        retrieved = self.retrieve(
            query, first, prepared, content_score, estimates, size, sequence=sequence
        )
        shortlist = Shortlist.of(prepared, retrieved.rows, moment)
        content, decoded = self.stage_two(
            query, first, shortlist, content_score, estimates[retrieved.rows]
        )
        scores = self.blend.content * content.astype(np.float64)
        scores += self.blend.encoder_decoder * decoded
        if sequence:
            scores += self.blend.sequence * sequence.blended[shortlist.rows]
        every = np.ones(len(shortlist), dtype=bool)
        chosen = capped_top_rows(scores, every, shortlist.employers, size)
        near = max(_LEAST_EXPLAINED, _EXPLAINED_PER_PLACE * size)
        near = np.union1d(top_rows(scores, every, near), chosen)
        added = self._contributions(query, first, content_score, shortlist.take(near))
        if part:
            added += self._sequence_contributions(
                query, first, prepared, part, shortlist.rows[near]
            )
        losses = _removal_losses(scores[near], added)
        probabilities = (
            self.calibration.of(log_softmax(scores)[chosen]) if self.calibration else None
        )
        return [
            ListedPosting(
                row=int(shortlist.rows[place]),
                score=float(scores[place]),
                contributions=added[:, index],
                occlusion_losses=losses[:, index],
                source=retrieved.sources[place],
                probability=None if probabilities is None else float(probabilities[number]),
            )
            for number, (place, index) in enumerate(
                zip(chosen.tolist(), np.searchsorted(near, chosen).tolist(), strict=True)
            )
        ]

    def _contributions(
        self, query: Query, first: FirstStep, content_score: ContentScore, shortlist: Shortlist
    ) -> np.ndarray:
        """Return what each of the L steps of a profile adds to K scores, (L, K) float32."""
        added = self.blend.encoder_decoder * first.contributions(shortlist.vectors).T
        content = content_score.contributions(query.history, shortlist.rows)
        newest = {step.row: n for n, step in enumerate(first.steps) if isinstance(step, EventStep)}
        places = [newest[row] for row in query.history.rows.tolist()]
        added[places] += self.blend.content * content
        return np.asarray(added, dtype=np.float32)

    def _sequence_contributions(
        self,
        query: Query,
        first: FirstStep,
        prepared: PreparedCatalogue,
        part: OpenSequencePart,
        rows: np.ndarray,
    ) -> np.ndarray:
        """Return what each of the L steps adds to K scores by the part that reads ids, (L, K).

        What postings add that the catalogue lacks is no step's.
        """
        newest = {step.row: n for n, step in enumerate(first.steps) if isinstance(step, EventStep)}
        known, steps = prepared.catalogue.rows, steps_of(query.profile)
        added = np.zeros((len(first.steps), len(rows)), dtype=np.float32)
        for step, own in zip(steps, part.contributions(steps, rows), strict=True):
            if (place := newest.get(known.get(step, -1))) is not None:
                added[place] += self.blend.sequence * own
        return added


def _removal_losses(scores: np.ndarray, added: np.ndarray) -> np.ndarray:
    """Return the loss of log-probability of each of K postings without each step, (L, K)."""
    without = scores - added
    return np.asarray(log_softmax(scores) - log_softmax(without, axis=1), dtype=np.float32)
