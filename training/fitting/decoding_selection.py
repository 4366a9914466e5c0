"""Choice of the decoding that is served: the cheapest of those that rank best in validation."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from streaming.serving.catalogue import Catalogue
from training.evaluation.list_diversity import intra_list_similarity, padded_rows, posting_vectors
from training.evaluation.prequential import (
    GATE_METRIC,
    SIZE,
    HeldOutTurns,
    evaluate_lists,
    recommend,
)
from training.model.presets import DECODINGS
from training.ranking.encoder_decoder_ranker import EncoderDecoderRanker

REPORTED_METRICS = ("hr@10", GATE_METRIC, "similarity@10", "coverage")
"""What is reported of each decoding: accuracy, similarity within lists, share of the catalogue."""

_MOST_TURNS, _SEED = 500, 7
"""So few turns that all decodings together take seconds, and the seed of their sample."""


@dataclass(frozen=True, eq=False)
class DecodingChoice:
    """A ranker with the chosen decoding, and the measurements behind the choice."""

    ranker: EncoderDecoderRanker
    name: str | None
    """The decoding's name in `DECODINGS`; None where no candidate is held out."""
    compared: Mapping[str, Mapping[str, float]]
    """`REPORTED_METRICS` of each decoding, by its name."""


def choose_decoding(
    ranker: EncoderDecoderRanker, catalogue: Catalogue, validation: HeldOutTurns
) -> DecodingChoice:
    """Compare decodings on a sample of the turns of the validation part; choose one by NDCG@10.

    The choice is the cheapest decoding that is at most one standard error behind the best: a beam
    costs three times the first step, for every profile. Without such turns the preset's decoding
    stays.
    """
    turns = validation.sample(_MOST_TURNS, _SEED)
    if not len(turns):
        return DecodingChoice(ranker, None, {})
    compared: dict[str, dict[str, float]] = {}
    ndcg: dict[str, np.ndarray] = {}
    vectors = posting_vectors(catalogue.table.to_pylist())
    with TemporaryDirectory(prefix="careerstream-") as temporary:
        folder = Path(temporary)
        ranker.prepare(catalogue, folder)
        for name, decoding in DECODINGS.items():
            lists = recommend(ranker.with_decoding(decoding), folder, turns)
            quality = evaluate_lists(lists, catalogue, turns)
            ndcg[name] = quality.per_turn[GATE_METRIC]
            rows = [[catalogue.rows[posting_id] for posting_id in ids] for ids in lists]
            similarity = intra_list_similarity(vectors, *padded_rows(rows, SIZE))
            values = (
                quality.per_turn[REPORTED_METRICS[0]].mean(),
                ndcg[name].mean(),
                similarity.mean(),
                quality.coverage,
            )
            compared[name] = dict(zip(REPORTED_METRICS, map(float, values), strict=True))
    name = cheapest_within_one_standard_error(ndcg, turns.owners)
    return DecodingChoice(ranker.with_decoding(DECODINGS[name]), name, compared)


def cheapest_within_one_standard_error(values: Mapping[str, np.ndarray], owners: np.ndarray) -> str:
    """Return the first name that is at most one standard error behind the one of the highest mean.

    The rule is that of Breiman, Friedman, Olshen and Stone, Classification and Regression Trees,
    1984, section 3.4.3. Names map to the values of each turn, (T,); the cheapest comes first. The
    turns of a candidate, (T,) int64 `owners`, are not independent, so their errors are summed.
    """
    best = max(values.values(), key=np.mean)
    places = np.unique(owners, return_inverse=True)[1]

    def is_close(own: np.ndarray) -> bool:
        behind = best - own
        errors = np.bincount(places, behind - behind.mean())
        return bool(behind.sum() <= np.sqrt((errors**2).sum()))

    return next(name for name, own in values.items() if is_close(own))
