"""What pseudonyms cost a reader: messages are read with and without, in alternating pairs."""

import time

import numpy as np
import orjson
import pyarrow as pa
import pytest

from infra.simulator import Market, MarketConfig
from streaming.contract.records import SCHEMA_VERSION
from streaming.privacy.pseudonyms import Pseudonyms
from streaming.profiles.message_reader import Message, read_messages

PAIRS = 31


def messages(topic, rows):
    """Return rows as messages of a topic."""
    pairs = [
        (row["candidate_id"].encode(), orjson.dumps({"schema_version": SCHEMA_VERSION} | row))
        for row in rows
    ]
    columns = [
        Message(topic, 0, offset, "2027-01-01T00:00:00.000000Z", key, value)
        for offset, (key, value) in enumerate(pairs)
    ]
    return pa.RecordBatch.from_pylist([one._asdict() for one in columns])


@pytest.mark.nightly
@pytest.mark.parametrize("topic", ["events", "candidates"])
def test_reading_costs_little_more(topic):
    market = Market(MarketConfig(candidates=2000, postings=500, events_per_candidate=8, seed=1))
    rows = list(market.events() if topic == "events" else market.candidates())
    batch = messages(topic, rows)
    ways = {"without": None, "with": Pseudonyms(b"k" * 32)}
    seconds = {way: [] for way in ways}
    for _ in range(PAIRS):
        for way, pseudonyms in ways.items():
            started = time.perf_counter()
            read = read_messages(batch, "benchmark", pseudonyms)
            seconds[way].append(time.perf_counter() - started)
            assert not read.dead_letters
    micros = {way: 1e6 * np.median(times) / len(rows) for way, times in seconds.items()}
    more = np.median(np.array(seconds["with"]) / np.array(seconds["without"])) - 1
    print(f"{topic}: {len(rows):,} messages, {micros['without']:.2f} µs each without, "  # noqa: T201 - for -s
          f"{micros['with']:.2f} µs with: {more:+.0%}")  # fmt: skip
    assert more < 4
