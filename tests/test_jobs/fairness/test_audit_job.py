"""careerstream audit on a small lake, promotion by force, and lists that no audit group changes."""

import json
from dataclasses import replace

import mlflow
import orjson
import pytest

from infra.simulator import Market, MarketConfig
from jobs import promote, train
from jobs.fairness.audit import audit
from jobs.fairness.page import write
from jobs.reporting.html_page import write_report
from streaming.contract.audit_groups import AuditGroups
from streaming.errors import InputError
from streaming.lake import tables as lake
from streaming.lake.group_table import write_groups
from streaming.serving.bundles import load_catalogue
from streaming.settings import FairnessSettings, Settings, TrainingSettings
from training.evaluation.bootstrap import Interval
from training.fairness.comparison import GroupComparison
from training.fairness.report import FairnessReport
from training.registry.model_registry import history, load, set_champion
from training.registry.promotion import promote as apply
from training.registry.promotion_gate import ENOUGH
from training.registry.registration import ensure_champion
from training.registry.tracking import setup

pytestmark = [pytest.mark.spark, pytest.mark.slow]

MARKET = MarketConfig(
    candidates=60, postings=200, events_per_candidate=8, days=20, occupations=6, seed=3
)


@pytest.fixture(scope="module")
def settings(tmp_path_factory, spark):
    """Settings of a home with a lake, and no audit groups yet."""
    made = Settings(
        home=tmp_path_factory.mktemp("home"),
        training=TrainingSettings(preset="published", processes=1, epochs=1, seed=5),
        fairness=FairnessSettings(fewest=5),
    )
    market = Market(MARKET)
    events = [event for event in market.events() if event["kind"] != "impression"]
    stated = [
        {"candidate_id": one["candidate_id"], "version": 1, "stated": one}
        for one in market.candidates()
    ]
    lake.create(spark, made, lake.EVENTS, lake.POSTINGS, lake.PROFILES)
    for table, rows in (
        (lake.EVENTS, events),
        (lake.POSTINGS, [posting | {"open": True} for posting in market.postings()]),
        (lake.PROFILES, stated),
    ):
        file = made.home / "rows.jsonl"
        file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
        read = spark.read.schema(table.schema()).json(str(file))
        read.write.format("delta").mode("append").save(table.path(made))
    return made


def list_bytes(spark, settings, reference, folder):
    """Return the lists of everybody, by a registered model."""
    ranker = load(settings, reference)
    version = lake.version(spark, settings, lake.POSTINGS)
    ranker.prepare(load_catalogue(spark, settings, version), folder)
    profiles = [
        {"candidate_id": one["candidate_id"], "version": 1, "as_of": one["updated_at"],
         "stated": one, "events": [], "applied": [], "dismissed": []}
        for one in Market(MARKET).candidates()
    ]  # fmt: skip
    moments = [profile["as_of"] for profile in profiles]
    return orjson.dumps(ranker.rank(profiles, moments, folder, 10))


@pytest.fixture(scope="module")
def before(spark, settings, tmp_path_factory):
    """A model and its lists, trained where there are no audit groups."""
    with pytest.raises(InputError, match="there are no audit groups"):
        audit(spark, settings)
    ensure_champion(settings)
    reference = train.run(spark, settings).reference
    set_champion(settings, reference, reason="test", forced=True)
    return list_bytes(spark, settings, reference, tmp_path_factory.mktemp("before"))


@pytest.fixture(scope="module")
def grouped(spark, settings, before):  # noqa: ARG001 - only has to come first
    """The same home with audit groups."""
    ids = [one["candidate_id"] for one in Market(MARKET).candidates()]
    people = [
        AuditGroups(candidate_id=one, sex=("female", "male")[number % 2])
        for number, one in enumerate(ids)
    ]
    write_groups(spark, settings, people)
    return settings


def test_lists_are_the_same_bytes_with_and_without_audit_groups(spark, grouped, before, tmp_path):
    again = train.run(spark, grouped).reference
    assert list_bytes(spark, grouped, again, tmp_path) == before


def test_the_audit_measures_groups_and_writes_page_and_file(spark, grouped, tmp_path):
    report = audit(spark, grouped)
    write_report(report, tmp_path / "audit.json", write)
    assert json.loads((tmp_path / "audit.json").read_text())["model"]["kind"] == "encoder-decoder"
    assert {row["group"] for row in report["rows"]} >= {"female", "male"}
    assert any("impact_ratio" in row for row in report["rows"])
    html = (tmp_path / "audit.html").read_text()
    for text in ("female", "male", "ndcg@10", "Local Law 144"):
        assert text in html


def test_promotion_by_force_records_group_and_figure(spark, grouped):
    train.run(spark, grouped)
    measured, outcome = promote.run(spark, grouped)
    assert not outcome.promoted
    assert measured.fairness is not None
    rate, low = Interval(0.5, 0.4, 0.6), Interval(0.5, 0.4, 0.7)
    failing = GroupComparison("ndcg@10", "sex", "female", 60, rate, rate, low, rate, 0.0)
    unfair = FairnessReport([failing], {}, grouped.fairness)
    report = replace(
        measured,
        fairness=unfair,
        candidates=dict.fromkeys(measured.candidates, ENOUGH),
        lead={name: dict.fromkeys(own, low) for name, own in measured.lead.items()},
    )
    forced = apply(grouped, report, force=True)
    assert forced.promoted
    assert forced.forced
    said = "sex female (60 candidates) has 0.50 [0.40, 0.70] of the others' ndcg@10"
    [*_, last] = history(grouped)
    assert last["forced"] is True
    assert said in last["reason"]
    client, own = setup(grouped), report.challenger
    tags = client.get_model_version(own.name, own.version).tags
    assert said in tags["gate"]
    assert (tags["passed"], tags["forced"]) == ("false", "true")
    recorded = mlflow.artifacts.load_dict(f"runs:/{own.run_id}/evaluation.json")
    assert recorded["fairness/sex/female/ndcg@10/ratio"] == 0.5
