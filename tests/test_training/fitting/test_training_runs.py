import contextlib
import json
import os
import random
import select
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
import torch

from streaming.errors import InputError, ModelError
from streaming.settings import TrainingSettings
from training.fitting.checkpoint import Checkpoint
from training.fitting.fit import fit, prepare_run
from training.fitting.horovod_group import horovod_available
from training.fitting.launching import launch
from training.fitting.loop import EpochRecord, learning_rate, train
from training.fitting.process_group import ProcessGroup
from training.fitting.training_error import TrainingError
from training.model.presets import published
from training.ranking.encoder_decoder_ranker import EncoderDecoderRanker

needs_horovod = pytest.mark.skipif(not horovod_available(), reason="Horovod is not installed")

BACKENDS = [pytest.param("horovod", marks=needs_horovod), "torch"]
"""What connects processes; both keep the same promises."""


def run(data, preset, file: Path, *, stop_after=None, seed=1):
    """Train; returns the weights and the records."""
    checkpoint = Checkpoint(file, {"seed": seed})

    def on_epoch(record: EpochRecord) -> None:
        if record.epoch == stop_after:
            raise KeyboardInterrupt

    model = train(
        data, preset, seed, group=ProcessGroup(), checkpoint=checkpoint, on_epoch=on_epoch
    )
    return model.state_dict(), checkpoint.position.records


def test_a_resumed_run_equals_an_uninterrupted_one(training_data, small_preset, tmp_path):
    whole, records = run(training_data, small_preset, tmp_path / "whole.pt")
    with pytest.raises(KeyboardInterrupt):
        run(training_data, small_preset, tmp_path / "cut.pt", stop_after=2)
    resumed, again = run(training_data, small_preset, tmp_path / "cut.pt")
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)
    timed = ("seconds", "examples_per_second", "targets_per_second", "waiting")
    timeless = [[{**r, **dict.fromkeys(timed)} for r in rows] for rows in (records, again)]
    assert timeless[0] == timeless[1]
    assert [record["epoch"] for record in again] == [1, 2, 3]


def test_the_loss_falls_and_other_seeds_differ(training_data, small_preset, tmp_path):
    weights, records = run(training_data, small_preset, tmp_path / "a.pt")
    assert records[-1]["loss"] < records[0]["loss"]
    assert all(record["validation_loss"] is not None for record in records)
    other, _ = run(training_data, small_preset, tmp_path / "b.pt", seed=2)
    assert not torch.equal(weights["relate.weight"], other["relate.weight"])


def test_a_checkpoint_of_another_run_is_refused(training_data, small_preset, tmp_path):
    run(training_data, small_preset, tmp_path / "c.pt")
    with pytest.raises(ModelError, match=r"is of another seed \(1 instead of 2\)"):
        run(training_data, small_preset, tmp_path / "c.pt", seed=2)


def test_a_broken_checkpoint_is_one_line(training_data, small_preset, tmp_path):
    (tmp_path / "c.pt").write_bytes(b"half a file")
    with pytest.raises(ModelError, match="is unreadable; train without it"):
        run(training_data, small_preset, tmp_path / "c.pt")


def test_the_learning_rate_rises_and_falls():
    rates = [learning_rate(published(), share) for share in np.linspace(0, 1, 101)]
    peak = published().training.learning_rate
    assert rates[0] < max(rates)
    assert max(rates) == pytest.approx(peak)
    assert rates[-1] == pytest.approx(0.05 * peak)


def test_fit_leaves_all_that_is_needed(fitted):
    run_folder = fitted.folder.parent
    lines = (run_folder / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in lines] == [1, 2]
    assert fitted.records[1]["epochs"] == 2
    assert fitted.processes == 1
    assert isinstance(EncoderDecoderRanker.load(fitted.folder), EncoderDecoderRanker)


def test_a_run_killed_after_its_last_epoch_still_ends(market_dataset, tmp_path):
    settings = TrainingSettings(preset="published", processes=1, epochs=1)
    whole = fit(market_dataset, tmp_path / "run", settings)
    (tmp_path / "run" / "metrics.jsonl").unlink()  # as if killed between checkpoint and curves
    again = fit(market_dataset, tmp_path / "run", settings, resume=True)
    assert again.records == whole.records


def test_no_events_are_one_line(tmp_path, dataset_writer):
    folder = dataset_writer(
        tmp_path / "data", postings=[{"posting_id": "p", "title": "x"}], events=[], stated=[]
    )
    with pytest.raises(InputError, match="no event to learn from; import or simulate"):
        fit(folder, tmp_path / "run", TrainingSettings(preset="published", processes=1))


def test_one_event_each_is_one_line(tmp_path, dataset_writer):
    event = {
        "candidate_id": "c",
        "posting_id": "p",
        "kind": "view",
        "event_id": "e",
        "event_time": "2026-01-01T00:00:00.000000Z",
    }
    posting = {"posting_id": "p", "title": "x"}
    folder = dataset_writer(tmp_path / "data", postings=[posting], events=[event], stated=[])
    with pytest.raises(InputError, match="no candidate has two postings"):
        fit(folder, tmp_path / "run", TrainingSettings(preset="published", processes=1))


@pytest.mark.parametrize(
    ("backend", "half"), [pytest.param("horovod", False, marks=needs_horovod), ("torch", True)]
)
def test_two_processes_train_one_model(training_data, small_preset, tmp_path, backend, half):
    """Equal weights on both ranks, near those of one process; nothing listens beyond loopback."""
    one = small_preset.training.model_copy(update={"epochs": 1})
    preset = small_preset.model_copy(update={"training": one})
    script = tmp_path / "trains.py"
    script.write_text(
        textwrap.dedent(
            f"""
            import math
            from pathlib import Path
            import torch
            from training.fitting.checkpoint import Checkpoint
            from training.fitting.launching import end_with_parent, join_group
            from training.fitting.loop import train
            from training.model.presets import Preset
            from training.model.training_data import TrainingData

            end_with_parent()
            torch.set_num_threads(1)
            group = join_group()
            assert group.size == 2
            records = []
            model = train(
                TrainingData.open(Path({str(training_data.folder)!r})),
                Preset.model_validate_json({preset.model_dump_json()!r}),
                5,
                group=group,
                checkpoint=Checkpoint(Path("checkpoint.pt"), {{}}),
                on_epoch=records.append,
                half_gradients={half},
            )
            saved = {{"model": model.state_dict(), "loss": records[0].validation_loss}}
            torch.save(saved, f"rank-{{group.rank}}.pt")
            group.close()
            """
        )
    )
    listening: set[str] = set()
    launch(
        [str(script)],
        2,
        tmp_path / "logs",
        lambda: listening.update(_listening("trains.py")),
        backend=backend,
        folder=tmp_path,
    )
    assert listening == {"0100007F"}  # 127.0.0.1: the rendezvous, and gloo's own
    ours, theirs = (torch.load(tmp_path / f"rank-{rank}.pt") for rank in range(2))
    assert all(torch.equal(ours["model"][name], theirs["model"][name]) for name in ours["model"])
    records = []
    checkpoint = Checkpoint(tmp_path / "alone.pt", {})
    train(
        training_data,
        preset,
        5,
        group=ProcessGroup(),
        checkpoint=checkpoint,
        on_epoch=records.append,
    )
    assert ours["loss"] == pytest.approx(records[0].validation_loss, rel=0.02)


@pytest.mark.parametrize("backend", BACKENDS)
def test_fit_by_two_processes_reports_as_it_goes(market_dataset, tmp_path, backend):
    seen = []
    settings = TrainingSettings(preset="published", processes=2, epochs=1, backend=backend)
    fitted = fit(market_dataset, tmp_path / "run", settings, on_epoch=seen.append)
    assert [record["epoch"] for record in seen] == [1]
    assert fitted.processes == 2


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_dying_process_ends_all_and_is_named(tmp_path, backend):
    script = tmp_path / "dies.py"
    script.write_text(
        "import os, sys, time\n"
        "if os.environ.get('HOROVOD_RANK', os.environ.get('RANK')) == '1':\n"
        "    sys.exit('the disk is full')\n"
        "time.sleep(600)\n"
    )
    with pytest.raises(TrainingError, match=r"process 1 of 3 ended with code 1: the disk is full"):
        launch([str(script)], 3, tmp_path / "logs", lambda: None, backend=backend)


@pytest.mark.parametrize("backend", BACKENDS)
def test_processes_end_with_a_killed_parent(tmp_path, backend):
    child = tmp_path / "child.py"
    child.write_text(
        "import os, signal, sys, time\n"
        "from training.fitting.launching import end_with_parent\n"
        "end_with_parent()\n"
        "print(os.getpid(), flush=True)\n"
        "time.sleep(600)\n"
    )
    parent = tmp_path / "parent.py"
    parent.write_text(
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from training.fitting.launching import launch\n"
        "logs = Path(sys.argv[2])\n"
        "def look():\n"
        "    pids = [file.read_text().strip() for file in sorted(logs.iterdir())]\n"
        "    if all(pids) and len(pids) == 2:\n"
        "        print(*pids, flush=True)\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        f"launch([sys.argv[1]], 2, logs, look, backend={backend!r})\n"
    )
    done = subprocess.run(
        [sys.executable, str(parent), str(child), str(tmp_path / "logs")],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == -signal.SIGKILL
    pids = [int(pid) for pid in done.stdout.split()]
    assert len(pids) == 2
    for pid in pids:
        _wait_for_end(pid)


@pytest.mark.parametrize(
    ("backend", "processes", "kills"),
    [
        ("torch", 1, 3),
        pytest.param("torch", 2, 2, marks=pytest.mark.nightly),
        pytest.param("horovod", 2, 2, marks=[needs_horovod, pytest.mark.nightly]),
        pytest.param("torch", 1, 10, marks=pytest.mark.nightly),
        pytest.param("torch", 2, 10, marks=pytest.mark.nightly),
    ],
)
def test_a_killed_training_goes_on_to_the_same_weights(
    market_dataset, tmp_path, backend, processes, kills
):
    """Kill -9 at random moments within epochs; each start goes on from the last checkpoint."""
    settings = TrainingSettings(preset="published", processes=processes, epochs=1)
    settings = settings.model_copy(update={"checkpoint_seconds": 0.01, "device": "cpu"})
    weights, rng = [], random.Random(kills)
    for name in ("whole", "killed"):
        run_folder = tmp_path / name
        file = prepare_run(market_dataset, run_folder, settings, resume=True)
        size = 1 if kills > 3 else 4  # more steps than are taken before the last kill
        file.write_text(file.read_text().replace('"batch_size": 64', f'"batch_size": {size}'))
        checkpoint = run_folder / "checkpoint.pt"
        for _ in range(kills if name == "killed" else 0):
            saves, versions = rng.randint(1, 3), set()

            def kill_after(saves=saves, versions=versions, checkpoint=checkpoint):
                if checkpoint.exists():
                    versions.add(checkpoint.stat().st_mtime_ns)
                if len(versions) >= saves and (children := _children()):
                    os.kill(rng.choice(children), signal.SIGKILL)

            with pytest.raises(TrainingError, match="ended with code -9"):
                _train(file, processes, tmp_path / "logs", kill_after, backend)
        _train(file, processes, tmp_path / "logs", lambda: None, backend)
        weights.append(torch.load(run_folder / "model" / "weights.pt"))
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_worker_that_is_killed_does_not_end_the_run(market_dataset, tmp_path, backend, caplog):
    """All go on from the last checkpoint, to the same weights."""
    settings = TrainingSettings(preset="published", processes=2, epochs=2, backend=backend)
    settings = settings.model_copy(update={"checkpoint_seconds": 0.01, "device": "cpu"})
    whole = fit(market_dataset, tmp_path / "whole", settings)
    seen = []

    def kill_after_the_first_epoch(record: dict) -> None:
        seen.append(record["epoch"])
        if seen == [1]:
            os.kill(_children()[-1], signal.SIGKILL)

    with caplog.at_level("WARNING", logger="training.fitting.fit"):
        again = fit(
            market_dataset, tmp_path / "killed", settings, on_epoch=kill_after_the_first_epoch
        )
    assert "ended with code -9" in caplog.text
    assert seen == [1, 2]
    weights = [torch.load(own.folder / "weights.pt") for own in (whole, again)]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


def _train(file: Path, processes: int, logs: Path, look, backend: str) -> None:
    arguments = ["-m", "training.fitting.worker", str(file)]
    launch(arguments, processes, logs, look, backend=backend)


def _children() -> list[int]:
    """Ids of the processes that this one started and that train."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if (
                parent == os.getpid()
                and "training.fitting.worker" in (folder / "cmdline").read_text()
            ):
                found.append(int(folder.name))
    return found


def _wait_for_end(pid: int) -> None:
    """Block until a process that is no child of ours is gone."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        ended, _, _ = select.select([descriptor], [], [], 60)
        assert ended, f"process {pid} outlived its parent"
    finally:
        os.close(descriptor)


def _listening(script: str) -> set[str]:
    """Local addresses (hexadecimal) that this process and those running a script listen on."""
    sockets: set[str] = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            ours = process.name == str(os.getpid()) or script in (process / "cmdline").read_text()
            if ours:
                sockets.update(str(entry.readlink()) for entry in (process / "fd").iterdir())
        except OSError:  # it ended meanwhile
            continue
    lines = [
        line.split()
        for table in ("tcp", "tcp6")
        for line in Path("/proc/net", table).read_text().splitlines()[1:]
    ]
    is_open = "0A"
    return {
        words[1].rpartition(":")[0]
        for words in lines
        if words[3] == is_open and f"socket:[{words[9]}]" in sockets
    }
