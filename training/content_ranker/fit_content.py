"""Training of the content score beside an encoder-decoder, choice of the blend, calibration."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
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
from training.content_ranker.posting_features import PostingFeaturizer
from training.content_ranker.profile_history import ProfileHistory
from training.content_ranker.two_stage_ranker import Blend, Query, TwoStageRanker
from training.data.dataset import Dataset, HeldOut
from training.determinism import repeatable
from training.evaluation.ranking_metrics import ndcg_of_ranks
from training.evaluation.split import Split
from training.inference.batch_invariant_ops import one_thread
from training.ranking.encoder_decoder_ranker import EncoderDecoderRanker
from training.retrieval.employer_cap import top_rows

_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0)
BLENDS = (*(Blend(1.0, share) for share in _SHARES), Blend(0.0, 1.0))
"""The blends to compare: more and more of the encoder-decoder, and the encoder-decoder alone."""
_DEFAULT_BLEND = Blend(1.0, 1.0)
_MOST_TURNS = 1_000
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
    seconds: float
    """Duration of the whole training."""

    def choices(self) -> dict[str, Any]:
        """Return what was chosen, for the parameters of the run."""
        return {**asdict(self.ranker.blend), "l2": self.logit.l2, "examples": self.examples}

    def reports(self) -> dict[str, float]:
        """Return what was measured, for the metrics of the run."""
        return {
            **{
                f"blend/{blend.content:g}_content_{blend.encoder_decoder:g}_encoder-decoder": value
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
    encoder_decoder: EncoderDecoderRanker, dataset: Dataset, seed: int, split: Split | None = None
) -> FittedContent:
    """Train the content score, choose its blend with an encoder-decoder, and calibrate.

    The weights are learned on the training part alone. Blend and calibration are chosen on the
    turns of the validation part. The encoder-decoder was trained on the same data with the same
    cut; `split` is by time unless it is given. What is counted of postings and of the values of
    their fields is then counted again, on the final part.
    """
    started = time.monotonic()
    share = encoder_decoder.preset.training.validation_split
    split = split or Split.by_time(dataset, share, seed)
    train = split.training
    featurizer = PostingFeaturizer.fit(dataset.catalogue)
    rows = dataset.catalogue.table.to_pylist()
    postings = featurizer.transform(rows, featurizer.text_vectors(rows), CO_VISITED_FIELDS)
    counts = CoVisitation.count(train, postings)
    examples = make_examples(train, featurizer, postings, seed)
    logit = fit_logit(examples)

    def ranker(
        counts: CoVisitation, blend: Blend, calibration: Calibration | None = None
    ) -> TwoStageRanker:
        index = ContentIndex(featurizer, counts)
        return TwoStageRanker(encoder_decoder, index, logit.weights, blend, calibration)

    turns = split.validation.sample(_MOST_TURNS, seed)
    known = dataset.catalogue.rows
    cases = [
        turns.case(turn)
        for turn, case in enumerate(turns.cases)
        if ProfileHistory.of_profile(case.profile, known).is_scorable
    ]
    blend, ndcg, calibration, error = _DEFAULT_BLEND, {}, None, None
    if cases:
        scored = _score(ranker(counts, blend), dataset, cases)
        ndcg = {blend: _ndcg(scored, blend) for blend in BLENDS}
        blend = max(ndcg, key=lambda blend: ndcg[blend])
        calibration, error = _calibrate(scored, blend)
    return FittedContent(
        ranker=ranker(CoVisitation.count(split.final, postings), blend, calibration),
        logit=logit,
        examples=len(examples.features),
        ndcg=ndcg,
        calibration_error=error,
        cases=len(cases),
        seconds=time.monotonic() - started,
    )


@dataclass(frozen=True, eq=False)
class _Scored:
    """The K retrieved postings of a case, with both scores of stage two."""

    content: np.ndarray
    """(K,)."""
    decoded: np.ndarray
    """(K,)."""
    is_target: np.ndarray
    """(K,) bool; all false where the target was not retrieved."""


def _score(ranker: TwoStageRanker, dataset: Dataset, cases: Sequence[HeldOut]) -> list[_Scored]:
    """Take both stages for cases of candidates with events."""
    rows, scored = dataset.catalogue.rows, []
    with TemporaryDirectory(prefix="careerstream-") as temporary, one_thread():
        folder = Path(temporary)
        ranker.prepare(dataset.catalogue, folder)
        prepared = ranker.open_prepared(folder)
        for case in cases:
            query = Query(case.profile, case.as_of, ProfileHistory.of_profile(case.profile, rows))
            [first] = ranker.encoder_decoder.first_steps([(case.profile, case.as_of)], prepared)
            retrieved, _, content, decoded = ranker.score(query, first, folder, _SIZE)
            scored.append(_Scored(content, decoded, retrieved.rows == rows[case.targets[0]]))
    return scored


def _ndcg(scored: Sequence[_Scored], blend: Blend) -> float:
    """Return the mean NDCG@10 of a blend; ties count against the target."""
    ranks = []
    for case in scored:
        scores = blend.of(case.content, case.decoded)
        above = np.count_nonzero(scores >= scores[case.is_target]) if case.is_target.any() else 0
        ranks.append(above)
    return float(ndcg_of_ranks(np.array(ranks), _SIZE).mean())


def _calibrate(scored: Sequence[_Scored], blend: Blend) -> tuple[Calibration, float]:
    """Fit probabilities to the lists of cases; also return the error that is left on these."""
    log_probabilities, turned = [], []
    for case in scored:
        scores = blend.of(case.content, case.decoded)
        places = top_rows(scores, np.ones(len(scores), dtype=bool), _SIZE)
        log_probabilities.append(log_softmax(scores)[places])
        turned.append(case.is_target[places])
    inputs, hits = np.concatenate(log_probabilities), np.concatenate(turned)
    calibration = Calibration.fit(inputs, hits)
    return calibration, expected_calibration_error(calibration.of(inputs), hits)
