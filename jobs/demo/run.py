"""Runs the demo: broker, jobs, data, training, promotion, live clicks, evidence."""

import json
import os
import shlex
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from jobs import promote, train, up
from jobs.demo import page
from jobs.demo.claims import claims
from jobs.demo.demo_data import DemoData, read_stream, simulate
from jobs.demo.market_views import market_views
from jobs.demo.model_checks import choose_examples, occupation_check, offline_check
from jobs.demo.stream_checks import check_profiles, check_recommendations, count_rows
from jobs.operations.file_import import (
    ImportOptions,
    import_candidates,
    import_events,
    import_postings,
)
from jobs.operations.recommendation_latency import latency_percentiles, read_latencies
from jobs.runtime.progress import EpochProgress, import_progress
from jobs.runtime.sandbox import sandbox
from jobs.runtime.streaming_query import RunningJob
from jobs.runtime.tables import Table, comparison_table, recommendation_table
from jobs.runtime.terminal import console, styled
from streaming.contract.records import ANONYMOUS
from streaming.importing import ReadOptions, SourceFile
from streaming.importing.replay_rate import ReplayRate
from streaming.kafka.topic_reader import read_postings, read_recommendation
from streaming.serving.batch_recommendation import recommend_all
from streaming.serving.bundles import BundleStore
from streaming.serving.champion import read_current_versions
from streaming.settings import Settings
from streaming.spark.session import logged_session
from streaming.timestamps import format_timestamp
from training.registry.training_run import epoch_curves

LIVE_RATE = 20.0
"""Events a second in the live part: a laptop runs everything else beside it."""
LAKE_SECONDS = 10.0
"""Between commits to the tables: shorter than the default, because the demo waits for them."""
HOT_PATH = ("index_postings", "update_profiles")
LAKE_PATH = ("archive",)
"""Beginnings of the queries' names, in the order in which records pass them."""
SWITCH_SECONDS = 120.0
POLL_SECONDS = 0.2


@dataclass
class Stages:
    """Prints the stages of the demo and records how long each took."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str, *, spinner: bool = True) -> Iterator[None]:
        """Print and time a stage, with a spinner unless it has a progress bar of its own."""
        started = time.monotonic()
        with console.status(name) if spinner else nullcontext():
            yield
        self.seconds[name] = round(time.monotonic() - started, 1)
        console.print(styled("✓", "green"), f"{name} ({self.seconds[name]:.1f} s)")


def run_demo(given: Settings, events: Path | None, *, quick: bool) -> dict[str, Any]:
    """Run the whole flow once and leave summary.json and index.html in HOME/demo.

    The demo has a broker, tables and a model store of its own, created anew each time. It replays
    a real stream, the file `events`, or simulates a market, a small one if `quick`.
    """
    stages, home = Stages(), given.home.absolute() / "demo"
    if events:
        SourceFile(events)  # fails on an unreadable file before an earlier demo is removed
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    with stages.stage("data: " + ("a simulated market" if events is None else str(events))):
        data = read_stream(events) if events else simulate(home / "data", quick=quick)
    with ExitStack() as stack:
        with stages.stage("Kafka, on this machine only"):
            own = stack.enter_context(
                sandbox(given, home, jobs={"lake_interval_seconds": LAKE_SECONDS})
            )
        with logged_session(own.settings, "demo", scores=True, archives=True) as spark:
            summary = _run_flow(spark, own.settings, data, stages)
    (home / "summary.json").write_text(
        json.dumps(summary, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    page.write(summary, home / "index.html")
    _print_summary(summary, home, own.settings)
    return summary


def _run_flow(
    spark: SparkSession, settings: Settings, data: DemoData, stages: Stages
) -> dict[str, Any]:
    """Replay, train, promote, send live clicks; return the summary."""
    with stages.stage("the streaming jobs start"):
        running = up.start(spark, settings)
    try:
        with stages.stage("history replayed to Kafka", spinner=False):
            history = _replay_history(settings, data)
        with stages.stage("profiles, first recommendations and the lake caught up"):
            _catch_up(running)
        with stages.stage("model trained", spinner=False), EpochProgress() as progress:
            fitted = train.run(spark, settings, progress.epoch).fitted
        with stages.stage("challenger measured against champion and baseline"):
            report, promotion = promote.run(spark, settings)
        console.print(f"  {promotion.verdict.text}")
        with stages.stage("the stream switched to the champion"):
            _wait_for_champion(settings, promotion.champion.version, running)
        with stages.stage("live clicks", spinner=False):
            live_since = datetime.now(tz=UTC)
            live = _replay_live(settings, data)
            running.drain(*HOT_PATH)
        timed = read_latencies(settings.kafka, live_since)
        with stages.stage("all recommendations by the champion"):
            recommend_all(spark, settings)
        with stages.stage("checks"):
            _catch_up(running)
            summary = {
                "made_at": format_timestamp(datetime.now(tz=UTC)),
                "simulated": data.simulated,
                **_checks(spark, settings, data, (history, live)),
                "latency": {"events": live.produced, "rate": LIVE_RATE, "answered": len(timed)}
                | latency_percentiles(timed)
                | {"latencies_ms": [round(value, 1) for _, value in timed]},
                "training": {
                    "processes": fitted.processes,
                    "preset": settings.training.preset,
                    "curves": epoch_curves(fitted.records),
                },
                "quality": report.to_dict(),
                "promotion": {
                    "promoted": promotion.promoted,
                    "verdict": promotion.verdict.text,
                    "champion": promotion.champion.version,
                },
            }
        if data.simulated:
            with stages.stage("candidates for postings, and plans"):
                summary["views"] = market_views(spark, settings, summary["examples"])
    finally:
        running.stop(settings.jobs.shutdown_timeout_seconds)
    total = round(sum(stages.seconds.values()), 1)
    return {**summary, "seconds": stages.seconds | {"total": total}}


def _replay_history(settings: Settings, data: DemoData) -> Any:
    with import_progress() as progress:
        derive = ImportOptions(read=ReadOptions(first_only=True))
        import_postings(settings, data.postings, derive, progress)
        if data.candidates:
            import_candidates(settings, data.candidates, progress=progress)
        options = ImportOptions(until=data.live_from)
        return import_events(settings, data.events, options, progress)


def _replay_live(settings: Settings, data: DemoData) -> Any:
    with import_progress() as progress:
        options = ImportOptions(since=data.live_from, rate=ReplayRate(rate=LIVE_RATE))
        return import_events(settings, data.events, options, progress)


def _catch_up(running: RunningJob) -> None:
    """Wait for each step of the flow in its order."""
    for names in (HOT_PATH, LAKE_PATH):
        running.drain(*names)


def _wait_for_champion(settings: Settings, version: str, running: RunningJob) -> None:
    deadline = time.monotonic() + SWITCH_SECONDS
    while time.monotonic() < deadline:
        running.check()
        now = read_current_versions(settings)
        if now is not None and now.model_version == version:
            return
        time.sleep(POLL_SECONDS)
    late = f"version {version} does not serve after {SWITCH_SECONDS:.0f} s"
    console.print(styled(late, "yellow"))


def _checks(
    spark: SparkSession, settings: Settings, data: DemoData, replays: tuple[Any, Any]
) -> dict[str, Any]:
    history, live = replays
    store = BundleStore(spark, settings)
    chosen = choose_examples(settings, data.simulated)
    recommendations = {key: read_recommendation(settings.kafka, key) for key in chosen}
    posting_ids = {
        item["posting_id"] for value in recommendations.values() if value for item in value["items"]
    }
    postings = read_postings(settings.kafka, posting_ids)
    anonymous = read_recommendation(settings.kafka, ANONYMOUS)
    as_of = anonymous["as_of"] if anonymous else format_timestamp(data.live_from)
    return {
        "accounts": count_rows(spark, settings, history.read, sum(history.rejected.values())),
        "replayed": {"history": history.produced, "live": live.produced},
        "profiles": check_profiles(settings, data.events, data.candidates),
        "recommendations": check_recommendations(settings),
        "offline": offline_check(store, settings),
        "occupations": occupation_check(store.get(store.newest_versions()), as_of)
        if data.simulated
        else None,
        "examples": {
            key: {
                "recommendation": value,
                "postings": {i["posting_id"]: postings[i["posting_id"]] for i in value["items"]},
            }
            for key, value in recommendations.items()
            if value
        },
    }


def _print_summary(summary: dict[str, Any], home: Path, settings: Settings) -> None:
    """Print examples, quality, claims and where the files are."""
    for example in summary["examples"].values():
        console.print(recommendation_table(example["recommendation"], example["postings"]))
    console.print(comparison_table(summary["quality"]))
    console.print(_claims_table(summary))
    console.print(f"summary  {os.path.relpath(home / 'summary.json')}")
    console.print(f"page     {os.path.relpath(home / 'index.html')}")
    store = shlex.quote(settings.tracking_uri)
    console.print(f"MLflow   mlflow ui --backend-store-uri {store}")
    console.print("live     make console, or careerstream console --demo")


def _claims_table(summary: dict[str, Any]) -> Table:
    latency, occupations = summary["latency"], summary["occupations"]
    table = Table("claim", "counts", "holds")
    for claim in claims(summary):
        table.add_row(claim.text, claim.counts, "yes" if claim.holds else styled("no", "red"))
    if occupations:
        table.add_row(
            f"of the stated occupation in the top ten, {occupations['profiles']} profiles",
            f"{occupations['of_the_stated_occupation']} against "
            f"{occupations['of_the_stated_occupation_most_popular']} of the most popular",
        )
    table.add_row(
        f"latency of {latency['answered']:,} answers to {latency['events']:,} live events",
        f"p50 {latency['p50_ms']} ms, p99 {latency['p99_ms']} ms",
    )
    return table
