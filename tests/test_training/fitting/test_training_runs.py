import json
import os
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
from training.data.dataset import Dataset
from training.fitting.checkpoint import Checkpoint
from training.fitting.distributed import ProcessGroup, TrainingError, horovod_available, launch
from training.fitting.fit import fit
from training.fitting.loop import EpochRecord, learning_rate, train
from training.model.examples import batches, collate, sample_examples, validation_examples
from training.model.loss import batch_loss, full_softmax, sampled_softmax
from training.model.network import EncoderDecoder
from training.model.presets import published
from training.model.training_tensors import TrainingTensors, load_tensors, write_features
from training.ranking.encoder_decoder_ranker import EncoderDecoderRanker

needs_horovod = pytest.mark.skipif(not horovod_available(), reason="Horovod is not installed")

SMALL = published().model_copy(
    update={
        "model": published().model.model_copy(update={"word_dimensions": 16, "hidden": 16}),
        "training": published().training.model_copy(update={"epochs": 3}),
    }
)


@pytest.fixture(scope="module")
def tensors(market_dataset, tmp_path_factory) -> TrainingTensors:
    folder = tmp_path_factory.mktemp("features")
    dataset = Dataset.read(market_dataset)
    write_features(dataset, SMALL, folder, seed=1)
    return load_tensors(dataset, SMALL, folder)


def run(tensors, file: Path, *, resume=False, stop_after=None, seed=1):
    """Train; returns the weights and the records."""
    checkpoint = Checkpoint(file, {"seed": seed}, resume=resume)

    def on_epoch(record: EpochRecord) -> None:
        if record.epoch == stop_after:
            raise KeyboardInterrupt

    model = train(
        tensors, SMALL, seed, group=ProcessGroup(), checkpoint=checkpoint, on_epoch=on_epoch
    )
    return model.state_dict(), checkpoint.records


def test_a_resumed_run_equals_an_uninterrupted_one(tensors, tmp_path):
    whole, records = run(tensors, tmp_path / "whole.pt")
    with pytest.raises(KeyboardInterrupt):
        run(tensors, tmp_path / "cut.pt", stop_after=2)
    resumed, again = run(tensors, tmp_path / "cut.pt", resume=True)
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)
    timeless = [[{**r, "seconds": 0} for r in rows] for rows in (records, again)]
    assert timeless[0] == timeless[1]
    assert [record["epoch"] for record in again] == [1, 2, 3]


def test_the_loss_falls_and_other_seeds_differ(tensors, tmp_path):
    weights, records = run(tensors, tmp_path / "a.pt")
    assert records[-1]["loss"] < records[0]["loss"]
    assert all(record["validation_loss"] is not None for record in records)
    other, _ = run(tensors, tmp_path / "b.pt", seed=2)
    assert not torch.equal(weights["relate.weight"], other["relate.weight"])


def test_a_checkpoint_of_another_run_is_refused(tensors, tmp_path):
    run(tensors, tmp_path / "c.pt")
    with pytest.raises(ModelError, match=r"is of another seed \(1 instead of 2\)"):
        run(tensors, tmp_path / "c.pt", resume=True, seed=2)


def test_a_broken_checkpoint_is_one_line(tensors, tmp_path):
    (tmp_path / "c.pt").write_bytes(b"half a file")
    with pytest.raises(ModelError, match="is unreadable; train without it"):
        run(tensors, tmp_path / "c.pt", resume=True)


def test_examples_never_look_ahead(tensors):
    rng = np.random.default_rng(0)
    cut = int(tensors.train.times.max())
    for example in sample_examples(tensors, SMALL, rng):
        postings = example.rows[example.rows < len(tensors.train.catalogue)]
        assert 1 <= len(example.targets) <= SMALL.training.steps
        assert len(example.rows) >= 1
        assert not set(postings.tolist()) & set(example.targets.tolist())
        assert len(set(example.targets.tolist())) == len(example.targets)
        assert example.time <= cut
    assert all(example.time > cut for example in validation_examples(tensors, SMALL))


def test_batches_hold_every_example_once(tensors):
    rng = np.random.default_rng(0)
    examples = sample_examples(tensors, SMALL, rng)
    cut = list(batches(examples, 16, rng))
    assert sorted(id(e) for batch in cut for e in batch) == sorted(map(id, examples))
    assert max(map(len, cut)) <= 16
    assert {id(e) for batch in cut for part in (batch[::2], batch[1::2]) for e in part} == set(
        map(id, examples)
    )


def test_a_sampled_softmax_is_near_the_full_one(tensors):
    torch.manual_seed(0)
    model = EncoderDecoder(SMALL.model, len(tensors.seen)).eval()
    batch = collate(sample_examples(tensors, SMALL, np.random.default_rng(0))[:32])
    with torch.inference_mode():
        full = batch_loss(model, tensors, batch, full_softmax(tensors.seen), tensors.ids)
        half = len(tensors.seen) // 2
        corrected, plain = [], []
        for _ in range(20):
            rivals = sampled_softmax(tensors.seen, half, batch)
            bare = full_softmax(rivals.rows)
            corrected.append(float(batch_loss(model, tensors, batch, rivals, tensors.ids).loss))
            plain.append(float(batch_loss(model, tensors, batch, bare, tensors.ids).loss))
    off, uncorrected = (abs(np.mean(losses) - float(full.loss)) for losses in (corrected, plain))
    assert off < uncorrected


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


@needs_horovod
def test_two_processes_train_one_model(market_dataset, tmp_path):
    """Equal weights on both ranks, reported as it goes; the launcher is the real one."""
    seen = []
    settings = TrainingSettings(preset="published", processes=2, epochs=1, seed=5)
    fitted = fit(market_dataset, tmp_path / "run", settings, on_epoch=seen.append)
    assert [record["epoch"] for record in seen] == [1]
    assert fitted.processes == 2
    check = tmp_path / "check.py"
    check.write_text(
        textwrap.dedent(
            f"""
            import sys
            from pathlib import Path
            import torch
            from training.fitting.checkpoint import Checkpoint
            from training.data.dataset import Dataset
            from training.fitting.distributed import ProcessGroup, end_with_parent
            from training.fitting.loop import train
            from training.model.training_tensors import load_tensors
            from training.model.presets import published

            end_with_parent()
            group = ProcessGroup.join()
            run = Path({str(tmp_path / "run")!r})
            tensors = load_tensors(
                Dataset.read(Path({str(market_dataset)!r})), published(), run / "features"
            )
            checkpoint = Checkpoint(run / "other.pt", {{}}, resume=False)
            training = published().training.model_copy(update={{"epochs": 1}})
            preset = published().model_copy(update={{"training": training}})
            model = train(
                tensors, preset, 5, group=group, checkpoint=checkpoint, on_epoch=lambda r: None
            )
            torch.save(model.state_dict(), run / f"weights-{{group.rank}}.pt")
            group.close()
            """
        )
    )
    listening: set[str] = set()
    launch([str(check)], 2, tmp_path / "logs", lambda: listening.update(_listening("check.py")))
    assert listening == {"0100007F"}  # 127.0.0.1: the rendezvous, and gloo's own
    one, two = (torch.load(tmp_path / "run" / f"weights-{rank}.pt") for rank in range(2))
    assert all(torch.equal(one[name], two[name]) for name in one)


@needs_horovod
def test_a_dying_process_ends_all_and_is_named(tmp_path):
    script = tmp_path / "dies.py"
    script.write_text(
        "import os, sys, time\n"
        "if os.environ['HOROVOD_RANK'] == '1':\n"
        "    sys.exit('the disk is full')\n"
        "time.sleep(600)\n"
    )
    with pytest.raises(TrainingError, match=r"process 1 of 3 ended with code 1: the disk is full"):
        launch([str(script)], 3, tmp_path / "logs", lambda: None)


@needs_horovod
def test_processes_end_with_a_killed_parent(tmp_path):
    child = tmp_path / "child.py"
    child.write_text(
        "import os, signal, sys, time\n"
        "from training.fitting.distributed import end_with_parent\n"
        "end_with_parent()\n"
        "print(os.getpid(), flush=True)\n"
        "time.sleep(600)\n"
    )
    parent = tmp_path / "parent.py"
    parent.write_text(
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from training.fitting.distributed import launch\n"
        "logs = Path(sys.argv[2])\n"
        "def look():\n"
        "    pids = [file.read_text().strip() for file in sorted(logs.iterdir())]\n"
        "    if all(pids) and len(pids) == 2:\n"
        "        print(*pids, flush=True)\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "launch([sys.argv[1]], 2, logs, look)\n"
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
