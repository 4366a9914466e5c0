"""Trainings that go on from an earlier model: whether there is a reason to, and how they begin."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from streaming.errors import ModelError, one_line
from streaming.settings import TrainingSettings
from training.data.drift import Drift
from training.model.network import EncoderDecoder
from training.model.presets import Preset
from training.ranking.encoder_decoder_ranker import EncoderDecoderRanker

_IDS = "ids.weight"
_EPOCHS = 2
_RATE = 0.3
"""Of the preset's learning rate: what is known shall not be overwritten."""


@dataclass(frozen=True)
class Decision:
    """Whether to train on new events, and why."""

    needed: bool
    text: str
    """The reason, with the numbers."""


def decide(drift: Drift, settings: TrainingSettings) -> Decision:
    """Decide by the number of new events, and by the field that drifted most."""
    share = drift.after / max(drift.before, 1)
    field, stability = drift.largest
    reasons = {
        f"{drift.after} new events are {share:.1%} of those trained on, at least the"
        f" {settings.retrain_share:.1%} of training.retrain_share": share >= settings.retrain_share,
        f"the {field} of postings turned to has a population stability index of {stability:.2f},"
        f" at least the {settings.retrain_drift:g} of training.retrain_drift": stability
        >= settings.retrain_drift,
    }
    needed = [reason for reason, holds in reasons.items() if holds and drift.after]
    if needed:
        return Decision(needed=True, text="; ".join(needed))
    measured = f"{stability:.2f} ({field})" if drift.stability else "not measured, too few events"
    return Decision(
        needed=False,
        text=f"{drift.after} new events, {share:.1%} of those trained on (training.retrain_share"
        f" {settings.retrain_share:.1%}); population stability index {measured}"
        f" (training.retrain_drift {settings.retrain_drift:g})",
    )


def continued(preset: Preset) -> Preset:
    """Return the preset of a training that goes on: few epochs at a low learning rate.

    Nothing is chosen by a validation part then, so that the newest events are trained on, too.
    """
    training = preset.training.model_copy(
        update={
            "epochs": _EPOCHS,
            "learning_rate": preset.training.learning_rate * _RATE,
            "validation_split": 0.0,
        }
    )
    return preset.model_copy(update={"training": training})


def warm_start(model: EncoderDecoder, folder: Path, ids: Sequence[str]) -> None:
    """Give a network the weights of the encoder-decoder in a model folder.

    `ids` are the postings that have an id block in the network, in the order of its numbers. Those
    that the earlier model lacks keep the block that they begin with.

    Raises:
        ModelError: the folder is incomplete, or the earlier network has another shape.
    """
    earlier = EncoderDecoderRanker.load(folder)
    weights, table = earlier.model.state_dict(), model.get_parameter(_IDS).detach().clone()
    numbers = {posting_id: number for number, posting_id in enumerate(earlier.ids, start=1)}
    known = torch.tensor([0, *(numbers.get(posting_id, 0) for posting_id in ids)])
    try:
        table[known > 0] = weights[_IDS][known[known > 0]].to(table.device)
        model.load_state_dict(weights | {_IDS: table})
    except (RuntimeError, IndexError) as error:
        raise ModelError(
            f"the model in {folder} has another shape ({one_line(error)}); train without it"
        ) from error
