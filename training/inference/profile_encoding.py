"""Profiles as the encoder reads them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from streaming.contract.records import EventKind
from streaming.serving.ranker import Profile
from training.inference.batch_invariant_ops import split_segments
from training.inference.numpy_network import EncoderInput
from training.inference.prepared_catalogue import PreparedCatalogue
from training.model.features import STEP_KINDS, StatedStep, stated_steps
from training.model.presets import ModelConfig
from training.model.time_encoding import EVENT_TIME_FEATURES, event_time_features, to_microseconds

_KIND_INDEX = {kind: index for index, kind in enumerate(STEP_KINDS)}


@dataclass(frozen=True, slots=True)
class EventStep:
    """A step that is an event."""

    kind: str
    row: int
    """The row of its posting in the prepared catalogue."""


ProfileStep = EventStep | StatedStep
"""A part of a profile that the encoder reads as one step."""


def dismissed_rows(steps: Sequence[ProfileStep]) -> set[int]:
    """Return the catalogue rows of the postings that steps dismiss."""
    events = (step for step in steps if isinstance(step, EventStep))
    return {step.row for step in events if step.kind == EventKind.DISMISS}


def encode_profiles(
    profiles: Sequence[tuple[Profile, int]],
    prepared: PreparedCatalogue,
    stated_vector: Callable[[StatedStep], np.ndarray],
    config: ModelConfig,
) -> list[tuple[EncoderInput, tuple[ProfileStep, ...]] | None]:
    """Turn profiles into encoder inputs, as in training: stated entries first, then events.

    An event whose posting the catalogue lacks is skipped until the posting is there. Each profile
    comes with the time at which ages are taken, microseconds since 1970; `stated_vector` returns
    the (D,) vector of a stated entry.

    Returns:
        For each profile the encoder's input and the steps it stands for; None for a profile that
        says nothing of what is wanted: without steps, or with dismissed postings alone.
    """
    rows = prepared.catalogue.rows
    events = [
        [event for event in profile.get("events") or () if event["posting_id"] in rows][
            -config.most_events :
        ]
        for profile, _ in profiles
    ]
    time_features = _time_features(events, [as_of for _, as_of in profiles])
    encoded: list[tuple[EncoderInput, tuple[ProfileStep, ...]] | None] = []
    for (profile, _), own_events, own_features in zip(profiles, events, time_features, strict=True):
        stated = stated_steps(profile.get("stated"), config)
        past = [EventStep(str(event["kind"]), rows[event["posting_id"]]) for event in own_events]
        steps: tuple[ProfileStep, ...] = (*stated, *past)
        if not stated and dismissed_rows(past).issuperset(step.row for step in past):
            encoded.append(None)
            continue
        event_vectors = prepared.vectors[[step.row for step in past]]
        vectors = np.concatenate([*(stated_vector(step)[None] for step in stated), event_vectors])
        encoded.append((_encoder_input(vectors, steps, own_features), steps))
    return encoded


def _encoder_input(
    vectors: np.ndarray, steps: Sequence[ProfileStep], event_features: np.ndarray
) -> EncoderInput:
    """Put the L steps of a profile together; the last E are events, with (E, M) features."""
    kinds = np.array([_KIND_INDEX[step.kind] for step in steps])
    features = np.zeros((len(steps), EVENT_TIME_FEATURES), dtype=np.float32)
    features[len(steps) - len(event_features) :] = event_features
    return EncoderInput(vectors, kinds, features)


def _time_features(
    events: Sequence[Sequence[Mapping[str, Any]]], as_of: Sequence[int]
) -> list[np.ndarray]:
    """Compute the time features of each profile's events, (E, M) each, in one call."""
    counts = np.array([len(own) for own in events], dtype=np.int64)
    flat = [event for own in events for event in own]
    times = np.array([to_microseconds(event["event_time"]) for event in flat], dtype=np.int64)
    given = np.array([event.get("duration_seconds") or 0.0 for event in flat], dtype=np.float64)
    durations = np.clip(given, 0.0, np.finfo(np.float32).max).astype(np.float32)
    ages_at = np.repeat(np.array(as_of, dtype=np.int64), counts)
    features = event_time_features(times, durations, ages_at)
    return split_segments(features, counts)
