"""The promotion gate: the rule by which a challenger becomes champion."""

from collections.abc import Mapping
from dataclasses import dataclass

from training.evaluation.bootstrap import Interval
from training.evaluation.offline_evaluation import GATE_METRIC
from training.registry.model_registry import ModelRef
from training.registry.packaging import MOST_POPULAR

MARGIN = 0.05
"""Share of the champion's NDCG@10 by which a challenger of the same kind may be worse, at the lower
end of the interval. A newer model knows newer words and postings. A rule that every challenger must
be better would keep an old model for ever once quality no longer grows."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """Quality of challenger, champion and the most-popular refit on the same later events."""

    challenger: ModelRef
    champion: ModelRef
    cut: str
    """The challenger's: it was trained on nothing later, and measured on later events alone."""
    candidates: int
    """Number of candidates measured."""
    left_out: int
    """Candidates of the sample without a target that a list may hold."""
    quality: Mapping[str, Mapping[str, Interval]]
    """challenger, champion and most-popular → metric → interval."""
    coverage: Mapping[str, float]
    """Share of the catalogue that is in at least one list, by the same names."""
    lead: Mapping[str, Interval]
    """champion and most-popular → lead of the challenger in NDCG@10, paired by candidate."""

    def to_dict(self) -> dict[str, str | float]:
        """Return the report with flat keys.

        `hr@10` is the challenger's; the others have the prefixes `champion/` and
        `baselines/most-popular/`. `.../low` and `.../high` are the ends of an interval.
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
            for metric, interval in self.quality.get(name, {}).items():
                flat |= interval.flat(f"{prefix}{metric}")
            if name in self.coverage:
                flat[f"{prefix}coverage"] = self.coverage[name]
            if name in self.lead:
                flat |= self.lead[name].flat(f"{prefix}lead/{GATE_METRIC}")
        return flat


_PREFIXES = {
    "challenger": "",
    "champion": "champion/",
    MOST_POPULAR: f"baselines/{MOST_POPULAR}/",
}


@dataclass(frozen=True)
class Verdict:
    """The decision of the gate."""

    passed: bool
    text: str
    """The reason, with the numbers."""


def gate(report: Report) -> Verdict:
    """Decide whether a challenger is promoted.

    It must be better than a champion of another kind, and not worse than one of its own kind.
    Better means that the whole 95 % interval of the paired difference in NDCG@10 is above 0. Not
    worse means that it is above minus `MARGIN` times the champion's NDCG@10 (a non-inferiority
    test). The challenger must also be better than the most-popular refit.
    """
    subject = f"challenger {report.challenger.version} ({report.challenger.kind})"
    if not report.candidates:
        return Verdict(
            passed=False,
            text=f"{subject} cannot be measured: no candidate turned to a new, open posting "
            f"after {report.cut}; wait for more events and train again",
        )
    opponents = {
        "champion": f"champion {report.champion.version} ({report.champion.kind})",
        MOST_POPULAR: "the most popular",
    }
    same_kind = report.challenger.kind == report.champion.kind
    allowed = MARGIN * report.quality["champion"][GATE_METRIC].estimate if same_kind else 0.0
    bars = {"champion": -allowed, MOST_POPULAR: 0.0}
    passed = all(report.lead[name].low > bars[name] for name in opponents)
    own = report.quality["challenger"][GATE_METRIC].estimate
    against = "; ".join(
        f"against {label} {report.quality[name][GATE_METRIC].estimate:.4f}: "
        f"{report.lead[name].estimate:+.4f} [{report.lead[name].low:+.4f}, "
        f"{report.lead[name].high:+.4f}]"
        for name, label in opponents.items()
    )
    better, worse = (
        ("is not worse", "may be worse")
        if same_kind
        else ("is better", "is not better beyond chance")
    )
    outcome = better if passed else worse
    limit = f" by more than the {allowed:.4f} allowed to one of its own kind" if same_kind else ""
    return Verdict(
        passed=passed,
        text=f"{subject} {outcome}{limit}: NDCG@10 {own:.4f}; {against} "
        f"(95 %, {report.candidates} candidates after {report.cut})",
    )
