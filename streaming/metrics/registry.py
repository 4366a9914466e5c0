"""The values of the metrics, one set for a process: it has one driver, and Prometheus asks it."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import prometheus_client
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

from streaming.metrics import definitions
from streaming.metrics.definitions import METRICS, Metric

Counts = Mapping[tuple[str, ...], float]
"""Values of a counter by the values of its labels."""


class _Followed(Collector):
    """Counters whose values others keep; they are asked when somebody scrapes, not before."""

    def __init__(self) -> None:
        self._sources: list[tuple[Metric, Callable[[], Counts]]] = []

    def follow(self, metric: Metric, source: Callable[[], Counts]) -> None:
        """Add a source; several of one metric add up."""
        self._sources = [*self._sources, (metric, source)]

    def collect(self) -> Iterator[CounterMetricFamily]:
        """Ask every source."""
        sums: dict[Metric, Counter[tuple[str, ...]]] = {}
        for metric, source in self._sources:
            sums.setdefault(metric, Counter()).update(source())
        for metric, counts in sums.items():
            name = metric.full_name.removesuffix("_total")
            family = CounterMetricFamily(name, metric.meaning, labels=metric.labels)
            for labels, value in sorted(counts.items()):
                family.add_metric(labels, value)
            yield family


class Meters:
    """Every metric of the table that the driver itself counts, and those it follows."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._followed = _Followed()
        self.registry.register(self._followed)
        self._kept = {metric.name: _made(metric, self.registry) for metric in KEPT}

    def set(self, metric: Metric, labels: tuple[Any, ...], value: float) -> None:
        """Set a gauge."""
        self._of(metric, labels).set(value)

    def add(self, metric: Metric, labels: tuple[Any, ...], amount: float) -> None:
        """Add to a counter."""
        self._of(metric, labels).inc(amount)

    def observe(self, metric: Metric, labels: tuple[Any, ...], value: float) -> None:
        """Add a value to a histogram."""
        self._of(metric, labels).observe(value)

    def follow(self, metric: Metric, source: Callable[[], Counts]) -> None:
        """Have a counter's values come from elsewhere, asked for at each scrape."""
        self._followed.follow(metric, source)

    def text(self) -> bytes:
        """Return everything in Prometheus' text form."""
        return generate_latest(self.registry)

    def _of(self, metric: Metric, labels: tuple[Any, ...]) -> Any:
        kept = self._kept[metric.name]
        return kept.labels(*labels) if metric.labels else kept


def _made(metric: Metric, registry: CollectorRegistry) -> Any:
    kinds: dict[str, Any] = {
        "counter": prometheus_client.Counter,
        "gauge": prometheus_client.Gauge,
        "histogram": prometheus_client.Histogram,
    }
    more = {"buckets": metric.buckets} if metric.buckets else {}
    return kinds[metric.kind](
        metric.full_name, metric.meaning, metric.labels, registry=registry, **more
    )


FOLLOWED = (
    definitions.FOLDED,
    definitions.RECOMMENDATIONS,
    definitions.UNKNOWN_POSTINGS,
    definitions.DEAD_LETTERS,
)
"""What workers count; see `tally`."""
KEPT = tuple(metric for metric in METRICS if metric not in FOLLOWED)
METERS = Meters()
