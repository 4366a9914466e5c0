"""Sixty postings whose facts were written down by hand, rewritten by rules."""

import json
import re
from pathlib import Path

import pytest

from infra.simulator.taxonomy_export import embedded_taxonomy
from streaming.contract.records import Posting
from streaming.contract.rewrite import SectionKind
from streaming.language.writing.facts.vocabulary import Vocabulary
from streaming.language.writing.section_kind import HEADINGS
from streaming.language.writing.wording import reworded
from streaming.language.writing.writer import Writer

FOLDER = Path(__file__).parent
LABELLED = {
    language: [
        json.loads(line)
        for line in (FOLDER / f"postings_{language}.jsonl").read_text("utf-8").splitlines()
    ]
    for language in ("en", "zh")
}
CASES = [(language, own) for language, all_ in LABELLED.items() for own in all_]
NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")


@pytest.fixture(scope="module")
def writer() -> Writer:
    return Writer(Vocabulary.of(embedded_taxonomy()))


def rewritten(writer, own, language=None):
    posting = Posting(posting_id="p", title=own["title"], description=own["text"])
    return writer.write(posting, language)


def section(text, kind):
    """Return the sentences of a section."""
    for heading in (own[kind] for own in HEADINGS.values()):
        _, found, rest = text.partition(f"## {heading}\n")
        if found:
            return rest.partition("\n## ")[0]
    return ""


def folded(text):
    return " ".join(text.casefold().split())


def test_there_are_thirty_in_each_language():
    assert {language: len(all_) for language, all_ in LABELLED.items()} == {"en": 30, "zh": 30}


@pytest.mark.parametrize(("language", "own"), CASES, ids=lambda own: str(own)[:40])
def test_facts_written_by_hand_stand_in_the_text(writer, language, own):
    written = rewritten(writer, own)

    assert written.text is not None, written.problems
    assert written.language == language
    text = folded(written.text)
    lost = [
        one for one in own["must"] + own["nice"] + own["other"] if folded(reworded(one)) not in text
    ]
    assert lost == []


@pytest.mark.parametrize(("language", "own"), CASES, ids=lambda own: str(own)[:40])
def test_no_number_is_invented(writer, language, own):
    del language
    text = rewritten(writer, own).text
    known = NUMBER.findall(own["title"] + own["text"])

    assert [number for number in NUMBER.findall(text) if number not in known] == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_must_haves_and_nice_to_haves_are_told_apart(writer, language):
    wrong, count = [], 0
    for own in LABELLED[language]:
        text = rewritten(writer, own).text
        for kind, others in (("must", SectionKind.NICE), ("nice", SectionKind.MUST)):
            own_section = folded(section(text, SectionKind(kind)))
            other_section = folded(section(text, others))
            for phrase in own[kind]:
                count += 1
                assert folded(reworded(phrase)) not in other_section, (own["title"], phrase)
                if folded(reworded(phrase)) not in own_section:
                    wrong.append((own["title"], phrase))
    assert len(wrong) <= 0.1 * count, wrong


@pytest.mark.parametrize(("language", "other"), [("en", "zh"), ("zh", "en")])
def test_the_other_language_has_its_headings_and_keeps_every_fact(writer, language, other):
    for own in LABELLED[language]:
        written = rewritten(writer, own, other)
        assert written.language == other
        assert not written.translated
        facts = own["must"] + own["nice"] + own["other"]
        assert [one for one in facts if folded(reworded(one)) not in folded(written.text)] == []
        headings = [line[3:] for line in written.text.splitlines() if line.startswith("## ")]
        assert set(headings) <= set(HEADINGS[other].values())


def test_exclusive_words_are_replaced_or_remarked_upon(writer):
    by_title = {own["title"]: rewritten(writer, own) for _, own in CASES}

    barista = by_title["Rockstar barista"]
    assert {remark.word.casefold() for remark in barista.remarks} == {"rockstar", "he/she"}
    assert "rockstar" not in barista.text.partition("\n")[2]
    assert all(remark.reason for own in by_title.values() for remark in own.remarks)
    architect = by_title["大牛级架构师"]
    assert {"35岁以下", "统招"} <= {remark.word for remark in architect.remarks}
    assert "35岁以下" in architect.text
    assert "身高160cm以上优先" in by_title["酒店前台"].text
