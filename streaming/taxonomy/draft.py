"""A taxonomy while its files are read."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from streaming.errors import quote
from streaming.importing.source_file import is_decoded
from streaming.taxonomy.concept import Concept, ConceptKind, Label, Taxonomy

UNKNOWN_LANGUAGE = "und"
_LABEL_SEPARATORS = re.compile(r"[\n|]")
_MOST_LABEL = 500
"""Characters; a longer label is a text in the wrong column."""


class RowRefusedError(Exception):
    """A row that is not part of the taxonomy; the message is the reason."""


@dataclass
class Entry:
    """A concept while its rows are read."""

    kind: ConceptKind
    preferred: list[Label] = field(default_factory=list)
    alternative: list[Label] = field(default_factory=list)
    description: str | None = None
    code: str | None = None
    job_zone: int | None = None
    relations: dict[str, dict[str, None]] = field(default_factory=dict)
    """By field of `Concept` the ids, in the order of the rows."""

    def relate(self, name: str, other: str) -> None:
        """Add an id to a field of `Concept`."""
        self.relations.setdefault(name, {})[other] = None


@dataclass
class Draft:
    """The concepts that are known so far."""

    entries: dict[str, Entry] = field(default_factory=dict)
    groups: set[str] = field(default_factory=set)
    """Ids of groups, which may be above a concept and are none themselves."""

    def entry(self, concept_id: str, kind: ConceptKind) -> Entry:
        """Return the entry of an id, a new one where it has none."""
        if not concept_id:
            raise RowRefusedError("the concept has no id; give one")
        return self.entries.setdefault(concept_id, Entry(kind))

    def known(self, concept_id: str, column: str) -> Entry:
        """Return the entry of a concept that must be declared.

        Raises:
            RowRefusedError: no file declares it.
        """
        found = self.entries.get(concept_id)
        if found is None:
            raise RowRefusedError(
                f"{column} {quote(concept_id)} is no concept of these files; add the file that"
                " declares it"
            )
        return found

    def put_below(self, own: str, above: str) -> None:
        """Put a concept below another one, or below a group.

        Raises:
            RowRefusedError: it is above that one already, or no file declares the other one.
        """
        if above not in self.groups:
            self.known(above, "broaderUri")
            if self._is_above(own, above):
                raise RowRefusedError(
                    f"{quote(own)} would be above itself by way of {quote(above)}; remove the"
                    " relation"
                )
        self.known(own, "conceptUri").relate("broader", above)

    def _is_above(self, own: str, other: str) -> bool:
        waiting, seen = [other], set[str]()
        while waiting:
            one = waiting.pop()
            if one == own:
                return True
            if one not in seen and one in self.entries:
                waiting += self.entries[one].relations.get("broader", ())
            seen.add(one)
        return False

    def taxonomy(self, source: str) -> Taxonomy:
        """Return what was read. A concept without a name is left out: nothing is called so."""
        return Taxonomy.of(
            source,
            (
                Concept(
                    concept_id=concept_id,
                    kind=entry.kind,
                    source=source,
                    labels=_distinct([*entry.preferred, *entry.alternative]),
                    description=entry.description,
                    code=entry.code,
                    job_zone=entry.job_zone,
                    **{name: list(ids) for name, ids in entry.relations.items()},
                )
                for concept_id, entry in self.entries.items()
                if entry.preferred or entry.alternative
            ),
        )


RowReader = Callable[[Draft, Mapping[str, str], str], None]
"""Adds a row, by its columns, to a draft; the last argument is the language of its labels.

Raises:
    RowRefusedError: the row cannot be used.
"""


@dataclass(frozen=True)
class Layout:
    """A kind of file."""

    source: str
    columns: frozenset[str]
    """That its header holds."""
    read: RowReader
    relates: bool = False
    """Whether its rows relate concepts, which are read before."""


def label_of(text: str, language: str) -> Label:
    """Return a name.

    Raises:
        RowRefusedError: it is empty, too long, or not UTF-8.
    """
    stripped = " ".join(text.split())
    if not stripped:
        raise RowRefusedError("the name is empty; give one")
    if len(stripped) > _MOST_LABEL:
        raise RowRefusedError(f"the name {quote(stripped)} is longer than {_MOST_LABEL} characters")
    if not is_decoded(stripped):
        raise RowRefusedError(f"the name {quote(stripped)} is not UTF-8; convert the file")
    return Label(text=stripped, language=language)


def labels_of(text: str, language: str) -> list[Label]:
    """Return the names in a cell: one a line, or separated by bars."""
    parts = _LABEL_SEPARATORS.split(text)
    return [label_of(part, language) for part in parts if part.strip()]


def _distinct(labels: Iterable[Label]) -> list[Label]:
    return list(
        {(own.text.casefold(), own.language): own for own in reversed(list(labels))}.values()
    )[::-1]
