"""How well postings are rewritten: refused, lost, invented, readability before and after.

What was lost or invented is counted by its letters and digits, apart from the facts that the writer
itself checks: each number, and each Latin word with a capital or a digit, of the description must
stand in the text, and each of the text in the posting or in the words that the writer adds.
"""

import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from streaming.contract.records import Posting
from streaming.importing.parsers.html_text import plain_text
from streaming.language.writing.field_lines import field_lines
from streaming.language.writing.rewriting import Rewriting
from streaming.language.writing.section_kind import HEADINGS, LANGUAGES
from streaming.language.writing.text_parts import read_parts
from streaming.language.writing.wording import reworded

_DIGITS = re.compile(r"\d+(?:[.,]\d+)*")
_MARKED_WORD = re.compile(r"\b(?=[a-z]*[A-Z0-9])[A-Za-z][A-Za-z0-9]*")
_MOST_REASONS = 10

Rewrite = Callable[[Posting], Rewriting]


def measure_rewrites(
    postings: Sequence[Posting], rewrite: Rewrite, on_progress: Callable[[float], None]
) -> dict[str, Any]:
    """Rewrite postings and return counts, lost and invented words, and readability.

    `on_progress` is called with the share that is done.
    """
    pairs, started = [], time.perf_counter()
    for number, posting in enumerate(postings, start=1):
        pairs.append((posting, rewrite(posting)))
        on_progress(number / len(postings))
    seconds = time.perf_counter() - started
    passed = [(posting, own) for posting, own in pairs if own.text is not None]
    problems = Counter(
        problem.partition(":")[0]
        for _, own in pairs
        if own.text is None
        for problem in own.problems
    )
    differences = [audit(posting, own.text or "") for posting, own in passed]
    return {
        "postings": len(pairs),
        "refused": len(pairs) - len(passed),
        "refused_share": (len(pairs) - len(passed)) / max(1, len(pairs)),
        "problems": dict(problems.most_common()),
        "facts_checked": sum(own.facts for _, own in passed),
        "lost": sum(len(lost) for lost, _ in differences),
        "invented": sum(len(invented) for _, invented in differences),
        "examples": [
            {"posting_id": posting.posting_id, "lost": sorted(lost), "invented": sorted(invented)}
            for (posting, _), (lost, invented) in zip(passed, differences, strict=True)
            if lost or invented
        ][:_MOST_REASONS],
        "authors": dict(Counter(own.author for _, own in passed)),
        "remarks": dict(
            Counter(
                remark.word.casefold() for _, own in pairs for remark in own.remarks
            ).most_common(_MOST_REASONS)
        ),
        "milliseconds": 1000 * seconds / max(1, len(pairs)),
        **_readability([own for _, own in passed]),
    }


def audit(posting: Posting, text: str) -> tuple[set[str], set[str]]:
    """Return the numbers and marked words that a text lacks, and those that it adds."""
    parts = read_parts(posting.description or "")
    description = " \n".join(reworded(part.text) for part in parts if part.heading is None)
    fields = "\n".join(
        [
            plain_text(posting.title),
            *(line for own in LANGUAGES for line in field_lines(posting, own)),
            *(heading for own in HEADINGS.values() for heading in own.values()),
        ]
    )
    told = _material(text)
    known = _material(description) | _material(plain_text(posting.description or ""))
    return (
        _material(description) - told,
        {
            word
            for word in told - known - _material(fields)
            if word.casefold() not in {own.casefold() for own in _words(description)}
        },
    )


def _material(text: str) -> set[str]:
    numbers = {found[0].replace(",", "") for found in _DIGITS.finditer(text)}
    # A word may get a capital because it begins a point.
    words = {found[0].casefold() for found in _MARKED_WORD.finditer(text)}
    return numbers | words


def _words(text: str) -> list[str]:
    return re.findall(r"[A-Za-z][A-Za-z0-9]*", text)


def _readability(passed: Sequence[Rewriting]) -> dict[str, Any]:
    both = [(own.before, own.after) for own in passed if own.after is not None]
    eased = [
        (before.reading_ease, after.reading_ease)
        for before, after in both
        if before.reading_ease is not None and after.reading_ease is not None
    ]
    return {
        "sentence_length": _means(
            [(one.sentence_length, two.sentence_length) for one, two in both]
        ),
        "longest_sentence": _means([(one.longest, two.longest) for one, two in both]),
        "reading_ease": _means(eased) if 2 * len(eased) > len(passed) else None,
    }


def _means(pairs: Sequence[tuple[float, float]]) -> dict[str, float] | None:
    if not pairs:
        return None
    before, after = zip(*pairs, strict=True)
    return {"before": sum(before) / len(pairs), "after": sum(after) / len(pairs)}
