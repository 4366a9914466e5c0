"""How much of the validation wishes is found, and how much of it is wrong."""

import json
from pathlib import Path

import pytest

from streaming.language.understanding import understand
from streaming.language.vocabulary import Vocabulary
from streaming.language.wish_scoring import WishScore

FOLDER = Path(__file__).parent


@pytest.mark.parametrize("language", ["en", "zh"])
def test_most_values_are_found_and_few_are_wrong(language: str) -> None:
    score, vocabulary = WishScore(), Vocabulary.of({})
    for line in (FOLDER / f"wishes_{language}.jsonl").read_text(encoding="utf-8").splitlines():
        wish = json.loads(line)
        if wish["part"] == "validation":
            score.add(wish["values"], understand(wish["text"], vocabulary))
    report = score.report()
    assert report["found"]["share"] > 0.95
    assert report["wrong"]["share"] < 0.03


def test_past_work_is_no_wish() -> None:
    values = understand("I was a nurse, I want to become a data analyst.", Vocabulary.of({}))
    assert [value.span for value in values] == ["data analyst"]
