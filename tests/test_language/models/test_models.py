"""Models that answer, and servers that answer nonsense, hang, or go away."""

import socket
import time

import pytest

from streaming.errors import SettingsError
from streaming.language.models.factory import open_model
from streaming.language.models.guarded_model import GuardedModel
from streaming.language.models.http_model import HttpModel
from streaming.language.models.model import Prompt
from streaming.privacy.redaction import redact
from streaming.settings import Settings, load

COMPLETION = b'{"choices": [{"message": {"content": "%s"}}]}'
ASKED = Prompt("You are brief.", "Name a colour.", max_tokens=12)


def http_model(url, **changed):
    options = {"api_key": None, "timeout": 5.0, "retries": 0, "parallel": 4, **changed}
    return HttpModel(url, "small", **options)


def send(text, status=200):
    return lambda handler, _: handler.send(text, status)


def test_no_model_is_the_default(tmp_path):
    assert Settings().language.model == "none"
    assert open_model(Settings(home=tmp_path)) is None


@pytest.mark.parametrize(
    ("flags", "problem"),
    [
        (["language.model=gone.gguf"], "gone.gguf"),
        (["language.model=http://h/v1"], "language.name"),
    ],
)
def test_a_setting_that_names_no_model_is_an_error(flags, problem):
    with pytest.raises(SettingsError, match=problem):
        open_model(load(overrides=flags))


def test_the_real_model_answers_in_process(local_model):
    [answer] = local_model.complete([ASKED])

    assert answer.error is None
    assert answer.text
    assert local_model.name.startswith("SmolLM2")


def test_the_real_model_answers_at_an_endpoint_as_in_process(
    real_endpoint, local_model, tmp_path, model_file, monkeypatch
):
    url, seen = real_endpoint
    monkeypatch.setenv("CAREERSTREAM_LANGUAGE__API_KEY", "k")
    flags = [f"language.model={url}", "language.name=small"]
    own = load(overrides=[*flags, "language.timeout_seconds=60", f"home={tmp_path}"])

    [answer] = open_model(own).complete([ASKED])

    assert answer == local_model.complete([ASKED])[0]
    assert (seen[0]["path"], seen[0]["key"]) == ("/v1/chat/completions", "Bearer k")
    assert open_model(load(overrides=[f"language.model={model_file}"])).name == model_file.stem


@pytest.mark.parametrize(
    ("content", "status", "problem"),
    [
        (b"<html>", 200, "no chat completion"),
        (b"{}", 200, "no chat completion"),
        (b'{"choices": []}', 200, "no chat completion"),
        (b'{"choices": [{"message": {"content": 7}}]}', 200, "empty"),
        (b"\xff\xfe", 200, "no chat completion"),
        (b" " * 5_000_000, 200, "more than"),
        (b"no", 404, "HTTP status 404"),
        (b"", 302, "HTTP status 302"),
    ],
)
def test_nonsense_is_an_answer_with_a_reason(endpoint_of, content, status, problem):
    url, seen = endpoint_of(send(content, status))

    [answer] = http_model(url, retries=2).complete([ASKED])

    assert answer.text is None
    assert problem in answer.error
    assert len(seen) == 1


def test_a_busy_server_is_asked_again(endpoint_of):
    statuses = [503, 200]

    def answer(handler, _):
        content = b'{"choices": [{"message": {"content": "blue"}}]}'
        handler.send(content, statuses.pop(0))

    url, seen = endpoint_of(answer)

    assert http_model(url, retries=1).complete([ASKED])[0].text == "blue"
    assert len(seen) == 2


@pytest.mark.parametrize("endpoint", ["hanging_endpoint", "dripping_endpoint"])
def test_a_server_that_hangs_costs_one_time_out(request, endpoint):
    url = request.getfixturevalue(endpoint)
    started = time.monotonic()

    [answer] = http_model(url, timeout=0.5).complete([ASKED])

    assert answer.text is None
    assert time.monotonic() - started < 3


def test_a_server_that_went_away_is_left_alone_for_a_while():
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/v1"
    model = http_model(url, parallel=1)

    answers = model.complete([ASKED] * 50)

    assert {answer.text for answer in answers} == {None}
    assert "rests" in answers[-1].error


def test_equal_prompts_are_answered_once_also_by_the_next_process(endpoint_of, tmp_path):
    url, seen = endpoint_of(send(b'{"choices": [{"message": {"content": "blue"}}]}'))
    first = GuardedModel(http_model(url), tmp_path, 10_000)
    second = GuardedModel(http_model(url), tmp_path, 0)

    assert [own.text for own in first.complete([ASKED, ASKED])] == ["blue", "blue"]
    assert [own.text for own in second.complete([ASKED])] == ["blue"]
    assert len(seen) == 1


def test_a_budget_ends(endpoint_of, tmp_path):
    url, seen = endpoint_of(send(b'{"choices": [{"message": {"content": "blue"}}]}'))
    model = GuardedModel(http_model(url), tmp_path, 40)

    answers = model.complete([Prompt("a", str(number), 30) for number in range(3)])

    assert [own.text for own in answers] == ["blue", None, None]
    assert "budget" in answers[-1].error
    assert len(seen) == 1


def test_personal_data_does_not_leave_the_machine(endpoint_of, tmp_path):
    def echo(handler, body):
        text = body["messages"][1]["content"].replace("\n", " ")
        handler.send(COMPLETION % text.encode())

    url, seen = endpoint_of(echo)
    text = (
        "Contact Jane Miller, jane.miller@example.org, 020 7946 0991 or +44 20 7946 0992."
        " Ask Dr. Okafor. 联系人：王小明，13800138000，张经理。"
        " Pay: 25,000 to 30,000 GBP at Acme Ltd."
    )
    hidden = ("Jane", "Miller", "example", "7946", "Okafor", "王小明", "138", "张经理", "Acme")

    model = GuardedModel(http_model(url), tmp_path, 10_000)
    [answer] = model.complete([Prompt("a", text, 30, names=("Acme Ltd",))])

    sent = seen[0]["messages"][1]["content"]
    assert [one for one in hidden if one in sent] == []
    assert "25,000 to 30,000 GBP" in sent
    assert answer.text == text


def test_numbers_that_are_no_phone_stay():
    text = "3-5 years, £31,365 to £37,890, 12000-20000元, 2026-11-29, 9:00-18:00"

    assert redact(text).text == text
