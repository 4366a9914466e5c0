"""What wishes say, in typed values with their spans."""

import pytest

from streaming.language.understanding import understand
from streaming.language.vocabulary import Vocabulary
from streaming.language.wish_values import WishField, grounded_value

VOCABULARY = Vocabulary.of({})


def said(text):
    return {(v.field.value, v.span, v.strength.value) for v in understand(text, VOCABULARY)}


def test_a_wish_in_english():
    text = "remote, backend, not in finance, at least 20k in Hangzhou, from March"
    assert said(text) >= {
        ("work_mode", "remote", "want"),
        ("occupation", "backend", "want"),
        ("industry", "finance", "not"),
        ("place", "Hangzhou", "want"),
        ("start", "from March", "want"),
    }
    [pay] = [v for v in understand(text, VOCABULARY) if v.field is WishField.SALARY]
    assert (pay.value.min, pay.value.max, pay.strength) == (20_000, None, "must")


def test_a_wish_in_chinese():
    text = "想在杭州找后端开发的工作, 月薪至少2万, 不要外包"
    [pay] = [v for v in understand(text, VOCABULARY) if v.field is WishField.SALARY]
    assert (pay.value.min, pay.value.unit) == (20_000, "MONTH")
    expected = {("place", "杭州", "want"), ("occupation", "后端开发", "want")}
    assert said(text) >= expected | {("contract", "外包", "not")}


@pytest.mark.parametrize(
    "text", ["", "\x00\ud7ff" * 50, "至" * 9_000, "a" * 100_000, "1" * 9_000, "不" * 9_000]
)
def test_every_span_stands_in_the_text(text):
    for value in understand(text, VOCABULARY):
        assert text[value.start : value.end] == value.span


def test_a_value_without_a_span_is_dropped():
    proposal = {"field": "place", "value": "Berlin", "span": "Berlin"}
    assert grounded_value(proposal, "work in Paris") is None
    assert grounded_value(proposal, "work in Berlin") is not None
