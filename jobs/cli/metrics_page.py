"""docs/metrics.md, made from the table of metrics."""

from streaming.logs import BATCH_FIELDS
from streaming.metrics.definitions import METRICS, Metric

HEAD = """\
# Metrics, health and logs

Written by `careerstream docs` from `streaming/metrics/definitions.py`; the dashboard
`infra/grafana/careerstream.json` is made from the same table (`python -m infra.grafana`).

## Where they are

Every running streaming job, `careerstream up` included, serves on 127.0.0.1 at a free port, which
it logs; `metrics.port` fixes the port or turns it `off`, `metrics.host` lets other machines in.

- `GET /metrics`: Prometheus' text form.
- `GET /health`: 200 and `ok` while every query is idle or ends its batches, else 503 and one line
  that says why: no query runs yet, one has failed or was stopped, or one has been busy with a
  single batch for longer than `metrics.stall_timeout_seconds`.

The same stands in files, written whole every `metrics.interval_seconds` and removed when the job
ends: HOME/run/JOB.prom for a collector of text files, and HOME/run/JOB.json with `healthy`,
`trouble`, `written_at` and the address. A file whose `written_at` is older than its
`gone_after_seconds` belongs to a job that was killed.

`careerstream status` reads them all and asks the broker for the newest offsets; `--json` gives it
to programs. Rates and quantiles over time are Prometheus' part:

    scrape_configs:
      - job_name: careerstream
        static_configs:
          - targets: ["127.0.0.1:9464"]

In Grafana, import `infra/grafana/careerstream.json` and choose the data source.

"""
TAIL = """
Beside these there are the usual `process_*` metrics of the driver's Python process.

## What they cost

Nothing runs between a click and its recommendation for their sake but additions: workers count in
accumulators, which ride on what tasks answer anyway. Spark reports a batch after its end, on a
thread of its own. A task that Spark runs twice counts twice, and a restart begins at 0: counters
are for rates, and the tables and topics hold the truth.

## Logs

`jobs.log_format = "json"` makes every line a JSON object: `time`, `level`, `logger`, `job`,
`message`, and, inside a batch, which one. The logger `batches` then has a line for each batch with
"""
BUCKETS = "Upper limits of the buckets of `{name}` in seconds: {limits}.\n"


def metrics_page() -> str:
    """Describe every metric in Markdown."""
    head = "## Metrics\n\n| name | kind | labels | meaning |\n| --- | --- | --- | --- |\n"
    rows = "".join(map(_row, METRICS))
    buckets = "".join(f"\n{_buckets(metric)}" for metric in METRICS if metric.buckets)
    fields = ", ".join(f"`{name}`" for name in BATCH_FIELDS)
    return f"{HEAD}{head}{rows}{buckets}{TAIL}{fields}.\n"


def _row(metric: Metric) -> str:
    labels = ", ".join(f"`{label}`" for label in metric.labels) or "none"
    return f"| `{metric.full_name}` | {metric.kind} | {labels} | {metric.meaning} |\n"


def _buckets(metric: Metric) -> str:
    limits = ", ".join(f"{limit:g}" for limit in metric.buckets)
    return BUCKETS.format(name=metric.full_name, limits=limits)
