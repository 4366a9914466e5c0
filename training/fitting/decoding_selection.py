"""Choice of the decoding that is served: the first step alone, unless greedy ranks better."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from streaming.serving.catalogue import Catalogue
from training.evaluation.prequential import GATE_METRIC, HeldOutTurns, evaluate_lists, recommend
from training.model.presets import Decoding
from training.ranking.encoder_decoder_ranker import EncoderDecoderRanker

_MOST_TURNS, _SEED = 500, 7
"""So few turns that all decodings together take seconds, and the seed of their sample."""


@dataclass(frozen=True, eq=False)
class DecodingChoice:
    """A ranker with the chosen decoding, and the measurements behind the choice."""

    ranker: EncoderDecoderRanker
    compared: Mapping[Decoding, float]
    """NDCG@10 of each decoding; empty where no candidate is held out."""


def choose_decoding(
    ranker: EncoderDecoderRanker, catalogue: Catalogue, validation: HeldOutTurns
) -> DecodingChoice:
    """Compare decodings on a sample of the turns of the validation part; choose one by NDCG@10.

    The choice is the cheapest decoding that is at most one standard error behind the best. Without
    such turns the preset's decoding stays.
    """
    turns = validation.sample(_MOST_TURNS, _SEED)
    if not len(turns):
        return DecodingChoice(ranker, {})
    ndcg: dict[Decoding, np.ndarray] = {}
    with TemporaryDirectory(prefix="careerstream-") as temporary:
        folder = Path(temporary)
        ranker.prepare(catalogue, folder)
        for decoding in Decoding:
            lists = recommend(ranker.with_decoding(decoding), folder, turns)
            ndcg[decoding] = evaluate_lists(lists, catalogue, turns).per_turn[GATE_METRIC]
    chosen = cheapest_within_one_standard_error(ndcg, turns.owners)
    compared = {decoding: float(values.mean()) for decoding, values in ndcg.items()}
    return DecodingChoice(ranker.with_decoding(chosen), compared)


def cheapest_within_one_standard_error(
    values: Mapping[Decoding, np.ndarray], owners: np.ndarray
) -> Decoding:
    """Return the first decoding that is at most one standard error behind the best.

    The rule is that of Breiman, Friedman, Olshen and Stone, Classification and Regression Trees,
    1984, section 3.4.3. `values` are those of each turn, (T,), for the cheapest decoding first. The
    turns of a candidate, (T,) int64 `owners`, are not independent, so their errors are summed.
    """
    best = max(values.values(), key=np.mean)
    places = np.unique(owners, return_inverse=True)[1]

    def is_close(own: np.ndarray) -> bool:
        behind = best - own
        errors = np.bincount(places, behind - behind.mean())
        return bool(behind.sum() <= np.sqrt((errors**2).sum()))

    return next(decoding for decoding, own in values.items() if is_close(own))
