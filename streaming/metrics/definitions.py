"""The table of metrics. The registry, the documentation and the dashboard are made from it."""

from dataclasses import dataclass
from typing import Literal

PREFIX = "careerstream_"
LATENCY_BUCKETS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30, 60, 300)
"""Upper limits in seconds; dense around the target of one second."""
BATCH_BUCKETS = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 2, 5, 10, 30, 60, 300)


@dataclass(frozen=True)
class Panel:
    """How a dashboard shows a metric."""

    title: str
    query: str
    """PromQL, with NAME for the metric's full name."""
    legend: str
    """Grafana's legend, e.g. `{{query}}`."""
    unit: str
    """Grafana's id of a unit."""


@dataclass(frozen=True)
class Metric:
    """One metric."""

    name: str
    """Without the prefix, as it is exposed: a counter ends in `_total`."""
    kind: Literal["counter", "gauge", "histogram"]
    meaning: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()
    """Of a histogram: upper limits."""
    panel: Panel | None = None

    @property
    def full_name(self) -> str:
        """The name that Prometheus shows."""
        return PREFIX + self.name


INPUT_ROWS = Metric(
    "input_rows_total",
    "counter",
    "Messages a query has read. Of update_profiles: events and stated parts.",
    ("query",),
    panel=Panel("Messages read", "sum by (query) (rate(NAME[1m]))", "{{query}}", "cps"),
)
INPUT_RATE = Metric(
    "input_rows_per_second",
    "gauge",
    "Messages a second that arrived for the newest batch.",
    ("query",),
)
PROCESSED_RATE = Metric(
    "processed_rows_per_second",
    "gauge",
    "Messages a second that the newest batch processed: the capacity of the query.",
    ("query",),
    panel=Panel("Processing rate within batches", "NAME", "{{query}}", "cps"),
)
BATCH_SECONDS = Metric(
    "batch_duration_seconds",
    "histogram",
    "How long a batch took, from the search for data to its commit.",
    ("query",),
    buckets=BATCH_BUCKETS,
    panel=Panel(
        "Batch duration, 95th percentile",
        "histogram_quantile(0.95, sum by (le, query) (rate(NAME_bucket[5m])))",
        "{{query}}",
        "s",
    ),
)
PHASE_SECONDS = Metric(
    "batch_phase_seconds_total",
    "counter",
    "Seconds spent in each phase of the batches, under Spark's names.",
    ("query", "phase"),
    panel=Panel(
        "Batch duration by phase",
        "sum by (query, phase) (rate(NAME[5m]))",
        "{{query}} {{phase}}",
        "percentunit",
    ),
)
BATCH_ID = Metric("batch_id", "gauge", "The newest batch that ended.", ("query",))
SOURCE_OFFSET = Metric(
    "source_offset",
    "gauge",
    "The offset of a partition up to which a query has read.",
    ("query", "topic", "partition"),
)
LAG = Metric(
    "lag_messages",
    "gauge",
    "Messages of a partition that were not read when the newest batch began.",
    ("query", "topic", "partition"),
    panel=Panel("Lag", "sum by (query, topic) (NAME)", "{{query}} {{topic}}", "short"),
)
STATE_ROWS = Metric(
    "state_rows",
    "gauge",
    "Rows of keyed state: in update_profiles one for each candidate.",
    ("query",),
    panel=Panel("State rows", "NAME", "{{query}}", "short"),
)
STATE_BYTES = Metric(
    "state_bytes",
    "gauge",
    "Size of keyed state: in memory, and of the state store's files on disk.",
    ("query", "where"),
    panel=Panel("State size", "NAME", "{{query}} {{where}}", "bytes"),
)
ACTIVE = Metric(
    "query_active",
    "gauge",
    "1 while a query runs, 0 after it was stopped or has failed.",
    ("query",),
    panel=Panel("Running queries", "NAME", "{{query}}", "short"),
)
LAST_SEEN = Metric(
    "query_last_seen_timestamp_seconds",
    "gauge",
    "When a query last ended a batch or reported that it is idle.",
    ("query",),
    panel=Panel("Time since a query's last report", "time() - NAME", "{{query}}", "s"),
)
DEAD_LETTERS = Metric(
    "dead_letters_total",
    "counter",
    "Messages that could not be decoded, by source topic and reason code.",
    ("query", "topic", "reason"),
    panel=Panel(
        "Dead letters",
        "sum by (topic, reason) (increase(NAME[5m]))",
        "{{topic}} {{reason}}",
        "short",
    ),
)
FOLDED = Metric(
    "folded_records_total",
    "counter",
    (
        "Events and stated parts by the outcome of the fold: entered, impressions, duplicates, "
        "too_old (older than everything in a full profile)."
    ),
    ("outcome",),
    panel=Panel(
        "Folded records by outcome", "sum by (outcome) (rate(NAME[1m]))", "{{outcome}}", "cps"
    ),
)
RECOMMENDATIONS = Metric(
    "recommendations_total",
    "counter",
    "Recommendation lists made.",
    panel=Panel("Recommendations", "sum(rate(NAME[1m]))", "lists", "cps"),
)
LATENCY = Metric(
    "recommendation_latency_seconds",
    "histogram",
    (
        "From the production of an event until its list is readable, with all lists that the same "
        "task made."
    ),
    buckets=LATENCY_BUCKETS,
    panel=Panel(
        "Event to recommendation, median and 99th percentile",
        (
            "histogram_quantile(0.5, sum by (le) (rate(NAME_bucket[1m])))\n"
            "histogram_quantile(0.99, sum by (le) (rate(NAME_bucket[1m])))"
        ),
        "p50\np99",
        "s",
    ),
)
REWRITES = Metric(
    "rewrites_total",
    "counter",
    (
        "Rewritten postings by outcome: rules (no language model is set), model_written, "
        "model_refused and model_unanswered (by rules, because the check refused the model's text "
        "or it did not answer), refused (no text stands)."
    ),
    ("outcome",),
    panel=Panel(
        "Rewritten postings by outcome",
        "sum by (outcome) (increase(NAME[5m]))",
        "{{outcome}}",
        "short",
    ),
)
SHUFFLED_LISTS = Metric(
    "shuffled_lists_total",
    "counter",
    "Recommendation lists whose first ten items were put in a random order.",
    panel=Panel("Shuffled lists", "sum(rate(NAME[5m]))", "lists", "cps"),
)
ROLLOUT_LISTS = Metric(
    "rollout_lists_total",
    "counter",
    "Lists made while a rollout is on, by its arm: champion, challenger, or shadow.",
    ("rollout", "arm"),
    panel=Panel("Lists of a rollout", "sum by (arm) (rate(NAME[1m]))", "{{arm}}", "cps"),
)
ROLLOUT_SECONDS = Metric(
    "rollout_seconds_total",
    "counter",
    "Seconds that it took to make them.",
    ("rollout", "arm"),
    panel=Panel(
        "Time a list by arm of a rollout",
        "sum by (arm) (rate(NAME[5m])) / sum by (arm) (rate(careerstream_rollout_lists_total[5m]))",
        "{{arm}}",
        "s",
    ),
)
ROLLOUT_ERRORS = Metric(
    "rollout_errors_total",
    "counter",
    "Lists that a rollout's challenger failed to make; the champion made those of a canary.",
    ("rollout", "arm"),
)
ROLLOUTS_ABORTED = Metric(
    "rollouts_aborted_total",
    "counter",
    "Rollouts that ended by a rule: load, errors, time, outcomes or champion (a new one serves).",
    ("rule",),
)
UNKNOWN_POSTINGS = Metric(
    "unknown_postings_total",
    "counter",
    "Events in scored profiles whose posting was not in the catalogue. They count once it is.",
    panel=Panel("Events of unknown postings", "sum(rate(NAME[5m]))", "events", "cps"),
)
PARITY_SHARE = Metric(
    "parity_share",
    "gauge",
    (
        "Share of what the newest round of parity compared that was equal, by kind: profiles, "
        "lists, examples (what training makes of history). NaN where it compared nothing."
    ),
    ("kind",),
    panel=Panel("Equal to what is recorded", "NAME", "{{kind}}", "percentunit"),
)
PARITY_DIFFERENCES = Metric(
    "parity_differences_total",
    "counter",
    "Differences that rounds of parity found; their log names the first of each round.",
    ("kind",),
)
PARITY_APART = Metric(
    "parity_apart_total",
    "counter",
    (
        "What rounds of parity drew and could not compare, by reason: lake_behind, erased, "
        "profile_gone, model_gone, catalogue_gone, late, unknown_posting, nothing_before."
    ),
    ("kind", "reason"),
)
PARITY_ROUND = Metric(
    "parity_round_timestamp_seconds", "gauge", "When the newest round of parity ended."
)

METRICS = (
    INPUT_ROWS, INPUT_RATE, PROCESSED_RATE, BATCH_SECONDS, PHASE_SECONDS, BATCH_ID, SOURCE_OFFSET,
    LAG, STATE_ROWS, STATE_BYTES, ACTIVE, LAST_SEEN, DEAD_LETTERS, FOLDED, RECOMMENDATIONS,
    LATENCY, REWRITES, SHUFFLED_LISTS, ROLLOUT_LISTS, ROLLOUT_SECONDS, ROLLOUT_ERRORS,
    ROLLOUTS_ABORTED, UNKNOWN_POSTINGS, PARITY_SHARE, PARITY_DIFFERENCES, PARITY_APART,
    PARITY_ROUND,
)  # fmt: skip
