"""A profile as the encoder reads it."""

from dataclasses import dataclass

import numpy as np
import torch

from streaming.ranking import Profile
from training.features import STEP_KINDS, Embedder, StatedStep, of_stated, stated_steps
from training.model import EncoderDecoder, Steps
from training.moments import MOMENT_NUMBERS, micros, moments
from training.prepared import PreparedCatalogue
from training.presets import Preset


@dataclass(frozen=True)
class PastEvent:
    """A step that is an event."""

    kind: str
    row: int
    """Of its posting in the prepared catalogue."""


Part = PastEvent | StatedStep
"""What a step stands for."""


@dataclass(frozen=True, eq=False)
class Reading:
    """The steps of one profile and what they stand for."""

    steps: Steps
    """Of one profile: B is 1."""
    parts: tuple[Part, ...]
    """L of them."""


def read(
    profile: Profile,
    as_of: str,
    prepared: PreparedCatalogue,
    *,
    model: EncoderDecoder,
    embedder: Embedder,
    preset: Preset,
) -> Reading | None:
    """Turn a profile into steps, as in training: stated entries, then events.

    An event whose posting the catalogue lacks is skipped, and counts once the posting is there.

    Returns:
        None for a profile that says nothing.
    """
    rows = prepared.catalogue.rows
    stated = stated_steps(profile.get("stated"), preset.model)
    known = [event for event in profile.get("events") or () if event["posting_id"] in rows]
    events = known[-preset.model.most_events :]
    past = [PastEvent(str(event["kind"]), rows[event["posting_id"]]) for event in events]
    parts: tuple[Part, ...] = (*stated, *past)
    if not parts:
        return None
    features = of_stated(stated, embedder, preset.model)
    said = model.posting_vectors(
        torch.from_numpy(features.text),
        torch.from_numpy(features.words),
        torch.from_numpy(features.fields),
        torch.zeros(len(stated), dtype=torch.int64),
    )
    done = prepared.vectors[[event.row for event in past]]
    times = np.array([micros(event["event_time"]) for event in events], dtype=np.int64)
    lasted = np.array([event.get("duration_seconds") or 0.0 for event in events], dtype=np.float32)
    when = np.zeros((len(parts), MOMENT_NUMBERS), dtype=np.float32)
    when[len(stated) :] = moments(times, lasted, micros(as_of))
    steps = Steps(
        vectors=torch.cat([said, done])[None],
        kinds=torch.tensor([[STEP_KINDS.index(part.kind) for part in parts]]),
        moments=torch.from_numpy(when)[None],
        lengths=torch.tensor([len(parts)]),
    )
    return Reading(steps, parts)
