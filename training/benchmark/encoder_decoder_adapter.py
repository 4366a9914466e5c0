"""The preset `published` on benchmark data: the encoder-decoder as it is trained for the stream.

Its settings are those of `training.model.presets.published`; none is searched. It learns from all
that the protocol lets it, so that nothing is held out for a curve. Where the catalogue is large,
the softmax is over a sample with the preset's own correction, as it is in the stream for catalogues
larger still: in full it would take hours on two cores. What the data lack is left out: items
without texts have their attributes as skills, bare ids have their id block alone. Where nothing
says when something happened, the steps of a history lie an hour apart. A history's scores are those
of the first decoding step, right after the newest event: only that ranks every item. What the
stream's other ways of decoding make of it is measured on the validation part, by a model that has
not seen its targets: where those may be trained on in the end, that takes a training more.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import torch

from streaming.serving.catalogue import Catalogue
from training.benchmark.decoding_comparison import PLACES, compare_decodings
from training.benchmark.protocols.training_view import (
    Account,
    History,
    OnProgress,
    TrainingView,
    batches,
)
from training.data.dataset import KINDS, Dataset
from training.evaluation.ranking_metrics import known
from training.explanation.attribution import Listed, added, lost
from training.fitting.checkpoint import Checkpoint
from training.fitting.distributed import Group
from training.fitting.loop import EpochRecord, train
from training.model.examples import Example, pad
from training.model.features import STEP_KINDS
from training.model.network import Decision, EncoderDecoder, Steps
from training.model.presets import Decoding, Preset, published
from training.model.time_encoding import freshness, freshness_at, moments
from training.model.training_tensors import Material, load_material, write_features
from training.ranking.batch_invariant_ops import one_thread
from training.ranking.decoding import decode
from training.ranking.employer_cap import top_rows
from training.ranking.numpy_network import Network, Reading
from training.ranking.prepared_catalogue import open_prepared, words_of, write_prepared
from training.ranking.retrieval import LEAST_LOOKED, Question, Shortlist

_HOUR = 3_600_000_000
_VIEW = 0  # the place of views in KINDS
_BATCH = 256
_MOST_IN_FULL = 10_000
_SAMPLED = 2_000
_TIME = pa.timestamp("us", tz="UTC")
_TEXTS = ("title", "description", "employer", "industry", "occupation", "language")
_TERMS = ("employment_type", "education", "experience")
_COLUMNS = pa.schema(
    [
        *((name, pa.string()) for name in ("posting_id", *_TEXTS, *_TERMS)),
        ("skills", pa.list_(pa.string())),
        ("place", pa.struct([(name, pa.string()) for name in ("locality", "region", "country")])),
        *((name, _TIME) for name in ("date_posted", "valid_through")),
        ("open", pa.bool_()),
    ]
)
"""What the features are made of; job-views say nothing of salaries."""


class PublishedScorer:
    """A trained encoder-decoder that scores whole catalogues (`data.Scorer`)."""

    def __init__(self, model: EncoderDecoder, material: Material, account: Account) -> None:
        self.account = account
        self._model = model.eval()
        self._network = Network(self._model)
        self._material = material
        with torch.inference_mode():
            whole = model.posting_vectors(
                material.text, material.words, material.fields, material.ids
            )
        self._vectors = whole[: len(material.opens)]  # without those of what may be stated

    def scores(self, histories: Sequence[History]) -> np.ndarray:
        """Score every item at the first decoding step: (B, N) float32."""
        parts = [self._batch(part) for part in batches(histories, _BATCH)]
        return np.concatenate(parts)

    def reasons(self, histories: Sequence[History], items: np.ndarray) -> np.ndarray:
        """Name the step that an item loses most without (`training.explanation.attribution`).

        See `faithfulness.Explains`.
        """
        scores = self.scores(histories).astype(np.float64)
        scores[known(histories)] = -np.inf
        with one_thread():
            found = [
                self._reason(history, row, item)
                for history, row, item in zip(histories, scores, items.tolist(), strict=True)
            ]
        return np.array(found)

    def _reason(self, history: History, scores: np.ndarray, item: int) -> int:
        example, reading = self._read(history)
        encoded, state = self._network.encode([reading])
        decision = self._network.decide(encoded, state, self._network.first_input())
        everything = np.isfinite(scores)
        everything[item] = True
        rows = np.union1d(top_rows(scores, everything, LEAST_LOOKED), item)
        fresh = freshness_at(self._material.opens.numpy(), example.time)[:, rows]
        nobody = np.zeros(len(rows), dtype=np.int64)
        near = Shortlist(rows, self._vectors[torch.from_numpy(rows)].numpy(), fresh, nobody)
        own = near.scores(decision.query[0], decision.taste[0])
        listed = Listed(near, own, np.flatnonzero(rows == item))
        shares = added(encoded, decision, 0, near.vectors[listed.places])
        [missed] = lost(self._network, encoded, state, [shares], [listed])
        strongest = int(np.lexsort((-shares[0], -missed[0]))[0])
        return len(history) - len(example.rows) + strongest

    def prepare(self, folder: Path) -> None:
        """Write the catalogue and its vectors; see `decodings.Decodes`."""
        catalogue = self._material.train.catalogue
        words = list(map(words_of, catalogue.table.to_pylist()))
        write_prepared(catalogue, self._vectors.numpy(), words, folder)

    def lists(
        self, histories: Sequence[History], allowed: np.ndarray, folder: Path, decoding: Decoding
    ) -> list[list[int]]:
        """Make lists as the stream does; see `decodings.Decodes`."""
        read = [self._read(history) for history in histories]
        questions = [
            Question(reading, example.time, row)
            for (example, reading), row in zip(read, allowed, strict=True)
        ]
        prepared = open_prepared(folder)
        with one_thread():
            made = decode(self._network, questions, prepared, size=PLACES, decoding=decoding)
        return [[emission.row for emission in one] for one in made]

    def _read(self, history: History) -> tuple[Example, Reading]:
        example = _example(history, published().model.most_events)
        vectors = self._vectors[torch.from_numpy(example.rows)].numpy()
        return example, Reading(vectors, example.kinds, example.moments)

    def weights(self) -> Mapping[str, np.ndarray]:
        """Return the network's parameters."""
        return {name: value.numpy() for name, value in self._model.state_dict().items()}

    def _batch(self, histories: Sequence[History]) -> np.ndarray:
        steps, times = self._steps(histories)
        decision = self._decide(steps)
        fresh = freshness(self._material.opens, times)  # (B, N, 3)
        scores = decision.query @ self._vectors.T + (fresh @ decision.taste[..., None])[..., 0]
        return np.asarray(scores.numpy())

    def _steps(self, histories: Sequence[History]) -> tuple[Steps, torch.Tensor]:
        """Return what the encoder reads, and the moments of the lists, (B,) int64."""
        most = published().model.most_events
        batch = pad([_example(history, most) for history in histories])
        vectors = self._vectors[batch.rows]
        return Steps(vectors, batch.kinds, batch.moments, batch.lengths), batch.times

    def _decide(self, steps: Steps) -> Decision:
        """Take the first decoding step."""
        with torch.inference_mode():
            encoded, state = self._model.encode(steps)
            start = self._model.first_input(len(steps.lengths))
            return self._model.decide(encoded, state, start)


def fit(training: TrainingView, *, seed: int, on_progress: OnProgress) -> PublishedScorer:
    """Train the preset; see `data.Fit`."""
    began = time.monotonic()
    model, material, losses = _train(training, seed, on_progress)
    trained = time.monotonic()
    chooser = PublishedScorer(model, material, Account())
    if training.final_histories is not training.histories:
        unseen = replace(training, final_histories=training.histories)
        other, its_material, _ = _train(unseen, seed, on_progress)
        chooser = PublishedScorer(other, its_material, Account())
    on_progress("comparing ways of decoding", 0.0)
    measured = compare_decodings(chooser, training, seed)
    account = Account(
        seconds={"search": time.monotonic() - trained, "train": trained - began},
        choices=_preset(training.items).model_dump(mode="json"),
        curves={"train_loss": losses},
        measured=measured,
    )
    return PublishedScorer(model, material, account)


def _train(
    training: TrainingView, seed: int, on_progress: OnProgress
) -> tuple[EncoderDecoder, Material, list[float]]:
    """Train on the final histories; returns the losses by epoch, too."""
    preset = _preset(training.items)
    on_progress("making features", 0.0)
    losses: list[float] = []

    def told(record: EpochRecord) -> None:
        losses.append(record.loss)
        on_progress(f"epoch {record.epoch}, loss {record.loss:.3f}", record.epoch / record.epochs)

    with TemporaryDirectory(prefix="careerstream-") as temporary:
        folder = Path(temporary)
        material = _material(dataset_of(training), preset, folder, seed)
        checkpoint = Checkpoint(folder / "checkpoint.pt", {}, resume=False)
        model = train(material, preset, seed, group=Group(), checkpoint=checkpoint, on_epoch=told)
    return model, material, losses


def _preset(items: int) -> Preset:
    preset = published()
    if items <= _MOST_IN_FULL:
        return preset
    sampled = preset.training.model_copy(update={"softmax_postings": _SAMPLED})
    return preset.model_copy(update={"training": sampled})


def dataset_of(training: TrainingView) -> Dataset:
    """Lay the final histories out as a training job's data set; its rows are the view's rows."""
    histories = training.final_histories
    lengths = [len(history) for history in histories]
    total = sum(lengths)
    durations = [
        np.full(len(h), np.nan, np.float32) if h.durations is None else h.durations
        for h in histories
    ]
    return Dataset(
        catalogue=Catalogue.of(_table(training), 0),
        candidate_ids=training.users,
        stated=(None,) * len(histories),
        starts=np.concatenate([[0], np.cumsum(lengths)]),
        postings=np.concatenate([history.items for history in histories]),
        kinds=np.full(total, _VIEW),
        times=np.concatenate([_times(history) for history in histories]),
        durations=np.concatenate(durations),
        event_ids=np.arange(total).astype(str),
        version={},
    )


def _table(training: TrainingView) -> pa.Table:
    """Make the catalogue's table; ids are row numbers, so that its order is the view's."""
    said: Sequence[Mapping[str, Any]] = training.postings or ({},) * training.items
    numbers = training.attributes or ((),) * training.items
    rows = [
        {
            **{name: value for name, value in posting.items() if name in _COLUMNS.names},
            "posting_id": f"{row:012}",
            "skills": [*(posting.get("skills") or ()), *(f"attribute{n}" for n in numbers[row])],
            "date_posted": None,
            "valid_through": None,
            "open": True,
        }
        for row, posting in enumerate(said)
    ]
    return pa.Table.from_pylist(rows, schema=_COLUMNS)


def _material(dataset: Dataset, preset: Preset, folder: Path, seed: int) -> Material:
    """Make the features, and train on every event instead of the oldest share of them."""
    write_features(dataset, preset, folder, seed=seed)
    material = load_material(dataset, preset, folder)
    seen = torch.from_numpy(np.unique(dataset.postings))
    ids = torch.zeros(len(material.text), dtype=torch.int64)
    ids[seen] = torch.arange(1, len(seen) + 1)
    return replace(material, train=dataset, held_out=(), seen=seen, ids=ids)


def _example(history: History, most: int) -> Example:
    times = _times(history)[-most:]
    lasted = np.zeros(len(history)) if history.durations is None else history.durations
    return Example(
        rows=history.items[-most:],
        kinds=np.full(len(times), STEP_KINDS.index(str(KINDS[_VIEW]))),
        moments=moments(times, lasted[-most:].astype(np.float32), int(times[-1])),
        targets=history.items[:1],  # there must be one; scoring reads none
        time=int(times[-1]),
    )


def _times(history: History) -> np.ndarray:
    return np.arange(len(history)) * _HOUR if history.times is None else history.times
