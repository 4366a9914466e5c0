"""What a page shows of profiles, lists and postings, as plain values for JSON."""

from collections.abc import Callable, Collection, Mapping
from typing import Any
from urllib.parse import urlsplit

Document = Mapping[str, Any]
"""A value of a topic."""
FindPosting = Callable[[str], Document | None]

LINK_SCHEMES = {"http", "https"}
STATED = ("skills", "wishes", "places", "background", "language", "blocked_employers")
"""Fields of the stated part that are shown."""
MAX_PROFILE_EVENTS = 20


def safe_link(url: str | None) -> str | None:
    """Return a link out of a posting if it leads to the web, and None otherwise."""
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return None
    return url if parts.scheme.lower() in LINK_SCHEMES and parts.hostname else None


def posting_view(posting: Document | None) -> dict[str, Any]:
    """Return what is shown of a posting; `known` is false where nothing can be said."""
    if posting is None:
        return {"known": False}
    place, salary = posting.get("place") or {}, posting.get("salary") or {}
    places = (place.get(name) for name in ("locality", "region", "country"))
    return {
        "known": True,
        "title": posting.get("title"),
        "employer": posting.get("employer"),
        "place": ", ".join(dict.fromkeys(filter(None, places))),
        "salary": _salary_text(salary),
        "link": safe_link(posting.get("url")),
    }


def list_view(recommendation: Document, find_posting: FindPosting, moment: str) -> dict[str, Any]:
    """Return what is shown of a list at a time: items that have not expired, and versions."""
    names = (
        "recommendation_id", "profile_version", "model_name", "model_version", "catalogue_version",
        "as_of",
    )  # fmt: skip
    items = [
        item
        for item in recommendation["items"]
        if (item.get("valid_through") or "9999-12-31T00:00:00Z") >= moment
    ]
    return {name: recommendation[name] for name in names} | {
        "items": [
            {
                "posting_id": item["posting_id"],
                "rank": rank,
                "probability": item.get("probability"),
                "reasons": [reason["text"] for reason in item["reasons"]],
            }
            | posting_view(find_posting(item["posting_id"]))
            for rank, item in enumerate(items, start=1)
        ]
    }


def match_view(match: Document) -> dict[str, Any]:
    """Return what is shown of a match. A candidate is the id that the match gives them."""
    names = ("match_id", "model_name", "model_version", "catalogue_version", "as_of")
    shown = ("candidate", "disclosed", "score", "probability", "requirement")
    lists = ("met", "missing")
    return {name: match[name] for name in names} | {
        "candidates": [
            {name: one[name] for name in shown}
            | {name: one.get(name) or [] for name in lists}
            | {"rank": rank, "reasons": [reason["text"] for reason in one["reasons"]]}
            for rank, one in enumerate(match["candidates"], start=1)
        ]
    }


def rewrite_view(rewrite: Document) -> dict[str, Any]:
    """Return what is shown of a rewritten posting: its sections, or why there are none."""
    names = ("rewrite_id", "language", "author", "facts", "notice")
    return {name: rewrite.get(name) for name in names} | {
        "refused": rewrite.get("refused") or [],
        "sections": [
            {"heading": section["heading"], "lines": section["lines"]}
            for section in rewrite.get("sections") or ()
        ],
        "remarks": [
            {name: remark.get(name) for name in ("word", "reason", "replacement")}
            for remark in rewrite.get("remarks") or ()
        ],
    }


def plan_view(plan: Document) -> dict[str, Any]:
    """Return what is shown of a plan. Links of courses are shown if they lead to the web."""
    names = ("plan_id", "as_of", "postings", "in_reach", "courses")
    lists = ("nearest", "had", "missing", "needing_themselves")
    shown = ("title", "provider", "hours", "occupation", "in_reach", "more")
    return {name: plan.get(name) for name in names} | {
        **{name: plan.get(name) or [] for name in lists},
        "goal": (plan.get("occupation") or {}).get("name") or plan["goal"],
        "trouble": plan.get("trouble"),
        "steps": [
            {name: step.get(name) for name in shown}
            | {
                "link": safe_link(step.get("url")),
                "gives": [g["skill"] for g in step.get("gives") or ()],
            }
            for step in plan.get("steps") or ()
        ],
    }


def profile_view(profile: Document, find_posting: FindPosting) -> dict[str, Any]:
    """Return what is shown of a profile: what is stated, and the newest events first."""
    stated = profile.get("stated") or {}
    newest_first = list(reversed(profile["events"]))
    return {
        "version": profile["version"],
        "as_of": profile["as_of"],
        "stated": {name: stated[name] for name in STATED if stated.get(name)},
        "experience": [
            {"title": held.get("title"), "employer": held.get("employer")}
            for held in stated.get("experience") or ()
        ],
        "events": [
            {
                "event_id": event["event_id"],
                "kind": event["kind"],
                "at": event["event_time"],
                "posting_id": event["posting_id"],
                "title": (find_posting(event["posting_id"]) or {}).get("title"),
            }
            for event in newest_first[:MAX_PROFILE_EVENTS]
        ],
        "more_events": max(0, len(newest_first) - MAX_PROFILE_EVENTS),
        "applied": len(profile["applied"]),
        "dismissed": len(profile["dismissed"]),
    }


def posting_ids(recommendation: Document | None, profile: Document | None) -> set[str]:
    """Return the postings that a list and a profile name, as far as they are shown."""
    items = recommendation["items"] if recommendation else ()
    events = profile["events"][-MAX_PROFILE_EVENTS:] if profile else ()
    return {each["posting_id"] for each in (*items, *events)}


def answered(
    event_ids: Collection[str], recommendation: Document | None, profile: Document | None
) -> list[str]:
    """Return those of some events that a list answers.

    It was made for the event, or for a profile that holds it.
    """
    if recommendation is None:
        return []
    trigger = (recommendation.get("triggered_by") or {}).get("event_id")
    held: set[str] = set()
    if profile is not None and profile["version"] <= recommendation["profile_version"]:
        held = {event["event_id"] for event in profile["events"]}
    return [event_id for event_id in event_ids if event_id == trigger or event_id in held]


def _salary_text(salary: Document) -> str:
    ends = [salary.get(end) for end in ("minimum", "maximum")]
    amounts = " - ".join(dict.fromkeys(f"{end:,.0f}" for end in ends if end is not None))
    if not amounts:
        return ""
    unit = f" / {salary['unit'].lower()}" if salary.get("unit") else ""
    return f"{amounts} {salary.get('currency') or ''}".strip() + unit
