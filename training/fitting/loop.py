"""The training loop.

    careerstream train                                             one command, two processes here
    python -m training.fitting.worker SPEC.json                            one process
    horovodrun -np 2 python -m training.fitting.worker SPEC.json           two on this machine
    horovodrun -H a:2,b:2 python -m training.fitting.worker SPEC.json      N over hosts with a
    shared folder

`training.fitting.fit.prepare_run` writes SPEC.json and the features that it names.

All randomness comes from (seed, epoch, rank), so a run that resumes at an epoch goes on exactly as
if it had never stopped. A batch is divided among the processes, and gradients are summed before
they are divided by the number of targets: the curve hardly depends on how many there are.
"""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from streaming.errors import InputError, SettingsError
from training.fitting.checkpoint import Checkpoint
from training.fitting.determinism import repeatable
from training.fitting.devices import CPU
from training.fitting.distributed import Group
from training.model.examples import Example, batches, draw, pad, validation_examples
from training.model.loss import Outcome, evaluate, everything, sample
from training.model.network import EncoderDecoder
from training.model.presets import Preset
from training.model.training_tensors import Material

_WARM_UP = 0.05
_LAST_RATE = 0.05
_VALIDATION_BATCH = 128


@dataclass(frozen=True)
class EpochRecord:
    """One epoch's numbers; losses are per target, in nats; accuracies of the first step."""

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
    """Where the leader computed: `cpu`, `cuda:0`."""

    def to_json(self) -> dict[str, Any]:
        """Return the numbers by name."""
        return asdict(self)


@repeatable()
def train(
    material: Material,
    preset: Preset,
    seed: int,
    *,
    group: Group,
    checkpoint: Checkpoint,
    on_epoch: Callable[[EpochRecord], None],
    device: torch.device = CPU,
) -> EncoderDecoder:
    """Train from the checkpoint on.

    Args:
        material: the data.
        preset: shape and training.
        seed: of everything random.
        group: the processes; each passes the same other arguments.
        checkpoint: where to go on from and what to write; only the leader writes.
        on_epoch: called after each epoch, when its checkpoint is written.
        device: of this process (`training.fitting.devices`), of one type in all of them. Examples
        and
            batches are the same on every device, what is dropped is not; a run may be resumed on
            another one.

    Returns:
        The model, on the CPU.

    Raises:
        InputError: the data hold nothing to foretell.
        SettingsError: some processes have a GPU and others have none.
    """
    _agree(group, device)
    config = preset.training
    torch.manual_seed(seed)
    model = EncoderDecoder(preset.model, len(material.seen))
    group.share(model.state_dict())
    model, material = model.to(device), material.to(device)
    optimiser = torch.optim.AdamW(
        model.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay
    )
    done = checkpoint.restore(model, optimiser)
    for epoch in range(done, config.epochs):
        began = time.monotonic()
        rng = np.random.default_rng((seed, epoch))
        torch.manual_seed(_mixed(seed, epoch, group.rank))
        examples = draw(material, preset, rng)
        if not examples:
            raise InputError(
                "no candidate has two postings, or one and a stated part: there is nothing to"
                " learn from; import or simulate more events"
            )
        cut = list(batches(examples, config.batch_size, rng))
        model.train()
        total = torch.zeros(4, device=device)
        for number, whole in enumerate(cut):
            rate = learning_rate(preset, (epoch + number / len(cut)) / config.epochs)
            for part in optimiser.param_groups:
                part["lr"] = rate
            optimiser.zero_grad()
            sums = _learn(model, material, preset, whole[group.rank :: group.size])
            total += _share_gradients(model, sums, group)
            nn.utils.clip_grad_norm_(model.parameters(), config.gradient_norm)
            optimiser.step()
        checked = validate(model, material, preset, group)
        record = _record(epoch, preset, total, checked, rate=rate, began=began, device=device)
        if group.leads:
            checkpoint.save(model, optimiser, record.to_json())
        on_epoch(record)
    return model.cpu()


def _learn(
    model: EncoderDecoder, material: Material, preset: Preset, mine: Sequence[Example]
) -> Tensor:
    """Add the gradients of this process's part of a batch; returns its `_sums`."""
    config, device = preset.training, material.ids.device
    if not mine:  # the last batch of tiny data can be smaller than the group
        return torch.zeros(4, device=device)
    batch = pad(mine).to(device)
    rivals = sample(material.seen, config.softmax_postings, batch)
    kept = (torch.rand(len(material.ids)) >= config.id_dropout).to(device)
    outcome = evaluate(model, material, batch, rivals, material.ids * kept)
    outcome.loss.backward()  # type: ignore[no-untyped-call]
    return _sums(outcome)


def _agree(group: Group, device: torch.device) -> None:
    """Refuse a group of CPUs and GPUs: they round differently, and the models would part."""
    with_gpu = int(group.total(torch.tensor(float(device.type == "cuda"))))
    if with_gpu not in {0, group.size}:
        raise SettingsError(
            f"{with_gpu} of {group.size} training processes have a GPU and the others have none; "
            "use training.device=cpu, or hosts that have one each"
        )


def validate(model: EncoderDecoder, material: Material, preset: Preset, group: Group) -> Tensor:
    """Measure the held-out candidates over the whole catalogue.

    Returns:
        Sums over all processes: loss, first-step hits, targets, examples; (4,) float32.
    """
    model.eval()
    device = material.ids.device
    sums = torch.zeros(4, device=device)
    held_out = sorted(validation_examples(material, preset), key=lambda e: len(e.rows))
    mine = held_out[group.rank :: group.size]
    rivals = everything(torch.arange(len(material.train.catalogue), device=device))
    with torch.inference_mode():
        for first in range(0, len(mine), _VALIDATION_BATCH):
            batch = pad(mine[first : first + _VALIDATION_BATCH]).to(device)
            sums += _sums(evaluate(model, material, batch, rivals, material.ids))
    return group.total(sums)


def learning_rate(preset: Preset, progress: float) -> float:
    """Return the rate at a share of the training: a short rise, then half a cosine down."""
    peak = preset.training.learning_rate
    if progress < _WARM_UP:
        return peak * (progress + 0.01) / (_WARM_UP + 0.01)
    fallen = (1 + math.cos(math.pi * (progress - _WARM_UP) / (1 - _WARM_UP))) / 2
    return peak * (_LAST_RATE + (1 - _LAST_RATE) * fallen)


def _share_gradients(model: nn.Module, sums: Tensor, group: Group) -> Tensor:
    """Add up gradients and sums over the processes in one exchange, then divide by targets."""
    parameters = list(model.parameters())
    flat = torch.cat([*(_gradient(parameter).flatten() for parameter in parameters), sums])
    total = group.total(flat)
    sums = total[-len(sums) :]
    sizes = [parameter.numel() for parameter in parameters]
    parts = torch.split(total[: -len(sums)] / sums[2], sizes)
    for parameter, part in zip(parameters, parts, strict=True):
        parameter.grad = part.view_as(parameter)
    return sums


def _gradient(parameter: nn.Parameter) -> Tensor:
    return torch.zeros_like(parameter) if parameter.grad is None else parameter.grad


def _mixed(*numbers: int) -> int:
    """Make one seed of several numbers."""
    return int(np.random.SeedSequence(numbers).generate_state(1)[0])


def _sums(outcome: Outcome) -> Tensor:
    loss, hits = outcome.loss.detach(), outcome.hits.to(torch.float32)
    counts = torch.tensor([outcome.targets, outcome.examples], dtype=torch.float32)
    return torch.cat([torch.stack([loss, hits]), counts.to(loss.device)])


def _record(
    epoch: int,
    preset: Preset,
    trained: Tensor,
    checked: Tensor,
    *,
    rate: float,
    began: float,
    device: torch.device,
) -> EpochRecord:
    loss, hits, targets, examples = trained.tolist()
    held_loss, held_hits, held_targets, held = checked.tolist()
    return EpochRecord(
        epoch=epoch + 1,
        epochs=preset.training.epochs,
        loss=loss / targets,
        accuracy=hits / examples,
        validation_loss=held_loss / held_targets if held else None,
        validation_accuracy=held_hits / held if held else None,
        learning_rate=rate,
        examples=int(examples),
        seconds=round(time.monotonic() - began, 3),
        device=str(device),
    )
