"""Training of the content score beside a trained encoder-decoder, and selection of the blend."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from training.content_ranker.blended_ranker import Blend, BlendedRanker
from training.content_ranker.co_visitation import CO_VISITED_FIELDS, CoVisitation
from training.content_ranker.conditional_logit import FittedLogit, fit_logit
from training.content_ranker.content_examples import make_examples
from training.content_ranker.content_index import ContentIndex
from training.content_ranker.posting_features import PostingFeaturizer
from training.content_ranker.profile_history import ProfileHistory
from training.data.dataset import Dataset, HeldOut
from training.determinism import repeatable
from training.evaluation.prequential import EvaluationProtocol, held_out_turns
from training.evaluation.ranking_metrics import ndcg_of_ranks
from training.inference.batch_invariant_ops import one_thread
from training.model.time_encoding import freshness_at, to_microseconds
from training.ranking.encoder_decoder_ranker import EncoderDecoderRanker

_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0)
BLENDS = (*(Blend(1.0, share) for share in _SHARES), Blend(0.0, 1.0))
"""The blends to compare: more and more of the encoder-decoder, and the encoder-decoder alone."""
_DEFAULT_BLEND = Blend(1.0, 1.0)
_MOST_TURNS = 1_000


@dataclass(frozen=True, eq=False)
class FittedContent:
    """A trained ranker, and how its settings were chosen."""

    ranker: BlendedRanker
    logit: FittedLogit
    examples: int
    ndcg: Mapping[Blend, float]
    """Blend to NDCG@10 on the validation part; empty where that has no cases."""
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
            "blend/cases": float(self.cases),
            "content_seconds": self.seconds,
        }


@repeatable()
def fit_content(
    encoder_decoder: EncoderDecoderRanker, dataset: Dataset, seed: int
) -> FittedContent:
    """Train the content score, and choose its blend with an encoder-decoder.

    The content score learns from the training part alone. The blend is chosen on the validation
    part: on what candidates turned to after the cut, from what was known of them at that moment.
    The encoder-decoder was trained on the same data with the same cut.
    """
    started = time.monotonic()
    train, _ = dataset.split(encoder_decoder.preset.training.validation_split)
    featurizer = PostingFeaturizer.fit(dataset.catalogue)
    rows = dataset.catalogue.table.to_pylist()
    postings = featurizer.transform(rows, featurizer.text_vectors(rows), CO_VISITED_FIELDS)
    examples = make_examples(train, featurizer, postings, seed)
    logit = fit_logit(examples)
    index = ContentIndex(featurizer, CoVisitation.count(train, postings))
    protocol = EvaluationProtocol(turns=_MOST_TURNS, seed=seed)
    turns = held_out_turns(dataset, train.counts.made_at, protocol)
    rows = dataset.catalogue.rows
    blended = [
        turn
        for turn, case in enumerate(turns.cases)
        if ProfileHistory.of_profile(case.profile, rows).is_scorable
    ]
    candidate = BlendedRanker(encoder_decoder, index, logit.weights, _DEFAULT_BLEND)
    ndcg = _compare_blends(candidate, dataset, map(turns.case, blended)) if blended else {}
    best = max(ndcg, key=lambda blend: ndcg[blend]) if ndcg else _DEFAULT_BLEND
    return FittedContent(
        ranker=BlendedRanker(encoder_decoder, index, logit.weights, best),
        logit=logit,
        examples=len(examples.features),
        ndcg=ndcg,
        cases=len(blended),
        seconds=time.monotonic() - started,
    )


def _compare_blends(
    ranker: BlendedRanker, dataset: Dataset, cases: Iterable[HeldOut]
) -> dict[Blend, float]:
    """Measure NDCG@10 of each blend."""
    with TemporaryDirectory(prefix="careerstream-") as temporary:
        folder = Path(temporary)
        ranker.prepare(dataset.catalogue, folder)
        ranks = np.array([_ranks(ranker, dataset, case, folder) for case in cases])
    return dict(zip(BLENDS, ndcg_of_ranks(ranks, 10).mean(axis=0).tolist(), strict=True))


def _ranks(ranker: BlendedRanker, dataset: Dataset, case: HeldOut, folder: Path) -> list[int]:
    """Return the rank of a case's target by each blend; ties count against it."""
    catalogue, prepared = dataset.catalogue, ranker.open_prepared(folder)
    allowed = catalogue.eligible(case.profile, case.as_of)
    target, moment = catalogue.rows[case.targets[0]], to_microseconds(case.as_of)
    with one_thread():
        [first] = ranker.encoder_decoder.first_steps([(case.profile, case.as_of)], prepared)
        fresh = freshness_at(catalogue.opens, moment)
        decoded = prepared.vectors @ first.query + first.freshness_weights @ fresh
        history = ProfileHistory.of_profile(case.profile, catalogue.rows)
        content = ranker.content_score(folder).scores(history, moment)
    ranks = []
    for blend in BLENDS:
        scores = blend.content * content + blend.encoder_decoder * decoded
        ranks.append(int(np.count_nonzero(scores[allowed] >= scores[target])))
    return ranks
