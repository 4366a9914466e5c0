"""Values of the topic rewrites: the same bytes for the same posting and writer; no line is lost."""

import pytest

from infra.simulator import Market, MarketConfig
from infra.simulator.taxonomy_export import embedded_taxonomy
from streaming.contract.records import Posting, to_json
from streaming.contract.rewrite import SectionKind
from streaming.contract.topics import MAX_VALUE_BYTES
from streaming.language.writing.facts.vocabulary import Vocabulary
from streaming.language.writing.rewrite_value import make_rewrite, posting_version
from streaming.language.writing.writer import Writer

WRITER = Writer(Vocabulary.of(embedded_taxonomy()))
POSTINGS = [
    Posting.model_validate(value)
    for value in Market(MarketConfig(candidates=2, postings=40, seed=5)).postings()
]


@pytest.mark.parametrize("language", [None, "en", "zh"])
def test_the_sections_hold_every_line_of_the_text_and_repeat_their_bytes(language):
    for posting in POSTINGS:
        own, text = make_rewrite(WRITER, posting, language), WRITER.write(posting, language).text
        lines = [own.title]
        for section in own.sections:
            lines += [section.heading, *section.lines]
        assert lines == [line.lstrip("#- ") for line in (text or "").split("\n") if line]
        assert own.sections[0].kind is SectionKind.GLANCE
        assert to_json(own) == to_json(make_rewrite(WRITER, posting, language))


def test_its_id_changes_with_the_posting_and_the_writer():
    posting = POSTINGS[0]
    other = posting.model_copy(update={"description": "Another text."})
    made = [
        make_rewrite(WRITER, posting, None),
        make_rewrite(WRITER, other, None),
        make_rewrite(WRITER, posting, "en"),
    ]

    assert len({own.rewrite_id for own in made}) == len(made)
    assert made[0].posting_version == posting_version(posting) == made[2].posting_version


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"description": "x " * 25_000}, "50,000 characters"),
        ({"title": "x " * 550_000}, "bytes"),
    ],
)
def test_what_is_too_long_is_refused_in_a_value_that_is_not(changes, reason):
    own = make_rewrite(WRITER, POSTINGS[0].model_copy(update=changes), None)

    assert own.sections == []
    assert reason in own.refused[-1]
    assert len(to_json(own)) < MAX_VALUE_BYTES
