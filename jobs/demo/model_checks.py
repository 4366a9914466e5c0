"""Checks of the model: recommendations for stated skills, and the topic against `predict`."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import orjson
import pandas as pd

from jobs.demo.demo_data import EXAMPLE_SKILLS, misspell, occupation_names, stated_profiles
from jobs.demo.stream_checks import newest_values
from streaming.contract.records import ANONYMOUS, Item
from streaming.contract.topics import PROFILES, RECOMMENDATIONS
from streaming.profiles.fold import Document
from streaming.serving.bundles import Bundle, BundleStore
from streaming.serving.champion import ServingVersions
from streaming.serving.list_values import anonymous_profile
from streaming.serving.ranker import Profile, RankedItem
from streaming.settings import Settings

TOP = 10


def occupation_check(bundle: Bundle, as_of: str) -> dict[str, Any]:
    """Count postings of the stated occupation in the top ten of the champion and of popularity.

    A profile states three skills of an occupation, in one of two languages, with and without a
    typing error in each skill. A posting's field `occupation`, which the model sees as one word
    among others, says to which it belongs.
    """
    prepared = bundle.prepared_path()
    ranker, catalogue = bundle.ranker(), bundle.catalogue()
    names = occupation_names()

    def hits(profile: Profile, items: list[RankedItem]) -> int:
        occupation = names[profile["candidate_id"].partition("/")[0]]
        rows = [catalogue.rows[item["posting_id"]] for item in items]
        return sum(catalogue.table.column("occupation")[row].as_py() in occupation for row in rows)

    def top(profiles: Sequence[Profile]) -> list[list[RankedItem]]:
        return ranker.rank(profiles, [as_of] * len(profiles), prepared, TOP)

    profiles, misspelt_profiles = stated_profiles(as_of), stated_profiles(as_of, misspell)
    (popular,) = top([anonymous_profile(as_of)])
    counts = map(hits, profiles, top(profiles))
    by_profile = dict(zip((p["candidate_id"] for p in profiles), counts, strict=True))
    champion, baseline = sum(by_profile.values()), sum(hits(p, popular) for p in profiles)
    return {
        "occupations": len(names),
        "profiles": len(profiles),
        "of_the_stated_occupation": champion,
        "of_the_stated_occupation_misspelt": sum(
            map(hits, misspelt_profiles, top(misspelt_profiles))
        ),
        "of_the_stated_occupation_most_popular": baseline,
        "ratio": round(champion / max(baseline, 1), 1),
        "fewest": min(by_profile.values()),
        "by_profile": by_profile,
    }


def offline_check(store: BundleStore, settings: Settings) -> dict[str, Any]:
    """Compare every list on the topic with what the registered model predicts."""
    profiles = newest_values(settings.kafka, PROFILES)
    by_versions: defaultdict[ServingVersions, list[Document]] = defaultdict(list)
    for value in newest_values(settings.kafka, RECOMMENDATIONS).values():
        versions = ServingVersions(
            value["model_name"], value["model_version"], value["catalogue_version"]
        )
        by_versions[versions].append(value)
    outcome: Counter[str] = Counter()
    for versions, values in by_versions.items():
        outcome += _compare(store.get(versions), values, profiles, settings.recommend.list_size)
    return {
        "lists": sum(map(len, by_versions.values())),
        "equal": outcome["equal"],
        "different": outcome["different"],
        "profile_moved_on": outcome["profile moved on"],
        "versions": [versions.label for versions in sorted(by_versions)],
    }


def choose_examples(settings: Settings, simulated: bool, count: int = 3) -> list[str]:
    """Choose candidates to show: those of the demo, then the ones with the most events."""
    shown = list(EXAMPLE_SKILLS) if simulated else []
    profiles = newest_values(settings.kafka, PROFILES)
    others = profiles.keys() - EXAMPLE_SKILLS.keys()
    busiest = sorted(others, key=lambda key: (-len(profiles[key]["events"]), key))
    return (shown + busiest)[:count]


def _compare(
    bundle: Bundle, values: list[Document], profiles: dict[str, Document], size: int
) -> Counter[str]:
    import mlflow  # noqa: PLC0415 - seconds

    model = mlflow.pyfunc.load_model(str(bundle.model_path()))
    outcome: Counter[str] = Counter()
    matched = []
    for value in values:
        key = value["candidate_id"]
        profile = anonymous_profile(value["as_of"]) if key == ANONYMOUS else profiles[key]
        if profile["version"] == value["profile_version"]:
            matched.append((value, profile))
        else:
            outcome["profile moved on"] += 1
    rows = pd.DataFrame(
        {
            "profile": [orjson.dumps(profile).decode() for _, profile in matched],
            "as_of": [value["as_of"] for value, _ in matched],
        }
    )
    params = {"size": size, "catalogue": str(bundle.prepared_path())}
    predicted = model.predict(rows, params=params)["items"] if matched else []
    for (value, _), items in zip(matched, predicted, strict=True):
        same = _as_records(items) == _as_records(value["items"])
        outcome["equal" if same else "different"] += 1
    return outcome


def _as_records(items: Iterable[Document]) -> list[Item]:
    """Return items in a form in which null and absent are one."""
    return [Item.model_validate(item) for item in items]
