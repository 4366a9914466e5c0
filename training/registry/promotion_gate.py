"""The gate: when a challenger becomes champion; the words say by how much it is ahead."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from training.evaluation.bootstrap import Interval
from training.evaluation.offline_evaluation import GATE_METRIC
from training.registry.model_registry import ModelRef
from training.registry.packaging import MOST_POPULAR

MARGIN = 0.05
"""Of the champion's NDCG@10: by so much a challenger of the same kind may be worse, at the lower
end of the interval. The newer model knows the newer words and postings; to ask that it be better
each time would keep an old one for ever, as soon as quality no longer grows."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """Challenger, champion and the most-popular refit on the same later events."""

    challenger: ModelRef
    champion: ModelRef
    cut: str
    """The challenger's: nothing later was trained on, all that is measured is later."""
    candidates: int
    """How many were measured."""
    left_out: int
    """How many of the sample had no target that a list may hold."""
    quality: Mapping[str, Mapping[str, Interval]]
    """challenger, champion and most-popular → metric → interval."""
    coverage: Mapping[str, float]
    """Share of the catalogue in anybody's list, by the same names."""
    lead: Mapping[str, Interval]
    """champion and most-popular → how far the challenger is ahead on NDCG@10, paired."""

    def to_dict(self) -> dict[str, str | float]:
        """Flatten: `hr@10` is the challenger's; `champion/` and `baselines/most-popular/` theirs.

        Beside each estimate stand `.../low` and `.../high`, the ends of its interval.
        """
        flat: dict[str, str | float] = {
            "challenger_version": self.challenger.version,
            "challenger_kind": self.challenger.kind,
            "champion_version": self.champion.version,
            "champion_kind": self.champion.kind,
            "cut": self.cut,
            "users": self.candidates,
            "users_left_out": self.left_out,
        }
        for name, prefix in _PREFIXES.items():
            flat |= _flat(self.quality.get(name, {}), prefix)
            if name in self.coverage:
                flat[f"{prefix}coverage"] = self.coverage[name]
            if name in self.lead:
                flat |= _flat({f"lead/{GATE_METRIC}": self.lead[name]}, prefix)
        return flat


_PREFIXES = {
    "challenger": "",
    "champion": "champion/",
    MOST_POPULAR: f"baselines/{MOST_POPULAR}/",
}


@dataclass(frozen=True)
class Verdict:
    """What the gate says."""

    passed: bool
    text: str
    """Why, in one or two sentences with the numbers."""


def gate(report: Report) -> Verdict:
    """Decide: not worse than a champion of its own kind, better than one of another, beyond chance.

    Better means that the whole 95 % interval of the paired difference in NDCG@10 lies above 0; not
    worse, that it lies above minus `MARGIN` times the champion's own (a test of non-inferiority).
    The most-popular refit must be beaten in any case.
    """
    contender = f"challenger {report.challenger.version} ({report.challenger.kind})"
    if not report.candidates:
        return Verdict(
            passed=False,
            text=f"{contender} cannot be measured: no candidate turned to a new, open posting "
            f"after {report.cut}; wait for more events and train again",
        )
    opponents = {
        "champion": f"champion {report.champion.version} ({report.champion.kind})",
        MOST_POPULAR: "the most popular",
    }
    kindred = report.challenger.kind == report.champion.kind
    allowed = MARGIN * report.quality["champion"][GATE_METRIC].estimate if kindred else 0.0
    bars = {"champion": -allowed, MOST_POPULAR: 0.0}
    passed = all(report.lead[name].low > bars[name] for name in opponents)
    own = report.quality["challenger"][GATE_METRIC].estimate
    against = "; ".join(
        f"against {words} {report.quality[name][GATE_METRIC].estimate:.4f}: "
        f"{report.lead[name].estimate:+.4f} [{report.lead[name].low:+.4f}, "
        f"{report.lead[name].high:+.4f}]"
        for name, words in opponents.items()
    )
    better, worse = (
        ("is not worse", "may be worse")
        if kindred
        else ("is better", "is not better beyond chance")
    )
    outcome = better if passed else worse
    limit = f" by more than the {allowed:.4f} allowed to one of its own kind" if kindred else ""
    return Verdict(
        passed=passed,
        text=f"{contender} {outcome}{limit}: NDCG@10 {own:.4f}; {against} "
        f"(95 %, {report.candidates} candidates after {report.cut})",
    )


def _flat(intervals: Mapping[str, Interval], prefix: str) -> dict[str, float]:
    return {
        f"{prefix}{name}{'' if part == 'estimate' else '/' + part}": value
        for name, found in intervals.items()
        for part, value in asdict(found).items()
    }
