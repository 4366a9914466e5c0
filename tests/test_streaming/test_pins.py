"""Pins: which versions a batch used, whatever file system the checkpoints are on."""

import pytest

from streaming.pins import KEPT, Pins
from streaming.serving import Versions

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
