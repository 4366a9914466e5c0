import re

import orjson
import pytest

from infra.simulator import SOURCE, occupations
from infra.simulator.vocabulary.employer_names import FIRST, SECOND
from streaming.contract.records import Candidate, Event, Posting
from streaming.timestamps import format_timestamp, parse_timestamp

CHINESE = re.compile(r"[\u4e00-\u9fff]")
TIMES = ("event_time", "date_posted", "valid_through", "updated_at")


@pytest.fixture(scope="module")
def records(simulated):
    return {
        Posting: list(simulated.postings.values()),
        Candidate: list(simulated.candidates.values()),
        Event: simulated.events,
    }


@pytest.mark.parametrize("model", [Posting, Candidate, Event])
def test_every_record_is_valid_and_says_nothing_that_the_contract_does_not_know(records, model):
    assert records[model]
    for record in records[model]:
        read = model.model_validate_json(orjson.dumps(record))
        assert set(record) <= set(model.model_fields)
        assert read.model_dump(exclude_unset=True).keys() == record.keys()


@pytest.mark.parametrize("model", [Posting, Candidate, Event])
def test_every_record_is_labelled_and_its_times_are_canonical(records, model):
    for record in records[model]:
        assert record["source"] == SOURCE == "simulator"
        for name in TIMES:
            if name in record:
                assert format_timestamp(parse_timestamp(record[name])) == record[name]


def test_ids_are_unique_and_of_the_promised_form(simulated):
    assert len(simulated.postings) == simulated.market.config.postings
    assert len({event["event_id"] for event in simulated.events}) == len(simulated.events)
    assert all(re.fullmatch(r"p\d{6}", identifier) for identifier in simulated.postings)
    assert all(re.fullmatch(r"c\d{6}", identifier) for identifier in simulated.candidates)
    assert all(re.fullmatch(r"e\d{9}", event["event_id"]) for event in simulated.events)
    assert {event["posting_id"] for event in simulated.events} <= set(simulated.postings)


def test_postings_speak_one_language_throughout(simulated):
    for posting in simulated.postings.values():
        text = posting["title"] + posting["description"] + posting["employer"]
        assert "{" not in text
        assert bool(CHINESE.search(text)) == (posting["language"] == "zh")
        assert (posting["place"]["country"] == "CN") == (posting["language"] == "zh")
    shares = [posting["language"] == "zh" for posting in simulated.postings.values()]
    assert sum(shares) / len(shares) == pytest.approx(0.65, abs=0.03)


def test_a_posting_belongs_to_the_occupation_its_field_names(simulated):
    truth = simulated.market.occupation_of_postings()
    by_name = {
        (language, occupation.wording(language).name): occupation
        for occupation in occupations()
        for language in ("zh", "en")
    }
    for posting_id, posting in simulated.postings.items():
        occupation = by_name[posting["language"], posting["occupation"]]
        assert occupation.key == truth[posting_id]
        wording = occupation.wording(posting["language"])
        assert 4 <= len(posting["skills"]) <= 8
        assert set(posting["skills"]) <= set(wording.skills)
        assert any(title in posting["title"] for title in wording.titles)


def test_employers_are_obviously_invented_and_of_many_sizes(simulated):
    sizes: dict[str, int] = {}
    for posting in simulated.postings.values():
        name = posting["employer"]
        first = [word for word in FIRST[posting["language"]] if name.startswith(word)]
        second = [word for word in SECOND[posting["language"]] if word in name]
        assert first
        assert second
        sizes[name] = sizes.get(name, 0) + 1
    ordered = sorted(sizes.values(), reverse=True)
    assert ordered[0] > 10 * ordered[len(ordered) // 2]


def test_pay_is_a_range_in_the_country_s_own_terms(simulated):
    paid = [posting for posting in simulated.postings.values() if "salary" in posting]
    assert 0.8 < len(paid) / len(simulated.postings) < 0.95
    for posting in paid:
        salary = posting["salary"]
        assert 0 < salary["minimum"] <= salary["maximum"]
        chinese = posting["language"] == "zh"
        assert salary["unit"] == ("MONTH" if chinese else "YEAR")
        assert (salary["currency"] == "CNY") == chinese


def test_postings_come_evenly_and_stay_for_weeks(simulated):
    postings = list(simulated.postings.values())
    posted = [parse_timestamp(posting["date_posted"]) for posting in postings]
    assert posted == sorted(posted)
    start = simulated.market.config.start
    before = sum(moment < start for moment in posted) / len(posted)
    assert before == pytest.approx(28 / 88, abs=0.01)
    lives = [
        (parse_timestamp(posting["valid_through"]) - moment).days
        for posting, moment in zip(postings, posted, strict=True)
        if "valid_through" in posting
    ]
    assert (min(lives), max(lives)) == (14, 56)
    assert 0.05 < 1 - len(lives) / len(postings) < 0.2


def test_candidates_state_some_of_what_they_are_and_some_of_them_nothing(simulated):
    candidates = simulated.candidates.values()
    assert 0.85 < len(candidates) / simulated.market.config.candidates < 0.95
    counts = [len(candidate["skills"]) for candidate in candidates]
    assert (min(counts), max(counts)) == (0, 6)
    assert any(candidate["blocked_employers"] for candidate in candidates)
    employers = {posting["employer"] for posting in simulated.postings.values()}
    named = {name for candidate in candidates for name in candidate["blocked_employers"]}
    assert named & employers
    start = simulated.market.config.start
    assert all(parse_timestamp(candidate["updated_at"]) < start for candidate in candidates)
