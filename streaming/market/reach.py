"""The postings within a candidate's reach: their own list, made longer, seen from the other side.

A candidate fits a posting as far as they would turn to it (the probability in their own list) and
have what it asks for (the share of its requirements). Who did something lately is likelier to turn
to anything soon (`activity`). Both halves come from the ranker that makes lists,
so there is no second truth. Only people who agreed to be shown (`Stated.contactable`) reach
anything, and nobody reaches an employer of whom they dismissed a posting; employers whom they
blocked are in no list.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from streaming.contract.reaches import Reach, ReachedPosting
from streaming.market.activity import log2_activity
from streaming.serving.catalogue import Catalogue
from streaming.serving.champion import ServingVersions
from streaming.serving.ranker import (
    NO_REQUIREMENT,
    Profile,
    RankedItem,
    Ranker,
    Requirement,
    RequirementJudge,
)

MOST_WORDS = 5
"""Words of a reason that are kept."""


class Served(Protocol):
    """A model and what it has prepared for a catalogue, such as a `bundles.Bundle`."""

    def __hash__(self) -> int:
        """Equal ones hold the same catalogue."""
        ...

    @property
    def versions(self) -> ServingVersions:
        """The versions of both."""
        ...

    def ranker(self) -> Ranker:
        """Return the model's ranker."""
        ...

    def catalogue(self) -> Catalogue:
        """Return the catalogue."""
        ...

    def prepared_path(self) -> Path:
        """Return the folder that the model has prepared for the catalogue."""
        ...


@dataclass(frozen=True, eq=False)
class PreparedRanker:
    """A ranker and what it has prepared for a catalogue, outside the stream (`Served`)."""

    trained: Ranker
    postings: Catalogue
    folder: Path
    versions: ServingVersions

    def ranker(self) -> Ranker:
        """Return the ranker."""
        return self.trained

    def catalogue(self) -> Catalogue:
        """Return the catalogue."""
        return self.postings

    def prepared_path(self) -> Path:
        """Return the folder."""
        return self.folder


def make_reaches(
    profiles: Sequence[Profile], bundle: Served, size: int, half_life_days: float
) -> Iterator[Reach]:
    """Find out what each of some profiles reaches: at most `size` postings."""
    shown = [profile for profile in profiles if is_contactable(profile)]
    ranker, folder = bundle.ranker(), bundle.prepared_path()
    lists = iter(ranker.rank(shown, [profile["as_of"] for profile in shown], folder, size))
    for profile in profiles:
        reached: list[ReachedPosting] = []
        if is_contactable(profile):
            items = _of_welcome_employers(next(lists), profile, _catalogue(bundle))
            ids = [item["posting_id"] for item in items]
            judged = (
                ranker.requirements(profile, ids, folder)
                if isinstance(ranker, RequirementJudge)
                else [NO_REQUIREMENT] * len(ids)
            )
            alike = 1.0 / max(1, len(items))
            reached = [_reached(*pair, alike) for pair in zip(items, judged, strict=True)]
        yield Reach(
            candidate_id=profile["candidate_id"],
            profile_version=profile["version"],
            as_of=profile["as_of"],
            activity=log2_activity(profile, half_life_days) if reached else 0.0,
            model_name=bundle.versions.model_name,
            model_version=bundle.versions.model_version,
            catalogue_version=bundle.versions.catalogue_version,
            applied=[entry["posting_id"] for entry in profile.get("applied") or ()],
            postings=reached,
        )


def is_contactable(profile: Profile) -> bool:
    """Return whether a candidate agreed to be shown to employers."""
    return bool((profile.get("stated") or {}).get("contactable"))


@lru_cache(maxsize=2)
def _catalogue(bundle: Served) -> Catalogue:
    return bundle.catalogue()


def _of_welcome_employers(
    items: Sequence[RankedItem], profile: Profile, catalogue: Catalogue
) -> list[RankedItem]:
    rows, employers = catalogue.rows, catalogue.employer_numbers
    dismissed = {entry["posting_id"] for entry in profile.get("dismissed") or ()}
    unwelcome = {int(employers[rows[one]]) for one in dismissed if one in rows} - {0}  # unknown
    return [item for item in items if int(employers[rows[item["posting_id"]]]) not in unwelcome]


def _reached(item: RankedItem, judged: Requirement, alike: float) -> ReachedPosting:
    """Return a posting that is reached; `alike` is its probability if the model gives none."""
    first, probability = item["reasons"][0], item.get("probability")
    return ReachedPosting(
        posting_id=item["posting_id"],
        probability=alike if probability is None else probability,
        requirement=judged.share,
        met=list(judged.met),
        missing=list(judged.missing),
        kind=first["kind"],
        # Which postings somebody looked at is not the employer's business; what they state is.
        words=(first.get("words") or [])[:MOST_WORDS] if first["kind"] == "stated" else [],
    )
