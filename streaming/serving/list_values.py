"""Values of the topic recommendations: one model's lists for some profiles."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from streaming.contract.records import ANONYMOUS, SCHEMA_VERSION
from streaming.serving.bundles import Bundle
from streaming.serving.champion import ServingVersions
from streaming.serving.exploration.shuffling import shuffle, shuffle_assignment
from streaming.serving.ranker import Profile, RankedItem
from streaming.timestamps import parse_timestamp
from streaming.wishes.hard_wish_reasons import hard_wish_reasons


def make_recommendations(
    profiles: Sequence[Profile],
    bundle: Bundle,
    size: int,
    assignment: Mapping[str, Any] | None = None,
) -> list[dict[str, Any]]:
    """Rank for some profiles by the bundle's own model, not by its challenger.

    `assignment` is a value of `records.RolloutAssignment`, if the candidates are in a rollout.

    Returns:
        Values of `records.Recommendation`, ready to be written as JSON.
    """
    as_of = [profile["as_of"] for profile in profiles]
    lists = bundle.ranker().rank(profiles, as_of, bundle.prepared_path(), size)
    return [
        recommendation_value(profile, items, bundle.versions, assignment)
        for profile, items in zip(profiles, lists, strict=True)
    ]


def anonymous_profile(as_of: str) -> Profile:
    """Return the empty profile of an anonymous visitor; its version grows with `as_of`."""
    return {
        "schema_version": SCHEMA_VERSION,
        "candidate_id": ANONYMOUS,
        "version": round(parse_timestamp(as_of).timestamp() * 1_000_000),
        "offsets": {},
        "as_of": as_of,
        "events": [],
        "applied": [],
        "dismissed": [],
    }


def recommendation_value(
    profile: Profile,
    items: list[RankedItem],
    versions: ServingVersions,
    assignment: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return a value of `records.Recommendation`, ready to be written as JSON.

    The reasons of each item are the ranker's, and one for each hard wish, which all items meet. The
    list for everybody is never shuffled.
    """
    if asked := hard_wish_reasons(profile):
        items = [item | {"reasons": [*item["reasons"], *asked]} for item in items]
    personal = profile["candidate_id"] != ANONYMOUS
    list_id = recommendation_id(profile, versions, assignment)
    shuffled = None
    if personal and versions.shuffle_share is not None:
        shuffled = shuffle_assignment(list_id, versions.shuffle_share)
        items = shuffle(items, list_id) if shuffled["shuffled"] else items
    value = {
        "schema_version": SCHEMA_VERSION,
        "recommendation_id": list_id,
        "candidate_id": profile["candidate_id"],
        "personal": personal,
        "profile_version": profile["version"],
        "model_name": versions.model_name,
        "model_version": versions.model_version,
        "catalogue_version": versions.catalogue_version,
        "as_of": profile["as_of"],
        "items": items,
    }
    if profile.get("triggered_by"):
        value["triggered_by"] = profile["triggered_by"]
    if assignment is not None:
        value["rollout"] = {**assignment}
    if shuffled is not None:
        value["shuffle"] = shuffled
    return value


def recommendation_id(
    profile: Profile, versions: ServingVersions, assignment: Mapping[str, Any] | None = None
) -> str:
    """Hash what a list is made from: candidate, profile, versions, rollout, share to shuffle."""
    parts = [
        profile["candidate_id"],
        str(profile["version"]),
        versions.model_name,
        versions.model_version,
        str(versions.catalogue_version),
    ]
    if assignment is not None:
        parts.append(assignment["rollout_id"])
    if versions.shuffle_share is not None and profile["candidate_id"] != ANONYMOUS:
        parts.append(f"shuffle {versions.shuffle_share!r}")
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()[:32]
