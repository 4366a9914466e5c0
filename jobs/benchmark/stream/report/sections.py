"""What each part of a report says to people: words, a table, plots, and a few large figures."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from jobs.benchmark.stream.report.plots import bars_plot, curve_plot, latency_plot

Report = Mapping[str, Any]
NOTHING = "-"


@dataclass(frozen=True)
class Section:
    """One part of the page, and of what the command prints."""

    title: str
    words: str
    columns: list[str]
    rows: list[list[str]]
    tiles: list[dict[str, str]]
    plots: list[str] = field(default_factory=list)


def latency_section(report: Report) -> Section:
    """Tell how long an event takes to its recommendation."""
    rows = {
        "pass-through, alone": "latency/floor",
        "our chain": "latency/chain",
        "pass-through, beside our chain": "latency/beside/floor",
        "our chain, beside a pass-through": "latency/beside/chain",
    }
    sane = "" if report["latency/floor/sane"] else (
        f" The floor is above {report['latency/floor/sane_below_ms']:.0f} ms: the machine was "
        "busy with other things, and the ratios mean nothing."
    )  # fmt: skip
    late = "" if report["latency/chain/followed"] else " The chain did not keep up with the rate."
    return Section(
        title="From an event to its recommendation",
        words=f"{report['size/rate']:g} events a second for {report['size/seconds']:g} s after "
        f"{report['size/warm_up_seconds']:g} s of warm-up, beside each other for "
        f"{report['size/beside_seconds']:g} s after {report['size/beside_warm_up_seconds']:g} s; "
        f"{report['latency/profiles']:,} profiles "
        f"in state, {report['latency/postings']:,} open postings, serving: "
        f"{report['latency/model/kind']}. Milliseconds from the event's Kafka timestamp until the "
        f"broker had appended the answer.{sane}{late}",
        columns=["query", "answers", "p50", "p90", "p99", "slowest", "p99 / p50"],
        rows=[
            [words, f"{report[f'{key}/answered']:,}"]
            + [
                number(report[f"{key}/{one}"], 0)
                for one in ("p50_ms", "p90_ms", "p99_ms", "max_ms")
            ]
            + [number(report[f"{key}/p99_over_p50"], 2)]
            for words, key in rows.items()
        ],
        tiles=[
            {
                "figure": f"{number(report['latency/chain/p50_ms'], 0)} ms",
                "words": "from an event to its recommendation, half of the time (p50)",
            },
            {
                "figure": f"{number(report['latency/ratio_p50'], 2)} x",
                "words": "the p50 of a mere copy, alone on the machine",
            },
        ],
        plots=[latency_plot(report)],
    )


def backlog_section(report: Report) -> Section:
    """Tell how fast waiting events become profiles."""
    prefixes = {"our profiles": "ours", "pass-through": "floor"}
    if "backlog/quix/per_second" in report:
        prefixes[f"Quix Streams, {report['backlog/quix/processes']} process(es)"] = "quix"
    checks = {
        "ours": _as_folded(report["backlog/ours/differences"]),
        "floor": "same messages" if report["backlog/floor/same"] else "OTHER MESSAGES",
        "quix": _as_folded(report.get("backlog/quix/differences")),
    }
    tiles = {"floor": "a mere copy", "quix": "Quix Streams"}
    return Section(
        title="A backlog worked off",
        words=f"{report['size/backlog']:,} events of {report['backlog/candidates']:,} candidates, "
        "one contestant after the other on the same broker; from the moment the process was asked "
        "for, and from the moment it said that it runs, to the last message written.",
        columns=["contestant", "events/s", "without start-up", "seconds", "messages", "checked"],
        rows=[
            [
                words,
                number(report[f"backlog/{one}/per_second"], 0),
                number(report[f"backlog/{one}/per_second_running"], 0),
                number(report[f"backlog/{one}/seconds"], 1),
                number(report[f"backlog/{one}/messages"], 0),
                checks[one],
            ]
            for words, one in prefixes.items()
        ],
        tiles=[
            {
                "figure": f"{number(report[f'backlog/ratio_{one}'], 2)} x",
                "words": f"the events a second of {words}, start-up included",
            }
            for one, words in tiles.items()
            if f"backlog/ratio_{one}" in report
        ],
        plots=[
            bars_plot(
                {words: report[f"backlog/{one}/per_second"] for words, one in prefixes.items()},
                "events a second, start-up included", "backlog", "Events a second of each",
            )
        ],
    )  # fmt: skip


def state_section(report: Report) -> Section:
    """Tell what a large state costs a batch."""
    return Section(
        title="The size of the state",
        words=f"Batches of {report['state/few/rows']:,} events, each of another candidate, with "
        "few and with many profiles in state; medians.",
        columns=["profiles in state", "batch, s", "slowest, s", "batches", "loading, s"],
        rows=[
            [f"{report[f'state/{one}/profiles']:,}"]
            + [number(report[f"state/{one}/{key}"], 3) for key in _BATCH]
            + [number(report[f"state/{one}/batches"], 0)]
            + [number(report[f"state/{one}/loading_seconds"], 1)]
            for one in ("few", "many")
        ],
        tiles=[
            {
                "figure": f"{number(report['state/ratio'], 2)} x",
                "words": f"the batch time, {report['state/many/profiles']:,} profiles in state "
                f"against {report['state/few/profiles']:,}",
            }
        ],
    )


def memory_section(report: Report) -> Section:
    """Tell whether memory grows."""
    minutes, rss = report["memory/curve/minute"], report["memory/curve/rss_mib"]
    return Section(
        title="Memory over time",
        words=f"`careerstream up` and all it starts, {report['size/memory_rate']:g} events a "
        f"second for {report['size/minutes']:g} minutes; resident memory added up, shared pages "
        "counted in each process.",
        columns=["mean of", "MiB"],
        rows=[
            [f"the {third} third", number(report[f"memory/{third}_third_mib"], 0)]
            for third in ("first", "middle", "last")
        ],
        tiles=[
            {
                "figure": f"{number(report['memory/ratio'], 3)} x",
                "words": "the memory of the middle third in the last third",
            }
        ],
        plots=[curve_plot(minutes, rss, ("minutes", "MiB"), "memory", "Memory over time")],
    )


def broken_section(report: Report) -> Section:
    """Tell what broken messages do."""
    reasons = {
        key.removeprefix("broken/reason/"): value
        for key, value in report.items()
        if key.startswith("broken/reason/")
    }
    return Section(
        title="Broken messages among good ones",
        words=f"{report['broken/sent']:,} broken messages of fifteen kinds among "
        f"{report['size/good']:,} good ones: {report['broken/right']:,} dead letters with the "
        f"right reason, {report['broken/wrong_or_missing']:,} wrong or missing, "
        f"{report['broken/invented']:,} of good messages. Of the good ones' profiles "
        f"{report['broken/with/differences']:,} differ from the plain fold.",
        columns=["reason", "dead letters"],
        rows=[[reason, f"{count:,}"] for reason, count in reasons.items()],
        tiles=[
            {
                "figure": f"{number(report['broken/ratio'], 2)} x",
                "words": "the messages a second without broken ones, start-up included",
            }
        ],
    )


def closing_section(report: Report) -> Section:
    """Tell how long a closed posting is still in new lists."""
    late = "" if report["closing/chain/followed"] else " The chain did not keep up with the rate."
    return Section(
        title="Postings that close",
        words=f"{report['closing/closed']:,} of {report['size/postings']:,} postings closed one "
        f"after the other within {report['size/seconds']:g} s, while "
        f"{report['size/rate']:g} events a second were answered with "
        f"{report['closing/lists']:,} lists from {report['closing/catalogues']:,} versions of the "
        f"catalogue. Before, each was in at least {report['closing/least_listed']:g} lists a "
        "second. From the message that closes a posting to the last new list that holds it; "
        f"{report['closing/late_lists']:,} lists held one more than "
        f"{report['closing/promised_seconds']:g} s after it closed.{late}",
        columns=["of the postings", "gone after, s"],
        rows=[
            [words, number(report[f"closing/{key}"], 1)]
            for words, key in {
                "half": "p50_seconds", "nine tenths": "p90_seconds", "all": "max_seconds",
            }.items()
        ],
        tiles=[
            {
                "figure": f"{number(report['closing/max_seconds'], 1)} s",
                "words": "from a posting closed to the last new list with it, at most",
            }
        ],
        plots=[
            curve_plot(
                report["closing/curve/closed_second"], report["closing/curve/gone_seconds"],
                ("closed at, seconds", "gone after, seconds"), "closing",
                "How long each closed posting was still in new lists",
            )
        ],
    )  # fmt: skip


def _as_folded(differences: int | None) -> str:
    return f"{differences or 0:,} unlike the plain fold"


def number(value: float | None, digits: int) -> str:
    """Write a number for people; a dash where there is none."""
    return NOTHING if value is None else f"{value:,.{digits}f}"


_BATCH = ("batch_seconds", "slowest_batch_seconds")
SECTIONS: Mapping[str, Callable[[Report], Section]] = {
    "latency": latency_section,
    "backlog": backlog_section,
    "state": state_section,
    "memory": memory_section,
    "broken": broken_section,
    "closing": closing_section,
}
