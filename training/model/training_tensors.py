"""The tensors that training reads: the split data, with features of postings and stated entries."""

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
    full_text,
    posting_features,
    posting_phrases,
    requirement_steps,
    stated_features,
    stated_steps,
)
from training.model.presets import Preset
from training.text.encoder_factory import choose_encoder
from training.text.lexical_vectors import Lexicon

_TEXT_FILE = "text.npy"
_WORDS_FILE = "words.npy"
_FIELDS_FILE = "fields.npy"
_MAX_REQUIREMENTS = 20_000
"""So many of the requirements of postings, the most common, become stated entries."""


@dataclass(frozen=True, eq=False)
class TrainingTensors:
    """The data of one training.

    The first N rows are the catalogue's postings, the next S the distinct stated entries.
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
    """(N + S,) int64: number of the id block, 0 for none."""
    seen: Tensor
    """Rows of the postings in training events, ascending."""
    step_rows: Mapping[StatedStep, int]
    requirements: Mapping[int, Sequence[int]]
    """For postings of `seen` the rows of stated entries that they require; not empty."""
    opens: Tensor
    """(N,) int64 microseconds, as `Catalogue.opens`."""
    expires: Tensor
    """(N,) int64 microseconds, as `Catalogue.expires`."""

    @property
    def seen_ids(self) -> list[str]:
        """Ids of the postings that have an id block, in the order of its numbers, from 1."""
        return [self.train.catalogue.posting_ids[row] for row in self.seen.tolist()]

    def to(self, device: torch.device) -> "TrainingTensors":
        """Return the same with its tensors on a device."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        moved: dict[str, Any] = {
            name: value.to(device) for name, value in values.items() if isinstance(value, Tensor)
        }
        return replace(self, **moved)


def write_features(
    dataset: Dataset, preset: Preset, folder: Path, *, text_encoder: str | None = None, seed: int
) -> Preset:
    """Make the embedder and all features once; return the preset with the encoder's dimensions.

    Texts of all postings may be read, only events are held out. The folder is made where it does
    not exist; `text_encoder` is that of `TrainingSettings`.

    Raises:
        InputError: the text encoder cannot be used.
        MissingDependencyError: a language model is wanted, and the extra `lm` is not installed.
    """
    postings = dataset.catalogue.table.to_pylist()
    texts = [full_text(posting) for posting in postings]
    dimensions = preset.model.word_dimensions
    encoder = choose_encoder(text_encoder, texts, dimensions=dimensions, seed=seed)
    embedder = Embedder(encoder, Lexicon.of(posting_phrases(posting) for posting in postings))
    train, _ = dataset.split(preset.training.validation_split)
    steps = list(_distinct_steps(train, preset))
    features = Features.join(
        [
            posting_features(postings, embedder, preset.model),
            stated_features(steps, embedder, preset.model),
        ]
    )
    folder.mkdir(parents=True, exist_ok=True)
    embedder.save(folder)
    np.save(folder / _TEXT_FILE, features.text)
    np.save(folder / _WORDS_FILE, features.words)
    np.save(folder / _FIELDS_FILE, features.fields)
    model = preset.model.model_copy(update={"word_dimensions": encoder.dimensions})
    return preset.model_copy(update={"model": model})


def load_tensors(dataset: Dataset, preset: Preset, folder: Path) -> TrainingTensors:
    """Split the data, and join them with the features that `write_features` wrote for them.

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
    step_rows = {step: row for row, step in enumerate(steps, start=len(dataset.catalogue))}
    return TrainingTensors(
        train=train,
        held_out=held_out,
        text=text,
        words=torch.from_numpy(np.load(folder / _WORDS_FILE)),
        fields=torch.from_numpy(np.load(folder / _FIELDS_FILE)),
        ids=ids,
        seen=seen,
        step_rows=step_rows,
        requirements=_requirement_rows(train, step_rows),
        opens=torch.from_numpy(dataset.catalogue.opens.copy()),
        expires=torch.from_numpy(dataset.catalogue.expires.copy()),
    )


def _distinct_steps(train: Dataset, preset: Preset) -> dict[StatedStep, None]:
    """List entries that candidates state and postings require; a dict keeps the order."""
    stated = (step for part in train.stated for step in stated_steps(part, preset.model))
    required = Counter(step for _, steps in _requirements(train) for step in steps)
    common = (step for step, _ in required.most_common(_MAX_REQUIREMENTS))
    return dict.fromkeys((*stated, *common))


def _requirement_rows(train: Dataset, step_rows: Mapping[StatedStep, int]) -> dict[int, list[int]]:
    known = (
        (row, [step_rows[step] for step in steps if step in step_rows])
        for row, steps in _requirements(train)
    )
    return {row: steps for row, steps in known if steps}


def _requirements(train: Dataset) -> Iterator[tuple[int, list[StatedStep]]]:
    """Yield each posting in a training event, with its requirements."""
    seen = np.unique(train.postings)
    postings = train.catalogue.table.take(seen).to_pylist()
    for row, posting in zip(seen.tolist(), postings, strict=True):
        yield row, requirement_steps(posting)
