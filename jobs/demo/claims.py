"""What the demo claims, and whether its summary bears it out."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True)
class Claim:
    """A claim of the demo."""

    text: str
    holds: bool
    counts: str
    """The numbers behind it."""


def claims(summary: Mapping[str, Any]) -> list[Claim]:
    """Return the claims about those parts that a summary holds."""
    result: list[Claim] = []
    if events := (summary.get("accounts") or {}).get("events"):
        parts = " + ".join(f"{events[part]:,}" for part in ("rejected", "distinct", "duplicates"))
        result.append(
            Claim(
                "events read = rejected + distinct + duplicates",
                events["adds_up"],
                f"{events['read']:,} = {parts}",
            )
        )
    if profiles := summary.get("profiles"):
        equal, expected = profiles["equal_to_the_fold"], profiles["expected"]
        claim = _all_of("profiles equal to the plain fold over the file", equal, expected)
        result.append(replace(claim, holds=claim.holds and expected == profiles["found"]))
    if lists := summary.get("recommendations"):
        faults = [len(lists["not_open"]), lists["repeated"], lists["already_known"]]
        result += [
            _all_of(
                "candidates with a recommendation for their newest profile",
                lists["for_the_newest_profile"],
                lists["profiles"],
            ),
            Claim(
                "recommended postings that are not open, repeated in a list, or known to the "
                "candidate",
                not any(faults),
                ", ".join(map(str, faults)),
            ),
            _all_of("lists with a reason for every item", lists["with_reasons"], lists["lists"]),
        ]
    if offline := summary.get("offline"):
        text = "lists equal to what the registered model gives offline"
        result.append(_all_of(text, offline["equal"], offline["lists"]))
    return result


def _all_of(text: str, part: int, whole: int) -> Claim:
    return Claim(text, part == whole, f"{part:,} of {whole:,}")
