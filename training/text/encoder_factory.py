"""Which text encoder a training uses, and which one a model folder holds."""

import json
from collections.abc import Sequence
from pathlib import Path

from streaming.errors import InputError, ModelError
from training.text import word_embeddings
from training.text.word_embeddings import TextEncoder, WordVectors

_FILES = (".txt", ".vec", ".bin", ".gz")
"""How files of word vectors end, and no name of a language model."""
_LANGUAGE_MODEL = "language-model"


def choose_encoder(
    named: str | None, texts: Sequence[str], *, dimensions: int, seed: int
) -> TextEncoder:
    """Make the encoder that `training.text_encoder` names.

    Args:
        named: a word2vec or GloVe file; a folder or a name of sentence-transformers; None: word
            vectors are trained on the texts.
        texts: of the catalogue, one a posting.
        dimensions: of word vectors; a language model has its own.
        seed: of trained word vectors.

    Raises:
        InputError: what is named cannot be used.
        MissingDependencyError: a language model is named, and the extra `lm` is not installed.
    """
    if named is None:
        return word_embeddings.train_word_vectors(texts, dimensions=dimensions, seed=seed)
    path = Path(named).expanduser()
    if path.is_file() or path.suffix in _FILES:
        return word_embeddings.load_word_vectors(path, texts, dimensions=dimensions)
    if path.is_absolute() and not path.is_dir():
        raise InputError(f"text encoder {named} does not exist; give a file, a folder or a name")
    from training.text import language_model  # noqa: PLC0415 - word vectors need none of it

    opened = language_model.from_pretrained(str(path) if path.is_dir() else named)
    return opened.centred(texts)


def load_encoder(folder: Path) -> TextEncoder:
    """Read the text encoder that a model folder holds, whichever it is.

    Raises:
        ModelError: the folder holds none that this version knows.
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
