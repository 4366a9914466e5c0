"""The one table of metrics: values, documentation and dashboard are made from it."""

from dataclasses import dataclass
from typing import Literal

PREFIX = "careerstream_"
LATENCY_BUCKETS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30, 60, 300)
"""Upper limits in seconds; close where the promise is, about a second."""
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


ROWS = Metric(
    name="rows_total",
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
    meaning="Messages a second that the newest batch worked off: what the query can do.",
    panel=Panel(title="Speed while a batch runs", query="NAME", legend="{{query}}", unit="cps"),
)
BATCH_SECONDS = Metric(
    name="batch_seconds",
    kind="histogram",
    labels=("query",),
    meaning="How long a batch took, from looking for data to its commit.",
    buckets=BATCH_BUCKETS,
    panel=Panel(
        title="Batch time, 95 of 100 below",
        query="histogram_quantile(0.95, sum by (le, query) (rate(NAME_bucket[5m])))",
        legend="{{query}}",
        unit="s",
    ),
)
PHASE_SECONDS = Metric(
    name="batch_phase_seconds_total",
    kind="counter",
    labels=("query", "phase"),
    meaning="Seconds spent in each phase of the batches, by Spark's names.",
    panel=Panel(
        title="Where batch time goes",
        query="sum by (query, phase) (rate(NAME[5m]))",
        legend="{{query}} {{phase}}",
        unit="percentunit",
    ),
)
BATCH_ID = Metric(
    name="batch_id", kind="gauge", labels=("query",), meaning="The newest batch that ended."
)
POSITION = Metric(
    name="position",
    kind="gauge",
    labels=("query", "topic", "partition"),
    meaning="The offset up to which a query has read.",
)
LAG = Metric(
    name="lag_messages",
    kind="gauge",
    labels=("query", "topic", "partition"),
    meaning="Messages that stood on a partition and were not read when the newest batch began.",
    panel=Panel(
        title="Lag", query="sum by (query, topic) (NAME)", legend="{{query}} {{topic}}",
        unit="short",
    ),
)  # fmt: skip
STATE_ROWS = Metric(
    name="state_rows",
    kind="gauge",
    labels=("query",),
    meaning="Rows of keyed state: of update_profiles one for each candidate.",
    panel=Panel(title="Rows of state", query="NAME", legend="{{query}}", unit="short"),
)
STATE_BYTES = Metric(
    name="state_bytes",
    kind="gauge",
    labels=("query", "where"),
    meaning="Size of keyed state in memory and, in the store's files, on disk.",
    panel=Panel(title="Size of state", query="NAME", legend="{{query}} {{where}}", unit="bytes"),
)
ACTIVE = Metric(
    name="query_active",
    kind="gauge",
    labels=("query",),
    meaning="1 while a query runs, 0 when it was stopped or has failed.",
    panel=Panel(title="Queries that run", query="NAME", legend="{{query}}", unit="short"),
)
SEEN_AT = Metric(
    name="query_seen_timestamp_seconds",
    kind="gauge",
    labels=("query",),
    meaning="When a query last ended a batch or said that there is nothing to do.",
    panel=Panel(
        title="Since a query was last heard of", query="time() - NAME", legend="{{query}}", unit="s"
    ),
)
DEAD_LETTERS = Metric(
    name="dead_letters_total",
    kind="counter",
    labels=("query", "topic", "reason"),
    meaning="Messages that could not be read, by the topic they stood on and the reason code.",
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
        "Events and stated parts by what the fold made of them: entered, impressions, duplicates, "
        "too_old (they would enter a profile only if it had more room)."
    ),
    panel=Panel(
        title="What the fold made of records",
        query="sum by (outcome) (rate(NAME[1m]))",
        legend="{{outcome}}",
        unit="cps",
    ),
)
RECOMMENDATIONS = Metric(
    name="recommendations_total",
    kind="counter",
    meaning="Lists made.",
    panel=Panel(title="Recommendations", query="sum(rate(NAME[1m]))", legend="lists", unit="cps"),
)
LATENCY = Metric(
    name="recommendation_latency_seconds",
    kind="histogram",
    meaning=(
        "From the production of an event to the moment when its list, and those that one task made "
        "with it, are readable."
    ),
    buckets=LATENCY_BUCKETS,
    panel=Panel(
        title="Event to recommendation, 50 and 99 of 100 below",
        query=(
            "histogram_quantile(0.5, sum by (le) (rate(NAME_bucket[1m])))\n"
            "histogram_quantile(0.99, sum by (le) (rate(NAME_bucket[1m])))"
        ),
        legend="50\n99",
        unit="s",
    ),
)
UNKNOWN_POSTINGS = Metric(
    name="unknown_postings_total",
    kind="counter",
    meaning=(
        "Events in the profiles scored whose posting the catalogue did not hold; they count once "
        "it does."
    ),
    panel=Panel(
        title="Events of unknown postings", query="sum(rate(NAME[5m]))", legend="events", unit="cps"
    ),
)

METRICS = (
    ROWS, INPUT_RATE, PROCESSED_RATE, BATCH_SECONDS, PHASE_SECONDS, BATCH_ID, POSITION, LAG,
    STATE_ROWS, STATE_BYTES, ACTIVE, SEEN_AT, DEAD_LETTERS, FOLDED, RECOMMENDATIONS, LATENCY,
    UNKNOWN_POSTINGS,
)  # fmt: skip
