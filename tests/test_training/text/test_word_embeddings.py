import gzip

import numpy as np
import pytest
from gensim.models import KeyedVectors

from streaming.errors import InputError, ModelError
from training.text.encoder_factory import load_encoder
from training.text.word_embeddings import (
    TextEncoder,
    WordVectors,
    load_word_vectors,
    train_word_vectors,
    unit_rows,
)

TEXTS = ["Java developer spring", "Java backend spring mysql", "会计 税务", "会计 财务报表"] * 5


def test_equal_texts_and_seed_give_equal_vectors():
    one, two = (train_word_vectors(TEXTS, dimensions=16, seed=3) for _ in range(2))
    assert one.words == two.words
    assert np.array_equal(one.vectors, two.vectors)
    assert not np.array_equal(one.vectors, train_word_vectors(TEXTS, dimensions=16, seed=4).vectors)


def test_texts_become_unit_vectors_and_nothing_becomes_zero():
    encoder = train_word_vectors(TEXTS, dimensions=16, seed=3)
    assert isinstance(encoder, TextEncoder)
    encoded = encoder.encode(["Java spring", "", "unknownword"])
    assert encoded.shape == (3, 16)
    assert np.allclose(np.linalg.norm(encoded, axis=1), [1, 0, 0])


def test_words_of_one_field_are_nearer_than_of_two():
    encoder = train_word_vectors(TEXTS * 10, dimensions=16, seed=3)
    java, spring, tax = encoder.encode(["java", "spring", "税务"])
    assert java @ spring > java @ tax


def test_a_catalogue_without_words_gives_an_encoder_of_zeros():
    encoder = train_word_vectors(["", "123"], dimensions=8, seed=1)
    assert not encoder.encode(["java"]).any()


def test_what_is_saved_is_loaded(tmp_path):
    encoder = train_word_vectors(TEXTS, dimensions=16, seed=3)
    encoder.save(tmp_path)
    loaded = load_encoder(tmp_path)
    assert np.array_equal(loaded.encode(TEXTS), encoder.encode(TEXTS))


def test_an_empty_encoder_is_saved_and_loaded(tmp_path):
    train_word_vectors([], dimensions=8, seed=1).save(tmp_path)
    assert load_encoder(tmp_path).dimensions == 8


def test_a_folder_without_encoder_is_one_line(tmp_path):
    with pytest.raises(ModelError, match="holds no text encoder; train the model again"):
        load_encoder(tmp_path)


def test_new_words_get_rows_and_known_ones_keep_theirs():
    encoder = train_word_vectors(
        ["java developer spring", "cook kitchen food"], dimensions=8, seed=1
    )
    longer = encoder.extended(["kotlin java developer", "alone", "cook kitchen"])
    assert longer.words[: len(encoder.words)] == encoder.words
    assert np.array_equal(longer.vectors[: len(encoder.words)], encoder.vectors)
    kotlin = longer.vectors[longer.rows["kotlin"]]
    near = encoder.vectors[[encoder.rows["java"], encoder.rows["developer"]]].sum(axis=0)
    assert kotlin == pytest.approx(near / np.linalg.norm(near), abs=1e-6)
    assert not longer.vectors[longer.rows["alone"]].any()
    assert longer.weights[longer.rows["spring"]] > longer.weights[longer.rows["java"]]


@pytest.fixture
def vectors():
    words = KeyedVectors(4)
    words.add_vectors(["Java", "spring", "会计", "rare"], np.arange(16.0).reshape(4, 4) ** 1.5)
    return words


@pytest.mark.parametrize("form", ["word2vec.txt", "word2vec.bin", "glove.txt", "glove.txt.gz"])
def test_files_of_every_form_are_read(tmp_path, vectors, form):
    file = tmp_path / form
    binary, header = ".bin" in form, "glove" not in form
    vectors.save_word2vec_format(str(tmp_path / "plain"), binary=binary, write_header=header)
    content = (tmp_path / "plain").read_bytes()
    file.write_bytes(gzip.compress(content) if form.endswith("gz") else content)
    encoder = load_word_vectors(file, TEXTS, dimensions=4)
    assert isinstance(encoder, WordVectors)
    assert encoder.words == ("java", "spring", "会计", "rare")
    assert encoder.weights[encoder.rows["rare"]] > encoder.weights[encoder.rows["java"]]


def test_a_missing_file_is_one_line(tmp_path):
    with pytest.raises(InputError, match="do not exist; give a word2vec or GloVe file"):
        load_word_vectors(tmp_path / "no.txt", TEXTS, dimensions=4)


def test_wrong_dimensions_are_one_line(tmp_path, vectors):
    vectors.save_word2vec_format(str(tmp_path / "four.txt"))
    with pytest.raises(InputError, match="have 4 dimensions where the preset asks for 300"):
        load_word_vectors(tmp_path / "four.txt", TEXTS, dimensions=300)


@pytest.mark.parametrize("content", [b"", b"2 4\njava 1 2\n", b"\xff\xfe\x00broken", b"\x1f\x8bno"])
def test_a_broken_file_is_one_line(tmp_path, content):
    file = tmp_path / "broken.txt"
    file.write_bytes(content)
    with pytest.raises(InputError, match=r"word vectors .*broken\.txt"):
        load_word_vectors(file, TEXTS, dimensions=4)


def test_unit_keeps_zero():
    assert np.allclose(unit_rows(np.array([[3.0, 4.0], [0.0, 0.0]])), [[0.6, 0.8], [0, 0]])
