"""A simulated labour market: postings, what candidates say of themselves, and what they do."""

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

from infra.simulator.browsing import Taste
from infra.simulator.candidates import Candidates, draw_candidates
from infra.simulator.config import MarketConfig
from infra.simulator.postings import Postings, draw_postings
from infra.simulator.rendering.candidate_text import render_candidate
from infra.simulator.rendering.labels import candidate_id, posting_id
from infra.simulator.rendering.posting_text import render_posting
from infra.simulator.scene import Scene, set_scene
from infra.simulator.sessions import stream
from infra.simulator.vocabulary.occupation import Occupation
from infra.simulator.vocabulary.occupations import OCCUPATIONS


def occupations() -> tuple[Occupation, ...]:
    """Return all occupations; a market has the first `MarketConfig.occupations` of them.

    `Occupation.stated(language)` is what a candidate of it would state: three characteristic
    skills. A posting belongs to it when the posting's field `occupation` is
    `Occupation.wording(language).name`.
    """
    return OCCUPATIONS


class Market:
    """A labour market made of random numbers: every record carries `source: simulator`.

    Candidates click on what fits their occupation, skills, places and pay, on what is popular,
    new or near the top of the page; the interest of some drifts to a neighbouring occupation.
    Equal configurations give equal records. The arrays behind the postings and candidates (about
    0.1 kB each) are held; texts and events are made while they are read, and can be read again.

    Args:
        config: size, length and make-up.
    """

    def __init__(self, config: MarketConfig) -> None:
        self.config = config

    @cached_property
    def _scene(self) -> Scene:
        return set_scene(self.config)

    @cached_property
    def _postings(self) -> Postings:
        return draw_postings(self._scene)

    @cached_property
    def _candidates(self) -> Candidates:
        return draw_candidates(self._scene)

    def postings(self) -> Iterator[dict[str, Any]]:
        """Yield every posting (`records.Posting`, ready for JSON) in the order of date_posted."""
        for number in range(len(self._postings)):
            yield render_posting(self._scene, self._postings, number)

    def candidates(self) -> Iterator[dict[str, Any]]:
        """Yield the stated parts (`records.Candidate`, ready for JSON) of those who state one.

        One candidate in ten states nothing and is known by events alone.
        """
        for number in range(len(self._candidates)):
            record = render_candidate(self._scene, self._candidates, number)
            if record is not None:
                yield record

    def events(self) -> Iterator[dict[str, Any]]:
        """Yield every event (`records.Event`, ready for JSON) in the order of event_time.

        Event ids grow with time. The posting is open at the time, save for kind hire, which
        follows an application by days. Memory does not grow with the number of events.
        """
        yield from stream(self._scene, Taste(self._scene.land, self._postings, self._candidates))

    def occupation_of_postings(self) -> dict[str, str]:
        """Return the key of the occupation of each posting, by posting id."""
        return _keys(self._scene, self._postings, posting_id)

    def occupation_of_candidates(self) -> dict[str, str]:
        """Return the key of the occupation each candidate looks for, stated or not, by id."""
        return _keys(self._scene, self._candidates, candidate_id)


def _keys(scene: Scene, drawn: Postings | Candidates, name: Callable[[int], str]) -> dict[str, str]:
    keys = [one.key for one in scene.land.occupations]
    return {name(number): keys[one] for number, one in enumerate(drawn.occupation)}
