"""Values of matches: halves, ids, words."""

import stat
from datetime import UTC, datetime

import pytest

from streaming.contract.reaches import Reach, ReachedPosting
from streaming.contract.records import Match
from streaming.errors import SettingsError
from streaming.market.activity import log2_activity
from streaming.market.match_index import Entry
from streaming.market.match_values import MatchWriter, opaque_key
from streaming.serving.champion import ServingVersions
from streaming.settings import MatchSettings, Settings

WRITER = MatchWriter(b"k" * 32, ServingVersions("m", "3", 7), {"p1": "en", "p2": "zh-CN"}, 2.0)

MOMENT = datetime(2026, 3, 1, tzinfo=UTC)


def entry(candidate: str, posting_id: str, **changes: object) -> Entry:
    posting = ReachedPosting.model_validate(
        {"posting_id": posting_id, "probability": 0.5, "requirement": 0.6, "kind": "event"}
        | changes
    )
    reach = Reach(
        candidate_id=candidate,
        profile_version=4,
        as_of=MOMENT,
        activity=log2_activity({"events": [{"event_time": "2026-03-01T00:00:00Z"}] * 2}, 2.0),
        model_name="m",
        model_version="3",
        catalogue_version=7,
        applied=["p1"] if candidate == "applied" else [],
        postings=[posting],
    )
    return Entry(reach, posting)


def made(*entries: Entry) -> Match:
    found = WRITER.value(entries[0].posting.posting_id, entries)
    assert found is not None
    match = Match.model_validate_json(found[1])
    assert match.match_id == found[0]
    return match


def test_an_id_stands_for_a_candidate_beside_one_posting_until_they_apply() -> None:
    first, second = made(entry("c1", "p1"), entry("applied", "p1")).candidates
    [elsewhere] = made(entry("c1", "p2")).candidates
    [again] = made(entry("c1", "p1", probability=0.1)).candidates

    assert (second.candidate, second.disclosed) == ("applied", True)
    assert (first.disclosed, first.rank, second.rank) == (False, 1, 2)
    assert "c1" not in first.candidate
    assert first.candidate == again.candidate != elsewhere.candidate


def test_halves_and_activity_are_multiplied_and_reasons_are_in_the_postings_language() -> None:
    asked = {"met": ["Java", "SQL"], "missing": ["Kafka"], "kind": "stated", "words": ["Java"]}
    [english] = made(entry("c1", "p1", **asked)).candidates
    [chinese] = made(entry("c1", "p2", **asked)).candidates

    assert (english.activity, english.score) == pytest.approx((2.0, 0.6))
    assert [reason.text for reason in english.reasons] == [
        "states Java",
        "has 2 of the 3 skills asked for: Java, SQL; does not state Kafka",
    ]
    assert "具备要求的3项技能中的2项" in chinese.reasons[1].text
    [plain] = made(entry("c1", "p1")).candidates
    assert [reason.text for reason in plain.reasons] == ["has turned to similar positions"]
    [fresh] = made(entry("c1", "p1", kind="fresh", met=["A"])).candidates
    assert fresh.reasons[0].text == "may turn to this position"
    assert fresh.reasons[1].text == "has all of the skills asked for: A"


def test_where_nobody_fits_there_is_no_value() -> None:
    assert WRITER.value("p1", []) is None


def test_the_key_is_made_once_for_the_owner_alone(tmp_path) -> None:
    settings = Settings(home=tmp_path / "home")
    key = opaque_key(settings)

    assert len(key) == 32
    assert opaque_key(settings) == key
    assert stat.S_IMODE((tmp_path / "home" / "match.key").stat().st_mode) == 0o600
    assert list((tmp_path / "home").iterdir()) == [tmp_path / "home" / "match.key"]


@pytest.mark.parametrize("content", [None, b"short"])
def test_a_key_file_that_cannot_be_used_is_one_line(tmp_path, content) -> None:
    file = tmp_path / "key"
    if content is not None:
        file.write_bytes(content)
    settings = Settings(home=tmp_path, match=MatchSettings(key_file=file))
    with pytest.raises(SettingsError, match=r"match\.key_file"):
        opaque_key(settings)
