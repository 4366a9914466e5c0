"""A GPU trains what the CPU trains. The tests that need one are skipped where there is none."""

import pytest
import torch

from streaming.errors import SettingsError
from streaming.settings import TrainingSettings
from training.fitting.checkpoint import Checkpoint
from training.fitting.devices import CPU, choose_device
from training.fitting.fit import fit
from training.fitting.horovod_group import horovod_available
from training.fitting.loop import train
from training.fitting.process_group import ProcessGroup
from training.model.presets import published

NO_DROPOUT = published().model_copy(
    update={
        "model": published().model.model_copy(update={"word_dimensions": 16, "dropout": 0.0}),
        "training": published().training.model_copy(update={"epochs": 2}),
    }
)
DROPOUT = NO_DROPOUT.model_copy(
    update={"model": NO_DROPOUT.model.model_copy(update={"dropout": 0.2})}
)
needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
needs_horovod = pytest.mark.skipif(not horovod_available(), reason="Horovod is not installed")


def trained(training_data, preset, device, file, **how):
    checkpoint = Checkpoint(file, {}, **{"resume": False, **how})
    model = train(
        training_data,
        preset,
        1,
        group=ProcessGroup(),
        checkpoint=checkpoint,
        on_epoch=lambda _: None,
        device=device,
    )
    return model.state_dict(), checkpoint.position.records


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
@pytest.mark.parametrize("processes", [1, 2])
def test_a_gpu_that_is_not_there_is_one_line(market_dataset, tmp_path, processes):
    assert choose_device("auto", 0) == choose_device("cpu", 3) == CPU
    settings = TrainingSettings(preset="published", processes=processes, epochs=1, device="cuda")
    with pytest.raises(SettingsError, match=r"training\.device=cuda, but PyTorch sees no GPU here"):
        fit(market_dataset, tmp_path / "run", settings)
    assert not (tmp_path / "run").exists()  # known before anything was made


def test_the_device_is_recorded(fitted):
    assert fitted.device == str(choose_device("auto", 0))
    assert {record["device"] for record in fitted.records} == {fitted.device}


@needs_gpu
def test_gpus_are_dealt_out_in_turn():
    count = torch.cuda.device_count()
    assert [choose_device("auto", rank).index for rank in range(2 * count)] == [*range(count)] * 2
    assert choose_device("cpu", 0) == CPU


@needs_gpu
def test_a_gpu_repeats_itself_bit_for_bit(training_data, tmp_path):
    first, _ = trained(training_data, DROPOUT, choose_device("cuda", 0), tmp_path / "a.pt")
    second, _ = trained(training_data, DROPOUT, choose_device("cuda", 0), tmp_path / "b.pt")
    assert all(torch.equal(first[name], second[name]) for name in first)


@needs_gpu
def test_a_gpu_learns_what_the_cpu_learns(training_data, tmp_path):
    _, here = trained(training_data, NO_DROPOUT, CPU, tmp_path / "cpu.pt")
    weights, there = trained(
        training_data, NO_DROPOUT, choose_device("cuda", 0), tmp_path / "gpu.pt"
    )
    assert [record["device"] for record in there] == ["cuda:0"] * 2
    for name in ("loss", "validation_loss"):
        assert [r[name] for r in there] == pytest.approx([r[name] for r in here], rel=1e-3)
    assert {values.device for values in weights.values()} == {CPU}


@needs_gpu
def test_what_a_gpu_began_goes_on_without_one(training_data, tmp_path):
    file = tmp_path / "c.pt"
    trained(training_data, NO_DROPOUT, choose_device("cuda", 0), file)
    longer = NO_DROPOUT.training.model_copy(update={"epochs": 3})
    preset = NO_DROPOUT.model_copy(update={"training": longer})
    _, records = trained(training_data, preset, CPU, file, resume=True)
    assert [record["device"] for record in records] == ["cuda:0", "cuda:0", "cpu"]


@needs_gpu
@needs_horovod
def test_two_processes_train_on_gpus(market_dataset, tmp_path):
    settings = TrainingSettings(preset="published", processes=2, epochs=1, seed=5, device="cuda")
    two = fit(market_dataset, tmp_path / "two", settings)
    one = fit(market_dataset, tmp_path / "one", settings.model_copy(update={"processes": 1}))
    assert (two.processes, two.device, one.device) == (2, "cuda:0", "cuda:0")
    assert two.records[0]["loss"] == pytest.approx(one.records[0]["loss"], rel=0.1)
