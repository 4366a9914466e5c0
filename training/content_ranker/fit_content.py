"""Training of both stages beside a trained encoder-decoder; choice of the blend; calibration."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from scipy.special import log_softmax

from training.content_ranker.calibration import Calibration, expected_calibration_error
from training.content_ranker.co_visitation import CO_VISITED_FIELDS, CoVisitation
from training.content_ranker.conditional_logit import FittedLogit, fit_logit
from training.content_ranker.content_examples import make_examples
from training.content_ranker.content_index import ContentIndex
from training.content_ranker.fit_interactions import FittedInteractions, fit_interactions
from training.content_ranker.interaction_features import InteractionFeatures
from training.content_ranker.posting_features import PostingFeaturizer
from training.content_ranker.profile_history import ProfileHistory
from training.content_ranker.two_stage_ranker import Blend, Query, TwoStageRanker
from training.data.dataset import Dataset, HeldOut
from training.determinism import repeatable
from training.evaluation.prequential import EvaluationProtocol, HeldOutTurns, held_out_turns
from training.evaluation.ranking_metrics import ndcg_of_ranks
from training.inference.batch_invariant_ops import one_thread
from training.model.time_encoding import to_microseconds
from training.ranking.encoder_decoder_ranker import EncoderDecoderRanker
from training.retrieval.employer_cap import top_rows
from training.retrieval.shortlist import Shortlist
from training.sequence_scorer.fit_sequence import FittedSequence, fit_sequence
from training.sequence_scorer.histories import steps_of
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
_SIZE = 10
"""Places of the lists that are calibrated."""


@dataclass(frozen=True, eq=False)
class FittedContent:
    """A trained ranker, and how its settings were chosen."""

    ranker: TwoStageRanker
    logit: FittedLogit
    interactions: FittedInteractions | None
    examples: int
    ndcg: Mapping[Blend, float]
    """Blend to NDCG@10 on the validation part; empty where that has no cases."""
    calibration_error: float | None
    """Expected calibration error of the lists of these cases."""
    cases: int
    seconds: float
    """Duration of the whole training."""
    sequence: FittedSequence | None = None
    """The part that reads ids; None where it was not trained."""

    def choices(self) -> dict[str, Any]:
        """Return what was chosen, for the parameters of the run."""
        chosen = {**asdict(self.ranker.blend), "l2": self.logit.l2, "examples": self.examples}
        if self.interactions:
            chosen |= {"l2_of_stage_two": self.interactions.l2, "epochs": self.interactions.epochs}
        if self.sequence:
            own = self.sequence.choices()
            chosen |= {f"sequence/{name}": value for name, value in own.items()}
        return chosen

    def reports(self) -> dict[str, float]:
        """Return what was measured, for the metrics of the run."""
        return {
            **{
                f"blend/{str(blend).replace(' + ', '_').replace(' ', '_')}": value
                for blend, value in self.ndcg.items()
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
    encoder_decoder: EncoderDecoderRanker, dataset: Dataset, seed: int
) -> FittedContent:
    """Train both stages, choose the blend with an encoder-decoder, and calibrate.

    The weights are learned on the training part alone. Blend and calibration are chosen on the
    turns of the validation part. The encoder-decoder was trained on the same data with the same
    cut. What is counted of postings and of the values of their fields is then counted again, on
    everything.
    """
    started = time.monotonic()
    cut = dataset.cut(encoder_decoder.preset.training.validation_split)
    train = dataset if cut is None else dataset.until(cut)
    featurizer = PostingFeaturizer.fit(dataset.catalogue)
    rows = dataset.catalogue.table.to_pylist()
    postings = featurizer.transform(rows, featurizer.text_vectors(rows), CO_VISITED_FIELDS)
    counts = CoVisitation.count(train, postings)
    features = InteractionFeatures.over(dataset.catalogue, postings, featurizer, counts)
    examples = make_examples(train, featurizer, postings, seed)
    logit = fit_logit(examples.first_features(len(features.additive_names)))
    interactions = fit_interactions(examples, seed)

    def ranker(
        counts: CoVisitation,
        blend: Blend,
        calibration: Calibration | None = None,
        sequence: SequencePart | None = None,
    ) -> TwoStageRanker:
        return TwoStageRanker(
            encoder_decoder,
            ContentIndex(featurizer, counts),
            logit.weights,
            blend,
            interactions=interactions.score if interactions else None,
            calibration=calibration,
            sequence=sequence,
        )

    turns = held_out_turns(dataset, cut, EvaluationProtocol(turns=_MOST_TURNS, seed=seed))
    known = dataset.catalogue.rows
    cases = [
        turns.case(turn)
        for turn, case in enumerate(turns.cases)
        if ProfileHistory.of_profile(case.profile, known).is_scorable
    ]
    sequence = None
    if _worth_reading_ids(train, turns, featurizer):
        sequence = fit_sequence(train, turns, seed)
    part = sequence.part if sequence else None
    blend, ndcg, calibration, error = _DEFAULT_BLEND, {}, None, None
    if part:
        blend = replace(blend, sequence=1.0)
    if cases:
        scored = _score(ranker(counts, blend, sequence=part), dataset, cases)
        ndcg = {blend: _ndcg(scored, blend) for blend in _blends(part)}
        blend = max(ndcg, key=lambda blend: ndcg[blend])
        if part and not blend.sequence:  # then it retrieves nothing either
            scored = _score(ranker(counts, blend), dataset, cases)
        calibration, error = _calibrate(scored, blend)
    return FittedContent(
        ranker=ranker(
            CoVisitation.count(dataset, postings),
            blend,
            calibration,
            _final_part(sequence, blend, train, dataset, seed),
        ),
        logit=logit,
        interactions=interactions,
        examples=len(examples.features),
        ndcg=ndcg,
        calibration_error=error,
        cases=len(cases),
        seconds=time.monotonic() - started,
        sequence=sequence,
    )


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
    sequence: FittedSequence | None, blend: Blend, train: Dataset, final: Dataset, seed: int
) -> SequencePart | None:
    """Train the part that reads ids again on the final events, if there are more of them."""
    if sequence is None or not blend.sequence:
        return None
    same = len(final.postings) == len(train.postings)
    return sequence.part if same else sequence.refit(final, seed)


@dataclass(frozen=True, eq=False)
class _Scored:
    """The K retrieved postings of a case, with the scores of stage two."""

    content: np.ndarray
    """(K,)."""
    decoded: np.ndarray
    """(K,)."""
    sequence: np.ndarray | float
    """(K,); 0 without a part that reads ids."""
    is_target: np.ndarray
    """(K,) bool; all false where the target was not retrieved."""

    def blended(self, blend: Blend) -> np.ndarray:
        scores = blend.content * self.content.astype(np.float64)
        scores += blend.encoder_decoder * self.decoded
        return np.asarray(scores + blend.sequence * self.sequence)


def _score(ranker: TwoStageRanker, dataset: Dataset, cases: Sequence[HeldOut]) -> list[_Scored]:
    """Take both stages for cases of candidates with events."""
    catalogue, scored = dataset.catalogue, []
    with TemporaryDirectory(prefix="careerstream-") as temporary, one_thread():
        folder = Path(temporary)
        ranker.prepare(catalogue, folder)
        prepared, content_score = ranker.open_prepared(folder), ranker.content_score(folder)
        reader = ranker.sequence_part(folder)
        for case in cases:
            history = ProfileHistory.of_profile(case.profile, catalogue.rows)
            query, moment = Query(case.profile, case.as_of, history), to_microseconds(case.as_of)
            [first] = ranker.encoder_decoder.first_steps([(case.profile, case.as_of)], prepared)
            estimates = content_score.scores(history, moment)
            heard = reader.scores(steps_of(case.profile)) if reader else None
            rows = ranker.retrieve(
                query, first, prepared, content_score, estimates, _SIZE, sequence=heard
            ).rows
            shortlist = Shortlist.of(prepared, rows, moment)
            parts = ranker.stage_two(query, first, shortlist, content_score, estimates[rows])
            sequence = heard.blended[rows] if heard else 0.0
            scored.append(_Scored(*parts, sequence, rows == catalogue.rows[case.targets[0]]))
    return scored


def _ndcg(scored: Sequence[_Scored], blend: Blend) -> float:
    """Return the mean NDCG@10 of a blend; ties count against the target."""
    ranks = []
    for case in scored:
        scores = case.blended(blend)
        above = np.count_nonzero(scores >= scores[case.is_target]) if case.is_target.any() else 0
        ranks.append(above)
    return float(ndcg_of_ranks(np.array(ranks), _SIZE).mean())


def _calibrate(scored: Sequence[_Scored], blend: Blend) -> tuple[Calibration, float]:
    """Fit probabilities to the lists of cases; also return the error that is left on these."""
    log_probabilities, turned = [], []
    for case in scored:
        scores = case.blended(blend)
        places = top_rows(scores, np.ones(len(scores), dtype=bool), _SIZE)
        log_probabilities.append(log_softmax(scores)[places])
        turned.append(case.is_target[places])
    inputs, hits = np.concatenate(log_probabilities), np.concatenate(turned)
    calibration = Calibration.fit(inputs, hits)
    return calibration, expected_calibration_error(calibration.of(inputs), hits)
