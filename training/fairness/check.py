"""The fairness check of the gate: challenger and champion, for every audit group."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from streaming.contract.audit_groups import UNKNOWN
from streaming.serving.ranker import Ranker
from streaming.settings import FairnessSettings, MatchSettings
from training.data.dataset import Dataset
from training.evaluation.prequential import GATE_METRIC, HeldOutTurns, RankerQuality
from training.fairness.comparison import Compared, compare_groups
from training.fairness.figures import (
    ENTRY,
    WELL_PAID,
    list_figures,
    match_entry,
    ranker_reaches,
    turned_to,
)
from training.fairness.groups import Groups
from training.fairness.report import FairnessReport


@dataclass(frozen=True, kw_only=True)
class FairnessCheck:
    """For whom the gate measures fairness, and by which rule."""

    groups: Groups
    settings: FairnessSettings
    match: MatchSettings | None = None
    """How matches are made; None: there are none."""


@dataclass(frozen=True, eq=False)
class MeasuredRanker:
    """A ranker, and its lists before the turns of the gate."""

    ranker: Ranker
    quality: RankerQuality


def check_fairness(
    challenger: MeasuredRanker,
    champion: MeasuredRanker,
    dataset: Dataset,
    turns: HeldOutTurns,
    check: FairnessCheck,
) -> FairnessReport:
    """Compare the groups by quality and by exposure to well-paid postings, and by matches.

    Quality and exposure are of the turns by which the gate measures NDCG@10. Matches are those of
    all contactable candidates, from everything that is known of them.
    """
    labels = check.groups.labels(dataset.candidate_ids)
    measured = np.unique(turns.owners)
    figures = [*_list_figures(challenger, champion, dataset, turns)]
    if check.match is not None:
        figures.append(_match_figure(challenger.ranker, champion.ranker, dataset, check.match))
    return FairnessReport(
        comparisons=compare_groups(figures, labels, check.settings),
        unknown={name: int((own[measured] == UNKNOWN).sum()) for name, own in labels.items()},
        settings=check.settings,
    )


def _list_figures(
    challenger: MeasuredRanker, champion: MeasuredRanker, dataset: Dataset, turns: HeldOutTurns
) -> Iterator[Compared]:
    own, other = (
        list_figures(one.quality, turns, dataset.catalogue) for one in (challenger, champion)
    )
    wanted = turned_to(turns, dataset.catalogue)[WELL_PAID]
    yield Compared(GATE_METRIC, own[GATE_METRIC], other[GATE_METRIC])
    yield Compared(WELL_PAID, own[WELL_PAID], other[WELL_PAID], wanted)


def _match_figure(
    challenger: Ranker, champion: Ranker, dataset: Dataset, match: MatchSettings
) -> Compared:
    places = {one: place for place, one in enumerate(dataset.candidate_ids)}
    own, other = (
        match_entry(ranker_reaches(ranker, dataset, match), places)
        for ranker in (challenger, champion)
    )
    return Compared(ENTRY, own, other)
