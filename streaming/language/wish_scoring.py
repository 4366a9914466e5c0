"""How much of what wishes say is found, and how much of what is found is wrong."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from streaming.language.wish_values import Pay, WishValue
from streaming.names import comparable

_Z = 1.96
"""Of a 95 % interval."""


@dataclass
class WishScore:
    """Values counted over some wishes; a value is its field, content and strength together."""

    wanted: int = 0
    found: int = 0
    wrong: int = 0
    """Values that the wish does not say."""
    missed_fields: Counter[str] = field(default_factory=Counter)

    def add(self, wanted: Sequence[Mapping[str, Any]], values: Iterable[WishValue]) -> None:
        """Count a wish; `wanted` are its values as a file of wishes has them."""
        expected = Counter(map(_expected_key, wanted))
        given = Counter(map(_given_key, values))
        self.wanted += expected.total()
        self.found += (expected & given).total()
        self.wrong += (given - expected).total()
        self.missed_fields.update(key[0] for key in (expected - given).elements())

    def report(self) -> dict[str, Any]:
        """Return the shares with Wilson's 95 % intervals."""
        given = self.found + self.wrong
        return {
            "values": self.wanted,
            "found": _share(self.found, self.wanted),
            "wrong": _share(self.wrong, given),
            "missed_fields": dict(self.missed_fields.most_common()),
        }


def _share(count: int, total: int) -> dict[str, float]:
    """Return a share and its interval (Wilson, 1927)."""
    if not total:
        return {"share": 0.0, "low": 0.0, "high": 1.0}
    share, weight = count / total, 1 + _Z**2 / total
    middle = (share + _Z**2 / (2 * total)) / weight
    half = _Z / weight * (share * (1 - share) / total + _Z**2 / (4 * total**2)) ** 0.5
    return {"share": share, "low": max(0.0, middle - half), "high": min(1.0, middle + half)}


def _expected_key(value: Mapping[str, Any]) -> tuple[str, str, str]:
    content = value["value"]
    if isinstance(content, Mapping):
        content = Pay.model_validate(content)
    return value["field"], _plain(content), value["strength"]


def _given_key(value: WishValue) -> tuple[str, str, str]:
    return value.field.value, _plain(value.value), value.strength.value


def _plain(content: Any) -> str:
    if isinstance(content, Pay):
        return content.model_dump_json()
    return str(float(content)) if isinstance(content, int | float) else comparable(content)
