"""What became of lists, counted in real tables of the lake."""

import pytest
from typer.testing import CliRunner

from jobs.cli.app import app
from jobs.rollouts.outcomes import read_outcomes
from streaming.errors import InputError, SettingsError
from streaming.lake import tables
from streaming.timestamps import parse_timestamp

pytestmark = [pytest.mark.spark, pytest.mark.slow]

DAYS = [f"2026-03-0{day}T10:00:00.000000Z" for day in range(1, 6)]


def listed(number, candidate, version, day=1):
    return {
        "recommendation_id": f"r{number}", "candidate_id": candidate, "personal": True,
        "model_name": "m", "model_version": version, "as_of": parse_timestamp(DAYS[day]),
    }  # fmt: skip


def done(number, candidate, kind, rank=None, event_id=None, **more):
    return {
        "event_id": event_id or f"{number}-{kind}-{rank}", "candidate_id": candidate,
        "posting_id": f"p{rank}", "kind": kind, "event_time": parse_timestamp(DAYS[2]),
        "recommendation_id": None if number is None else f"r{number}", "rank": rank, **more,
    }  # fmt: skip


@pytest.fixture
def lake(spark, make_settings):
    """Settings of a lake of which a test writes decisions and events."""
    settings = make_settings()
    tables.create(spark, settings, tables.DECISIONS, tables.EVENTS)

    def written(table, *rows):
        values = [[row.get(name) for name in table.schema().names] for row in rows]
        frame = spark.createDataFrame(values, table.schema())
        frame.write.format("delta").mode("append").save(table.path(settings))

    return settings, written


def test_what_became_of_the_lists_of_each_version(spark, lake):
    settings, written = lake
    lists = [listed(1, "a", "1"), listed(2, "a", "1", 4), listed(3, "b", "1"), listed(4, "c", "2")]
    everybody = listed(9, "*", "1") | {"personal": False}
    written(tables.DECISIONS, *lists, everybody)
    taken_back = done(3, "b", "apply", 1)
    written(
        tables.EVENTS,
        done(1, "a", "view", 2),
        done(1, "a", "apply", 2),  # the same posting: one click by rank, one clicked list
        done(1, "a", "view", 5),
        done(2, "a", "dismiss", 1),
        taken_back,
        taken_back | {"withdrawn": True},
        done(4, "c", "impression", 1),
        done(None, "c", "view"),
        done(9, "c", "view", 3),
        done(1, "c", "view", 1),  # somebody else's list
        done(7, "c", "view", 1),
    )
    found = read_outcomes(spark, settings)
    first, second = found.versions
    assert (first.model_version, first.lists, first.candidates) == ("1", 3, 2)
    rates = {name: round(rate.estimate, 3) for name, rate in first.rates.items()}
    assert rates == {"clicked": 0.333, "applied": 0.333, "dismissed": 0.333}
    assert first.rates["clicked"].low == 0.0
    assert first.rates["clicked"].high == 0.5
    assert second.rates["clicked"].estimate == 0.0
    assert found.clicks_by_rank == {2: 1, 5: 1}
    assert found.unknown == 2

    later = read_outcomes(spark, settings, DAYS[3])
    assert [one.lists for one in later.versions] == [1]
    assert later.clicks_by_rank == {}
    assert later.unknown == 2
    with pytest.raises(InputError, match="no list since 2027"):
        read_outcomes(spark, settings, "2027-01-01T00:00:00.000000Z")


def test_without_lists_the_remedy_is_named(spark, lake):
    settings, _ = lake
    with pytest.raises(InputError, match="the job archive fills it"):
        read_outcomes(spark, settings)


def test_a_time_that_is_none_is_refused():
    result = CliRunner().invoke(app, ["models", "outcomes", "--since", "yesterday"])
    assert isinstance(result.exception, SettingsError)
    assert "'yesterday' is no time" in str(result.exception)
