"""Pins: which versions a batch used, whatever file system the checkpoints are on."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict

import orjson
import pytest

from streaming.serving.batch_versions import KEPT, Pins, WorkerPins
from streaming.serving.bundles import Versions

pytestmark = pytest.mark.spark


@pytest.mark.parametrize("scheme", ["", "file:"])
def test_what_was_pinned_is_read_again_by_another(spark, tmp_path, scheme):
    folder = f"{scheme}{tmp_path}/pins"
    assert Pins(spark, folder).get(0) is None
    Pins(spark, folder).put(0, Versions("careerstream", "3", 17))
    Pins(spark, folder).put(1, Versions("名 with spaces", "4", 18))
    assert Pins(spark, folder).get(0) == Versions("careerstream", "3", 17)
    assert Pins(spark, folder).get(1) == Versions("名 with spaces", "4", 18)


def test_the_last_pin_counts_and_old_ones_go(spark, tmp_path):
    pins = Pins(spark, str(tmp_path))
    pins.put(3, Versions("m", "1", 1))
    pins.put(3, Versions("m", "2", 1))
    assert pins.get(3) == Versions("m", "2", 1)
    pins.put(3 + KEPT, Versions("m", "3", 1))
    assert pins.get(3) is None
    assert [file.name for file in tmp_path.glob("[0-9]*")] == [f"{3 + KEPT}.json"]


def test_a_write_that_was_interrupted_is_no_pin(spark, tmp_path):
    (tmp_path / ".5.unfinished").write_bytes(b'{"model_name":')
    pins = Pins(spark, str(tmp_path))
    assert pins.get(5) is None
    pins.put(5, Versions("m", "1", 1))
    assert pins.get(5) == Versions("m", "1", 1)


@pytest.fixture
def worker_pins(tmp_path):
    """Pins that tasks make; `serve` says what serves."""
    pins = WorkerPins(tmp_path / "checkpoint", tmp_path / "serving", tmp_path / "current.json")

    def serve(version):
        whole = tmp_path / "whole.json"
        whole.write_bytes(orjson.dumps(asdict(Versions("m", version, 1))))
        whole.replace(pins.current)

    serve("1")
    return pins, serve


def test_the_first_task_pins_for_all_and_for_ever(worker_pins):
    pins, serve = worker_pins
    assert pins.of(0) == Versions("m", "1", 1)
    serve("2")
    assert pins.of(0) == Versions("m", "1", 1)
    assert pins.of(1) == Versions("m", "2", 1)
    pins.of(3 * KEPT)
    assert [pin.name for pin in (pins.checkpoint / "pins").iterdir()] == [f"{3 * KEPT}.json"]


def test_tasks_that_pin_at_once_agree(worker_pins):
    pins, serve = worker_pins
    with ThreadPoolExecutor(8) as pool:
        for batch_id in range(50):
            asked = [pool.submit(pins.of, batch_id) for _ in range(8)]
            serve(str(batch_id))
            assert len({one.result() for one in asked}) == 1
    assert not list((pins.checkpoint / "pins").glob(".*"))


def test_a_batch_is_open_until_it_is_committed(worker_pins):
    pins, _ = worker_pins
    assert list(pins.open()) == []
    pins.of(6)
    assert list(pins.open()) == [Versions("m", "1", 1)]
    (pins.checkpoint / "commits").mkdir()
    (pins.checkpoint / "commits" / "5").touch()
    assert list(pins.open()) == [Versions("m", "1", 1)]
    (pins.checkpoint / "commits" / "6").touch()
    assert list(pins.open()) == []
    # Spark forgets old commits, and a batch without profiles has no pin.
    (pins.checkpoint / "commits" / "6").rename(pins.checkpoint / "commits" / "300")
    assert list(pins.open()) == []
