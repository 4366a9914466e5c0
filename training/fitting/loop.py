"""The training loop.

    careerstream train                                                   two processes here
    python -m training.fitting.worker SPEC.json                          one process
    horovodrun -np 2 python -m training.fitting.worker SPEC.json         two on this machine
    horovodrun -H a:2,b:2 python -m training.fitting.worker SPEC.json    with a shared folder

`training.fitting.fit.prepare_run` writes SPEC.json and the features.

All randomness comes from (seed, epoch, rank), so a run that resumes at an epoch continues as if it
had never stopped. The processes divide each batch among them. Gradients are summed over the
processes and then divided by the number of targets, so the number of processes hardly changes the
curve.
"""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import torch
from torch import Tensor, nn

from streaming.errors import InputError, SettingsError
from training.determinism import repeatable
from training.fitting.checkpoint import Checkpoint
from training.fitting.devices import CPU
from training.fitting.distributed import ProcessGroup
from training.model.examples import Example, batches, collate, sample_examples, validation_examples
from training.model.loss import BatchLoss, batch_loss, full_softmax, sampled_softmax
from training.model.network import EncoderDecoder
from training.model.presets import Preset
from training.model.training_tensors import TrainingTensors

_WARM_UP_SHARE = 0.05
_FINAL_RATE_SHARE = 0.05
_VALIDATION_BATCH = 128


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
    device: str
    """The leader's: `cpu`, `cuda:0`."""


@repeatable()
def train(
    tensors: TrainingTensors,
    preset: Preset,
    seed: int,
    *,
    group: ProcessGroup,
    checkpoint: Checkpoint,
    on_epoch: Callable[[EpochRecord], None],
    device: torch.device = CPU,
) -> EncoderDecoder:
    """Train, starting from the checkpoint, and return the model on the CPU.

    Each process of the group passes the same arguments. The leader alone writes the checkpoint
    after each epoch; `on_epoch` is called after that. Devices (`training.fitting.devices`) are of
    one type in all processes. Examples and batches are the same on every device, dropout is not; a
    run may be resumed on another device.

    Raises:
        InputError: the data hold no example.
        SettingsError: some processes have a GPU and others have none.
    """
    _require_one_device_type(group, device)
    config = preset.training
    torch.manual_seed(seed)
    model = EncoderDecoder(preset.model, len(tensors.seen))
    group.broadcast(model.state_dict())
    model, tensors = model.to(device), tensors.to(device)
    optimiser = torch.optim.AdamW(
        model.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay
    )
    for epoch in range(checkpoint.restore(model, optimiser), config.epochs):
        started = time.monotonic()
        rng = np.random.default_rng((seed, epoch))
        own_seed = np.random.SeedSequence((seed, epoch, group.rank)).generate_state(1)[0]
        torch.manual_seed(int(own_seed))
        examples = sample_examples(tensors, preset, rng)
        if not examples:
            raise InputError(
                "no candidate has two postings, or one and a stated part: there is nothing to"
                " learn from; import or simulate more events"
            )
        epoch_batches = list(batches(examples, config.batch_size, rng))
        model.train()
        total = torch.zeros(4, device=device)
        for number, batch in enumerate(epoch_batches):
            rate = learning_rate(preset, (epoch + number / len(epoch_batches)) / config.epochs)
            for parameters in optimiser.param_groups:
                parameters["lr"] = rate
            optimiser.zero_grad()
            sums = _add_gradients(model, tensors, preset, batch[group.rank :: group.size])
            total += _sum_gradients(model, sums, group)
            nn.utils.clip_grad_norm_(model.parameters(), config.gradient_norm)
            optimiser.step()
        validated = validate(model, tensors, preset, group)
        record = _record(epoch, preset, total, validated, rate=rate, started=started, device=device)
        if group.is_leader:
            checkpoint.save(model, optimiser, asdict(record))
        on_epoch(record)
    return model.cpu()


def _add_gradients(
    model: EncoderDecoder, tensors: TrainingTensors, preset: Preset, examples: Sequence[Example]
) -> Tensor:
    """Compute the gradients of this process's part of a batch; returns its `_sums`."""
    config, device = preset.training, tensors.ids.device
    if not examples:  # the last batch of tiny data can be smaller than the group
        return torch.zeros(4, device=device)
    batch = collate(examples).to(device)
    if len(tensors.seen) <= config.softmax_postings:
        competitors = full_softmax(tensors.seen)
    else:
        competitors = sampled_softmax(tensors.seen, config.sampled_postings, batch)
    kept = (torch.rand(len(tensors.ids)) >= config.id_dropout).to(device)
    loss = batch_loss(model, tensors, batch, competitors, tensors.ids * kept)
    loss.loss.backward()  # type: ignore[no-untyped-call]
    return _sums(loss)


def _require_one_device_type(group: ProcessGroup, device: torch.device) -> None:
    """Refuse a group of CPUs and GPUs: they round differently, and the models would differ."""
    with_gpu = int(group.sum_over_processes(torch.tensor(float(device.type == "cuda"))))
    if with_gpu not in {0, group.size}:
        raise SettingsError(
            f"{with_gpu} of {group.size} training processes have a GPU and the others have none; "
            "use training.device=cpu, or hosts that have one each"
        )


def validate(
    model: EncoderDecoder, tensors: TrainingTensors, preset: Preset, group: ProcessGroup
) -> Tensor:
    """Measure the held-out candidates over the whole catalogue.

    Returns:
        Sums over all processes, (4,) float32: loss in nats, first-step hits, targets, examples.
    """
    model.eval()
    device = tensors.ids.device
    sums = torch.zeros(4, device=device)
    examples = sorted(validation_examples(tensors, preset), key=lambda e: len(e.rows))
    own = examples[group.rank :: group.size]
    competitors = full_softmax(torch.arange(len(tensors.train.catalogue), device=device))
    with torch.inference_mode():
        for first in range(0, len(own), _VALIDATION_BATCH):
            batch = collate(own[first : first + _VALIDATION_BATCH]).to(device)
            sums += _sums(batch_loss(model, tensors, batch, competitors, tensors.ids))
    return group.sum_over_processes(sums)


def learning_rate(preset: Preset, progress: float) -> float:
    """Return the rate at a share of the training: a linear warm-up, then cosine annealing.

    Cosine annealing is that of Loshchilov and Hutter, SGDR, 2017, without restarts.
    """
    peak = preset.training.learning_rate
    if progress < _WARM_UP_SHARE:
        return peak * (progress + 0.01) / (_WARM_UP_SHARE + 0.01)
    cosine = (1 + math.cos(math.pi * (progress - _WARM_UP_SHARE) / (1 - _WARM_UP_SHARE))) / 2
    return peak * (_FINAL_RATE_SHARE + (1 - _FINAL_RATE_SHARE) * cosine)


def _sum_gradients(model: nn.Module, sums: Tensor, group: ProcessGroup) -> Tensor:
    """Sum gradients and sums over the processes in one exchange; divide gradients by targets."""
    parameters = list(model.parameters())
    flat = torch.cat([*(_gradient(parameter).flatten() for parameter in parameters), sums])
    total = group.sum_over_processes(flat)
    sums = total[-len(sums) :]
    sizes = [parameter.numel() for parameter in parameters]
    gradients = torch.split(total[: -len(sums)] / sums[2], sizes)
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = gradient.view_as(parameter)
    return sums


def _gradient(parameter: nn.Parameter) -> Tensor:
    return torch.zeros_like(parameter) if parameter.grad is None else parameter.grad


def _sums(loss: BatchLoss) -> Tensor:
    """Return loss, first-step hits, targets and examples, (4,) float32."""
    summed, hits = loss.loss.detach(), loss.hits.to(torch.float32)
    counts = torch.tensor([loss.targets, loss.examples], dtype=torch.float32)
    return torch.cat([torch.stack([summed, hits]), counts.to(summed.device)])


def _record(
    epoch: int,
    preset: Preset,
    trained: Tensor,
    validated: Tensor,
    *,
    rate: float,
    started: float,
    device: torch.device,
) -> EpochRecord:
    loss, hits, targets, examples = trained.tolist()
    held_loss, held_hits, held_targets, held = validated.tolist()
    return EpochRecord(
        epoch=epoch + 1,
        epochs=preset.training.epochs,
        loss=loss / targets,
        accuracy=hits / examples,
        validation_loss=held_loss / held_targets if held else None,
        validation_accuracy=held_hits / held if held else None,
        learning_rate=rate,
        examples=int(examples),
        seconds=round(time.monotonic() - started, 3),
        device=str(device),
    )
