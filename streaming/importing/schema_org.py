"""Converts JSON-LD of schema.org/JobPosting to the values of `records.Posting`.

Publishers differ: a text may be a list, an organisation a name, a place a string, and nodes of one
graph may refer to each other. Each function takes what it can use and ignores the rest.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from streaming.contract.records import MAX_ID_LENGTH
from streaming.contract.rejection_reasons import RejectionReason
from streaming.importing.html_text import guess_language, plain_text, single_line
from streaming.importing.rows import RowError, stable_id
from streaming.importing.salary_parser import parse_salary
from streaming.importing.time_parser import parse_time
from streaming.importing.value_parsers import parse_language, parse_list

Node = Mapping[str, Any]

_JSON_LD_KEYS = ("@context", "@type", "@graph", "@id")
_TEXT_KEYS = ("name", "value", "codeValue", "credentialCategory", "description", "@value", "@id")
"""Where the text of a nested node is found, best first."""


def is_jsonld(value: Any) -> bool:
    """Return whether a value is JSON-LD; objects of our own schema have none of its keys."""
    return isinstance(value, dict) and any(key in value for key in _JSON_LD_KEYS)


def find_postings(document: Any) -> Iterator[Node]:
    """Yield the postings of a document: an object, a list, or an @graph with other nodes.

    A property that is a reference to another node of the graph is replaced by that node.

    Raises:
        RowError: there are none.
    """
    nodes = list(_nodes(document))
    by_id = {node["@id"]: node for node in nodes if isinstance(node.get("@id"), str)}
    postings = [node for node in nodes if "JobPosting" in _types(node)]
    if not postings:
        types = ", ".join(sorted({name for node in nodes for name in _types(node)})) or "none"
        raise RowError(
            RejectionReason.NOT_A_POSTING,
            f"no schema.org JobPosting here (@type: {types}); give objects of that @type",
        )
    for node in postings:
        yield {name: _resolved(value, by_id) for name, value in node.items()}


def posting_values(node: Node) -> dict[str, Any]:
    """Return one JobPosting as the values of a Posting.

    Raises:
        RowError: a date cannot be read, or there is no title.
    """
    title = single_line(_text(node.get("title")) or _text(node.get("name")) or "")
    if not title:
        raise RowError(RejectionReason.MISSING_FIELD, "field title is missing and must be given")
    description = plain_text(_text(node.get("description"), join="\n\n") or "")
    values = {
        "title": title,
        "description": description,
        "employer": _line(node, "hiringOrganization"),
        "industry": _line(node, "industry"),
        "occupation": _line(node, "occupationalCategory"),
        "skills": parse_list(plain_text(_text(node.get("skills")) or "")),
        "employment_type": _line(node, "employmentType"),
        "education": _line(node, "educationRequirements"),
        "experience": _experience(node.get("experienceRequirements")),
        "place": _place(node),
        "salary": parse_salary(node.get("baseSalary"), _text(node.get("salaryCurrency"))),
        "language": _language(node) or guess_language(title, description),
        "date_posted": _time(node, "datePosted"),
        "valid_through": _time(node, "validThrough", end_of_day=True),
        "url": _text(node.get("url")),
    }
    known = {name: value for name, value in values.items() if value}
    return {"posting_id": _posting_id(node, known), **known}


def _posting_id(node: Node, values: Mapping[str, Any]) -> str:
    """Return the publisher's identifier, else the URL, else a hash of the content.

    An identifier is unique for its publisher only, so the publisher's name precedes it.
    """
    identifier = node.get("identifier")
    parts = identifier[0] if isinstance(identifier, list) and identifier else identifier
    if isinstance(parts, Mapping):
        publisher, value = _text(parts.get("name")), _text(parts.get("value") or parts.get("@id"))
        unique = f"{publisher}/{value}" if publisher and value else value
    else:
        unique = _text(parts)
    unique = unique or values.get("url")
    if unique:
        return unique if len(unique) <= MAX_ID_LENGTH else stable_id(unique)
    content = ("title", "employer", "place", "date_posted", "description")
    return stable_id(*(str(values.get(name)) for name in content))


def _nodes(document: Any) -> Iterator[Node]:
    """Yield the nodes of a document, with lists and graphs flattened, in order."""
    queue = [document]
    while queue:
        node = queue.pop(0)
        if isinstance(node, list):
            queue = [*node, *queue]
        elif isinstance(node, dict):
            yield node
            queue = [node.get("@graph"), *queue]


def _types(node: Node) -> list[str]:
    """Return the names of a node's types, without the vocabulary."""
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
    """Return the text of a property of any shape; None if it has none."""
    if isinstance(value, list):
        return join.join(part for item in value if (part := _text(item, join))) or None
    if isinstance(value, Mapping):
        return next((text for key in _TEXT_KEYS if (text := _text(value.get(key)))), None)
    if value is None or isinstance(value, bool):
        return None
    return str(value).strip() or None


def _line(node: Node, name: str) -> str:
    return single_line(_text(node.get(name)) or "")


def _experience(value: Any) -> str:
    """Return experienceRequirements, which is a text or a number of months."""
    months = value.get("monthsOfExperience") if isinstance(value, Mapping) else None
    return f"{months} months" if months else single_line(_text(value) or "")


def _language(node: Node) -> str | None:
    value = node.get("inLanguage")
    tag = value.get("alternateName") if isinstance(value, Mapping) else _text(value)
    try:
        return parse_language(str(tag)) if tag else None
    except ValueError:
        return None  # a name like "English"; the language is then guessed from the text


def _time(node: Node, name: str, *, end_of_day: bool = False) -> datetime | None:
    text = _text(node.get(name))
    try:
        return parse_time(text, end_of_day=end_of_day) if text else None
    except ValueError as error:
        raise RowError(RejectionReason.WRONG_VALUE, f"field {name}: {error}") from error


def _place(node: Node) -> dict[str, str] | None:
    """Return the first place that is not empty; for remote work, where applicants may live."""
    for name in ("jobLocation", "applicantLocationRequirements"):
        places = node.get(name)
        for place in places if isinstance(places, list) else [places]:
            if address := _address(place):
                return address
    return None


def _address(place: Any) -> dict[str, str] | None:
    address = place.get("address", place) if isinstance(place, Mapping) else place
    address = address[0] if isinstance(address, list) and address else address
    if not isinstance(address, Mapping):
        text = single_line(_text(address) or "")
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
    return {
        name: line for name, value in fields.items() if (line := single_line(_text(value) or ""))
    }
