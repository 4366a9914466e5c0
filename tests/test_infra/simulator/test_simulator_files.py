import tracemalloc
from collections.abc import Iterator
from itertools import islice

import orjson
import pytest

from infra.simulator import Market, MarketConfig, write
from streaming.errors import InputError


def lines(file) -> list[dict]:
    return [orjson.loads(line) for line in file.read_bytes().splitlines()]


def test_what_is_written_is_what_the_market_tells(small_config, tmp_path):
    market = Market(small_config)
    folder = tmp_path / "deep" / "down"
    heard: list[tuple[str, int]] = []
    counts = write(market, folder, lambda name, done: heard.append((name, done)))
    for name in ("postings", "candidates", "events"):
        assert lines(folder / f"{name}.jsonl") == list(getattr(market, name)())
        assert (f"{name}.jsonl", counts[name]) in heard
    assert sorted(file.name for file in folder.iterdir()) == [
        "candidates.jsonl",
        "events.jsonl",
        "postings.jsonl",
    ]


def test_an_interruption_leaves_the_files_as_they_were(small_config, tmp_path):
    write(Market(small_config), tmp_path)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}

    def interrupt(name: str, _: int) -> None:
        if name == "candidates.jsonl":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(Market(MarketConfig(candidates=60, postings=300, seed=8)), tmp_path, interrupt)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_a_folder_that_cannot_be_written_is_one_clear_line(small_config, tmp_path):
    occupied = tmp_path / "file"
    occupied.write_text("here already")
    with pytest.raises(InputError, match="give a writable folder") as caught:
        write(Market(small_config), occupied)
    assert "\n" not in str(caught.value)


def test_a_market_without_candidates_or_postings_is_empty_not_broken(tmp_path):
    nobody = write(Market(MarketConfig(candidates=0, postings=30)), tmp_path / "a")
    assert nobody == {"postings": 30, "candidates": 0, "events": 0}
    nothing = write(Market(MarketConfig(candidates=30, postings=0)), tmp_path / "b")
    assert nothing["postings"] == nothing["events"] == 0
    assert nothing["candidates"] > 20
    silence = write(Market(MarketConfig(candidates=3, events_per_candidate=0.0)), tmp_path / "c")
    assert silence["events"] == 0


def test_a_market_of_one_posting_is_looked_at_once_by_each():
    market = Market(MarketConfig(candidates=40, postings=1, occupations=1, share_chinese=1.0))
    (posting,) = market.postings()
    events = list(market.events())
    assert events
    assert {event["posting_id"] for event in events} == {posting["posting_id"]}
    views = [event["candidate_id"] for event in events if event["kind"] == "view"]
    assert len(views) == len(set(views))


def test_a_restless_candidate_is_served_as_long_as_there_are_postings():
    market = Market(MarketConfig(candidates=1, postings=500, events_per_candidate=2_000.0, days=5))
    assert 50 < sum(1 for _ in market.events()) <= 3_000


def peak(events: Iterator[dict], count: int) -> int:
    tracemalloc.reset_peak()
    assert sum(1 for _ in islice(events, count)) == count
    return tracemalloc.get_traced_memory()[1]


def test_a_market_of_a_million_events_streams_in_constant_memory():
    config = MarketConfig(
        candidates=2_000, postings=4_000, events_per_candidate=500.0, days=400, seed=1
    )
    events = Market(config).events()
    tracemalloc.start()
    try:
        early = peak(events, 6_000)
        late = peak(events, 12_000)
    finally:
        tracemalloc.stop()
    # Only what each candidate remembers grows, and that is bounded by 200 numbers.
    assert late < early + 2_000 * 200 * 8
