import numpy as np
import pytest
import torch

from streaming.errors import SettingsError
from training.fitting.batch_stream import BatchStream, read_ahead

SEED = 3


def stream(data, preset, rank=0, size=1) -> BatchStream:
    return BatchStream(data, preset, SEED, rank, size)


def test_an_epoch_has_every_example_once(training_data, small_preset):
    for size in (1, 3):
        steps = [
            list(stream(training_data, small_preset, rank, size).epoch(0)) for rank in range(size)
        ]
        assert sum(step.examples for own in steps for step in own) == sum(training_data.examples)
        assert {len(own) for own in steps} == {
            stream(training_data, small_preset).steps(0)
        } or size > 1
        assert len({len(own) for own in steps}) == 1  # ranks take as many steps
        assert [step.number for step in steps[0]] == list(range(len(steps[0])))
        most = small_preset.training.batch_size // size + 1
        assert all(step.examples <= most for own in steps for step in own)


def test_epochs_differ_and_repeat(training_data, small_preset):
    def times(epoch: int) -> list[list[int]]:
        return [
            step.batch.times.tolist() for step in stream(training_data, small_preset).epoch(epoch)
        ]

    assert times(0) == times(0)
    assert times(0) != times(1)


@pytest.mark.parametrize("size", [1, 2])
def test_an_epoch_can_begin_at_any_step(training_data, small_preset, size):
    own = stream(training_data, small_preset, size - 1, size)
    whole = list(own.epoch(1))
    for first in (1, len(whole) // 2, len(whole) - 1, len(whole)):
        rest = list(own.epoch(1, first))
        assert [step.number for step in rest] == [step.number for step in whole[first:]]
        for one, other in zip(rest, whole[first:], strict=True):
            for name in ("rows", "steps", "targets", "time_features", "times"):
                assert torch.equal(getattr(one.batch, name), getattr(other.batch, name))


def test_a_process_without_examples_still_takes_steps(training_data, small_preset):
    one = small_preset.model_copy(
        update={"training": small_preset.training.model_copy(update={"batch_size": 2})}
    )
    size = len(training_data.examples)
    parts = [list(stream(training_data, one, rank, size).epoch(0)) for rank in range(size)]
    idle = [step for own in parts for step in own if not step.examples]
    assert idle
    assert not any(step.batch.real.any() for step in idle)


def test_more_processes_than_shards_are_one_line(training_data, small_preset):
    with pytest.raises(SettingsError, match=r"33 training processes are more than the 32 shards"):
        stream(training_data, small_preset, 0, 33)


def test_an_error_of_the_reading_thread_reaches_the_loop():
    def broken():
        yield 1
        raise ValueError("a shard is gone")

    items = read_ahead(broken())
    assert next(items) == 1
    with pytest.raises(ValueError, match="a shard is gone"):
        next(items)


def test_random_numbers_of_an_epoch_do_not_depend_on_the_process(training_data, small_preset):
    """What a shard's examples are follows from seed, epoch and shard alone."""
    one, two = (
        sorted(time for step in own for time in step.batch.times.tolist())
        for own in (
            list(stream(training_data, small_preset).epoch(0)),
            [
                step
                for rank in range(2)
                for step in stream(training_data, small_preset, rank, 2).epoch(0)
                if step.examples
            ],
        )
    )
    assert np.array_equal(one, two)
