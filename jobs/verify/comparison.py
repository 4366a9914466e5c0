"""The outcome of a comparison: counts, and the first few ids of each kind of fault."""

from dataclasses import dataclass, field
from typing import Any

SHOWN_IDS = 20
"""Ids of each kind of fault in the report."""
FAULTS = ("lost", "invented", "duplicated", "out_of_order")


@dataclass
class Comparison:
    """A topic or a table against what it should hold."""

    name: str
    expected: int = 0
    actual: int = 0
    repeated: int = 0
    """Messages written again with the same bytes: allowed, and without effect."""
    lost: list[str] = field(default_factory=list)
    invented: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    """What has a second effect."""
    out_of_order: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Return it as it stands in the report."""
        counts = totals([self])
        ids = {fault: getattr(self, fault)[:SHOWN_IDS] for fault in FAULTS if counts[fault]}
        numbers = {"expected": self.expected, "actual": self.actual, "repeated": self.repeated}
        return {"name": self.name, **numbers, **counts, **({"ids": ids} if ids else {})}


def totals(comparisons: list[Comparison]) -> dict[str, int]:
    """Count the faults of each kind over some comparisons."""
    return {fault: sum(len(getattr(c, fault)) for c in comparisons) for fault in FAULTS}
