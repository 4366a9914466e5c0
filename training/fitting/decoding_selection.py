"""Which way of decoding is served: the cheapest of those that rank the validation part best."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from streaming.serving.catalogue import Catalogue
from training.data.dataset import Dataset
from training.evaluation.list_diversity import intra_list_similarity, posting_vectors
from training.evaluation.offline_evaluation import (
    GATE_METRIC,
    EvaluationProtocol,
    evaluate_lists,
    make_cases,
    recommend,
)
from training.model.presets import DECODINGS
from training.ranking.encoder_decoder_ranker import EncoderDecoderRanker

REPORTED_METRICS = ("hr@10", GATE_METRIC, "similarity@10", "coverage")
"""What is told of each way: accuracy, how alike a list's postings are, share of the catalogue."""

_PROTOCOL = EvaluationProtocol(candidates=300)
"""The gate's, on fewer candidates, so that four ways take seconds."""


@dataclass(frozen=True, eq=False)
class DecodingChoice:
    """A ranker with its way of decoding, and what was compared."""

    ranker: EncoderDecoderRanker
    name: str | None
    """Of the way, in `DECODINGS`; None where nobody could be asked: then it is the preset's."""
    compared: Mapping[str, Mapping[str, float]]
    """Way to values of `REPORTED_METRICS`."""


def choose_decoding(ranker: EncoderDecoderRanker, dataset: Dataset) -> DecodingChoice:
    """Compare the ways of decoding on held-out candidates, and take one by NDCG@10.

    Taken is the cheapest that is at most one standard error behind the best (Breiman, Friedman,
    Olshen and Stone, Classification and Regression Trees, 1984, 3.4.3): a beam costs three times
    the first step, for each profile, for ever. Without a candidate to ask, the preset's stays.

    Args:
        ranker: just trained.
        dataset: what it was trained on, with the validation part.
    """
    train, held_out = dataset.split(ranker.preset.training.validation_split)
    catalogue = dataset.catalogue
    seen = np.array(catalogue.posting_ids, dtype=object)[np.unique(train.postings)]
    cases = make_cases(held_out, catalogue, seen.tolist(), _PROTOCOL)
    compared: dict[str, dict[str, float]] = {}
    reached: dict[str, np.ndarray] = {}
    if cases.held_out:
        vectors = posting_vectors(catalogue.table.to_pylist())
        with TemporaryDirectory(prefix="careerstream-") as temporary:
            folder = Path(temporary)
            ranker.prepare(catalogue, folder)
            for name, decoding in DECODINGS.items():
                lists = recommend(ranker.with_decoding(decoding), folder, cases, _PROTOCOL)
                quality = evaluate_lists(lists, catalogue, cases)
                reached[name] = quality.per_candidate[GATE_METRIC]
                compared[name] = {
                    **{
                        key: float(quality.per_candidate[key].mean())
                        for key in REPORTED_METRICS[:2]
                    },
                    REPORTED_METRICS[2]: float(
                        intra_list_similarity(vectors, *_rows(lists, catalogue)).mean()
                    ),
                    REPORTED_METRICS[3]: quality.coverage,
                }
    if not compared:
        return DecodingChoice(ranker, None, {})
    name = cheapest_within_one_standard_error(reached)
    return DecodingChoice(ranker.with_decoding(DECODINGS[name]), name, compared)


def cheapest_within_one_standard_error(reached: Mapping[str, np.ndarray]) -> str:
    """Return the first name that is at most one standard error behind the one of the highest mean.

    Args:
        reached: name to what each candidate gave, (candidates,); the cheapest first.
    """
    best = max(reached.values(), key=np.mean)

    def is_as_good(values: np.ndarray) -> bool:
        behind = best - values
        return bool(behind.mean() <= behind.std() / np.sqrt(len(behind)))

    return next(name for name, values in reached.items() if is_as_good(values))


def _rows(lists: Sequence[Sequence[str]], catalogue: Catalogue) -> tuple[np.ndarray, np.ndarray]:
    """Lay lists of posting ids side by side: rows, (B, K) int64, and what is real of them."""
    rows = np.zeros((len(lists), _PROTOCOL.size), dtype=np.int64)
    real = np.zeros(rows.shape, dtype=bool)
    for place, ids in enumerate(lists):
        rows[place, : len(ids)] = [catalogue.rows[posting_id] for posting_id in ids]
        real[place, : len(ids)] = True
    return rows, real
