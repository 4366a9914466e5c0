"""A past list made again by what serves, and compared byte for byte with the recorded one."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any

import orjson

from streaming.contract.records import Recommendation, to_json
from streaming.serving.bundles import Bundle
from streaming.serving.list_values import make_recommendations
from streaming.serving.ranker import Profile

MAX_DIFFERENCES = 10
"""Differences that are listed."""


@dataclass(frozen=True)
class Replay:
    """A list made again."""

    recorded: bytes
    """As canonical JSON: Δ decisions holds columns, so both sides are written by the contract."""
    value: Mapping[str, Any]
    """As `make_recommendations` makes it."""
    size: int
    """The most postings that it may hold, which is not recorded."""

    @property
    def replayed(self) -> bytes:
        """The list made again, as canonical JSON."""
        return canonical(self.value)

    @property
    def identical(self) -> bool:
        """Whether both are the same bytes."""
        return self.recorded == self.replayed

    def report(self) -> dict[str, Any]:
        """Return the comparison as JSON."""
        return {
            "identical": self.identical,
            "bytes": len(self.recorded),
            "recorded_sha256": hashlib.sha256(self.recorded).hexdigest(),
            "replayed_sha256": hashlib.sha256(self.replayed).hexdigest(),
            "size": self.size,
            "differences": differences(self.recorded, self.replayed),
        }


def canonical(value: Mapping[str, Any]) -> bytes:
    """Return a list as the contract writes it: absent fields left out, times canonical."""
    return to_json(Recommendation.model_validate(value))


def replay(
    profile: Profile, bundle: Bundle, recorded: Recommendation, sizes: Sequence[int]
) -> Replay:
    """Make a recorded list again, by the functions that serve.

    Args:
        profile: the recorded version.
        bundle: of the recorded versions of model and catalogue.
        recorded: the list as it was published; its rollout and its share to shuffle are taken.
        sizes: of which one is that of the list; the first is taken where none gives its bytes.
    """
    as_recorded = to_json(recorded)
    share = None if recorded.shuffle is None else recorded.shuffle.propensity
    bundle = replace(bundle, versions=replace(bundle.versions, shuffle_share=share))
    assignment = None if recorded.rollout is None else recorded.rollout.model_dump(mode="json")
    replays = (
        Replay(as_recorded, make_recommendations([profile], bundle, size, assignment)[0], size)
        for size in sizes
    )
    first = next(replays)
    if first.identical:
        return first
    return next((one for one in replays if one.identical), first)


def differences(recorded: bytes, replayed: bytes) -> list[str]:
    """Say in which fields and places two lists differ."""
    return list(_differences(orjson.loads(recorded), orjson.loads(replayed)))[:MAX_DIFFERENCES]


def _differences(recorded: dict[str, Any], replayed: dict[str, Any]) -> Iterator[str]:
    for name in sorted({*recorded, *replayed} - {"items"}):
        if recorded.get(name) != replayed.get(name):
            yield f"{name}: {recorded.get(name)} was recorded, {replayed.get(name)} comes now"
    nothing: dict[str, Any] = {}
    pairs = zip_longest(recorded["items"], replayed["items"], fillvalue=nothing)
    for place, (before, now) in enumerate(pairs, start=1):
        if before.get("posting_id") != now.get("posting_id"):
            ids = (one.get("posting_id", "nothing") for one in (before, now))
            yield "place {}: {} was recorded, {} comes now".format(place, *ids)
            continue
        names = [name for name in {**before, **now} if before.get(name) != now.get(name)]
        if names:
            yield f"place {place}: {', '.join(names)} of {now['posting_id']}"
