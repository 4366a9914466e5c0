"""The table of metrics. The registry, the documentation and the dashboard are made from it."""

from dataclasses import dataclass
from typing import Literal

PREFIX = "careerstream_"
LATENCY_BUCKETS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30, 60, 300)
"""Upper limits in seconds; dense around the target of one second."""
BATCH_BUCKETS = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 2, 5, 10, 30, 60, 300)


@dataclass(frozen=True, kw_only=True)
class Panel:
    """How a dashboard shows a metric."""

    title: str
    query: str
    """PromQL, with NAME for the metric's full name."""
    legend: str
    """Grafana's legend, e.g. `{{query}}`."""
    unit: str
    """Grafana's id of a unit."""


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One metric."""

    name: str
    """Without the prefix, as it is exposed: a counter ends in `_total`."""
    kind: Literal["counter", "gauge", "histogram"]
    labels: tuple[str, ...] = ()
    meaning: str
    buckets: tuple[float, ...] = ()
    """Of a histogram: upper limits."""
    panel: Panel | None = None

    @property
    def full_name(self) -> str:
        """The name that Prometheus shows."""
        return PREFIX + self.name


INPUT_ROWS = Metric(
    name="input_rows_total",
    kind="counter",
    labels=("query",),
    meaning="Messages a query has read. Of update_profiles: events and stated parts.",
    panel=Panel(
        title="Messages read",
        query="sum by (query) (rate(NAME[1m]))",
        legend="{{query}}",
        unit="cps",
    ),
)
INPUT_RATE = Metric(
    name="input_rows_per_second",
    kind="gauge",
    labels=("query",),
    meaning="Messages a second that arrived for the newest batch.",
)
PROCESSED_RATE = Metric(
    name="processed_rows_per_second",
    kind="gauge",
    labels=("query",),
    meaning="Messages a second that the newest batch processed: the capacity of the query.",
    panel=Panel(
        title="Processing rate within batches", query="NAME", legend="{{query}}", unit="cps"
    ),
)
BATCH_SECONDS = Metric(
    name="batch_duration_seconds",
    kind="histogram",
    labels=("query",),
    meaning="How long a batch took, from the search for data to its commit.",
    buckets=BATCH_BUCKETS,
    panel=Panel(
        title="Batch duration, 95th percentile",
        query="histogram_quantile(0.95, sum by (le, query) (rate(NAME_bucket[5m])))",
        legend="{{query}}",
        unit="s",
    ),
)
PHASE_SECONDS = Metric(
    name="batch_phase_seconds_total",
    kind="counter",
    labels=("query", "phase"),
    meaning="Seconds spent in each phase of the batches, under Spark's names.",
    panel=Panel(
        title="Batch duration by phase",
        query="sum by (query, phase) (rate(NAME[5m]))",
        legend="{{query}} {{phase}}",
        unit="percentunit",
    ),
)
BATCH_ID = Metric(
    name="batch_id", kind="gauge", labels=("query",), meaning="The newest batch that ended."
)
SOURCE_OFFSET = Metric(
    name="source_offset",
    kind="gauge",
    labels=("query", "topic", "partition"),
    meaning="The offset of a partition up to which a query has read.",
)
LAG = Metric(
    name="lag_messages",
    kind="gauge",
    labels=("query", "topic", "partition"),
    meaning="Messages of a partition that were not read when the newest batch began.",
    panel=Panel(
        title="Lag", query="sum by (query, topic) (NAME)", legend="{{query}} {{topic}}",
        unit="short",
    ),
)  # fmt: skip
STATE_ROWS = Metric(
    name="state_rows",
    kind="gauge",
    labels=("query",),
    meaning="Rows of keyed state: in update_profiles one for each candidate.",
    panel=Panel(title="State rows", query="NAME", legend="{{query}}", unit="short"),
)
STATE_BYTES = Metric(
    name="state_bytes",
    kind="gauge",
    labels=("query", "where"),
    meaning="Size of keyed state: in memory, and of the state store's files on disk.",
    panel=Panel(title="State size", query="NAME", legend="{{query}} {{where}}", unit="bytes"),
)
ACTIVE = Metric(
    name="query_active",
    kind="gauge",
    labels=("query",),
    meaning="1 while a query runs, 0 after it was stopped or has failed.",
    panel=Panel(title="Running queries", query="NAME", legend="{{query}}", unit="short"),
)
LAST_SEEN = Metric(
    name="query_last_seen_timestamp_seconds",
    kind="gauge",
    labels=("query",),
    meaning="When a query last ended a batch or reported that it is idle.",
    panel=Panel(
        title="Time since a query's last report",
        query="time() - NAME",
        legend="{{query}}",
        unit="s",
    ),
)
DEAD_LETTERS = Metric(
    name="dead_letters_total",
    kind="counter",
    labels=("query", "topic", "reason"),
    meaning="Messages that could not be decoded, by source topic and reason code.",
    panel=Panel(
        title="Dead letters",
        query="sum by (topic, reason) (increase(NAME[5m]))",
        legend="{{topic}} {{reason}}",
        unit="short",
    ),
)
FOLDED = Metric(
    name="folded_records_total",
    kind="counter",
    labels=("outcome",),
    meaning=(
        "Events and stated parts by the outcome of the fold: entered, impressions, duplicates, "
        "too_old (older than everything in a full profile)."
    ),
    panel=Panel(
        title="Folded records by outcome",
        query="sum by (outcome) (rate(NAME[1m]))",
        legend="{{outcome}}",
        unit="cps",
    ),
)
RECOMMENDATIONS = Metric(
    name="recommendations_total",
    kind="counter",
    meaning="Recommendation lists made.",
    panel=Panel(title="Recommendations", query="sum(rate(NAME[1m]))", legend="lists", unit="cps"),
)
LATENCY = Metric(
    name="recommendation_latency_seconds",
    kind="histogram",
    meaning=(
        "From the production of an event until its list is readable, with all lists that the same "
        "task made."
    ),
    buckets=LATENCY_BUCKETS,
    panel=Panel(
        title="Event to recommendation, median and 99th percentile",
        query=(
            "histogram_quantile(0.5, sum by (le) (rate(NAME_bucket[1m])))\n"
            "histogram_quantile(0.99, sum by (le) (rate(NAME_bucket[1m])))"
        ),
        legend="p50\np99",
        unit="s",
    ),
)
UNKNOWN_POSTINGS = Metric(
    name="unknown_postings_total",
    kind="counter",
    meaning=(
        "Events in scored profiles whose posting was not in the catalogue. They count once it is."
    ),
    panel=Panel(
        title="Events of unknown postings", query="sum(rate(NAME[5m]))", legend="events", unit="cps"
    ),
)

METRICS = (
    INPUT_ROWS, INPUT_RATE, PROCESSED_RATE, BATCH_SECONDS, PHASE_SECONDS, BATCH_ID, SOURCE_OFFSET,
    LAG, STATE_ROWS, STATE_BYTES, ACTIVE, LAST_SEEN, DEAD_LETTERS, FOLDED, RECOMMENDATIONS,
    LATENCY, UNKNOWN_POSTINGS,
)  # fmt: skip
