"""docs/metrics.md, generated from the table of metrics."""

from streaming.logs import BATCH_FIELDS
from streaming.metrics.definitions import METRICS, Metric

HEAD = """\
# Metrics, health and logs

`careerstream docs` writes this page from `streaming/metrics/definitions.py`. The dashboard
`infra/grafana/careerstream.json` is generated from the same table (`python -m infra.grafana`).

## Endpoints and files

Every running streaming job, including `careerstream up`, serves HTTP on 127.0.0.1 at a free port,
which it logs. `metrics.port` sets the port or turns the endpoint `off`. `metrics.host` opens it to
other machines.

- `GET /metrics`: Prometheus' text format.
- `GET /health`: 200 and `ok` while every query is idle or completes its batches. Otherwise 503 and
  one line with the reason: no query runs yet, a query has failed or was stopped, or a query has
  worked on a single batch for longer than `metrics.stall_timeout_seconds`.

The same data are in files, which the job writes every `metrics.interval_seconds` and removes when
it ends. HOME/run/JOB.prom is for a collector of text files. HOME/run/JOB.json has `healthy`,
`trouble`, `written_at` and the address. If `written_at` is older than `gone_after_seconds`, the job
was killed.

`careerstream status` reads all jobs and gets the newest offsets from the broker; `--json` is for
programs. Prometheus computes rates and quantiles over time:

    scrape_configs:
      - job_name: careerstream
        static_configs:
          - targets: ["127.0.0.1:9464"]

In Grafana, import `infra/grafana/careerstream.json` and choose the data source.

"""
TAIL = """
The endpoint also has the usual `process_*` metrics of the driver's Python process.

## Cost

Between a click and its recommendation, metrics cost only additions. Workers count in Spark's
accumulators, which travel with the results of tasks. Spark reports on a batch after its end, in a
thread of its own. A task that Spark runs twice counts twice, and counters start at 0 with each
start of a job. So use counters for rates; tables and topics hold the exact counts.

## Logs

`jobs.log_format = "json"` makes every line a JSON object with `time`, `level`, `logger`, `job` and
`message`. Lines logged inside a batch name the batch. The logger `batches` writes a line for each
batch with
"""
BUCKETS = "Upper bounds of the buckets of `{name}` in seconds: {limits}.\n"


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
