"""Converts JSON-LD of schema.org/JobPosting to the values of `records.Posting`.

Publishers differ: a text may be a list, an organisation a name, a place a string, and nodes of one
document may refer to each other. Each function takes what it can use and ignores the rest.
"""

import re
import textwrap
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from streaming.contract.records import MAX_ID_LENGTH
from streaming.contract.rejection_reasons import RejectionReason
from streaming.importing.json_ld import Document, Reader
from streaming.importing.parsers.html_text import guess_language, plain_text, single_line
from streaming.importing.parsers.salary import parse_salary
from streaming.importing.parsers.times import parse_time
from streaming.importing.parsers.values import parse_language, parse_list
from streaming.importing.rows import RowError, stable_id

_ABSOLUTE = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_SALARY_NAMES = (
    *("value", "minValue", "maxValue", "currency", "salaryCurrency", "unitText", "unitCode"),
    *("name", "codeValue"),
)
"""The properties that `parse_salary` reads."""
_ADDRESS_NAMES = {
    "locality": "addressLocality",
    "region": "addressRegion",
    "country": "addressCountry",
}


def find_postings(document: Any) -> list[Reader]:
    """Return the postings of a document, wherever they stand in it.

    The document is changed in place (`json_ld.Document`). A posting that appears several times
    under one @id is one posting, and one within another posting is part of that one.

    Raises:
        RowError: there are none.
    """
    read = Document(document)
    if not read.postings:
        types = textwrap.shorten(", ".join(read.types) or "none", 80, placeholder=" …")
        raise RowError(
            RejectionReason.NOT_A_POSTING,
            f"no schema.org JobPosting here (@type: {types}); give objects of that @type",
        )
    return [Reader(read, node) for node in read.postings]


def posting_values(posting: Reader) -> dict[str, Any]:
    """Return one JobPosting as the values of a Posting.

    Raises:
        RowError: a date cannot be read, there is no title, or a value is too large or too deep.
    """
    node = posting.node
    title = line_of(posting, "title") or line_of(posting, "name")
    if not title:
        raise RowError(RejectionReason.MISSING_FIELD, "field title is missing and must be given")
    description = plain_text(posting.text(node.get("description"), join="\n\n") or "")
    salary = posting.plain(node.get("baseSalary"), _SALARY_NAMES)
    values = {
        "title": title,
        "description": description,
        "employer": line_of(posting, "hiringOrganization"),
        "industry": line_of(posting, "industry"),
        "occupation": line_of(posting, "occupationalCategory"),
        "skills": parse_list(plain_text(posting.text(node.get("skills")) or "")),
        "employment_type": line_of(posting, "employmentType"),
        "education": line_of(posting, "educationRequirements"),
        "experience": _experience(posting),
        "place": _place(posting),
        "salary": parse_salary(salary, posting.text(node.get("salaryCurrency"))),
        "language": find_language(posting) or guess_language(title, description),
        "date_posted": _time(posting, "datePosted"),
        "valid_through": _time(posting, "validThrough", end_of_day=True),
        "url": find_url(posting),
    }
    known = {name: value for name, value in values.items() if value}
    return {"posting_id": _posting_id(posting, known), **known}


def _posting_id(posting: Reader, values: Mapping[str, Any]) -> str:
    """Return the publisher's identifier, else the URL, else an absolute @id, else a hash.

    The hash is of the content, and of an @id that tells postings apart within one file.
    """
    own = posting.node.get("@id")
    own = own.strip() if isinstance(own, str) and not own.startswith("_:") else ""
    unique = (
        find_identifier(posting) or values.get("url") or (own if _ABSOLUTE.match(own) else None)
    )
    if unique:
        return unique if len(unique) <= MAX_ID_LENGTH else stable_id(unique)
    content = ("title", "employer", "place", "date_posted", "description")
    return stable_id(*(str(values.get(name)) for name in content), *([own] if own else []))


def find_identifier(posting: Reader) -> str | None:
    """Return the first identifier with a value.

    It is unique for its publisher only, so the publisher's name precedes it.
    """
    for part in posting.parts(posting.node.get("identifier")):
        if not isinstance(part, dict):
            value = posting.text(part)
        elif value := posting.text(part.get("value")) or posting.iri(part):
            publisher = posting.text(part.get("name"))
            value = f"{publisher}/{value}" if publisher else value
        if value:
            return value
    return None


def find_url(posting: Reader) -> str | None:
    """Return the first absolute URL, or else the first one."""

    def texts() -> Iterator[str | None]:
        for part in posting.parts(posting.node.get("url")):
            if not isinstance(part, dict):
                yield posting.text(part)
                continue
            # A page. It may be the posting itself, whose text would be its title.
            inner = (url for url in posting.parts(part.get("url")) if isinstance(url, str))
            yield next(inner, None) or posting.iri(part) or posting.text(part)

    urls = list(filter(None, texts()))
    return next(filter(_ABSOLUTE.match, urls), next(iter(urls), None))


def line_of(posting: Reader, name: str) -> str:
    """Return the text of a property in one line; empty where there is none."""
    return single_line(posting.text(posting.node.get(name)) or "")


def _experience(posting: Reader) -> str:
    """Return experienceRequirements, which is a text or a number of months."""
    for part in posting.parts(posting.node.get("experienceRequirements")):
        months = posting.text(part.get("monthsOfExperience")) if isinstance(part, dict) else None
        if months and months.strip("0."):
            return f"{months} months" if re.fullmatch(r"[\d.]+", months) else single_line(months)
    return line_of(posting, "experienceRequirements")


def find_language(posting: Reader) -> str | None:
    """Return the first language tag; a name like "English" is none."""
    for part in posting.parts(posting.node.get("inLanguage")):
        tag = posting.text(part.get("alternateName")) if isinstance(part, dict) else None
        tag = tag or posting.text(part) or ""
        with suppress(ValueError):
            return parse_language(tag)
    return None


def _time(posting: Reader, name: str, *, end_of_day: bool = False) -> datetime | None:
    text = posting.text(posting.node.get(name))
    try:
        return parse_time(text, end_of_day=end_of_day) if text else None
    except ValueError as error:
        raise RowError(RejectionReason.WRONG_VALUE, f"field {name}: {error}") from error


def _place(posting: Reader) -> dict[str, str] | None:
    """Return the first place that is not empty; for remote work, where applicants may live."""
    for name in ("jobLocation", "applicantLocationRequirements"):
        for place in posting.parts(posting.node.get(name)):
            addresses = posting.parts(place.get("address")) if isinstance(place, dict) else ()
            for part in (*addresses, place):
                if address := _address(posting, part):
                    return address
    return None


def _address(posting: Reader, address: Any) -> dict[str, str]:
    """Return the fields of a PostalAddress, Country, text, or place without an address."""
    if not isinstance(address, dict):
        values = {"locality": address}
    elif "Country" in posting.parts(address.get("@type")):
        values = {"country": address.get("name")}
    elif any(name in address for name in _ADDRESS_NAMES.values()):
        values = {field: address.get(name) for field, name in _ADDRESS_NAMES.items()}
    else:
        values = {"locality": address.get("name")}
    lines = {field: single_line(posting.text(value) or "") for field, value in values.items()}
    return {field: line for field, line in lines.items() if line}
