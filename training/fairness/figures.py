"""What is measured of a model for each candidate: quality, exposure by pay, entry into matches."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from streaming.contract.reaches import Reach
from streaming.market.match_index import MatchIndex
from streaming.market.reach import PreparedRanker, is_contactable, make_reaches
from streaming.serving.catalogue import Catalogue
from streaming.serving.champion import ServingVersions
from streaming.serving.ranker import Ranker
from streaming.settings import MatchSettings
from training.data.dataset import Dataset
from training.evaluation.prequential import METRICS, HeldOutTurns, RankerQuality
from training.fairness.group_rates import Figure
from training.fairness.pay import QUARTILES, UNKNOWN_PAY, list_exposure, pay_quartiles

TOP_OF_MATCHES = 10
"""Places of a match that count as entered."""
EXPOSURE = tuple(f"exposure of pay quartile {number + 1}" for number in range(QUARTILES))
WELL_PAID = EXPOSURE[-1]
"""The share of a list's exposure that goes to the best paid quarter of the postings."""
ENTRY = "entry into matches"
"""The share of contactable candidates who are among the first ten of any posting's match: a
selection rate."""


def list_figures(
    quality: RankerQuality, turns: HeldOutTurns, catalogue: Catalogue
) -> dict[str, Figure]:
    """Return quality and exposure of a ranker's lists before some turns.

    Exposure is a share of that of all postings whose pay is known.
    """
    figures = {metric: Figure.mean(quality.per_turn[metric], turns.owners) for metric in METRICS}
    exposure = list_exposure(quality.lists, _quartile_of(catalogue))  # (T, 4)
    return figures | _shares(exposure, turns)


def turned_to(turns: HeldOutTurns, catalogue: Catalogue) -> dict[str, Figure]:
    """Return by quartile of pay the share of the turns that went to its postings."""
    return _shares(
        list_exposure([case.targets for case in turns.cases], _quartile_of(catalogue)), turns
    )


def ranker_reaches(ranker: Ranker, dataset: Dataset, match: MatchSettings) -> list[Reach]:
    """Return what each contactable candidate reaches by a ranker, from all that is known."""
    profiles = [dataset.profile(number) for number in range(len(dataset))]
    shown = [profile for profile in profiles if is_contactable(profile)]
    with TemporaryDirectory(prefix="careerstream-") as temporary:
        folder = Path(temporary)
        ranker.prepare(dataset.catalogue, folder)
        served = PreparedRanker(ranker, dataset.catalogue, folder, ServingVersions("", "", 0))
        return list(make_reaches(shown, served, match.reach, match.activity_half_life_days))


def match_entry(reaches: list[Reach], places: Mapping[str, int]) -> Figure:
    """Return who of the people with reaches enters the first ten of any match.

    `places` are those of candidates in the labels.
    """
    index = MatchIndex(TOP_OF_MATCHES)
    for reach in reaches:
        index.update(reach)
    entered = {
        entry.reach.candidate_id
        for posting_id in index.postings()
        for entry in index.top(posting_id)
    }
    assessed = [reach.candidate_id for reach in reaches if reach.candidate_id in places]
    return Figure.mean(
        np.array([one in entered for one in assessed], dtype=np.float64),
        np.array([places[one] for one in assessed], dtype=np.int64),
    )


def _shares(exposure: np.ndarray, turns: HeldOutTurns) -> dict[str, Figure]:
    known = exposure.sum(axis=1)
    columns = zip(EXPOSURE, exposure.T, strict=True)
    return {name: Figure(column, known, turns.owners) for name, column in columns}


def _quartile_of(catalogue: Catalogue) -> dict[str, int]:
    pairs = zip(catalogue.posting_ids, pay_quartiles(catalogue).tolist(), strict=True)
    return {posting_id: quartile for posting_id, quartile in pairs if quartile != UNKNOWN_PAY}
