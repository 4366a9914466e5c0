"""What a comparison found: counts, and the first few ids of each kind of fault."""

from dataclasses import dataclass, field
from typing import Any

SHOWN = 20
"""Ids of each kind that stand in the report."""
FAULTS = ("lost", "invented", "duplicated", "out_of_order")


@dataclass
class Findings:
    """One place (a topic or a table) held against what it should hold."""

    place: str
    expected: int = 0
    found: int = 0
    repeated: int = 0
    """Messages written again with the same bytes: allowed, and without effect."""
    lost: list[str] = field(default_factory=list)
    invented: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    """What counts twice in effect."""
    out_of_order: list[str] = field(default_factory=list)

    @property
    def faults(self) -> int:
        """How much is wrong."""
        return sum(len(getattr(self, fault)) for fault in FAULTS)

    def to_dict(self) -> dict[str, Any]:
        """Write it for the report."""
        counts = {fault: len(getattr(self, fault)) for fault in FAULTS}
        examples = {fault: getattr(self, fault)[:SHOWN] for fault in FAULTS if counts[fault]}
        numbers = {"expected": self.expected, "found": self.found, "repeated": self.repeated}
        return {"place": self.place, **numbers, **counts, **({"ids": examples} if examples else {})}


def totals(findings: list[Findings]) -> dict[str, int]:
    """Add up the faults of all places."""
    return {fault: sum(len(getattr(f, fault)) for f in findings) for fault in FAULTS}


def first_line(findings: list[Findings]) -> str:
    """Name the first fault of all, '' where there is none."""
    return next(
        (f"{f.place}: {fault} {getattr(f, fault)[0]}"
         for f in findings for fault in FAULTS if getattr(f, fault)),
        "",
    )  # fmt: skip
