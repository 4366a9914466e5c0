"""Training of the content score beside an encoder-decoder, choice of the blend, calibration."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from training.content_ranker.calibration import Calibration, expected_calibration_error
from training.content_ranker.co_visitation import CoVisitation
from training.content_ranker.conditional_logit import FittedLogit, fit_logit, fit_weights
from training.content_ranker.content_examples import ExampleMaker
from training.content_ranker.content_index import ContentIndex
from training.content_ranker.posting_features import PostingFeaturizer
from training.content_ranker.profile_history import ProfileHistory
from training.content_ranker.stated_score import StatedPart
from training.content_ranker.two_stage_ranker import Blend, Query, Scored, TwoStageRanker
from training.data.dataset import Dataset
from training.determinism import repeatable
from training.evaluation.prequential import HeldOutTurns
from training.evaluation.ranking_metrics import ndcg_of_ranks
from training.evaluation.split import Split
from training.inference.batch_invariant_ops import log_softmax
from training.model.features import stated_steps
from training.model.presets import ModelConfig
from training.ranking.encoder_decoder_ranker import EncoderDecoderRanker
from training.ranking.first_step import FirstStep
from training.retrieval.employer_cap import top_rows
from training.sequence_scorer.fit_sequence import FittedSequence, fit_sequence
from training.sequence_scorer.sequence_part import SequencePart

_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0)
BLENDS = (*(Blend(1.0, share) for share in _SHARES), Blend(0.0, 1.0))
"""The blends to compare: more and more of the encoder-decoder, and the encoder-decoder alone."""
_SEQUENCE_WEIGHTS = (0.25, 0.5, 1.0, 2.0, 4.0)
"""Of the part that reads ids, where there is one, beside each of the blends."""
_LEAST_SEEN = 0.5
"""Share of turns to postings that training has seen from which on ids are worth reading."""
_DEFAULT_BLEND = Blend(1.0, 1.0)
_MOST_TURNS = 1_000
_FEWEST_STATED = 100
"""Validation turns of candidates without events from which the blend for them is chosen."""
_STATED_SHARE = 0.5
"""Else of the encoder-decoder."""
_SIZE = 10
"""Places of the lists that are calibrated."""


@dataclass(frozen=True, eq=False)
class FittedContent:
    """A trained ranker, and how its settings were chosen."""

    ranker: TwoStageRanker
    logit: FittedLogit
    examples: int
    ndcg: Mapping[Blend, float]
    """Blend to NDCG@10 on the validation part; empty where that has no cases."""
    calibration_error: float | None
    """Expected calibration error of the lists of these cases."""
    cases: int
    stated_ndcg: Mapping[Blend, float]
    """As `ndcg`, of candidates without events; empty where too few are in the validation part."""
    seconds: float
    """Duration of the whole training."""
    sequence: FittedSequence | None = None
    """The part that reads ids; None where it was not trained."""

    def choices(self) -> dict[str, Any]:
        """Return what was chosen, for the parameters of the run."""
        read = self.sequence.choices() if self.sequence else {}
        return {
            **asdict(self.ranker.blend),
            **(
                {"stated/encoder_decoder": self.ranker.stated.encoder_decoder}
                if self.ranker.stated
                else {}
            ),
            **{f"sequence/{name}": value for name, value in read.items()},
            "l2": self.logit.l2,
            "examples": self.examples,
        }

    def reports(self) -> dict[str, float]:
        """Return what was measured, for the metrics of the run."""
        return {
            **{
                f"{name}/{str(blend).replace(' + ', '_').replace(' ', '_')}": value
                for name, ndcg in (("blend", self.ndcg), ("stated", self.stated_ndcg))
                for blend, value in ndcg.items()
            },
            **{f"l2/{l2:g}": value for l2, value in self.logit.ndcg.items()},
            **(
                {}
                if self.calibration_error is None
                else {"calibration_error": self.calibration_error}
            ),
            "blend/cases": float(self.cases),
            "content_seconds": self.seconds,
        }


@repeatable()
def fit_content(
    encoder_decoder: EncoderDecoderRanker, dataset: Dataset, seed: int, split: Split | None = None
) -> FittedContent:
    """Train the content score, choose its blend with an encoder-decoder, and calibrate.

    Blend and calibration are chosen on the turns of the validation part, with weights learned on
    the training part alone. The encoder-decoder was trained on the same data with the same cut;
    `split` is by time unless it is given. Weights are then learned with what was held out, too, and
    what is counted of postings and of the values of their fields is counted again.
    """
    started = time.monotonic()
    share = encoder_decoder.preset.training.validation_split
    split = split or Split.by_time(dataset, share, seed)
    train = split.training
    featurizer = PostingFeaturizer.fit(dataset.catalogue, encoder_decoder.embedder.mapper)
    rows = dataset.catalogue.table.to_pylist()
    postings = featurizer.transform(rows)
    counts = CoVisitation.count(train, postings)
    maker = ExampleMaker(split, featurizer, postings, seed)
    examples = maker.of_histories()
    logit = fit_logit(examples.of_training())

    config = encoder_decoder.preset.model
    stated_examples = maker.of_statements(config)
    stated = fit_logit(stated_examples.of_training())

    def ranker(
        counts: CoVisitation, weights: np.ndarray, blend: Blend, **parts: Any
    ) -> TwoStageRanker:
        index = ContentIndex(featurizer, counts)
        return TwoStageRanker(encoder_decoder, index, weights, blend, **parts)

    turns = split.validation.sample(_MOST_TURNS, seed)
    with_events, without = _queries(turns, dataset, config)
    sequence = None
    if _worth_reading_ids(train, turns, featurizer):
        sequence = fit_sequence(train, split.validation, seed)
    part = sequence.part if sequence else None
    blend, ndcg, calibration, error = _DEFAULT_BLEND, {}, None, None
    if part:
        blend = replace(blend, sequence=1.0)
    tried = ranker(
        counts,
        logit.weights,
        blend,
        sequence=part,
        stated=StatedPart(stated.weights, _STATED_SHARE) if stated.weights.any() else None,
    )
    with _prepared(tried, dataset) as folder:
        stated_part, stated_ndcg = _choose_stated(tried, without, folder)
        if with_events:
            scored = _score(tried, with_events, folder)
            ndcg = {blend: _ndcg(scored, blend) for blend in _blends(part)}
            blend = max(ndcg, key=lambda blend: ndcg[blend])
            if part and not blend.sequence:  # then it retrieves nothing either
                tried.sequence = None
                scored = _score(tried, with_events, folder)
            calibration, error = _calibrate(scored, blend)
    part = _final_part(sequence, blend, split, seed)
    counts = CoVisitation.count(split.final, postings)
    weights = fit_weights(examples, logit.l2, logit.weights)
    if stated_part:
        own = fit_weights(stated_examples, stated.l2, stated.weights)
        stated_part = replace(stated_part, weights=own)
    return FittedContent(
        ranker=ranker(
            counts, weights, blend, calibration=calibration, sequence=part, stated=stated_part
        ),
        logit=logit,
        examples=int(np.count_nonzero(~examples.held_out)),
        ndcg=ndcg,
        calibration_error=error,
        cases=len(with_events),
        stated_ndcg=stated_ndcg,
        seconds=time.monotonic() - started,
        sequence=sequence,
    )


def recount_content(
    earlier: TwoStageRanker, encoder_decoder: EncoderDecoderRanker, dataset: Dataset
) -> TwoStageRanker:
    """Count the events of a later data set for a ranker whose weights and blend stay.

    The encoder-decoder goes on from the earlier one's. The part that reads ids stays as it is.
    """
    featurizer = earlier.index.featurizer
    postings = featurizer.transform(dataset.catalogue.table.to_pylist())
    counts = CoVisitation.count(dataset, postings)
    return TwoStageRanker(
        encoder_decoder,
        ContentIndex(featurizer, counts),
        earlier.weights,
        earlier.blend,
        calibration=earlier.calibration,
        sequence=earlier.sequence,
        stated=earlier.stated,
    )


_Case = tuple[Query, str]
"""What is asked before a turn, and the posting turned to."""


def _queries(
    turns: HeldOutTurns, dataset: Dataset, config: ModelConfig
) -> tuple[list[_Case], list[_Case]]:
    """Return the cases of candidates with events, and of those who have only stated something."""
    with_events: list[_Case] = []
    without: list[_Case] = []
    for turn in range(len(turns)):
        case = turns.case(turn)
        history = ProfileHistory.of_profile(case.profile, dataset.catalogue.rows)
        own = Query(case.profile, case.as_of, history), case.targets[0]
        if history.is_scorable:
            with_events.append(own)
        elif stated_steps(case.profile.get("stated"), config):
            without.append(own)
    return with_events, without


def _choose_stated(
    ranker: TwoStageRanker, cases: Sequence[_Case], folder: Path
) -> tuple[StatedPart | None, dict[Blend, float]]:
    """Choose how much the encoder-decoder counts for candidates who have stated something alone.

    Returns:
        The part of the ranker with that and a calibration, None where the encoder-decoder alone is
        better or nothing was learned; and what was compared.
    """
    part = ranker.stated
    if part is None or len(cases) < _FEWEST_STATED:
        return part, {}
    queries = [query for query, _ in cases]
    scored = _scored(ranker, ranker.score_stated(part, queries, folder, _SIZE), cases, folder)
    ndcg = {blend: _ndcg(scored, blend) for blend in BLENDS}
    best = max(ndcg, key=lambda blend: ndcg[blend])
    if best.is_encoder_decoder:
        return None, ndcg
    return StatedPart(part.weights, best.encoder_decoder, _calibrate(scored, best)[0]), ndcg


def _worth_reading_ids(train: Dataset, turns: HeldOutTurns, featurizer: PostingFeaturizer) -> bool:
    """Whether most turns are to postings of the training part, or these say nothing to compare."""
    if not featurizer.fields and not featurizer.texts:
        return True
    seen, rows = set(train.postings.tolist()), train.catalogue.rows
    targets = [rows[case.targets[0]] in seen for case in turns.cases]
    return bool(targets) and float(np.mean(targets)) >= _LEAST_SEEN


def _blends(part: SequencePart | None) -> tuple[Blend, ...]:
    if part is None:
        return BLENDS
    beside = (replace(blend, sequence=own) for blend in BLENDS for own in _SEQUENCE_WEIGHTS)
    return (*BLENDS, *beside, Blend(0.0, 0.0, 1.0))


def _final_part(
    sequence: FittedSequence | None, blend: Blend, split: Split, seed: int
) -> SequencePart | None:
    """Train the part that reads ids again on the final events, if there are more of them."""
    if sequence is None or not blend.sequence:
        return None
    same = len(split.final.postings) == len(split.training.postings)
    return sequence.part if same else sequence.refit(split.final, seed)


_Answer = tuple[Scored, np.ndarray]
"""What stage two says of a case, and which of the K retrieved is its target, (K,) bool, if any."""


def _score(ranker: TwoStageRanker, cases: Sequence[_Case], folder: Path) -> list[_Answer]:
    """Take both stages for cases of candidates with events."""
    scored = ranker.score([query for query, _ in cases], folder, _SIZE)
    return _scored(ranker, scored, cases, folder)


def _scored(
    ranker: TwoStageRanker,
    scored: Iterable[tuple[FirstStep, Scored]],
    cases: Sequence[_Case],
    folder: Path,
) -> list[_Answer]:
    rows = ranker.open_prepared(folder).catalogue.rows
    return [
        (own, own.shortlist.rows == rows[target])
        for (_, own), (_, target) in zip(scored, cases, strict=True)
    ]


@contextmanager
def _prepared(ranker: TwoStageRanker, dataset: Dataset) -> Iterator[Path]:
    """Prepare the catalogue of a data set in a temporary folder."""
    with TemporaryDirectory(prefix="careerstream-") as temporary:
        folder = Path(temporary)
        ranker.prepare(dataset.catalogue, folder)
        yield folder


def _ndcg(scored: Sequence[_Answer], blend: Blend) -> float:
    """Return the mean NDCG@10 of a blend; ties count against the target."""
    ranks = []
    for case, is_target in scored:
        scores = blend.of(case)
        ranks.append(np.count_nonzero(scores >= scores[is_target]) if is_target.any() else 0)
    return float(ndcg_of_ranks(np.array(ranks), _SIZE).mean())


def _calibrate(scored: Sequence[_Answer], blend: Blend) -> tuple[Calibration, float]:
    """Fit probabilities to the lists of cases; also return the error that is left on these."""
    log_probabilities, turned = [], []
    for case, is_target in scored:
        scores = blend.of(case)
        places = top_rows(scores, np.ones(len(scores), dtype=bool), _SIZE)
        log_probabilities.append(log_softmax(scores)[places])
        turned.append(is_target[places])
    inputs, hits = np.concatenate(log_probabilities), np.concatenate(turned)
    calibration = Calibration.fit(inputs, hits)
    return calibration, expected_calibration_error(calibration.of(inputs), hits)
