import hashlib
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.simulator import Market, MarketConfig, write
from streaming.contract.records import Candidate, Event, Posting

NAMES = ("postings", "candidates", "events")
PROGRAM = """
import sys
from pathlib import Path
from infra.simulator import Market, MarketConfig, write
write(Market(MarketConfig(candidates=60, postings=300, days=12, seed=3)), Path(sys.argv[1]))
"""


def digests(folder: Path) -> list[str]:
    files = [folder / f"{name}.jsonl" for name in NAMES]
    return [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]


def test_the_bytes_do_not_depend_on_the_hash_seed(tmp_path):
    results = []
    for hash_seed in ("0", "1234"):
        folder = tmp_path / hash_seed
        environment = os.environ | {"PYTHONHASHSEED": hash_seed}
        subprocess.run([sys.executable, "-c", PROGRAM, folder], check=True, env=environment)
        results.append(digests(folder))
    assert results[0] == results[1]


def test_parts_can_be_read_in_any_order_and_again(small_config):
    first, second = Market(small_config), Market(small_config)
    events = list(first.events())
    postings = list(first.postings())
    assert list(second.postings()) == postings
    assert list(second.candidates()) == list(first.candidates())
    assert list(second.events()) == events == list(first.events())


def test_another_seed_is_another_market(small_config, tmp_path):
    write(Market(small_config), tmp_path / "first")
    write(Market(replace(small_config, seed=4)), tmp_path / "second")
    pairs = zip(digests(tmp_path / "first"), digests(tmp_path / "second"), strict=True)
    assert all(first != second for first, second in pairs)


@pytest.mark.parametrize("more", [1, 30])
def test_a_market_that_goes_on_keeps_its_past(small_config, more):
    short, long = Market(small_config), Market(replace(small_config, more_days=more))
    assert list(long.candidates()) == list(short.candidates())
    for name in ("postings", "events"):
        past, whole = list(getattr(short, name)()), list(getattr(long, name)())
        assert whole[: len(past)] == past
        assert len(whole) > len(past)


configs = st.builds(
    MarketConfig,
    candidates=st.integers(0, 12),
    postings=st.integers(0, 120),
    events_per_candidate=st.floats(0, 20),
    days=st.integers(1, 20),
    more_days=st.integers(0, 3),
    seed=st.integers(0, 2**63 - 1),
    share_chinese=st.floats(0, 1),
    occupations=st.integers(1, 38),
    impressions=st.sampled_from([0, 0.3, 1]),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(configs)
def test_any_market_is_valid_ordered_and_repeatable(config):
    market = Market(config)
    postings = [Posting.model_validate(posting) for posting in market.postings()]
    assert len({posting.posting_id for posting in postings}) == len(postings) >= config.postings
    assert all(Candidate.model_validate(record) for record in market.candidates())
    events = [Event.model_validate(event) for event in market.events()]
    keys = [(event.event_time, event.event_id) for event in events]
    assert keys == sorted(keys)
    assert {event.posting_id for event in events} <= {posting.posting_id for posting in postings}
    assert list(Market(config).events()) == list(market.events())
