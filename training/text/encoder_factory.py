"""Makes the text encoder of a training, and loads the one of a model folder."""

import json
from collections.abc import Sequence
from pathlib import Path

from streaming.errors import InputError, ModelError
from training.text import word_embeddings
from training.text.word_embeddings import TextEncoder, WordVectors

_FILES = (".txt", ".vec", ".bin", ".gz")
"""Suffixes of word-vector files; no name of a language model ends in one of them."""
_LANGUAGE_MODEL = "language-model"


def choose_encoder(
    setting: str | None, texts: Sequence[str], *, dimensions: int, seed: int
) -> TextEncoder:
    """Make the encoder that the setting `training.text_encoder` names.

    The setting is a word2vec or GloVe file, or a folder or a name of sentence-transformers; None:
    word vectors are trained on the catalogue's texts. A language model has its own dimensions.

    Raises:
        InputError: the setting cannot be used.
        MissingDependencyError: it is a language model, and the extra `lm` is not installed.
    """
    if setting is None:
        return word_embeddings.train_word_vectors(texts, dimensions=dimensions, seed=seed)
    path = Path(setting).expanduser()
    if path.is_file() or path.suffix in _FILES:
        return word_embeddings.load_word_vectors(path, texts, dimensions=dimensions)
    if path.is_absolute() and not path.is_dir():
        raise InputError(f"text encoder {setting} does not exist; give a file, a folder or a name")
    from training.text import language_model  # noqa: PLC0415 - needed by language models only

    encoder = language_model.from_pretrained(str(path) if path.is_dir() else setting)
    return encoder.centred(texts)


def extended(encoder: TextEncoder, texts: Sequence[str]) -> TextEncoder:
    """Return an encoder that also knows the words of these texts; a language model knows all."""
    return encoder.extended(texts) if isinstance(encoder, WordVectors) else encoder


def load_encoder(folder: Path) -> TextEncoder:
    """Read the text encoder of a model folder, of whichever kind.

    Raises:
        ModelError: the folder holds no encoder that this version knows.
        MissingDependencyError: it holds a language model, and the extra `lm` is not installed.
    """
    try:
        kind = json.loads((folder / "encoder.json").read_text(encoding="utf-8"))["kind"]
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"{folder} holds no text encoder; train the model again") from error
    if kind == word_embeddings.KIND:
        return WordVectors.load(folder)
    if kind == _LANGUAGE_MODEL:
        from training.text.language_model import LanguageModel  # noqa: PLC0415 - as above

        return LanguageModel.load(folder)
    raise ModelError(
        f"text encoder {kind!r} in {folder} is unknown;"
        f" known: {word_embeddings.KIND!r} and {_LANGUAGE_MODEL!r}"
    )
