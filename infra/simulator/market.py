"""A simulated labour market: postings, candidates and events."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from infra.simulator.candidate_records import candidate_record
from infra.simulator.choice_model import ChoiceModel
from infra.simulator.population.candidates import Candidates, draw_candidates
from infra.simulator.population.market_config import MarketConfig
from infra.simulator.population.parameters import MarketParameters, draw_parameters
from infra.simulator.population.postings import Postings, draw_postings
from infra.simulator.population.taxonomy import ABSENT
from infra.simulator.posting_records import posting_record
from infra.simulator.record_fields import candidate_id, posting_id
from infra.simulator.sessions import simulate_events
from infra.simulator.visits import Visits, draw_visits
from infra.simulator.vocabulary.occupation import LANGUAGES, Occupation
from infra.simulator.vocabulary.occupations import OCCUPATIONS
from infra.simulator.vocabulary.places import CITIES


@dataclass(frozen=True)
class TrueWishes:
    """What a candidate of a market really looks for."""

    language: str
    occupation: str
    places: list[str]
    """The home first."""
    skills: list[str]
    """The characteristic ones of the occupation first."""


def occupations() -> tuple[Occupation, ...]:
    """Return all occupations; a market has the first `MarketConfig.occupations` of them.

    `Occupation.stated(language)` are the skills that a candidate of the occupation would state.
    A posting belongs to the occupation whose `Occupation.wording(language).name` is the posting's
    field `occupation`.
    """
    return OCCUPATIONS


class Market:
    """A labour market made of random numbers.

    Candidates click on postings that fit their occupation, skills, places and pay, and on those
    that are popular, new or near the top of the page. The interest of some candidates drifts to a
    neighbouring occupation. Equal configurations give equal records. The arrays of postings and
    candidates (about 0.1 kB each) stay in memory; texts and events are made while they are read,
    and can be read again.
    """

    def __init__(self, config: MarketConfig) -> None:
        self.config = config

    @cached_property
    def _parameters(self) -> MarketParameters:
        return draw_parameters(self.config)

    @cached_property
    def _postings(self) -> Postings:
        return draw_postings(self._parameters)

    @cached_property
    def _candidates(self) -> Candidates:
        return draw_candidates(self._parameters)

    def postings(self) -> Iterator[dict[str, Any]]:
        """Yield every posting (`records.Posting`, ready for JSON) in the order of date_posted."""
        for number in range(len(self._postings)):
            yield posting_record(self._parameters, self._postings, number)

    def candidates(self) -> Iterator[dict[str, Any]]:
        """Yield the candidates (`records.Candidate`, ready for JSON) who state something.

        One candidate in ten states nothing and is known by events alone.
        """
        for number in range(len(self._candidates)):
            record = candidate_record(self._parameters, self._candidates, number)
            if record is not None:
                yield record

    def events(self) -> Iterator[dict[str, Any]]:
        """Yield every event (`records.Event`, ready for JSON) in the order of event_time.

        Event ids grow with time. The posting is open at the time of the event, except for a hire,
        which follows an application by days. Memory does not grow with the number of events.
        """
        taxonomy = self._parameters.taxonomy
        choice_model = ChoiceModel(taxonomy, self._postings, self._candidates)
        yield from simulate_events(self._parameters, choice_model)

    def visits(self, count: int, seed: int) -> Visits:
        """Draw visits to lists whose order somebody else decides; equal seeds give equal ones."""
        choice_model = ChoiceModel(self._parameters.taxonomy, self._postings, self._candidates)
        return draw_visits(self._parameters, choice_model, count, seed)

    def true_wishes(self, candidate: str) -> TrueWishes:
        """Return what a candidate really looks for, stated or not, in the words of postings."""
        people, taxonomy = self._candidates, self._parameters.taxonomy
        number = self._numbers[0][candidate]
        language = LANGUAGES[people.language[number]]
        cities = dict.fromkeys((people.home[number], people.second[number]))
        return TrueWishes(
            language=language,
            occupation=taxonomy.occupations[people.occupation[number]].wording(language).name,
            places=[CITIES[city].locality for city in cities],
            skills=taxonomy.skill_names(people.skills[number], language),
        )

    def mutual_fit(self, candidate: str, posting: str) -> float:
        """Return how well a candidate and a posting truly fit each other, from 0 to 1.

        The candidate wants the posting's occupation, or moves to it; a city that is none of theirs
        halves that. Times the share of the posting's skills that they have, stated or not.
        """
        people, places = self._candidates, self._postings
        c, p = self._numbers[0][candidate], self._numbers[1][posting]
        if places.occupation[p] not in {people.occupation[c], people.drifts_to[c]}:
            return 0.0
        wanted = 1.0 if places.city[p] in {people.home[c], people.second[c]} else 0.5
        asked = set(places.skills[p].tolist()) - {ABSENT}
        return wanted * len(asked & set(people.skills[c].tolist())) / max(len(asked), 1)

    @cached_property
    def _numbers(self) -> tuple[dict[str, int], dict[str, int]]:
        """Numbers of candidates and of postings by their ids."""
        return (
            {candidate_id(number): number for number in range(len(self._candidates))},
            {posting_id(number): number for number in range(len(self._postings))},
        )

    def occupation_of_postings(self) -> dict[str, str]:
        """Return the occupation's key of each posting, by posting id."""
        return self._occupation_keys(self._postings, posting_id)

    def occupation_of_candidates(self) -> dict[str, str]:
        """Return the key of the occupation that each candidate looks for, by candidate id."""
        return self._occupation_keys(self._candidates, candidate_id)

    def _occupation_keys(
        self, population: Postings | Candidates, identifier: Callable[[int], str]
    ) -> dict[str, str]:
        keys = [occupation.key for occupation in self._parameters.taxonomy.occupations]
        return {identifier(row): keys[code] for row, code in enumerate(population.occupation)}
