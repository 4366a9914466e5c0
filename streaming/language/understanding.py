"""Understands a wish: from a text to typed values, each with the span that says it.

Rules over tables, without a model: `find` what may be a value, keep what does not overlap something
better, then read how each is meant. A model may propose values too (`streaming.language.models`);
they pass `wish_values.grounded_value`, as these do.
"""

from collections.abc import Iterable, Iterator, Sequence

from streaming.language.amounts import find_pay
from streaming.language.lexicon.fixed_values import CONTRACTS, LANGUAGES, WORK_MODES
from streaming.language.name_grammar import (
    find_employers,
    find_places,
    find_wished_work,
)
from streaming.language.past_work import wished
from streaming.language.pattern_finder import Mention, compile_table, find_values
from streaming.language.skill_grammar import find_skills
from streaming.language.strengths import strengths
from streaming.language.text_folding import fold
from streaming.language.title_grammar import find_titles
from streaming.language.vocabulary import Vocabulary
from streaming.language.wish_values import MAX_TEXT, WishField, WishValue, is_grounded
from streaming.language.years_and_starts import find_start, find_years

MAX_PLAIN = 250
"""Letters, of which a Chinese character stands for three; a longer text tells more than a wish."""
_TABLES = (
    (WishField.WORK_MODE, compile_table(WORK_MODES), 5),
    (WishField.CONTRACT, compile_table(CONTRACTS), 4),
    (WishField.LANGUAGE, compile_table(LANGUAGES), 4),
)


def understand(text: str, vocabulary: Vocabulary) -> list[WishValue]:
    """Return what a text says, in its order; at most `MAX_TEXT` characters are read."""
    text = text[:MAX_TEXT]
    folded = fold(text)
    mentions = _without_overlaps(_found(text, folded, vocabulary))
    mentions = wished(folded, mentions, chatty=is_chatty(text))
    meant = strengths(folded, mentions)
    values = (
        WishValue(
            field=mention.field,
            value=text[mention.start : mention.end] if mention.value is None else mention.value,
            strength=strength,
            span=text[mention.start : mention.end],
            start=mention.start,
        )
        for mention, strength in zip(mentions, meant, strict=True)
    )
    return [value for value in _once(values) if is_grounded(value, text)]


def _found(text: str, folded: str, vocabulary: Vocabulary) -> Iterator[Mention]:
    amounts = [*find_pay(folded), *find_start(folded)]
    amounts += find_years(folded, chatty=is_chatty(text))
    fixed = [
        mention
        for field, table, rank in _TABLES
        for mention in find_values(folded, table, field, rank)
    ]
    names = list(vocabulary.find(text, folded))
    yield from amounts + fixed + names
    places = [name for name in names if name.field is WishField.PLACE]
    yield from find_skills(folded)
    yield from find_titles(folded, amounts + fixed + places)
    yield from find_wished_work(folded)
    yield from find_employers(text)
    yield from find_places(text)


def is_chatty(text: str) -> bool:
    """Return whether a text is so long that it tells of more than a wish."""
    han = sum("\u3400" <= character <= "\u9fff" for character in text)
    return len(text) + 2 * han > MAX_PLAIN


def _without_overlaps(mentions: Iterable[Mention]) -> list[Mention]:
    """Keep the better of two mentions that overlap; in the order of the text."""
    kept: list[Mention] = []
    ranked = sorted(mentions, key=lambda m: (-m.rank, m.start - m.end, m.start))
    for mention in ranked:
        if all(mention.end <= other.start or other.end <= mention.start for other in kept):
            kept.append(mention)
    return sorted(kept, key=lambda mention: mention.start)


def _once(values: Iterable[WishValue]) -> Iterator[WishValue]:
    seen: set[tuple[object, ...]] = set()
    for value in values:
        key = (value.field, str(value.value).casefold(), value.strength)
        if key not in seen:
            seen.add(key)
            yield value


def fields_of(values: Sequence[WishValue], field: WishField) -> list[WishValue]:
    """Return the values of a field."""
    return [value for value in values if value.field is field]
