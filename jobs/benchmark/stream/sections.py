"""What a report says of each part to people: text, a table, plots, and a few large figures."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from jobs.benchmark.stream.plots import bars_plot, curve_plot, latency_plot
from jobs.reporting.html_page import Report, number
from streaming.settings import Tuning


@dataclass(frozen=True)
class Section:
    """One part of the page, and of what the command prints."""

    title: str
    text: str
    columns: list[str]
    rows: list[list[str]]
    """A name and a number for each further column."""
    tiles: dict[str, str]
    """Label to value of each large figure."""
    plots: list[str] = field(default_factory=list)


def latency_section(report: Report) -> Section:
    """Show how long an event takes to its recommendation."""
    queries = {
        "pass-through, alone": "latency/floor",
        "our chain": "latency/chain",
        "pass-through, beside our chain": "latency/beside/floor",
        "our chain, beside a pass-through": "latency/beside/chain",
    }
    digits = {"answered": 0, "p50_ms": 0, "p90_ms": 0, "p99_ms": 0, "max_ms": 0, "p99_over_p50": 2}
    busy = "" if report["latency/floor/sane"] else (
        f" The floor is above {report['latency/floor/sane_below_ms']:.0f} ms: the machine was "
        "busy with other things, and the ratios mean nothing."
    )  # fmt: skip
    return Section(
        title="From an event to its recommendation",
        text=f"{report['size/rate']:g} events a second for {report['size/seconds']:g} s after "
        f"{report['size/warm_up_seconds']:g} s of warm-up, beside each other for "
        f"{report['size/beside_seconds']:g} s after {report['size/beside_warm_up_seconds']:g} s; "
        f"{report['latency/profiles']:,} profiles "
        f"in state, {report['latency/postings']:,} open postings, serving: "
        f"{report['latency/model/kind']}. Milliseconds from the event's Kafka timestamp until the "
        f"broker had appended the answer.{busy}{_late(report, 'latency')}",
        columns=["query", "answers", "p50", "p90", "p99", "slowest", "p99 / p50"],
        rows=[[name, *_cells(report, prefix, digits)] for name, prefix in queries.items()],
        tiles={
            "from an event to its recommendation, half of the time (p50)":
                f"{number(report['latency/chain/p50_ms'])} ms",
            "the p50 of a mere copy, alone on the machine":
                _times(report["latency/ratio_p50"]),
        },
        plots=[latency_plot(report)],
    )  # fmt: skip


def backlog_section(report: Report) -> Section:
    """Show how fast waiting events become profiles."""
    contestants = {"our profiles": "ours", "pass-through": "floor"}
    if "backlog/quix/per_second" in report:
        contestants[f"Quix Streams, {report['backlog/quix/processes']} process(es)"] = "quix"
    digits = {"per_second": 0, "per_second_running": 0, "seconds": 1, "messages": 0}
    checks = {
        "ours": _differences(report["backlog/ours/differences"]),
        "floor": "same messages" if report["backlog/floor/same"] else "OTHER MESSAGES",
        "quix": _differences(report.get("backlog/quix/differences")),
    }
    bars = {name: report[f"backlog/{key}/per_second"] for name, key in contestants.items()}
    return Section(
        title="A backlog of events",
        text=f"{report['size/backlog']:,} events of {report['backlog/candidates']:,} candidates, "
        "one contestant after the other on the same broker; from the start of the process, "
        "and from the moment its query runs, to the last message written.",
        columns=["contestant", "events/s", "without start-up", "seconds", "messages", "checked"],
        rows=[
            [name, *_cells(report, f"backlog/{key}", digits), checks[key]]
            for name, key in contestants.items()
        ],
        tiles={
            f"the events a second of {name}, start-up included": _times(report[ratio])
            for name, ratio in {
                "a mere copy": "backlog/ratio_floor", "Quix Streams": "backlog/ratio_quix",
            }.items()
            if ratio in report
        },
        plots=[
            bars_plot(
                bars, "events a second, start-up included", "backlog", "Events a second of each"
            )
        ],
    )  # fmt: skip


def state_section(report: Report) -> Section:
    """Show what a large state costs a batch."""
    digits = {
        "profiles": 0, "batch_seconds": 3, "slowest_batch_seconds": 3, "batches": 0,
        "loading_seconds": 1,
    }  # fmt: skip
    return Section(
        title="The size of the state",
        text=f"Batches of {report['state/few/rows']:,} events, each of another candidate, with "
        "few and with many profiles in state; medians.",
        columns=["profiles in state", "batch, s", "slowest, s", "batches", "loading, s"],
        rows=[_cells(report, f"state/{size}", digits) for size in ("few", "many")],
        tiles={
            f"the batch time, {report['state/many/profiles']:,} profiles in state against "
            f"{report['state/few/profiles']:,}": _times(report["state/ratio"])
        },
    )  # fmt: skip


def memory_section(report: Report) -> Section:
    """Show whether memory grows."""
    minutes, rss = report["memory/curve/minute"], report["memory/curve/rss_mib"]
    return Section(
        title="Memory over time",
        text=f"`careerstream up` and all it starts, {report['size/memory_rate']:g} events a "
        f"second for {report['size/minutes']:g} minutes; resident memory added up, shared pages "
        "counted in each process.",
        columns=["mean of", "MiB"],
        rows=[
            [f"the {third} third", number(report[f"memory/{third}_third_mib"])]
            for third in ("first", "middle", "last")
        ],
        tiles={
            "the memory of the middle third in the last third": _times(report["memory/ratio"], 3)
        },
        plots=[curve_plot(minutes, rss, ("minutes", "MiB"), "memory", "Memory over time")],
    )  # fmt: skip


def broken_section(report: Report) -> Section:
    """Show what broken messages cost, and whether each became the right dead letter."""
    prefix = "broken/reason/"
    reasons = [
        [k.removeprefix(prefix), number(n)] for k, n in report.items() if k.startswith(prefix)
    ]
    return Section(
        title="Broken messages among good ones",
        text=f"{report['broken/sent']:,} broken messages of fifteen kinds among "
        f"{report['size/good']:,} good ones: {report['broken/right']:,} dead letters with the "
        f"right reason, {report['broken/wrong_or_missing']:,} wrong or missing, "
        f"{report['broken/invented']:,} of good messages. Of the good ones' profiles "
        f"{report['broken/with/differences']:,} differ from the plain fold.",
        columns=["reason", "dead letters"],
        rows=reasons,
        tiles={
            "the messages a second without broken ones, start-up included":
                _times(report["broken/ratio"])
        },
    )  # fmt: skip


def closing_section(report: Report) -> Section:
    """Show how long a closed posting is still in new lists."""
    shares = {"half": "p50_seconds", "nine tenths": "p90_seconds", "all": "max_seconds"}
    return Section(
        title="Postings that close",
        text=f"{report['closing/closed']:,} of {report['size/postings']:,} postings closed one "
        f"after the other within {report['size/seconds']:g} s, while "
        f"{report['size/rate']:g} events a second were answered with "
        f"{report['closing/lists']:,} lists from {report['closing/catalogues']:,} versions of the "
        f"catalogue. Before, each was in at least {report['closing/least_listed']:g} lists a "
        "second. From the message that closes a posting to the last new list that holds it; "
        f"{report['closing/late_lists']:,} lists held one more than "
        f"{report['closing/promised_seconds']:g} s after it closed.{_late(report, 'closing')}",
        columns=["of the postings", "gone after, s"],
        rows=[[share, number(report[f"closing/{key}"], 1)] for share, key in shares.items()],
        tiles={
            "from a posting closed to the last new list with it, at most":
                f"{number(report['closing/max_seconds'], 1)} s"
        },
        plots=[
            curve_plot(
                report["closing/curve/closed_second"], report["closing/curve/gone_seconds"],
                ("closed at, seconds", "gone after, seconds"), "closing",
                "How long each closed posting was still in new lists",
            )
        ],
    )  # fmt: skip


def tuning_section(report: Report) -> Section:
    """Show what each private part of Spark brings."""
    return Section(
        title="Private parts of Spark",
        text=f"`hot_path` with all parts of spark.tuned against all but one, {report['size/pairs']}"
        f" alternating pairs each; a run processes {report['size/tuning_backlog']:,} events and "
        f"answers {report['size/rate']:g} clicks a second for {report['size/tuning_seconds']:g} s. "
        "How much slower it is without the part, with 90 % intervals.",
        columns=["without", "p50 of a click", "interval", "backlog", "interval"],
        rows=[
            [
                part,
                *(
                    cell
                    for of in ("p50", "backlog")
                    for cell in _slower(report, f"tuning/{part}/{of}")
                ),
            ]
            for part in Tuning
        ],
        tiles={},
    )


def matches_section(report: Report) -> Section:
    """Show how soon matches follow what candidates do, and what that costs lists."""
    names = {
        "without the job match": "alone", "beside it": "beside", "without it again": "again",
    }  # fmt: skip
    digits = {"answered": 0, "p50_ms": 0, "p90_ms": 0, "p99_ms": 0, "max_ms": 0, "p99_over_p50": 2}
    late = [name for name, key in names.items() if not report[f"matches/{key}/followed"]]
    behind = f" The chain did not keep up with the rate: {', '.join(late)}." if late else ""
    p50, p90, slowest, half_gone, all_gone = (
        number(report[f"matches/{of}/{rank}_seconds"], 1)
        for of, rank in (
            ("clicks", "p50"), ("clicks", "p90"), ("clicks", "max"), ("withdrawn", "p50"),
            ("withdrawn", "max"),
        )
    )  # fmt: skip
    return Section(
        title="Matches beside lists",
        text=f"{report['size/match_rate']:g} events a second for {report['size/seconds']:g} s "
        f"after {report['size/warm_up_seconds']:g} s of warm-up, without the job match, with it, "
        f"and without it again; {report['matches/profiles']:,} profiles, "
        f"{report['matches/postings']:,} postings, serving: {report['matches/model/kind']}. "
        f"Starting and scoring everybody took {report['matches/first_scoring_seconds']:.0f} s. Of "
        f"the clicks {report['matches/clicks/shown']:,} were by somebody whom a match shows: from "
        f"the click to the first match that counts it p50 {p50} s, p90 {p90} s, slowest {slowest} "
        f"s. {report['matches/withdrawn/sent']:,} withdrew their consent: gone from every match "
        f"after {half_gone} s (p50), the last after {all_gone} s; still shown at the end: "
        f"{report['matches/withdrawn/left']:,}.{behind}",
        columns=["lists", "answers", "p50", "p90", "p99", "slowest", "p99 / p50"],
        rows=[[name, *_cells(report, f"matches/{key}", digits)] for name, key in names.items()],
        tiles={
            "from a click to the first match that counts it, half of the time (p50)":
                f"{p50} s",
            "the p50 of a list without the job match": _times(report["matches/ratio_p50"]),
        },
    )  # fmt: skip


def turns_section(report: Report) -> Section:
    """Show how soon an answer and a new list follow what a candidate says."""
    digits = {"answered": 0, "p50_ms": 0, "p90_ms": 0, "p99_ms": 0, "max_ms": 0, "p99_over_p50": 2}
    late = "" if report["turns/followed"] else " The chain did not keep up with the rate."
    names = {"the answer": "answer", "the new list": "list"}
    return Section(
        title="From what a candidate says to a new list",
        text=f"{report['size/turn_rate']:g} turns a second for {report['size/seconds']:g} s after "
        f"{report['size/warm_up_seconds']:g} s of warm-up, without a language model; "
        f"{report['turns/changing']:,} of {report['turns/sent']:,} turns changed something. "
        f"{report['turns/profiles']:,} profiles in state, {report['turns/postings']:,} open "
        f"postings, serving: {report['turns/model/kind']}. Milliseconds from the turn's Kafka "
        f"timestamp.{late}",
        columns=["until", "turns", "p50", "p90", "p99", "slowest", "p99 / p50"],
        rows=[[name, *_cells(report, f"turns/{key}", digits)] for name, key in names.items()],
        tiles={
            "from a turn to its new list, half of the time (p50)":
                f"{number(report['turns/list/p50_ms'])} ms",
        },
    )  # fmt: skip


def pseudonyms_section(report: Report) -> Section:
    """Show what pseudonyms cost."""
    return Section(
        title="Pseudonyms in place of ids",
        text=f"`hot_path` without pseudonyms and with them, {report['size/pairs']} alternating "
        f"pairs; a run processes {report['size/tuning_backlog']:,} events and answers "
        f"{report['size/rate']:g} clicks a second for {report['size/tuning_seconds']:g} s. By how "
        "much it is slower with them, with 90 % intervals.",
        columns=["slower by", "", "interval"],
        rows=[
            ["p50 of a click", *_slower(report, "pseudonyms/p50")],
            ["backlog", *_slower(report, "pseudonyms/backlog")],
        ],
        tiles={},
    )


def _slower(report: Report, prefix: str) -> tuple[str, str]:
    low, high = report[f"{prefix}/low"], report[f"{prefix}/high"]
    return f"{report[f'{prefix}/slower']:+.1%}", f"{low:+.1%} to {high:+.1%}"


def _cells(report: Report, prefix: str, digits: Mapping[str, int]) -> list[str]:
    return [number(report[f"{prefix}/{key}"], places) for key, places in digits.items()]


def _times(ratio: float | None, digits: int = 2) -> str:
    return f"{number(ratio, digits)} x"


def _differences(count: int | None) -> str:
    return f"{count or 0:,} unlike the plain fold"


def _late(report: Report, part: str) -> str:
    followed = report[f"{part}/chain/followed"]
    return "" if followed else " The chain did not keep up with the rate."


SECTIONS: Mapping[str, Callable[[Report], Section]] = {
    "latency": latency_section,
    "backlog": backlog_section,
    "state": state_section,
    "memory": memory_section,
    "broken": broken_section,
    "closing": closing_section,
    "tuning": tuning_section,
    "matches": matches_section,
    "turns": turns_section,
    "pseudonyms": pseudonyms_section,
}
