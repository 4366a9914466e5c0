"""What the champion makes of stated skills, and whether the topic says what the model says."""

from collections import Counter, defaultdict
from typing import Any

import orjson
import pandas as pd

from jobs.demo.demo_data import SHOWN, misspelt, occupation_names, stated_profiles
from streaming.contract.records import ANONYMOUS
from streaming.contract.topics import PROFILES, RECOMMENDATIONS
from streaming.kafka.topic_reader import latest
from streaming.serving.bundles import Bundle, BundleStore
from streaming.serving.catalogue import Catalogue
from streaming.serving.scoring import anonymous_profile
from streaming.serving.versions import ServingVersions
from streaming.settings import Settings

TOP = 10


def occupation_check(bundle: Bundle, as_of: str) -> dict[str, Any]:
    """Count postings of the stated occupation in the top ten, the champion's and the popular list.

    Each occupation is stated with three skills in each language, and again with a typing error in
    each skill. A posting belongs to an
    occupation by its field of that name, which the model sees as one word among others.
    """
    prepared = bundle.prepared_path()
    ranker, catalogue = bundle.ranker(), bundle.catalogue()
    names = occupation_names()
    profiles = stated_profiles(as_of)
    lists = ranker.rank(profiles, [as_of] * len(profiles), prepared, TOP)
    (popular,) = ranker.rank([anonymous_profile(as_of)], [as_of], prepared, TOP)
    hits = {
        profile["candidate_id"]: _hits(items, catalogue, names[_key(profile)])
        for profile, items in zip(profiles, lists, strict=True)
    }
    by_popularity = {
        profile["candidate_id"]: _hits(popular, catalogue, names[_key(profile)])
        for profile in profiles
    }
    typed = stated_profiles(as_of, misspelt)
    misspelt_lists = ranker.rank(typed, [as_of] * len(typed), prepared, TOP)
    hits_misspelt = sum(
        _hits(items, catalogue, names[_key(profile)])
        for profile, items in zip(typed, misspelt_lists, strict=True)
    )
    champion, baseline = sum(hits.values()), sum(by_popularity.values())
    return {
        "occupations": len(names),
        "profiles": len(profiles),
        "of_the_stated_occupation": champion,
        "of_the_stated_occupation_misspelt": hits_misspelt,
        "of_the_stated_occupation_most_popular": baseline,
        "ratio": round(champion / max(baseline, 1), 1),
        "fewest": min(hits.values()),
        "by_profile": hits,
    }


def offline_check(store: BundleStore, settings: Settings) -> dict[str, Any]:
    """Ask the registered models, through `predict`, for every list that stands on the topic."""
    profiles = {
        key: orjson.loads(record.value) for key, record in latest(settings.kafka, PROFILES).items()
    }
    by_versions: defaultdict[ServingVersions, list[dict[str, Any]]] = defaultdict(list)
    for record in latest(settings.kafka, RECOMMENDATIONS).values():
        value = orjson.loads(record.value)
        made_with = ServingVersions(
            value["model_name"], value["model_version"], value["catalogue_version"]
        )
        by_versions[made_with].append(value)
    outcome: Counter[str] = Counter()
    for versions, values in by_versions.items():
        outcome += _compare(store.get(versions), values, profiles, settings.recommend.size)
    return {
        "lists": sum(map(len, by_versions.values())),
        "equal": outcome["equal"],
        "different": outcome["different"],
        "profile_moved_on": outcome["profile moved on"],
        "versions": [versions.label for versions in sorted(by_versions)],
    }


def examples(settings: Settings, simulated: bool, count: int = 3) -> list[str]:
    """Choose the candidates to show: those of the demo, then the ones with the most events."""
    shown = list(SHOWN) if simulated else []
    profiles = {
        key: len(orjson.loads(record.value)["events"])
        for key, record in latest(settings.kafka, PROFILES).items()
        if key not in SHOWN
    }
    busiest = sorted(profiles, key=lambda key: (-profiles[key], key))
    return (shown + busiest)[:count]


def _compare(
    bundle: Bundle, values: list[dict[str, Any]], profiles: dict[str, Any], size: int
) -> Counter[str]:
    import mlflow  # noqa: PLC0415 - seconds

    model = mlflow.pyfunc.load_model(str(bundle.model_path()))
    outcome: Counter[str] = Counter()
    asked = []
    for value in values:
        key = value["candidate_id"]
        profile = anonymous_profile(value["as_of"]) if key == ANONYMOUS else profiles[key]
        if profile["version"] == value["profile_version"]:
            asked.append((value, profile))
        else:
            outcome["profile moved on"] += 1
    rows = pd.DataFrame(
        {
            "profile": [orjson.dumps(profile).decode() for _, profile in asked],
            "as_of": [value["as_of"] for value, _ in asked],
        }
    )
    params = {"size": size, "catalogue": str(bundle.prepared_path())}
    answers = model.predict(rows, params=params)["items"] if asked else []
    for (value, _), items in zip(asked, answers, strict=True):
        outcome["equal" if list(items) == value["items"] else "different"] += 1
    return outcome


def _key(profile: dict[str, Any]) -> str:
    return str(profile["candidate_id"]).partition("/")[0]


def _hits(items: list[dict[str, Any]], catalogue: Catalogue, names: set[str]) -> int:
    occupations = catalogue.table.column("occupation")
    return sum(occupations[catalogue.rows[item["posting_id"]]].as_py() in names for item in items)
