"""What a training reads: features of postings and stated entries, and histories in shards.

`write_training_data` makes a folder of it once, and every process of the training opens the folder:
text.npy, words.npy, fields.npy (features by rows), the embedder's files, postings.npz (what else is
known of rows), seen_ids.json, popularity.parquet, shards/ and, written last, about.json.
"""

import json
import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa

from streaming.errors import InputError
from training.data.dataset import DISMISS, Dataset
from training.data.popularity_counts import PopularityCounts
from training.data.shards import Shard, offsets, shard_file, write_shards
from training.model.features import (
    FIELDS,
    PHRASE_FIELDS,
    REQUIREMENT_FIELDS,
    STEP_KINDS,
    Embedder,
    Features,
    StatedStep,
    full_text,
    posting_concept_words,
    posting_features,
    posting_phrases,
    requirement_steps,
    stated_features,
    stated_steps,
)
from training.model.presets import ModelConfig, Preset
from training.taxonomy.mapper import Mapper
from training.text.encoder_factory import choose_encoder, extended
from training.text.lexical_vectors import Lexicon

_MAX_REQUIREMENTS = 20_000
"""So many of the requirements of postings, the most common, become stated entries."""
_SHARDS = 32
_SHARD_EVENTS = 200_000
"""A shard has about so many events where there are more than these shards would hold."""
_TASK_POSTINGS = 5_000
"""A task encodes so many postings."""
ABOUT = "about.json"
"""The file that is written last."""
_SCRATCH = "postings.arrow"
_NEVER = np.iinfo(np.int64).max


Tasks = Callable[[Callable[[int], None], int], None]
"""Calls a picklable function with each number below a count, wherever that is."""


def one_after_another(function: Callable[[int], None], count: int) -> None:
    """Call a function with each number below a count, here."""
    for number in range(count):
        function(number)


@dataclass(frozen=True, eq=False)
class TrainingData:
    """N postings of the catalogue, in rows from 0, and S distinct stated entries, from N."""

    folder: Path
    text: np.ndarray
    """(N + S, W) float32, mapped from the file."""
    words: np.ndarray
    """(N + S, V) float32, mapped from the file."""
    fields: np.ndarray
    """(N + S, F, H) float32, mapped from the file."""
    seen: np.ndarray
    """(P,) int64 rows of the postings in training events, ascending."""
    requirement_starts: np.ndarray
    """(N + 1,) int64: where the requirements of each posting start."""
    requirement_rows: np.ndarray
    """Rows of stated entries that postings of `seen` require."""
    opens: np.ndarray
    """(N,) int64 microseconds, as `Catalogue.opens`."""
    expires: np.ndarray
    """(N,) int64 microseconds, as `Catalogue.expires`."""
    cut: int
    """Microseconds since 1970; later events are the validation part."""
    examples: tuple[int, ...]
    """How many training examples an epoch draws from each shard."""
    version: Mapping[str, Any]
    """The data version (`Dataset.version`)."""

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open what `write_training_data` wrote.

        Raises:
            InputError: a file is missing or damaged.
        """
        try:
            about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
            mapped = {
                name: np.load(folder / f"{name}.npy", mmap_mode="r")
                for name in ("text", "words", "fields")
            }
            with np.load(folder / "postings.npz") as arrays:
                loaded = dict(arrays)
        except (OSError, ValueError) as error:
            line = str(error).splitlines()[0]
            raise InputError(
                f"training data {folder} cannot be read: {line}; prepare the training again"
            ) from error
        about["examples"] = tuple(about["examples"])
        return cls(folder=folder, **mapped, **loaded, **about)

    def shard(self, number: int) -> Shard:
        """Read a shard."""
        return Shard.read(shard_file(self.folder / "shards", number))

    @cached_property
    def ids(self) -> np.ndarray:
        """Number of each row's id block, (N + S,) int64; 0 for none."""
        numbers = np.zeros(len(self.text), dtype=np.int64)
        numbers[self.seen] = np.arange(1, len(self.seen) + 1)
        return numbers

    def seen_ids(self) -> list[str]:
        """Read the ids of the postings in `seen`."""
        ids: list[str] = json.loads((self.folder / "seen_ids.json").read_text(encoding="utf-8"))
        return ids

    def popularity(self) -> PopularityCounts:
        """Read the popularity of postings at the end of the training part."""
        return PopularityCounts.read(self.folder / "popularity.parquet")


def write_training_data(
    dataset: Dataset,
    preset: Preset,
    folder: Path,
    *,
    text_encoder: str | None = None,
    seed: int,
    known: Embedder | None = None,
    tasks: Tasks = one_after_another,
) -> Preset:
    """Make embedder, features and shards; return the preset with the encoder's dimensions.

    Texts of all postings may be read, only events are held out. The folder is made where it does
    not exist; `text_encoder` is that of `TrainingSettings`. An embedder that is `known` is used
    instead of a new one, with the words that it lacks. `tasks` encode the postings; with
    Spark's, the folder must be on storage that all its workers see.

    Raises:
        InputError: the text encoder cannot be used, or there is no event or no example to learn
            from.
        MissingDependencyError: a language model is wanted, and the extra `lm` is not installed.
    """
    about = folder / ABOUT
    about.unlink(missing_ok=True)  # the folder is not complete until it is there
    train, cut = dataset, dataset.cut(preset.training.validation_split)
    if cut is not None:
        train = dataset.until(cut)
    if not len(train.times):
        raise InputError("there is no event to learn from; import or simulate events first")
    seen = np.unique(train.postings)
    catalogue = dataset.catalogue
    stating = _columns(catalogue.table, REQUIREMENT_FIELDS).take(seen).to_pylist()
    required = dict(zip(seen.tolist(), map(requirement_steps, stating), strict=True))
    steps = _distinct_steps(train, required, preset)
    rows = {step: row for row, step in enumerate(steps, start=len(catalogue))}
    starts, requirement_rows = _requirement_rows(required, rows, len(catalogue))
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(
        folder / "postings.npz",
        seen=seen,
        requirement_starts=starts,
        requirement_rows=requirement_rows,
        opens=catalogue.opens,
        expires=catalogue.expires,
    )
    whole = _whole_shard(dataset, train, rows, preset)
    events = len(dataset.times)
    shards = write_shards(whole, max(_SHARDS, events // _SHARD_EVENTS), folder / "shards", seed)
    last = _NEVER if cut is None else int(train.times.max())
    counts = [count_examples(shard, starts, last, preset) for shard in shards]
    if not sum(counts):
        raise InputError(
            "no candidate has two postings, or one and a stated part: there is nothing to"
            " learn from; import or simulate more events"
        )
    width = _write_features(
        catalogue.table,
        steps,
        preset,
        folder,
        mapper=known.mapper if known else Mapper.of_training(dataset.taxonomy),
        text_encoder=text_encoder,
        seed=seed,
        known=known,
        tasks=tasks,
    )
    ids = [catalogue.posting_ids[row] for row in seen.tolist()]
    (folder / "seen_ids.json").write_text(json.dumps(ids), encoding="utf-8")
    train.counts.write(folder / "popularity.parquet")
    version = {"cut": last, "examples": counts, "version": dict(dataset.version)}
    about.write_text(json.dumps(version), encoding="utf-8")
    model = preset.model.model_copy(update={"word_dimensions": width})
    return preset.model_copy(update={"model": model})


def usable_prefixes(shard: Shard, cut: int) -> np.ndarray:
    """List the events up to a cut at which a history may end, because its next posting is new.

    A candidate who has stated nothing needs an event before it.
    """
    ends = np.flatnonzero(shard.new & (shard.times <= cut))
    owners = np.searchsorted(shard.starts, ends, side="right") - 1
    has_stated = np.diff(shard.stated_starts) > 0
    usable: np.ndarray = ends[has_stated[owners] | (ends > shard.starts[owners])]
    return usable


def described_events(shard: Shard, requirement_starts: np.ndarray, cut: int) -> np.ndarray:
    """List the events up to a cut whose postings state requirements; no dismissals."""
    described = np.diff(requirement_starts) > 0
    return np.flatnonzero(
        (shard.times <= cut) & (shard.kinds != DISMISS) & described[shard.postings]
    )


def count_examples(shard: Shard, requirement_starts: np.ndarray, cut: int, preset: Preset) -> int:
    """Count the training examples that an epoch draws from a shard."""
    owners = np.searchsorted(shard.starts, usable_prefixes(shard, cut), side="right") - 1
    drawn = int(np.minimum(np.bincount(owners, minlength=1), preset.training.prefixes).sum())
    events = int(np.count_nonzero(shard.times <= cut))
    share = len(described_events(shard, requirement_starts, cut)) / max(events, 1)
    return drawn + round(preset.training.described * drawn * share)


def _distinct_steps(
    train: Dataset, required: Mapping[int, Sequence[StatedStep]], preset: Preset
) -> list[StatedStep]:
    """List entries that candidates state and postings require; a dict keeps the order."""
    stated = (step for part in train.stated for step in stated_steps(part, preset.model))
    counts = Counter(step for steps in required.values() for step in steps)
    common = (step for step, _ in counts.most_common(_MAX_REQUIREMENTS))
    return list(dict.fromkeys((*stated, *common)))


def _requirement_rows(
    required: Mapping[int, Sequence[StatedStep]], rows: Mapping[StatedStep, int], postings: int
) -> tuple[np.ndarray, np.ndarray]:
    counts = np.zeros(postings, dtype=np.int64)
    known: list[int] = []
    for posting, steps in required.items():  # ascending
        own = [rows[step] for step in steps if step in rows]
        counts[posting] = len(own)
        known.extend(own)
    return offsets(counts), np.array(known, dtype=np.int64)


def _whole_shard(
    dataset: Dataset, train: Dataset, rows: Mapping[StatedStep, int], preset: Preset
) -> Shard:
    """Turn a data set into one shard, with the stated parts of its training part."""
    new = np.zeros(len(dataset.times), dtype=bool)
    new[dataset.first_interactions()] = True
    steps = [stated_steps(part, preset.model) for part in train.stated]
    return Shard(
        starts=dataset.starts,
        postings=dataset.postings,
        kinds=dataset.kinds,
        times=dataset.times,
        durations=dataset.durations,
        new=new,
        stated_starts=offsets(np.array([len(own) for own in steps], dtype=np.int64)),
        stated_rows=np.array([rows[step] for own in steps for step in own], dtype=np.int64),
        stated_kinds=np.array([_KIND_OF[step.kind] for own in steps for step in own], np.int8),
    )


_KIND_OF = {kind: number for number, kind in enumerate(STEP_KINDS)}


def _write_features(
    catalogue: pa.Table,
    steps: Sequence[StatedStep],
    preset: Preset,
    folder: Path,
    *,
    mapper: Mapper | None,
    text_encoder: str | None,
    seed: int,
    known: Embedder | None,
    tasks: Tasks,
) -> int:
    """Make and write the embedder and all features; return the dimensions of a word vector."""
    texts, lexicon = [], []
    for batch in _columns(catalogue, PHRASE_FIELDS).to_batches(max_chunksize=_TASK_POSTINGS):
        for posting in batch.to_pylist():
            texts.append(full_text(posting))
            concepts = posting_concept_words(posting, mapper)
            lexicon.append([*posting_phrases(posting), *concepts])
    dimensions = preset.model.word_dimensions
    if known is not None:
        encoder = extended(known.encoder, texts)
    else:
        encoder = choose_encoder(text_encoder, texts, dimensions=dimensions, seed=seed)
    embedder = Embedder(encoder, Lexicon.of(lexicon), mapper)
    embedder.save(folder)
    model = preset.model.model_copy(update={"word_dimensions": encoder.dimensions})
    postings, rows = len(catalogue), len(catalogue) + len(steps)
    for name, shape in _shapes(model).items():
        _allocate(folder / f"{name}.npy", (rows, *shape))
    scratch = folder / _SCRATCH
    with pa.OSFile(str(scratch), "wb") as file, pa.ipc.new_file(file, catalogue.schema) as writer:
        writer.write_table(catalogue)
    tasks(partial(_encode_postings, folder, model), -(-postings // _TASK_POSTINGS))
    scratch.unlink()
    _store(folder, postings, stated_features(steps, embedder, model))
    return encoder.dimensions


def _columns(table: pa.Table, names: Sequence[str]) -> pa.Table:
    """Select the ids and other columns; a catalogue may lack those that nobody has filled in."""
    return table.select(["posting_id", *(name for name in names if name in table.column_names)])


def _shapes(model: ModelConfig) -> dict[str, tuple[int, ...]]:
    return {
        "text": (model.word_dimensions,),
        "words": (model.lexical_dimensions,),
        "fields": (len(FIELDS), model.field_dimensions),
    }


def _allocate(file: Path, shape: tuple[int, ...]) -> None:
    """Make a file of float32 that tasks fill; on a full disk a mapped write would kill them."""
    np.lib.format.open_memmap(file, mode="w+", dtype=np.float32, shape=shape)
    try:
        with file.open("r+b") as opened:
            os.posix_fallocate(opened.fileno(), 0, file.stat().st_size)
    except OSError as error:
        raise InputError(
            f"features {file} cannot be written: {error.strerror}; make room"
        ) from error


def _encode_postings(folder: Path, model: ModelConfig, number: int) -> None:
    """Write the features of one task's postings to their place in the files."""
    first = number * _TASK_POSTINGS
    with pa.memory_map(str(folder / _SCRATCH)) as file:
        postings = pa.ipc.open_file(file).read_all().slice(first, _TASK_POSTINGS).to_pylist()
    _store(folder, first, posting_features(postings, _embedder(folder), model))


def _store(folder: Path, first: int, features: Features) -> None:
    for name, values in vars(features).items():
        stored = np.load(folder / f"{name}.npy", mmap_mode="r+")
        stored[first : first + len(values)] = values
        stored.flush()


@lru_cache(maxsize=1)
def _embedder(folder: Path) -> Embedder:
    return Embedder.load(folder)
