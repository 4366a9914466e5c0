"""Pseudonyms are keyed hashes; sealed bytes open with their key, in their place alone."""

# ruff: noqa: RUF001 - Chinese text has Chinese punctuation

import hashlib
import hmac

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.contract.json_parser import DecodeError
from streaming.contract.topics import CANDIDATES, CONVERSATIONS, EVENTS
from streaming.errors import SettingsError
from streaming.kafka.retention import as_configured
from streaming.privacy.personal_values import read_personal
from streaming.privacy.pseudonyms import Pseudonyms, is_pseudonym, known_as, pseudonyms_of
from streaming.privacy.sealing import is_sealed, seal, unseal
from streaming.settings import KafkaSettings, PrivacySettings, load

KEY = b"0123456789abcdef0123456789abcdef"
OWN = Pseudonyms(KEY)
NOON = "2026-03-01T12:00:00.000000Z"
EVENT = (
    b'{"schema_version": 1, "event_id": "e", "candidate_id": "anna", "posting_id": "p",'
    b' "kind": "view", "event_time": "2026-03-01T11:00:00Z"}'
)


def test_a_pseudonym_is_what_its_page_says():
    shard_key = hmac.new(KEY, b"shard", hashlib.sha256).digest()
    tag = hashlib.sha256(shard_key + "汉娜".encode()).hexdigest()[:3]
    body = hmac.new(KEY, b"pseudonym:" + "汉娜".encode(), hashlib.sha256).hexdigest()[:32]
    assert OWN.of("汉娜") == f"p-{tag}{body}"


@given(st.text(min_size=1).filter(lambda text: text != "*"))
def test_pseudonyms_have_one_form_and_depend_on_the_key(candidate_id):
    try:
        candidate_id.encode()
    except UnicodeEncodeError:
        return
    assert is_pseudonym(OWN.of(candidate_id))
    assert OWN.of(candidate_id) != Pseudonyms(KEY[::-1]).of(candidate_id)


def test_visitors_without_an_id_stay_what_they_are():
    assert OWN.of("*") == "*"


def test_a_key_shows_in_no_text():
    assert KEY.decode() not in repr(OWN)


@pytest.mark.parametrize(
    ("overrides", "says"),
    [
        ([], "give either key_file or key_variable"),
        (["privacy.key_file=/none", "privacy.key_variable=K"], "either key_file or key_variable"),
        (["privacy.key_file=/none/key"], "privacy.key_file /none/key cannot be read"),
        (["privacy.key_variable=SHORT"], "has a key of 5 bytes; give at least 32"),
        (["privacy.key_variable=ABSENT_KEY"], "ABSENT_KEY .* is not set"),
    ],
)
def test_a_missing_or_short_key_is_one_line(monkeypatch, overrides, says):
    monkeypatch.setenv("SHORT", "short")
    with pytest.raises(SettingsError, match=says) as error:
        pseudonyms_of(load(None, ["privacy.pseudonyms=yes", *overrides]).privacy)
    assert "\n" not in str(error.value)


def test_file_and_variable_give_the_same_key(tmp_path, monkeypatch):
    (tmp_path / "key").write_bytes(KEY + b"\n")
    monkeypatch.setenv("OWN_KEY", KEY.decode())
    of_file = PrivacySettings(pseudonyms="yes", key_file=tmp_path / "key")
    of_variable = PrivacySettings(pseudonyms="yes", key_variable="OWN_KEY")
    assert pseudonyms_of(of_file) == pseudonyms_of(of_variable) == OWN
    assert known_as(of_file, "anna") == known_as(of_file, OWN.of("anna")) == OWN.of("anna")
    assert known_as(PrivacySettings(), "anna") == "anna"


@given(st.binary(), st.text(st.characters(codec="utf-8")))
def test_what_is_sealed_opens_again_and_is_the_same_each_time(content, place):
    sealed = seal(OWN, content, place)
    assert sealed == seal(OWN, content, place)
    assert is_sealed(sealed)
    assert unseal(OWN, sealed, place) == content


def test_sealed_bytes_open_with_their_key_in_their_place_alone():
    sealed = seal(OWN, b"anna", "events/0/1")
    assert b"anna" not in sealed
    assert unseal(None, b"anna", "events/0/1") == b"anna"
    with pytest.raises(SettingsError, match="where that key is"):
        unseal(None, sealed, "events/0/1")
    with pytest.raises(SettingsError, match="and the settings give"):
        unseal(Pseudonyms(KEY[::-1]), sealed, "events/0/1")
    with pytest.raises(SettingsError, match="changed or moved"):
        unseal(OWN, sealed, "events/0/2")


def test_records_have_pseudonyms_and_keys_are_compared_before():
    record = read_personal(EVENT, EVENTS, NOON, b"anna", OWN)
    assert record["candidate_id"] == OWN.of("anna")
    assert read_personal(EVENT, EVENTS, NOON, b"anna", None)["candidate_id"] == "anna"
    for key in (b"ben", OWN.of("anna").encode(), None):
        with pytest.raises(DecodeError, match="the key must be"):
            read_personal(EVENT, EVENTS, NOON, key, OWN)


def test_a_producer_cannot_write_under_a_pseudonym():
    known = OWN.of("anna").encode()
    with pytest.raises(DecodeError, match="write messages under the candidate's own id"):
        read_personal(EVENT.replace(b"anna", known), EVENTS, NOON, known, OWN)
    turn = (
        b'{"schema_version": 1, "turn_id": "t", "candidate_id": "%s", "speaker": "%s",'
        b' "said_at": "%s", "text": "x"}'
    )
    for speaker, read in ((b"careerstream", True), (b"candidate", False)):
        value = turn % (known, speaker, NOON.encode())
        if read:
            assert read_personal(value, CONVERSATIONS, NOON, known, OWN)["text"] == "x"
        else:
            with pytest.raises(DecodeError, match="own id"):
                read_personal(value, CONVERSATIONS, NOON, known, OWN)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("write to anna@example.org", "write to [MAIL-A]"),
        ("手机 13812345678。", "手机 [PHONE-A]。"),
        ("手机13812345678", "手机[PHONE-A]"),
        ("+41 79 123 45 67", "[PHONE-A]"),
        ("身份证11010519491231002X", "身份证[DOCUMENT-A]"),
        ("card 110105194912310021, no check digit", "card 110105194912310021, no check digit"),
        ("SSN 078-05-1120", "SSN [DOCUMENT-A]"),
        ("passport no. E12345678", "passport no. [DOCUMENT-A]"),
        ("护照号码：E12345678", "护照号码：[DOCUMENT-A]"),
        ("salary 12000-20000, 2019-2023", "salary 12000-20000, 2019-2023"),
    ],
)
def test_free_texts_of_stated_parts_are_masked(text, masked):
    stated = {
        "schema_version": 1,
        "candidate_id": "anna",
        "updated_at": NOON,
        "background": text,
        "wishes": [text],
        "experience": [{"title": text, "start_date": "2019-01-01T00:00:00.000000Z"}],
        "must": [{"field": "salary", "value": "20000 CNY MONTH"}],
    }
    value = orjson.dumps(stated)
    record = read_personal(value, CANDIDATES, NOON, b"anna", OWN)
    assert record["background"] == masked
    assert record["wishes"] == [masked]
    assert record["experience"][0] == {"title": masked, "start_date": "2019-01-01T00:00:00.000000Z"}
    assert record["must"] == stated["must"]
    assert record["updated_at"] == NOON
    assert read_personal(value, CANDIDATES, NOON, b"anna", None)["background"] == text


def test_retention_of_the_sources_is_a_setting():
    kafka = KafkaSettings(events_retention_days=2, candidates_retention_days=400)
    assert as_configured(EVENTS, kafka).broker_config()["retention.ms"] == "172800000"
    assert as_configured(CANDIDATES, kafka).broker_config()["cleanup.policy"] == "compact,delete"
    assert as_configured(CANDIDATES, KafkaSettings()) is CANDIDATES
    assert as_configured(CONVERSATIONS, kafka) is CONVERSATIONS
