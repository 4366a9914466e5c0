"""O*NET's files: occupations, titles, relations, job zones and skills, separated by tabs.

Columns are those of the O*NET database (onetcenter.org), also without the columns that only repeat
an occupation's title.
"""

from collections.abc import Mapping

from streaming.errors import quote
from streaming.taxonomy.concept import ConceptKind
from streaming.taxonomy.draft import Draft, Layout, RowRefusedError, label_of

_IMPORTANT = 3.0
"""The scale of importance goes from 1 to 5; from 3 on ("important") a skill is essential."""
_CODE, _OTHER_CODE = "O*NET-SOC Code", "Related O*NET-SOC Code"


def _id(text: str) -> str:
    if not text:
        raise RowRefusedError(f"{_CODE} is empty; give one")
    return f"onet:{text}"


def _occupation(draft: Draft, cells: Mapping[str, str], language: str) -> None:
    label = label_of(cells["Title"], language)
    entry = draft.entry(_id(cells[_CODE]), ConceptKind.OCCUPATION)
    entry.preferred.append(label)
    entry.description, entry.code = cells["Description"] or None, cells[_CODE]


def _title(draft: Draft, cells: Mapping[str, str], language: str) -> None:
    occupation = draft.known(_id(cells[_CODE]), _CODE)
    occupation.alternative.append(label_of(cells["Alternate Title"], language))
    short = cells.get("Short Title", "")
    if short and short != "n/a":
        occupation.alternative.append(label_of(short, language))


def _related(draft: Draft, cells: Mapping[str, str], language: str) -> None:
    del language
    occupation = draft.known(_id(cells[_CODE]), _CODE)
    draft.known(_id(cells[_OTHER_CODE]), _OTHER_CODE)
    occupation.relate("related", _id(cells[_OTHER_CODE]))


def _zone(draft: Draft, cells: Mapping[str, str], language: str) -> None:
    del language
    occupation = draft.known(_id(cells[_CODE]), _CODE)
    zone = cells["Job Zone"]
    if zone not in set("12345"):
        raise RowRefusedError(f"Job Zone {quote(zone)} is no number from 1 to 5")
    occupation.job_zone = int(zone)


def _tool(draft: Draft, cells: Mapping[str, str], language: str) -> None:
    label = label_of(cells["Example"], language)
    occupation = draft.known(_id(cells[_CODE]), _CODE)
    skill_id = f"onet:technology/{label.text.casefold()}"
    entry = draft.entry(skill_id, ConceptKind.SKILL)
    entry.preferred.append(label)
    occupation.relate("optional_skills", skill_id)


def _skill(draft: Draft, cells: Mapping[str, str], language: str) -> None:
    label = label_of(cells["Element Name"], language)
    occupation = draft.known(_id(cells[_CODE]), _CODE)
    skill_id = f"onet:{cells['Element ID']}"
    entry = draft.entry(skill_id, ConceptKind.SKILL)
    entry.preferred.append(label)
    if cells["Scale ID"] != "IM":  # of importance; the other scale is of level
        return
    try:
        important = float(cells["Data Value"]) >= _IMPORTANT
    except ValueError:
        raise RowRefusedError(f"Data Value {quote(cells['Data Value'])} is no number") from None
    if important:
        occupation.relate("essential_skills", skill_id)


LAYOUTS = tuple(
    Layout("O*NET", frozenset({_CODE, *columns}), read, relates)
    for columns, read, relates in (
        (("Title", "Description"), _occupation, False),
        (("Alternate Title",), _title, True),
        ((_OTHER_CODE,), _related, True),
        (("Job Zone",), _zone, True),
        (("Example", "Commodity Title"), _tool, True),
        (("Element ID", "Element Name", "Scale ID", "Data Value"), _skill, True),
    )
)
"""The files that are read; all are in English."""
