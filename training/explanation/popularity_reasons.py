"""Reasons for a posting in a list that is the same for everybody: it is popular, or fresh."""

from datetime import timedelta
from typing import Any

from streaming.contract.records import ReasonKind
from streaming.serving.catalogue import Catalogue
from streaming.timestamps import format_timestamp, parse_timestamp
from training.explanation.templates import phrases_for

NEW_DAYS = 30.0
"""Up to this age a reason calls a posting new."""


def popularity_reasons(
    catalogue: Catalogue, row: int, weight: float, as_of: str, language: str
) -> list[dict[str, Any]]:
    """Return at least one `records.Reason` for a posting in a list that is the same for everybody.

    `weight` is that in `PopularityCounts` at `as_of`; from 1 up a reason calls the posting popular.
    The language is ISO 639-1.
    """
    phrases = phrases_for(language)
    posted = catalogue.table.column("date_posted")[row].as_py()
    day = "" if posted is None else format_timestamp(posted)[:10]
    reasons = []
    if weight >= 1:
        reasons.append((ReasonKind.POPULAR, phrases.popular))
    if posted is not None and parse_timestamp(as_of) - posted <= timedelta(days=NEW_DAYS):
        reasons.append((ReasonKind.FRESH, phrases.newly_posted.format(day)))
    if not reasons:
        text = phrases.still_open.format(day) if day else phrases.undated
        reasons.append((ReasonKind.FRESH, text))
    return [{"kind": str(kind), "text": text} for kind, text in reasons]
