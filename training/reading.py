"""A profile as the encoder reads it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from streaming.ranking import Profile
from training.features import STEP_KINDS, StatedStep, stated_steps
from training.inference import Reading
from training.moments import MOMENT_NUMBERS, micros, moments
from training.prepared import PreparedCatalogue
from training.presets import ModelConfig


@dataclass(frozen=True)
class PastEvent:
    """A step that is an event."""

    kind: str
    row: int
    """Of its posting in the prepared catalogue."""


Part = PastEvent | StatedStep
"""What a step stands for."""


def read(
    profile: Profile,
    as_of: int,
    prepared: PreparedCatalogue,
    said: Callable[[StatedStep], np.ndarray],
    config: ModelConfig,
) -> tuple[Reading, tuple[Part, ...]] | None:
    """Turn a profile into steps, as in training: stated entries, then events.

    An event whose posting the catalogue lacks is skipped, and counts once the posting is there.

    Args:
        profile: value of the topic `profiles`.
        as_of: the moment ages are taken at, microseconds since 1970.
        prepared: the catalogue.
        said: gives the (D,) vector of a stated entry.
        config: says how much is read.

    Returns:
        The steps and what each stands for; None for a profile that says nothing.
    """
    rows = prepared.catalogue.rows
    stated = stated_steps(profile.get("stated"), config)
    known = [event for event in profile.get("events") or () if event["posting_id"] in rows]
    events = known[-config.most_events :]
    past = [PastEvent(str(event["kind"]), rows[event["posting_id"]]) for event in events]
    parts: tuple[Part, ...] = (*stated, *past)
    if not parts:
        return None
    done = prepared.vectors[[event.row for event in past]]
    vectors = np.concatenate([np.stack([said(step) for step in stated]), done]) if stated else done
    times = np.array([micros(event["event_time"]) for event in events], dtype=np.int64)
    lasted = np.array([event.get("duration_seconds") or 0.0 for event in events], dtype=np.float32)
    when = np.zeros((len(parts), MOMENT_NUMBERS), dtype=np.float32)
    when[len(stated) :] = moments(times, lasted, as_of)
    kinds = np.array([STEP_KINDS.index(part.kind) for part in parts])
    return Reading(vectors, kinds, when), parts
