"""Visits of a market's candidates to lists whose order somebody else decides.

    visits = Market(config).visits(1000, seed=1)
    opened = visits.opened(order, Visitors.COMPARE, seed=2)

What candidates like and how much a position costs stay in here: whoever estimates sees `features`,
the order that was shown, and what was opened.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from infra.simulator.choice_model import PAGE, ChoiceModel
from infra.simulator.population.parameters import MarketParameters
from infra.simulator.population.random_streams import MICROS_PER_DAY, VISITS, random_stream
from infra.simulator.posting_index import PostingIndex
from infra.simulator.sessions import opened_of_pages, position_bias

FEATURES = ("site", "newest", "pay", "skills", "level", "nearby", "number")
"""What a site knows of a posting on a page: its own rank, and facts of posting and candidate."""
_VISITS_A_DAY = 500
_CONTENT = 4.0
"""The utility, less what the position costs, at which every second posting is opened."""


class Visitors(StrEnum):
    """How visitors choose what they open."""

    COMPARE = "compare"
    """As in the market's sessions: some postings of the page, whatever the page is like."""
    JUDGE = "judge"
    """Each posting for itself, so a better list is opened more."""


@dataclass(frozen=True, eq=False)
class Visits:
    """N visits, each to a full page of postings in the site's order."""

    candidates: np.ndarray
    """(N,) int64: who visits."""
    features: np.ndarray
    """(N, PAGE, len(FEATURES)) float64; more is better, but for `number`, which says nothing."""
    utility: np.ndarray
    """(N, PAGE) float64: what nobody but the candidate knows."""

    def __len__(self) -> int:
        return len(self.candidates)

    def opened(self, order: np.ndarray, visitors: Visitors, seed: int) -> np.ndarray:
        """Show the first postings in another order, and the rest of the page below.

        Args:
            order: (N, K) int64: at each place the one in the site's order, from 0.
            visitors: how they choose.
            seed: of what visitors do.

        Returns:
            (N, K) bool: whether the posting at each place is opened.
        """
        count, head = order.shape
        rest = np.broadcast_to(np.arange(head, PAGE), (count, PAGE - head))
        shown = np.take_along_axis(self.utility, np.concatenate([order, rest], axis=1), axis=1)
        rng = np.random.default_rng(seed)
        if visitors is Visitors.COMPARE:
            return opened_of_pages(shown, rng)[:, :head]
        chances = 1 / (1 + np.exp(_CONTENT + position_bias(PAGE) - shown))
        return np.asarray(rng.random(shown.shape) < chances)[:, :head]


def draw_visits(
    parameters: MarketParameters, choice_model: ChoiceModel, count: int, seed: int
) -> Visits:
    """Draw visits of candidates, the active ones more often, at any time of the market's days."""
    rng = random_stream(parameters.config.seed, VISITS, seed)
    drawn: list[tuple[int, np.ndarray, np.ndarray]] = []
    pages = _pages(parameters, choice_model, rng)
    while len(drawn) < count:
        drawn.append(next(pages))
    candidates, features, utility = zip(*drawn, strict=True)
    return Visits(np.array(candidates), np.stack(features), np.stack(utility))


def _pages(
    parameters: MarketParameters, choice_model: ChoiceModel, rng: np.random.Generator
) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Yield candidate, features and utilities of full pages, without end."""
    people, taxonomy = choice_model.candidates, parameters.taxonomy
    chances = people.activity / people.activity.sum()
    while True:
        day = int(rng.integers(parameters.config.total_days))
        start = parameters.start + day * MICROS_PER_DAY
        index = PostingIndex(choice_model.postings, taxonomy.size, start)
        for candidate in rng.choice(len(people), size=_VISITS_A_DAY, p=chances).tolist():
            time = start + int(rng.integers(MICROS_PER_DAY))
            rows, utility = choice_model.search(candidate, time, day, index, rng)
            if len(rows) >= PAGE:
                rows = rows[:PAGE]
                features = _features(parameters, choice_model, candidate, rows)
                yield candidate, features, utility[:PAGE]


def _features(
    parameters: MarketParameters, choice_model: ChoiceModel, candidate: int, rows: np.ndarray
) -> np.ndarray:
    """Return `FEATURES` of postings, (P, F) float64."""
    postings, people = choice_model.postings, choice_model.candidates
    own = people.skills[candidate]
    skills = np.isin(postings.skills[rows], own[own >= 0]).sum(axis=1)
    level = -np.abs(postings.level[rows] - float(people.level[candidate]))
    cities = [people.home[candidate], people.second[candidate]]
    nearby = parameters.taxonomy.closeness[cities][:, postings.city[rows]].max(axis=0)
    columns = (
        -np.arange(len(rows)), postings.opens[rows] / MICROS_PER_DAY, postings.pay[rows],
        skills, level, nearby, rows % 97,
    )  # fmt: skip
    return np.stack([np.asarray(column, np.float64) for column in columns], axis=1)
