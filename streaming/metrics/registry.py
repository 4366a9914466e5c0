"""The values of the metrics. There is one registry, because a process has one driver."""

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
"""Values of a counter, by the values of its labels."""

WORKER_METRICS = (
    definitions.FOLDED,
    definitions.RECOMMENDATIONS,
    definitions.SHUFFLED_LISTS,
    definitions.UNKNOWN_POSTINGS,
    definitions.DEAD_LETTERS,
)
"""What workers count (`streaming.metrics.accumulators`)."""
DRIVER_METRICS = tuple(metric for metric in METRICS if metric not in WORKER_METRICS)


class MetricsRegistry(Collector):
    """Values of all metrics: the driver sets its own, those of workers come from sources."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._sources: list[tuple[Metric, Callable[[], Counts]]] = []
        self.registry.register(self)
        self._metrics = {metric.name: _create(metric, self.registry) for metric in DRIVER_METRICS}

    def set(self, metric: Metric, labels: tuple[Any, ...], value: float) -> None:
        """Set a gauge."""
        self._child(metric, labels).set(value)

    def add(self, metric: Metric, labels: tuple[Any, ...], amount: float) -> None:
        """Add to a counter."""
        self._child(metric, labels).inc(amount)

    def observe(self, metric: Metric, labels: tuple[Any, ...], value: float) -> None:
        """Add a value to a histogram."""
        self._child(metric, labels).observe(value)

    def add_source(self, metric: Metric, source: Callable[[], Counts]) -> None:
        """Read a counter's values from a source at each scrape; several sources add up."""
        self._sources = [*self._sources, (metric, source)]

    def collect(self) -> Iterator[CounterMetricFamily]:
        """Yield the counters that have sources."""
        sums: dict[Metric, Counter[tuple[str, ...]]] = {}
        for metric, source in self._sources:
            sums.setdefault(metric, Counter()).update(source())
        for metric, counts in sums.items():
            name = metric.full_name.removesuffix("_total")
            family = CounterMetricFamily(name, metric.meaning, labels=metric.labels)
            for labels, value in sorted(counts.items()):
                family.add_metric(labels, value)
            yield family

    def exposition(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self.registry)

    def _child(self, metric: Metric, labels: tuple[Any, ...]) -> Any:
        parent = self._metrics[metric.name]
        return parent.labels(*labels) if metric.labels else parent


def _create(metric: Metric, registry: CollectorRegistry) -> Any:
    kinds: dict[str, Any] = {
        "counter": prometheus_client.Counter,
        "gauge": prometheus_client.Gauge,
        "histogram": prometheus_client.Histogram,
    }
    buckets = {"buckets": metric.buckets} if metric.buckets else {}
    return kinds[metric.kind](
        metric.full_name, metric.meaning, metric.labels, registry=registry, **buckets
    )


REGISTRY = MetricsRegistry()
