"""The promotion gate: the rule by which a challenger becomes champion."""

from collections.abc import Mapping
from dataclasses import dataclass

from training.evaluation.bootstrap import Interval
from training.evaluation.prequential import ALL, GATE_METRIC
from training.fairness.report import FairnessReport
from training.registry.model_registry import ModelRef
from training.registry.packaging import MOST_POPULAR

MARGIN = 0.05
"""Share of the champion's NDCG@10 by which a challenger of the same kind may be worse, at the lower
end of the interval. A newer model knows newer words and postings. A rule that every challenger must
be better would keep an old model for ever once quality no longer grows."""

ENOUGH = 50
"""Candidates from whom a verdict follows, of all turns and of a segment."""

SEGMENT_NAMES = {
    "with events": "candidates with events",
    "only stated": "candidates who only stated something",
    "seen": "postings that somebody had turned to",
    "unseen": "postings that nobody had turned to",
}
"""Segment → in words."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """Quality of challenger, champion and the most-popular refit on the same later turns.

    Segments are those of `prequential.SEGMENTS`; one without turns is absent.
    """

    challenger: ModelRef
    champion: ModelRef
    cut: str
    """The later of both models' cuts: neither has seen an event after it."""
    turns: Mapping[str, int]
    """Segment → number of turns."""
    candidates: Mapping[str, int]
    """Segment → number of candidates."""
    nothing_known: int
    """Turns of candidates of whom nothing was known, who get the same list from every model."""
    left_out: int
    """Turns to postings that no list may hold."""
    quality: Mapping[str, Mapping[str, Mapping[str, Interval]]]
    """challenger, champion and most-popular → metric → segment → interval."""
    coverage: Mapping[str, float]
    """Share of the catalogue that is in at least one list, by the same names."""
    lead: Mapping[str, Mapping[str, Interval]]
    """champion and most-popular → segment → lead of the challenger in NDCG@10, paired by turn."""
    fairness: FairnessReport | None = None
    """Both models for each audit group; None: there are none."""

    def to_dict(self) -> dict[str, str | float]:
        """Return the report with flat keys.

        `hr@10` is the challenger's; the others have the prefixes `champion/` and
        `baselines/most-popular/`. Behind it stands the segment, `unseen/hr@10`, but for all turns.
        `.../low` and `.../high` are the ends of an interval.
        """
        flat: dict[str, str | float] = {
            "challenger_version": self.challenger.version,
            "challenger_kind": self.challenger.kind,
            "champion_version": self.champion.version,
            "champion_kind": self.champion.kind,
            "cut": self.cut,
            "turns_of_nothing_known": self.nothing_known,
            "turns_left_out": self.left_out,
        }
        for segment, turns in self.turns.items():
            path = segment_path(segment)
            flat |= {f"{path}turns": turns, f"{path}candidates": self.candidates[segment]}
        for name, prefix in _PREFIXES.items():
            measured = {**self.quality[name], f"lead/{GATE_METRIC}": self.lead.get(name, {})}
            for metric, segments in measured.items():
                for segment, interval in segments.items():
                    flat |= interval.flat(f"{prefix}{segment_path(segment)}{metric}")
            flat[f"{prefix}coverage"] = self.coverage[name]
        return flat if self.fairness is None else flat | self.fairness.flat()


def segment_path(segment: str) -> str:
    """Return what stands before the keys of a segment in a flat report: `with-events/`."""
    return "" if segment == ALL else f"{segment.replace(' ', '-')}/"


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
    test). The challenger must also be better than the most-popular refit, and in no segment of
    `ENOUGH` candidates may the whole interval be below 0. Where there are audit groups, it must be
    fair to them (`training.fairness.comparison`).
    """
    subject = f"challenger {report.challenger.version} ({report.challenger.kind})"
    found = report.candidates.get(ALL, 0)
    if found < ENOUGH:
        return Verdict(
            passed=False,
            text=f"{subject} cannot be measured yet: after {report.cut}, {found} candidates of "
            "whom something is known turned to a new, open posting; promote again when "
            f"{ENOUGH} have",
        )
    opponents = {
        "champion": f"champion {report.champion.version} ({report.champion.kind})",
        MOST_POPULAR: "the most popular",
    }
    same_kind = report.challenger.kind == report.champion.kind
    allowed = MARGIN * report.quality["champion"][GATE_METRIC][ALL].estimate if same_kind else 0.0
    bars = {"champion": -allowed, MOST_POPULAR: 0.0}
    leads = all(report.lead[name][ALL].low > bars[name] for name in opponents)
    segments = {
        segment: {name: report.lead[name][segment] for name in opponents}
        for segment, candidates in report.candidates.items()
        if segment != ALL and candidates >= ENOUGH
    }
    losses = [
        f"{SEGMENT_NAMES[segment]} get worse lists than from {opponents[name]}: {_signed(lead)}"
        for segment, own in segments.items()
        for name, lead in own.items()
        if lead.high < 0
    ]
    better, worse = (
        ("is not worse", "may be worse")
        if same_kind
        else ("is better", "is not better beyond chance")
    )
    fairness = report.fairness
    unfair = [fairness.text] if fairness is not None and fairness.failures else []
    outcome = better if leads else worse
    limit = f" by more than the {allowed:.4f} allowed to one of its own kind" if same_kind else ""
    own = report.quality["challenger"][GATE_METRIC][ALL].estimate
    against = "; ".join(
        f"against {label} {report.quality[name][GATE_METRIC][ALL].estimate:.4f}: "
        f"{_signed(report.lead[name][ALL])}"
        for name, label in opponents.items()
    )
    gains = [
        f"{SEGMENT_NAMES[segment]} {_signed(lead['champion'])}"
        for segment, lead in segments.items()
        if lead["champion"].low > 0
    ]
    return Verdict(
        passed=leads and not losses and not unfair,
        text=f"{subject} {outcome}{limit}: NDCG@10 {own:.4f}; {against} "
        f"(95 %, {report.turns[ALL]} turns of {found} candidates after {report.cut})"
        + (f"; lists are better than the champion's for {', '.join(gains)}" if gains else "")
        + (f"; {fairness.text}" if fairness is not None and not unfair else "")
        + (f"; refused, because {', and '.join(losses + unfair)}" if losses or unfair else ""),
    )


def _signed(lead: Interval) -> str:
    return f"{lead.estimate:+.4f} [{lead.low:+.4f}, {lead.high:+.4f}]"
