"""The fairness report of a promotion: groups, figures, and the sentence of the verdict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from streaming.settings import FairnessSettings
from training.evaluation.bootstrap import Interval
from training.fairness.comparison import GroupComparison

PREFIX = "fairness/"
"""Of the keys of a flat report."""


@dataclass(frozen=True)
class FairnessReport:
    """What a challenger does for each group."""

    comparisons: Sequence[GroupComparison]
    unknown: Mapping[str, int]
    """Attribute → candidates who were measured and whose group is unknown."""
    settings: FairnessSettings

    @property
    def failures(self) -> list[GroupComparison]:
        """The groups and figures for which the challenger is refused."""
        return [one for one in self.comparisons if one.fails]

    @property
    def text(self) -> str:
        """What is to be said of it in a verdict."""
        if self.failures:
            return ", and ".join(map(self._failure, self.failures))
        told = sum(one.ratio is not None for one in self.comparisons)
        few = len({(c.attribute, c.group) for c in self.comparisons if c.ratio is None})
        rest = f", {few} groups have too few people to say" if few else ""
        return f"no audit group fails ({told} comparisons{rest})"

    def flat(self) -> dict[str, str | float]:
        """Return the report with flat keys: fairness/ATTRIBUTE/GROUP/FIGURE, then what is said."""
        flat: dict[str, str | float] = {
            f"{PREFIX}threshold": self.settings.threshold,
            f"{PREFIX}fewest": self.settings.fewest,
        }
        for attribute, number in self.unknown.items():
            flat[f"{PREFIX}{attribute}/unknown"] = number
        for one in self.comparisons:
            key = f"{PREFIX}{one.attribute}/{one.group}/{one.figure}"
            flat |= {f"{key}/candidates": one.candidates, f"{key}/p": one.p}
            named = {
                "": one.rate,
                "/champion": one.champion_rate,
                "/ratio": one.ratio,
                "/champion/ratio": one.champion_ratio,
            }
            for name, interval in named.items():
                flat |= {} if interval is None else interval.flat(f"{key}{name}")
        return flat

    def _failure(self, one: GroupComparison) -> str:
        champion = "-" if one.champion_ratio is None else f"{one.champion_ratio.estimate:.2f}"
        return (
            f"{one.attribute} {one.group} ({one.candidates} candidates) has {_text(one.ratio)} of "
            f"the others' {one.figure}, below {self.settings.threshold:g}, by the champion "
            f"{champion}"
        )


def _text(interval: Interval | None) -> str:
    if interval is None:
        return "-"
    return f"{interval.estimate:.2f} [{interval.low:.2f}, {interval.high:.2f}]"
