"""ESCO's files: occupations, skills and relations as CSV, one for each language.

Columns are those of ESCO 1.2's download (esco.ec.europa.eu). Of the files in several languages the
labels are joined.
"""

from collections.abc import Mapping

from streaming.errors import quote
from streaming.taxonomy.concept import ConceptKind
from streaming.taxonomy.draft import Draft, Layout, RowReader, RowRefusedError, label_of, labels_of


def _concept(kind: ConceptKind) -> RowReader:
    def read(draft: Draft, cells: Mapping[str, str], language: str) -> None:
        label = label_of(cells["preferredLabel"], language)
        entry = draft.entry(cells["conceptUri"], kind)
        entry.preferred.append(label)
        for column in ("altLabels", "hiddenLabels"):
            entry.alternative += labels_of(cells.get(column, ""), language)
        entry.description = entry.description or cells.get("description") or None
        entry.code = entry.code or cells.get("iscoGroup") or None

    return read


def _group(draft: Draft, cells: Mapping[str, str], language: str) -> None:
    del language
    draft.groups.add(cells["conceptUri"])


def _broader(draft: Draft, cells: Mapping[str, str], language: str) -> None:
    del language
    if cells.get("conceptType", "").endswith("Group"):  # groups have an order of their own
        return
    if cells.get("broaderType", "").endswith("Group"):
        draft.groups.add(cells["broaderUri"])
    draft.put_below(cells["conceptUri"], cells["broaderUri"])


def _needs(draft: Draft, cells: Mapping[str, str], language: str) -> None:
    del language
    occupation = draft.known(cells["occupationUri"], "occupationUri")
    draft.known(cells["skillUri"], "skillUri")
    kind = cells["relationType"]
    if kind not in {"essential", "optional"}:
        raise RowRefusedError(f"relationType {quote(kind)} is neither essential nor optional")
    occupation.relate(f"{kind}_skills", cells["skillUri"])


def _related_skill(draft: Draft, cells: Mapping[str, str], language: str) -> None:
    del language
    own = draft.known(cells["originalSkillUri"], "originalSkillUri")
    draft.known(cells["relatedSkillUri"], "relatedSkillUri")
    own.relate("related", cells["relatedSkillUri"])


_CONCEPT = {"conceptUri", "preferredLabel"}
LAYOUTS = tuple(
    Layout("ESCO", frozenset(columns), read, relates)
    for columns, read, relates in (
        (_CONCEPT | {"iscoGroup"}, _concept(ConceptKind.OCCUPATION), False),
        (_CONCEPT | {"skillType"}, _concept(ConceptKind.SKILL), False),
        (_CONCEPT | {"code"}, _group, False),
        ({"conceptUri", "broaderUri"}, _broader, True),
        ({"occupationUri", "relationType", "skillUri"}, _needs, True),
        ({"originalSkillUri", "relatedSkillUri"}, _related_skill, True),
    )
)
"""The files that are read."""
