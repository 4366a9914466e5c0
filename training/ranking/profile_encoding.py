"""A profile as the encoder reads it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from streaming.serving.ranker import Profile
from training.model.features import STEP_KINDS, StatedStep, stated_steps
from training.model.presets import ModelConfig
from training.model.time_encoding import MOMENT_NUMBERS, micros, moments
from training.ranking.numpy_network import Reading
from training.ranking.prepared_catalogue import PreparedCatalogue

_KIND_NUMBERS = {kind: number for number, kind in enumerate(STEP_KINDS)}


@dataclass(frozen=True, slots=True)
class PastEvent:
    """A step that is an event."""

    kind: str
    row: int
    """Of its posting in the prepared catalogue."""


Part = PastEvent | StatedStep
"""What a step stands for."""


def read(
    asked: Sequence[tuple[Profile, int]],
    prepared: PreparedCatalogue,
    said: Callable[[StatedStep], np.ndarray],
    config: ModelConfig,
) -> list[tuple[Reading, tuple[Part, ...]] | None]:
    """Turn profiles into steps, as in training: stated entries, then events.

    An event whose posting the catalogue lacks is skipped, and counts once the posting is there.

    Args:
        asked: values of the topic `profiles`, each with the moment that ages are taken at,
            microseconds since 1970.
        prepared: the catalogue.
        said: gives the (D,) vector of a stated entry.
        config: says how much is read.

    Returns:
        For each its steps and what each stands for; None for a profile that says nothing.
    """
    rows = prepared.catalogue.rows
    known = [
        [event for event in profile.get("events") or () if event["posting_id"] in rows]
        for profile, _ in asked
    ]
    events = [some[-config.most_events :] for some in known]
    when = _moments(events, [moment for _, moment in asked])
    found: list[tuple[Reading, tuple[Part, ...]] | None] = []
    for (profile, _), some, own in zip(asked, events, when, strict=True):
        stated = stated_steps(profile.get("stated"), config)
        past = [PastEvent(str(event["kind"]), rows[event["posting_id"]]) for event in some]
        done = prepared.vectors[[event.row for event in past]]
        vectors = [*(said(step)[None] for step in stated), done]
        parts: tuple[Part, ...] = (*stated, *past)
        found.append((_reading(vectors, parts, own), parts) if parts else None)
    return found


def _reading(vectors: Sequence[np.ndarray], parts: Sequence[Part], when: np.ndarray) -> Reading:
    """Put the L steps of a profile together; the last E are events, and `when` is (E, M)."""
    kinds = np.array([_KIND_NUMBERS[part.kind] for part in parts])
    moments_of = np.zeros((len(parts), MOMENT_NUMBERS), dtype=np.float32)
    moments_of[len(parts) - len(when) :] = when
    return Reading(np.concatenate(vectors), kinds, moments_of)


def _moments(
    events: Sequence[Sequence[Mapping[str, Any]]], as_of: Sequence[int]
) -> list[np.ndarray]:
    """Tell of each profile's events their age and duration, (E, M) each (`moments.moments`)."""
    counts = [len(some) for some in events]
    flat = [event for some in events for event in some]
    times = np.array([micros(event["event_time"]) for event in flat], dtype=np.int64)
    lasted = np.array([event.get("duration_seconds") or 0.0 for event in flat], dtype=np.float32)
    found = moments(times, lasted, np.repeat(np.array(as_of, dtype=np.int64), counts))
    ends = np.cumsum(counts).tolist()
    return [found[end - count : end] for count, end in zip(counts, ends, strict=True)]
