"""schema.org/JobPosting as JSON-LD → the values of `records.Posting`.

Publishers differ: a text may be a list, an organisation a name, a place a string, and nodes of one
graph may point at each other. Each function takes what it can use and leaves the rest.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from streaming.importing.html_text import guess_language, one_line, plain_text
from streaming.importing.rows import RejectionReason, RowError, stable_id
from streaming.importing.salary_parser import salary
from streaming.importing.value_parsers import read_language, read_list, read_time

Node = Mapping[str, Any]

_MARKS = ("@context", "@type", "@graph", "@id")
_ID_LENGTH = 200
_TEXT_KEYS = ("name", "value", "codeValue", "credentialCategory", "description", "@value", "@id")
"""Where the text of a nested node is found, best first."""


def is_jsonld(value: Any) -> bool:
    """Tell JSON-LD from our own schema, which has no such keys."""
    return isinstance(value, dict) and any(mark in value for mark in _MARKS)


def postings_in(document: Any) -> Iterator[Node]:
    """Find the postings of one document: an object, a list, or an @graph with other nodes.

    A property that only points at another node of the graph is replaced by that node.

    Raises:
        RowError: there is none.
    """
    nodes = list(_nodes(document))
    by_id = {node["@id"]: node for node in nodes if isinstance(node.get("@id"), str)}
    found = [node for node in nodes if "JobPosting" in _types(node)]
    if not found:
        types = ", ".join(sorted({name for node in nodes for name in _types(node)})) or "none"
        raise RowError(
            RejectionReason.NOT_A_POSTING,
            f"no schema.org JobPosting here (@type: {types}); give objects of that @type",
        )
    for node in found:
        yield {name: _resolved(value, by_id) for name, value in node.items()}


def posting_values(node: Node) -> dict[str, Any]:
    """Turn one JobPosting into the values of a Posting.

    Raises:
        RowError: a date cannot be read, or there is no title.
    """
    title = one_line(_text(node.get("title")) or _text(node.get("name")) or "")
    if not title:
        raise RowError(RejectionReason.MISSING_FIELD, "field title is missing and must be given")
    description = plain_text(_text(node.get("description"), join="\n\n") or "")
    values = {
        "title": title,
        "description": description,
        "employer": _line(node, "hiringOrganization"),
        "industry": _line(node, "industry"),
        "occupation": _line(node, "occupationalCategory"),
        "skills": read_list(plain_text(_text(node.get("skills")) or "")),
        "employment_type": _line(node, "employmentType"),
        "education": _line(node, "educationRequirements"),
        "experience": _experience(node.get("experienceRequirements")),
        "place": _place(node),
        "salary": salary(node.get("baseSalary"), _text(node.get("salaryCurrency"))),
        "language": _language(node) or guess_language(title, description),
        "date_posted": _time(node, "datePosted"),
        "valid_through": _time(node, "validThrough", end_of_day=True),
        "url": _text(node.get("url")),
    }
    known = {name: value for name, value in values.items() if value}
    return {"posting_id": _posting_id(node, known), **known}


def _posting_id(node: Node, values: Mapping[str, Any]) -> str:
    """Take the publisher's identifier, else the address, else a hash of what the posting says.

    An identifier is unique for its publisher only, so the publisher's name goes before it.
    """
    identifier = node.get("identifier")
    parts = identifier[0] if isinstance(identifier, list) and identifier else identifier
    if isinstance(parts, Mapping):
        named = (_text(parts.get("name")), _text(parts.get("value") or parts.get("@id")))
        found = "/".join(part for part in named if part) if named[1] else None
    else:
        found = _text(parts)
    found = found or values.get("url")
    if found:
        return found if len(found) <= _ID_LENGTH else stable_id(found)
    told = ("title", "employer", "place", "date_posted", "description")
    return stable_id(*(str(values.get(name)) for name in told))


def _nodes(document: Any) -> Iterator[Node]:
    """Flatten lists and graphs."""
    waiting = [document]
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, list):
            waiting = [*node, *waiting]
        elif isinstance(node, dict):
            yield node
            waiting = [node.get("@graph"), *waiting]


def _types(node: Node) -> list[str]:
    """Names of a node's types, without the vocabulary before them."""
    types = node.get("@type")
    names = types if isinstance(types, list) else [types]
    return [str(name).rpartition("/")[2].removeprefix("schema:") for name in names if name]


def _resolved(value: Any, by_id: Mapping[str, Node]) -> Any:
    if isinstance(value, list):
        return [_resolved(part, by_id) for part in value]
    if isinstance(value, dict) and value.keys() == {"@id"}:
        return by_id.get(str(value["@id"]), value)
    return value


def _text(value: Any, join: str = ", ") -> str | None:
    """The text of a property, whatever shape it has; None where there is none."""
    if isinstance(value, list):
        return join.join(part for item in value if (part := _text(item, join))) or None
    if isinstance(value, Mapping):
        return next((text for key in _TEXT_KEYS if (text := _text(value.get(key)))), None)
    if value is None or isinstance(value, bool):
        return None
    return str(value).strip() or None


def _line(node: Node, name: str) -> str:
    return one_line(_text(node.get(name)) or "")


def _experience(value: Any) -> str:
    """Read experienceRequirements, a text or a number of months."""
    months = value.get("monthsOfExperience") if isinstance(value, Mapping) else None
    return f"{months} months" if months else one_line(_text(value) or "")


def _language(node: Node) -> str | None:
    said = node.get("inLanguage")
    tag = said.get("alternateName") if isinstance(said, Mapping) else _text(said)
    try:
        return read_language(str(tag)) if tag else None
    except ValueError:
        return None  # "English": the text itself tells better


def _time(node: Node, name: str, *, end_of_day: bool = False) -> datetime | None:
    text = _text(node.get(name))
    try:
        return read_time(text, end_of_day=end_of_day) if text else None
    except ValueError as error:
        raise RowError(RejectionReason.WRONG_VALUE, f"field {name}: {error}") from error


def _place(node: Node) -> dict[str, str] | None:
    """The first place that says anything; for remote work, where applicants may live."""
    for name in ("jobLocation", "applicantLocationRequirements"):
        places = node.get(name)
        for place in places if isinstance(places, list) else [places]:
            found = _address(place)
            if found:
                return found
    return None


def _address(place: Any) -> dict[str, str] | None:
    address = place.get("address", place) if isinstance(place, Mapping) else place
    address = address[0] if isinstance(address, list) and address else address
    if not isinstance(address, Mapping):
        text = one_line(_text(address) or "")
        return {"locality": text} if text else None
    fields = {
        "locality": address.get("addressLocality"),
        "region": address.get("addressRegion"),
        "country": address.get("addressCountry"),
    }
    if "Country" in _types(address):
        fields["country"] = address.get("name")
    elif not any(fields.values()):
        fields["locality"] = address.get("name")
    return {name: line for name, value in fields.items() if (line := one_line(_text(value) or ""))}
