"""What training reads, ready: the split data and the features of postings and stated entries."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from streaming.errors import InputError
from training.data.dataset import Dataset, HeldOut
from training.model.features import (
    Embedder,
    Features,
    StatedStep,
    all_text,
    named_steps,
    of_postings,
    of_stated,
    posting_phrases,
    stated_steps,
)
from training.model.presets import Preset
from training.text.encoder_factory import choose
from training.text.lexical_vectors import Lexicon

_TEXT_FILE = "text.npy"
_WORDS_FILE = "words.npy"
_FIELDS_FILE = "fields.npy"
_MOST_NAMED = 20_000
"""So many of the things that postings ask for, the most common, are learned from."""


@dataclass(frozen=True, eq=False)
class Material:
    """The data of one training.

    Rows number the catalogue's N postings first, then the S distinct stated entries.
    """

    train: Dataset
    held_out: tuple[HeldOut, ...]
    text: Tensor
    """(N + S, W)."""
    words: Tensor
    """(N + S, V)."""
    fields: Tensor
    """(N + S, F, H)."""
    ids: Tensor
    """(N + S,) int64: number of the id block, 0 for what has none."""
    seen: Tensor
    """Rows of the postings that training events name, ascending."""
    step_rows: Mapping[StatedStep, int]
    named: Mapping[int, Sequence[int]]
    """Rows of the steps that state what a posting of `seen` asks for; not empty."""
    opens: Tensor
    """(N,) int64 microseconds, as `Catalogue.opens`."""
    expires: Tensor
    """(N,) int64 microseconds, as `Catalogue.expires`."""

    @property
    def seen_ids(self) -> list[str]:
        """Posting ids that have an id block, in the order of its numbers, from 1."""
        return [self.train.catalogue.posting_ids[row] for row in self.seen.tolist()]

    def to(self, device: torch.device) -> "Material":
        """Return the same with its tensors on a device."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        moved: dict[str, Any] = {
            name: value.to(device) for name, value in values.items() if isinstance(value, Tensor)
        }
        return replace(self, **moved)


def write_features(
    dataset: Dataset, preset: Preset, folder: Path, *, text_encoder: str | None = None, seed: int
) -> Preset:
    """Make the embedder and all features once, for every process to read.

    Args:
        dataset: all of it; texts of all postings may be read, only events are held out.
        preset: says the dimensions.
        folder: to write into; made when it does not exist.
        text_encoder: as `TrainingSettings.text_encoder`.
        seed: of the word vectors.

    Returns:
        The preset, with the dimensions of the encoder.

    Raises:
        InputError: what is named cannot be used.
        MissingPartError: a language model is named, and the extra `lm` is not installed.
    """
    postings = dataset.catalogue.table.to_pylist()
    texts = [all_text(posting) for posting in postings]
    encoder = choose(text_encoder, texts, dimensions=preset.model.word_dimensions, seed=seed)
    embedder = Embedder(encoder, Lexicon.of(posting_phrases(posting) for posting in postings))
    train, _ = dataset.split(preset.training.validation_split)
    steps = list(_distinct_steps(train, preset))
    features = Features.join(
        [of_postings(postings, embedder, preset.model), of_stated(steps, embedder, preset.model)]
    )
    folder.mkdir(parents=True, exist_ok=True)
    embedder.save(folder)
    np.save(folder / _TEXT_FILE, features.text)
    np.save(folder / _WORDS_FILE, features.words)
    np.save(folder / _FIELDS_FILE, features.fields)
    model = preset.model.model_copy(update={"word_dimensions": encoder.dimensions})
    return preset.model_copy(update={"model": model})


def load_material(dataset: Dataset, preset: Preset, folder: Path) -> Material:
    """Join the data with the features that `write_features` wrote for them.

    Raises:
        InputError: no event of the training part names a known posting.
    """
    train, held_out = dataset.split(preset.training.validation_split)
    if not len(train.times):
        raise InputError("there is no event to learn from; import or simulate events first")
    text = torch.from_numpy(np.load(folder / _TEXT_FILE))
    seen = torch.from_numpy(np.unique(train.postings))
    ids = torch.zeros(len(text), dtype=torch.int64)
    ids[seen] = torch.arange(1, len(seen) + 1)
    steps = _distinct_steps(train, preset)
    step_rows = {step: len(dataset.catalogue) + place for place, step in enumerate(steps)}
    return Material(
        train=train,
        held_out=held_out,
        text=text,
        words=torch.from_numpy(np.load(folder / _WORDS_FILE)),
        fields=torch.from_numpy(np.load(folder / _FIELDS_FILE)),
        ids=ids,
        seen=seen,
        step_rows=step_rows,
        named=_named_rows(train, step_rows),
        opens=torch.from_numpy(dataset.catalogue.opens.copy()),
        expires=torch.from_numpy(dataset.catalogue.expires.copy()),
    )


def _distinct_steps(train: Dataset, preset: Preset) -> dict[StatedStep, None]:
    """Steps that candidates and postings of the training part name; a dict keeps the order."""
    stated = (step for said in train.stated for step in stated_steps(said, preset.model))
    named = Counter(step for _, steps in _named(train) for step in steps)
    common = (step for step, _ in named.most_common(_MOST_NAMED))
    return dict.fromkeys((*stated, *common))


def _named_rows(train: Dataset, step_rows: Mapping[StatedStep, int]) -> dict[int, list[int]]:
    known = (
        (row, [step_rows[step] for step in steps if step in step_rows])
        for row, steps in _named(train)
    )
    return {row: steps for row, steps in known if steps}


def _named(train: Dataset) -> Iterator[tuple[int, list[StatedStep]]]:
    """Yield each posting that a training event names, with what it asks for."""
    seen = np.unique(train.postings)
    for row, posting in zip(
        seen.tolist(), train.catalogue.table.take(seen).to_pylist(), strict=True
    ):
        yield row, named_steps(posting)
