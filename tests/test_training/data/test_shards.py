import numpy as np
import pytest

from streaming.errors import InputError
from training.data.shards import Shard, shard_file, spans, write_shards


def shard() -> Shard:
    """Three candidates: two events and a stated entry; nothing; one event and two entries."""
    return Shard(
        starts=np.array([0, 2, 2, 3]),
        postings=np.array([7, 8, 9]),
        kinds=np.array([0, 3, 1]),
        times=np.array([10, 20, 30]),
        durations=np.array([1.5, np.nan, 0.0], dtype=np.float32),
        new=np.array([True, False, True]),
        stated_starts=np.array([0, 1, 1, 3]),
        stated_rows=np.array([100, 101, 102]),
        stated_kinds=np.array([5, 6, 7]),
    )


def contents(shard: Shard) -> list[tuple]:
    return [
        (
            [*map(str, shard.durations[first:last].tolist())],
            *(getattr(shard, name)[first:last].tolist() for name in ("postings", "kinds", "times")),
            shard.new[first:last].tolist(),
            shard.stated_rows[own:end].tolist(),
            shard.stated_kinds[own:end].tolist(),
        )
        for first, last, own, end in zip(
            shard.starts[:-1],
            shard.starts[1:],
            shard.stated_starts[:-1],
            shard.stated_starts[1:],
            strict=True,
        )
    ]


def test_a_written_shard_is_read_as_it_was(tmp_path):
    shard().write(tmp_path / "part")
    assert contents(Shard.read(tmp_path / "part")) == contents(shard())


def test_dealing_out_keeps_whoever_has_something(tmp_path):
    write_shards(shard(), 5, tmp_path, seed=1)
    read = [Shard.read(shard_file(tmp_path, number)) for number in range(5)]
    dealt = sorted(each for part in read for each in contents(part))
    assert dealt == sorted([contents(shard())[0], contents(shard())[2]])


def test_a_broken_shard_is_one_line(tmp_path):
    (tmp_path / "part").write_bytes(b"PAR1 half a file")
    with pytest.raises(InputError, match=r"training shard .*part cannot be read: .*prepare"):
        Shard.read(tmp_path / "part")


def test_spans_end_to_end():
    assert spans(np.array([5, 0, 9]), np.array([2, 0, 3])).tolist() == [5, 6, 9, 10, 11]
    assert spans(np.array([], dtype=np.int64), np.array([], dtype=np.int64)).tolist() == []
