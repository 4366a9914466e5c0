import pytest

from streaming.metrics import definitions
from streaming.metrics.exposition_parser import parse_samples
from streaming.metrics.query_progress import QueryProgress
from streaming.metrics.registry import REGISTRY


def batch(**changes):
    """The least that Spark reports of a batch."""
    return {
        "id": "i1",
        "runId": "r1",
        "name": "parts",
        "batchId": 3,
        "numInputRows": 10,
        "durationMs": {"triggerExecution": 250, "addBatch": 200},
        "stateOperators": [],
        "sources": [],
    } | changes


def kafka_source(end, latest):
    return {"description": "KafkaV2[...]", "endOffset": end, "latestOffset": latest}


def value(metric, **labels):
    key = (metric.full_name, tuple(sorted(labels.items())))
    return parse_samples(REGISTRY.exposition().decode()).get(key)


def test_a_report_becomes_metrics():
    progress = QueryProgress("t.")
    assert progress.seconds_since("i1") is None
    progress.started("i1", "parts")
    read = value(definitions.INPUT_ROWS, query="parts") or 0
    offsets = {"t.events": {"0": 5, "1": 7}}
    source = kafka_source(offsets, {"t.events": {"0": 9, "1": 7}})
    operator = {"numRowsTotal": 4, "memoryUsedBytes": 100, "customMetrics": {}}
    progress.progressed(batch(sources=[source], stateOperators=[operator, operator]))
    assert progress.seconds_since("i1") >= 0
    assert value(definitions.INPUT_ROWS, query="parts") == read + 10
    assert value(definitions.BATCH_ID, query="parts") == 3
    assert value(definitions.PHASE_SECONDS, query="parts", phase="addBatch") > 0
    assert value(definitions.STATE_ROWS, query="parts") == 8
    assert value(definitions.SOURCE_OFFSET, query="parts", topic="events", partition="0") == 5
    assert value(definitions.LAG, query="parts", topic="events", partition="0") == 4
    assert value(definitions.LAG, query="parts", topic="events", partition="1") == 0
    progress.idle("i1")
    assert value(definitions.LAG, query="parts", topic="events", partition="0") == 0
    progress.terminated("i1")
    assert value(definitions.ACTIVE, query="parts") == 0
    assert progress.seconds_since("i1") is None


@pytest.mark.parametrize(
    "changes",
    [
        {"durationMs": {}},
        {"sources": [kafka_source(None, None)]},
        {"sources": [{"description": "DeltaSource[...]", "endOffset": 3, "latestOffset": None}]},
        {"inputRowsPerSecond": None, "processedRowsPerSecond": None},
    ],
)
def test_a_report_that_lacks_parts_is_taken_too(changes):
    QueryProgress("").progressed(batch(**changes))
