"""What a round of parity finds, for each kind of thing that it compares."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

PROFILES, LISTS, EXAMPLES = "profiles", "lists", "examples"
KINDS = (PROFILES, LISTS, EXAMPLES)


@dataclass(frozen=True)
class Difference:
    """Something that is not what is recorded."""

    candidate_id: str
    text: str
    """What differs, with its ids, in one line."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a round found for one kind."""

    kind: str
    equal: int = 0
    differences: tuple[Difference, ...] = ()
    apart: Mapping[str, int] = field(default_factory=dict)
    """How many could not be compared, by reason (`definitions.PARITY_APART`)."""

    @property
    def compared(self) -> int:
        """How many were compared."""
        return self.equal + len(self.differences)

    @property
    def drawn(self) -> int:
        """How many were drawn."""
        return self.compared + sum(self.apart.values())

    @property
    def share(self) -> float:
        """The share of the compared that was equal; NaN where nothing was compared."""
        return self.equal / self.compared if self.compared else math.nan

    def report(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "kind": self.kind,
            "compared": self.compared,
            "equal": self.equal,
            "share": self.share if self.compared else None,
            "apart": dict(self.apart),
            "differences": [vars(one) for one in self.differences],
        }
