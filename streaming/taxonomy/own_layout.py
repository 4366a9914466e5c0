"""Our own layouts: a concept as a JSON object a line, or the name of a skill a line."""

from collections.abc import Mapping
from typing import Any

from streaming.errors import quote
from streaming.taxonomy.concept import ConceptKind, Label
from streaming.taxonomy.draft import Draft, Layout, RowRefusedError, label_of


def _concept(draft: Draft, cells: Mapping[str, Any], language: str) -> None:
    """Read a JSON object: concept_id (or uri), name, alternative_names, and skills by name."""
    concept_id = str(cells.get("concept_id") or cells.get("uri") or "")
    kind = cells.get("kind") or ConceptKind.OCCUPATION
    if kind not in set(ConceptKind):
        raise RowRefusedError(f"kind {quote(kind)} is neither occupation nor skill")
    label = label_of(str(cells.get("name") or ""), language)
    entry = draft.entry(concept_id, ConceptKind(kind))
    entry.preferred.append(label)
    entry.alternative += [
        label_of(str(text), language) for text in _list(cells, "alternative_names")
    ]
    entry.description = str(cells["description"]) if cells.get("description") else None
    entry.code = str(cells.get("isco") or cells.get("code") or "") or None
    for name in ("essential_skills", "optional_skills"):
        for text in _list(cells, name):
            skill = label_of(str(text), language)
            skill_id = _skill_by_name(draft, skill)
            entry.relate(name, skill_id)


def _list(cells: Mapping[str, Any], name: str) -> list[object]:
    value: object = cells.get(name) or []
    if not isinstance(value, list):
        raise RowRefusedError(f"{name} {quote(value)} is no list")
    return value


def _skill_by_name(draft: Draft, label: Label) -> str:
    skill_id = f"skill:{label.text.casefold()}"
    entry = draft.entry(skill_id, ConceptKind.SKILL)
    if not entry.preferred:
        entry.preferred.append(label)
    return skill_id


def _skill_line(draft: Draft, cells: Mapping[str, Any], language: str) -> None:
    """Read a line that is the name of a skill."""
    _skill_by_name(draft, label_of(cells["label"], language))


OWN = "own"
JSON_LINES = Layout(OWN, frozenset(), _concept)
SKILL_LINES = Layout(OWN, frozenset(), _skill_line)
