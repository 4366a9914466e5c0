"""Words that training never saw, or saw spelt otherwise."""

import string

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.simulator import Market, MarketConfig, occupations
from jobs.demo.demo_data import misspell
from training.model.features import full_text, posting_phrases, posting_text
from training.text.lexical_vectors import Lexicon
from training.text.misspellings import MAX_INDEXED_WORDS, SimilarWords, character_ngrams
from training.text.tokenizer import tokens, unknown_spans
from training.text.word_embeddings import WordVectors, train_word_vectors, unit_rows

POSTINGS = list(Market(MarketConfig(candidates=2, postings=300, seed=4)).postings())
WORDS = ("engineer", "accountant", "bookkeeping", "nurse", "会计", "会计师", "软件", "软件开发")
anything = st.text(st.sampled_from(string.ascii_letters + "会计软件开法的 <3é\u0301\ud7ff"))


@pytest.fixture(scope="module")
def encoder() -> WordVectors:
    return train_word_vectors(map(full_text, POSTINGS), dimensions=100, seed=1)


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return Lexicon.of(map(posting_phrases, POSTINGS))


def similar_words(text, words=WORDS):
    found = SimilarWords(words).similar(text, words)
    return [[words[word.row] for word in nearest] for _, nearest in found]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("enginer", "engineer"),
        ("accountnat", "accountant"),
        ("bookkeeper", "bookkeeping"),
        ("会计员", "会计师"),
        ("软件开法", "软件开发"),
        ("会记", "会计"),
    ],
)
def test_what_is_written_alike_is_related(typed, meant):
    assert meant in similar_words(typed)[0][:2]


def test_nothing_is_related_to_what_is_written_like_nothing():
    assert similar_words("xqzt 龘龘") == [[], []]
    assert similar_words("engineer 的 会计师 and 42") == []
    assert similar_words("enginer", ()) == [[]]
    assert similar_words("e" * 100_000) == [[]]


def test_similar_words_are_frequent_words():
    many = [*(f"w{number}" for number in range(MAX_INDEXED_WORDS)), "engineer"]
    assert similar_words("enginer", many) == [[]]


@given(anything)
def test_shares_are_below_one_and_the_nearest_has_most(text):
    for _, nearest in SimilarWords(WORDS).similar(text, WORDS):
        shares = [word.share for word in nearest]
        assert shares == sorted(shares, reverse=True)
        assert 0 <= sum(shares) <= 1


@given(anything)
def test_a_text_is_strange_when_it_has_unknown_words(text):
    spans = list(unknown_spans(text, ()))
    assert bool(spans) == bool(tokens(text))
    assert all(span.text in span.context and character_ngrams(span.text) for span in spans)
    assert not list(unknown_spans(text, frozenset(tokens(text)) | {span.text for span in spans}))


def nearest_skills(encode, language):
    """Which of all skills a misspelt one is nearest to: how often the right one, and how many."""
    skills = list(dict.fromkeys(s for o in occupations() for s in o.wording(language).skills))
    typed = [(row, misspell(skill)) for row, skill in enumerate(skills)]
    wrong = [(row, text) for row, text in typed if text not in skills]
    right = np.array([row for row, _ in wrong])
    nearest = (encode([text for _, text in wrong]) @ encode(skills).T).argmax(axis=1)
    return (nearest == right).mean(), len(wrong)


@pytest.mark.parametrize(("language", "share"), [("en", 0.75), ("zh", 0.6)])
def test_a_misspelt_skill_means_the_right_one(encoder, lexicon, language, share):
    def words(texts):
        return lexicon.encode([[text] for text in texts], 256)

    for encode in (encoder.encode, words):
        found, count = nearest_skills(encode, language)
        assert count > 100
        assert found > share


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("accountnat", "accountant"), ("nurce", "nurse"), ("软件开法", "软件开发"), ("护里", "护理")],
)
def test_a_misspelt_word_is_nearer_to_the_right_postings_than_to_others(
    encoder, lexicon, typed, meant
):
    texts = [posting_text(posting).casefold() for posting in POSTINGS]
    right = np.array([meant in text for text in texts])
    assert 2 < right.sum() < len(right) / 2
    vectors = encoder.encode(texts)
    alike = encoder.encode([typed])[0] @ vectors.T
    assert alike[right].mean() > np.quantile(alike[~right], 0.9)
    lexical = lexicon.encode(list(map(posting_phrases, POSTINGS)), 256)
    alike = lexicon.encode([[typed]], 256)[0] @ lexical.T
    assert alike[right].mean() > alike[~right].mean() + 0.05


@pytest.mark.parametrize(("one", "other"), [("bookkeeper", "bookkeeping"), ("会计员", "会计师")])
def test_a_word_never_seen_shares_something_with_its_similar_words(one, other):
    texts = [f"{other} ledgers 账目", "nursing ward 病房", "welding steel 钢材"] * 5
    encoder = train_word_vectors(texts, dimensions=16, seed=1)
    assert one not in encoder.rows
    unseen, seen, *others = encoder.encode([one, other, "nursing", "welding", "病房"])
    assert unseen @ seen > max(unseen @ vector for vector in others)
    unseen, seen = Lexicon.of([[text] for text in texts]).encode([[one], [other]], 256)
    assert unseen @ seen > 0.3


def test_known_words_are_what_they_were(encoder, lexicon):
    """The mean of word vectors and the TF-IDF vector of words, bit for bit."""
    for posting in POSTINGS[:50]:
        text = posting_text(posting)
        rows = [encoder.rows[word] for word in tokens(text)]
        plain = encoder.weights[rows] @ encoder.vectors[rows]
        assert np.array_equal(encoder.encode([text])[0], unit_rows(plain[None])[0])
        weighed = lexicon._weighed(posting_phrases(posting))
        named = {word for phrase in posting_phrases(posting) for word in tokens(phrase)}
        assert {word for word in weighed if " " not in word} == named


def test_a_text_is_embedded_by_itself_and_again_after_loading(encoder, lexicon, tmp_path):
    texts = ["senior enginer", "软件开法 Java", "", "enginer"]
    alone = np.concatenate([encoder.encode([text]) for text in texts])
    assert np.array_equal(encoder.encode(texts), alone)
    encoder.save(tmp_path)
    lexicon.save(tmp_path)
    assert np.array_equal(WordVectors.load(tmp_path).encode(texts), alone)
    again = Lexicon.load(tmp_path).encode([texts], 64)
    assert np.array_equal(again, lexicon.encode([texts], 64))
