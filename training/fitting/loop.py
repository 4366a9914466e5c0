"""The training loop.

    careerstream train                                                   two processes here
    python -m training.fitting.worker SPEC.json                          one process
    horovodrun -np 2 python -m training.fitting.worker SPEC.json         two on this machine
    torchrun --nproc-per-node 2 -m training.fitting.worker SPEC.json     the same by another backend
    horovodrun -H a:2,b:2 python -m training.fitting.worker SPEC.json    with a shared folder

`training.fitting.fit.prepare_run` writes SPEC.json and the training data.

All randomness comes from (seed, epoch, step, rank), so a run that resumes at a step continues as if
it had never stopped. The processes divide each batch among them. Gradients are summed over the
processes and then divided by the number of targets, so the number of processes hardly changes the
curve.
"""

import math
import time
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from streaming.errors import SettingsError
from training.determinism import repeatable
from training.fitting.batch_stream import BatchStream, Step, Waiting
from training.fitting.checkpoint import Checkpoint, Position
from training.fitting.continuation import warm_start
from training.fitting.devices import CPU
from training.fitting.process_group import GradientExchange, ProcessGroup
from training.fitting.training_error import TrainingError
from training.model.examples import Batch, collate, full_softmax, validation_examples
from training.model.loss import batch_loss
from training.model.network import EncoderDecoder
from training.model.presets import Preset
from training.model.training_data import TrainingData

_WARM_UP_SHARE = 0.05
_FINAL_RATE_SHARE = 0.05
_VALIDATION_BATCH = 128
_VALIDATION_SCORES = 4_000_000
"""A validation batch has no more scores than this, so that memory does not grow with postings."""
_LOSS, _HITS, _TARGETS, _EXAMPLES, _BAD = range(5)
"""What the sums over steps are; `_BAD` counts steps whose loss is not a number."""
_CHECKED_STEPS = 100
"""Whether losses are numbers is asked after so many steps: a GPU has to be waited for."""


@dataclass(frozen=True)
class EpochRecord:
    """The measurements of one epoch.

    Losses are per target, in nats; accuracies are those of the first decoding step.
    """

    epoch: int
    """From 1."""
    epochs: int
    loss: float
    accuracy: float
    validation_loss: float | None
    """None where no candidate is held out."""
    validation_accuracy: float | None
    learning_rate: float
    examples: int
    seconds: float
    """Of the steps since the epoch began or was resumed, without the validation."""
    examples_per_second: float
    targets_per_second: float
    waiting: float
    """Share of the seconds in which the leader waited for its next batch."""
    padding: float
    """Share of the leader's steps that are padding."""
    device: str
    """The leader's: `cpu`, `cuda:0`."""
    processes: int
    """How many there were at the end of the epoch: they may come and go."""


class Loop:
    """One process's part of a training.

    Each process of the group passes the same arguments. Devices (`training.fitting.devices`) are of
    one type in all processes. Examples and batches are the same on every device, dropout is not; a
    run may be resumed on another device.

    Raises:
        SettingsError: some processes have a GPU and others have none, or there are more processes
            than shards.
    """

    def __init__(
        self,
        data: TrainingData,
        preset: Preset,
        seed: int,
        *,
        group: ProcessGroup,
        device: torch.device = CPU,
        half_gradients: bool = False,
    ) -> None:
        _require_one_device_type(group, device)
        self.preset, self.seed, self.group, self.device = preset, seed, group, device
        self.data = data
        self.stream = BatchStream(data, preset, seed, group.rank, group.size)
        self.tables = _Tables(data, device)
        torch.manual_seed(seed)
        model = EncoderDecoder(preset.model, len(data.seen))
        group.broadcast(model.state_dict())
        self.model = model.to(device)
        config = preset.training
        ids = self.model.get_parameter("ids.weight")
        dense = [parameter for parameter in self.model.parameters() if parameter is not ids]
        self.exchange = GradientExchange(group, dense, ids, half=half_gradients)
        self.optimisers: tuple[torch.optim.Optimizer, ...] = (
            torch.optim.AdamW(
                dense, lr=config.learning_rate, weight_decay=config.weight_decay, fused=True
            ),
            # A step has few of the ids: the others keep their values, and cost nothing.
            torch.optim.SparseAdam([ids], lr=config.learning_rate),
        )

    def take(self, epoch: int, step: Step, steps: int) -> Tensor:
        """Take one step; return its sums over all processes, (5,) float32 (see `_LOSS`)."""
        place = (self.seed, epoch, step.number, self.group.rank)
        torch.manual_seed(int(np.random.SeedSequence(place).generate_state(1)[0]))
        rate = learning_rate(
            self.preset, (epoch + step.number / steps) / self.preset.training.epochs
        )
        for optimiser in self.optimisers:
            for parameters in optimiser.param_groups:
                parameters["lr"] = rate
            optimiser.zero_grad()
        counts = torch.tensor([step.targets, step.examples], dtype=torch.float32)
        loss, hits = self._loss(step.batch)
        loss.backward()  # type: ignore[no-untyped-call]
        summed = torch.stack([loss.detach(), hits * (step.examples > 0)])
        own = torch.cat([summed, counts.to(self.device), torch.zeros(1, device=self.device)])
        self.exchange.finish()
        total = self.group.sum_over_processes(own)
        total[_BAD] = ~total[_LOSS].isfinite()
        self._scale_gradients(total[_TARGETS])
        for optimiser in self.optimisers:
            optimiser.step()
        return total

    def _loss(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the loss and the first-step hits of a batch, on the device."""
        batch = batch.to(self.device)
        competing = batch.rows[: len(batch.log_q)]
        kept = torch.rand(len(batch.rows), device=self.device) >= self.preset.training.id_dropout
        vectors = self.tables.vectors(self.model, batch.rows, self.tables.ids[batch.rows] * kept)
        opens, expires = self.tables.opens[competing], self.tables.expires[competing]
        loss = batch_loss(self.model, batch, vectors, opens, expires)
        return loss.loss, loss.hits.float()

    def _scale_gradients(self, targets: Tensor) -> None:
        """Divide gradients by the number of targets, and shorten long ones."""
        gradients = []
        for parameter in self.model.parameters():
            if parameter.grad is not None:
                if parameter.grad.is_sparse and not parameter.grad.is_coalesced():
                    parameter.grad = parameter.grad.coalesce()
                gradient = parameter.grad
                gradients.append(gradient.values() if gradient.is_sparse else gradient)
        norm = nn.utils.get_total_norm(gradients) / targets
        scale = (self.preset.training.gradient_norm / (norm + 1e-6)).clamp(max=1.0) / targets
        for gradient in gradients:
            gradient.mul_(scale)

    def validate(self) -> Tensor:
        """Measure the held-out candidates over the whole catalogue.

        Returns:
            Sums over all processes, (5,) float32 (see `_LOSS`).
        """
        self.model.eval()
        data, device = self.data, self.device
        postings = len(data.opens)
        size = max(1, min(_VALIDATION_BATCH, _VALIDATION_SCORES // postings))
        sums = torch.zeros(5, device=device)
        rows = np.arange(len(data.text))
        competitors = full_softmax(rows[:postings])
        with torch.inference_mode():
            vectors = None
            for number in range(self.group.rank, len(data.examples), self.group.size):
                examples = validation_examples(data, data.shard(number), self.preset)
                examples = examples.take(np.argsort(examples.lengths, kind="stable"))
                for first in range(0, len(examples), size):
                    if vectors is None:
                        vectors = self.tables.all_vectors(self.model)
                    own = examples.take(np.arange(first, min(first + size, len(examples))))
                    batch = collate(own, competitors, rows).to(device)
                    loss = batch_loss(
                        self.model, batch, vectors, self.tables.opens, self.tables.expires
                    )
                    counts = torch.tensor([len(own.targets), len(own), 0.0], device=device)
                    sums += torch.cat([torch.stack([loss.loss, loss.hits.float()]), counts])
        return self.group.sum_over_processes(sums)


class _Tables:
    """What the network reads of rows, on a device; on the CPU mapped from the files."""

    def __init__(self, data: TrainingData, device: torch.device) -> None:
        self.text = _tensor(data.text).to(device)
        self.words = _tensor(data.words).to(device)
        self.fields = _tensor(data.fields).to(device)
        self.ids = _tensor(data.ids).to(device)
        self.opens = _tensor(data.opens).to(device)
        self.expires = _tensor(data.expires).to(device)

    def vectors(self, model: EncoderDecoder, rows: Tensor, ids: Tensor) -> Tensor:
        """Build the vectors of (R,) rows with (R,) numbers of id blocks, (R, D)."""
        return model.posting_vectors(self.text[rows], self.words[rows], self.fields[rows], ids)

    def all_vectors(self, model: EncoderDecoder) -> Tensor:
        """Build the vectors of all rows, (N + S, D)."""
        return model.posting_vectors(self.text, self.words, self.fields, self.ids)


def train(
    data: TrainingData,
    preset: Preset,
    seed: int,
    *,
    group: ProcessGroup,
    checkpoint: Checkpoint,
    start: Path | None = None,
    on_epoch: Callable[[EpochRecord], None],
    device: torch.device = CPU,
    half_gradients: bool = False,
    checkpoint_seconds: float = math.inf,
) -> EncoderDecoder:
    """Train, starting from the checkpoint, and return the model on the CPU.

    Without a checkpoint the model of the folder `start` is gone on from, where it is given.

    The leader alone writes the checkpoint: after each epoch, and within epochs about every
    `checkpoint_seconds`. `on_epoch` is called after an epoch's. See `Loop` for the other arguments.

    Raises:
        SettingsError: as `Loop`.
        TrainingError: a loss is not a number, or the checkpoint cannot be written.
    """
    with repeatable():
        loop = Loop(data, preset, seed, group=group, device=device, half_gradients=half_gradients)
        if start is not None:
            warm_start(loop.model, start, data.seen_ids())
        position = checkpoint.restore(loop.model, loop.optimisers)
        while position.epoch < preset.training.epochs:
            record = _train_epoch(loop, position, checkpoint, checkpoint_seconds)
            position.epoch, position.step, position.sums = position.epoch + 1, 0, None
            position.records.append(asdict(record))
            if group.is_leader:
                checkpoint.save(loop.model, loop.optimisers)
            on_epoch(record)
            group.note_changes()
    return loop.model.cpu()


def _train_epoch(
    loop: Loop, position: Position, checkpoint: Checkpoint, checkpoint_seconds: float
) -> EpochRecord:
    epoch, device = position.epoch, loop.device
    steps, started = loop.stream.steps(epoch), time.monotonic()
    before = torch.zeros(5) if position.sums is None else position.sums
    sums, saved = before.to(device, copy=True), started
    waiting, padded, filled = Waiting(), 0, 0
    loop.model.train()
    for step in waiting.over(loop.stream.epoch(epoch, position.step)):
        sums += loop.take(epoch, step, steps)
        padded, filled = padded + step.padded, filled + step.filled
        due = loop.group.is_leader and time.monotonic() - saved >= checkpoint_seconds
        if due or step.number % _CHECKED_STEPS == 0:
            _require_finite(sums, epoch, step.number)
        if due:
            saved = time.monotonic()
            position.step, position.sums = step.number + 1, sums.to(CPU, copy=True)
            checkpoint.save(loop.model, loop.optimisers)
    _require_finite(sums, epoch, steps - 1)
    seconds = time.monotonic() - started
    done = sums.cpu() - before
    loss, hits, targets, examples, _ = sums.tolist()
    held = loop.validate().tolist()
    return EpochRecord(
        epoch=epoch + 1,
        epochs=loop.preset.training.epochs,
        loss=loss / targets,
        accuracy=hits / examples,
        validation_loss=held[_LOSS] / held[_TARGETS] if held[_EXAMPLES] else None,
        validation_accuracy=held[_HITS] / held[_EXAMPLES] if held[_EXAMPLES] else None,
        learning_rate=loop.optimisers[0].param_groups[0]["lr"],
        examples=int(examples),
        seconds=round(seconds, 3),
        examples_per_second=round(float(done[_EXAMPLES]) / seconds, 1),
        targets_per_second=round(float(done[_TARGETS]) / seconds, 1),
        waiting=round(waiting.seconds / seconds, 4),
        padding=round(1 - filled / max(padded, 1), 4),
        device=str(device),
        processes=loop.group.size,
    )


def _require_finite(sums: Tensor, epoch: int, step: int) -> None:
    """Stop where the loss of a step was not a number, before that reaches a checkpoint."""
    if bad := int(sums[_BAD]):
        raise TrainingError(
            f"the loss of batch {step - bad + 1} in epoch {epoch + 1} is not a number; the last"
            " checkpoint is from before it: resume with a lower learning rate, or look for numbers"
            " in the data that are out of range"
        )


def learning_rate(preset: Preset, progress: float) -> float:
    """Return the rate at a share of the training: a linear warm-up, then cosine annealing.

    Cosine annealing is that of Loshchilov and Hutter, SGDR, 2017, without restarts.
    """
    peak = preset.training.learning_rate
    if progress < _WARM_UP_SHARE:
        return peak * (progress + 0.01) / (_WARM_UP_SHARE + 0.01)
    cosine = (1 + math.cos(math.pi * (progress - _WARM_UP_SHARE) / (1 - _WARM_UP_SHARE))) / 2
    return peak * (_FINAL_RATE_SHARE + (1 - _FINAL_RATE_SHARE) * cosine)


def _require_one_device_type(group: ProcessGroup, device: torch.device) -> None:
    """Refuse a group of CPUs and GPUs: they round differently, and the models would differ."""
    with_gpu = int(group.sum_over_processes(torch.tensor([float(device.type == "cuda")])))
    if with_gpu not in {0, group.size}:
        raise SettingsError(
            f"{with_gpu} of {group.size} training processes have a GPU and the others have none; "
            "use training.device=cpu, or hosts that have one each"
        )


def _tensor(array: np.ndarray) -> Tensor:
    """Return an array, which may be mapped from a file, as a tensor that nobody writes to."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
        return torch.from_numpy(array)
