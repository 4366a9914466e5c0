"""What gives somebody away: their id, and longer texts that they stated."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from streaming.privacy.pseudonyms import Pseudonyms

MIN_TEXT = 24
"""Characters from which on a text is taken for the person's own; shorter ones many people state."""
_WITHIN_ID = r"[\w-]"


class Traces:
    """Finds traces of some people in bytes and texts.

    An id counts where no letter, digit, hyphen or underscore goes before or after it, so that `c1`
    is not found in `c10`. Ids and texts are looked for as they are and with JSON's escapes.

    Args:
        candidate_ids: whose traces.
        texts: by candidate, what they stated; short texts are left out.
        pseudonyms: stand in place of the ids behind `events` and `candidates`, and count as well.
    """

    def __init__(
        self,
        candidate_ids: Iterable[str],
        texts: Mapping[str, Iterable[str]] | None = None,
        pseudonyms: Pseudonyms | None = None,
    ) -> None:
        self.candidate_ids = frozenset(candidate_ids)
        self.known_as = {
            candidate_id if pseudonyms is None else pseudonyms.of(candidate_id): candidate_id
            for candidate_id in self.candidate_ids
        }
        """The candidates, by what tables and states name them."""
        self._people: dict[bytes, str] = {}
        names = {one: one for one in self.candidate_ids} | self.known_as
        for name, candidate_id in names.items():
            for form in _forms(name):
                self._people[form.encode()] = candidate_id
        self._texts = {
            form.encode(): candidate_id
            for candidate_id, own in (texts or {}).items()
            for text in own
            if len(text) >= MIN_TEXT
            for form in _forms(text)
        }

    @cached_property
    def pattern(self) -> str:
        """A regular expression of Python and of Java that finds the ids."""
        ids = "|".join(re.escape(form.decode()) for form in sorted(self._people, key=len))
        return f"(?<!{_WITHIN_ID})(?:{ids})(?!{_WITHIN_ID})"

    @cached_property
    def _compiled(self) -> re.Pattern[bytes]:
        texts = [re.escape(form) for form in self._texts]
        return re.compile(b"|".join([self.pattern.encode(), *texts]))

    def within(self, content: bytes | None) -> frozenset[str]:
        """Return the people of whom some bytes hold a trace."""
        found = {match[0] for match in self._compiled.finditer(content or b"")}
        return frozenset(self._people.get(one) or self._texts[one] for one in found)

    def spans(self, content: bytes) -> Iterator[tuple[int, int]]:
        """Yield where the traces in some bytes begin and end."""
        yield from (match.span() for match in self._compiled.finditer(content))


def _forms(text: str) -> set[str]:
    return {
        text,
        json.dumps(text)[1:-1],
        json.dumps(text, ensure_ascii=False)[1:-1],
    }
