"""What stage one of a ranker in two stages costs: its lists beside those of scoring everything."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from streaming.serving.ranker import RankedItem, Ranker
from training.benchmark.list_quality import PLACES, SIZE
from training.benchmark.protocols.training_view import OnProgress
from training.content_ranker.two_stage_ranker import TwoStageRanker
from training.evaluation.prequential import HeldOutTurns
from training.evaluation.ranking_metrics import ndcg_of_ranks

_MOST_TURNS = 500


def retrieval_loss(
    ranker: Ranker,
    folder: Path,
    turns: HeldOutTurns,
    lists: Sequence[Sequence[RankedItem]],
    *,
    seed: int,
    on_progress: OnProgress,
) -> dict[str, float]:
    """Ask again before a sample of turns, with every posting in stage two.

    Returns:
        `retrieval/turns`; `retrieval/kept`, the share of the first ten places of scoring everything
        that the lists' first ten hold; `retrieval/ndcg_lost`, NDCG@10. Empty for other rankers.
    """
    if not isinstance(ranker, TwoStageRanker):
        return {}
    exhaustive = ranker.over_everything()
    with_events = np.flatnonzero([bool(case.profile["events"]) for case in turns.cases])
    chosen = np.sort(np.random.default_rng(seed).permutation(with_events)[:_MOST_TURNS]).tolist()
    kept, lost = [], []
    for number, turn in enumerate(chosen, start=1):
        case = turns.case(turn)
        [full] = exhaustive.rank([case.profile], [case.as_of], folder, SIZE)
        best, own = ([item["posting_id"] for item in one[:PLACES]] for one in (full, lists[turn]))
        kept += [posting_id in own for posting_id in best]
        lost.append(_ndcg(best, case.targets[0]) - _ndcg(own, case.targets[0]))
        on_progress("scoring everything", number / len(chosen))
    if not kept:
        return {}
    return {
        "retrieval/turns": len(chosen),
        "retrieval/kept": float(np.mean(kept)),
        "retrieval/ndcg_lost": float(np.mean(lost)),
    }


def _ndcg(ids: Sequence[str], target: str) -> float:
    rank = ids.index(target) + 1 if target in ids else 0
    return float(ndcg_of_ranks(np.array([rank]), PLACES)[0])
