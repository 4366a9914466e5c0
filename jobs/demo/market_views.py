"""Three views of one market for the demo's page: a list, candidates for a posting, and a plan."""

from collections.abc import Mapping
from typing import Any

from pyspark.sql import SparkSession

from infra.simulator.course_records import courses
from jobs.demo.demo_data import EXAMPLE_SKILLS
from jobs.demo.stream_checks import newest_values
from jobs.planning.planner import Planner
from streaming.contract.topics import MATCHES, PLANS
from streaming.kafka.topic_reader import read_postings
from streaming.lake.course_table import write_courses
from streaming.market.matcher import Matcher
from streaming.settings import Settings

SHOWN = 5
"""Postings of the list and candidates of the match that are shown."""


def market_views(
    spark: SparkSession, settings: Settings, examples: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Publish matches and plans of the simulated market, and choose what is shown of them.

    Returns:
        `matches` and `plans`, how many were published; `candidate`, whose list and plan are shown;
        `posting`, of that list if it has a match, and its `match`; `plan`. None without examples.
    """
    write_courses(spark, settings, courses())
    Matcher(spark, settings).score_all()
    Planner(spark, settings).plan_all()
    matches = newest_values(settings.kafka, MATCHES)
    plans = newest_values(settings.kafka, PLANS)
    candidate = next((key for key in EXAMPLE_SKILLS if key in examples and key in plans), None)
    if candidate is None or not matches:
        return None
    listed = [item["posting_id"] for item in examples[candidate]["recommendation"]["items"]]
    matched = [key for key in listed if key in matches] or sorted(matches)
    chosen = max(matched, key=lambda key: len(matches[key]["candidates"]))
    return {
        "matches": len(matches),
        "plans": len(plans),
        "candidate": candidate,
        "posting": read_postings(settings.kafka, {chosen})[chosen],
        "match": matches[chosen] | {"candidates": matches[chosen]["candidates"][:SHOWN]},
        "plan": plans[candidate],
    }
