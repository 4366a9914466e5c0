"""The preset `published` on benchmark data: the encoder-decoder as it is trained for the stream.

The settings are those of `training.model.presets.published`; none is searched. The model trains on
everything that the protocol allows and holds nothing out for a curve. Over large catalogues the
softmax is sampled, with the preset's own correction: in full it would take hours on two cores.

Data sets lack some of what the stream has. Items without texts get their attributes as skills; bare
ids have an id embedding alone. Where the data have no times, the steps of a history are an hour
apart.

The scores of a history are those of the first decoding step, right after the newest event, because
only that step ranks every item. The stream's other ways of decoding are compared on the validation
part, by a model that has not seen its targets. Where the final training may use these targets, the
comparison takes a second training.
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
from training.benchmark.protocols.competitors import without_history
from training.benchmark.protocols.training_view import (
    History,
    OnProgress,
    TrainingSummary,
    TrainingView,
    batches,
)
from training.data.dataset import EVENT_KINDS, Dataset
from training.explanation.attribution import ScoredList, occlusion_losses, step_contributions
from training.fitting.checkpoint import Checkpoint
from training.fitting.distributed import ProcessGroup
from training.fitting.loop import EpochRecord, train
from training.inference.batch_invariant_ops import one_thread
from training.inference.numpy_network import EncoderInput, NumpyNetwork
from training.inference.prepared_catalogue import open_prepared, posting_words, write_prepared
from training.model.examples import Example, collate
from training.model.features import STEP_KINDS
from training.model.network import Decision, EncoderDecoder, Steps
from training.model.presets import Decoding, Preset, published
from training.model.time_encoding import event_time_features, freshness, freshness_at
from training.model.training_tensors import TrainingTensors, load_tensors, write_features
from training.ranking.decoding import decode
from training.retrieval.employer_cap import top_rows
from training.retrieval.nearest_postings import MIN_RESCORED, RetrievalQuery
from training.retrieval.shortlist import Shortlist

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
"""The columns that features are made of; job-views have no salaries."""


class EncoderDecoderScorer:
    """A trained encoder-decoder that scores whole catalogues; a `training_view.Scorer`."""

    def __init__(
        self, model: EncoderDecoder, material: TrainingTensors, summary: TrainingSummary
    ) -> None:
        self.summary = summary
        self._model = model.eval()
        self._network = NumpyNetwork(self._model)
        self._material = material
        with torch.inference_mode():
            vectors = model.posting_vectors(
                material.text, material.words, material.fields, material.ids
            )
        self._vectors = vectors[: len(material.opens)]  # without those of statements

    def scores(self, histories: Sequence[History]) -> np.ndarray:
        """Score every item at the first decoding step: (B, N) float32."""
        parts = [self._batch(part) for part in batches(histories, _BATCH)]
        return np.concatenate(parts)

    def reasons(self, histories: Sequence[History], items: np.ndarray) -> np.ndarray:
        """Name the step that an item loses most without (`training.explanation.attribution`).

        See `faithfulness.Explainer`.
        """
        scores = without_history(self.scores(histories), histories)
        with one_thread():
            places = [
                self._reason(history, row, item)
                for history, row, item in zip(histories, scores, items.tolist(), strict=True)
            ]
        return np.array(places)

    def _reason(self, history: History, scores: np.ndarray, item: int) -> int:
        example, reading = self._read(history)
        encoded, state = self._network.encode([reading])
        decision = self._network.decide(encoded, state, self._network.first_input())
        everything = np.isfinite(scores)
        everything[item] = True
        rows = np.union1d(top_rows(scores, everything, MIN_RESCORED), item)
        fresh = freshness_at(self._material.opens.numpy(), example.time)[:, rows]
        nobody = np.zeros(len(rows), dtype=np.int64)
        near = Shortlist(rows, self._vectors[torch.from_numpy(rows)].numpy(), fresh, nobody)
        own = near.scores(decision.query[0], decision.freshness_weights[0])
        listed = ScoredList(near, own, np.flatnonzero(rows == item))
        shares = step_contributions(encoded, decision, 0, near.vectors[listed.indices])
        [missed] = occlusion_losses(self._network, encoded, state, [shares], [listed])
        strongest = int(np.lexsort((-shares[0], -missed[0]))[0])
        return len(history) - len(example.rows) + strongest

    def prepare(self, folder: Path) -> None:
        """Write the catalogue and its vectors; see `decoding_comparison.ListMaker`."""
        catalogue = self._material.train.catalogue
        words = list(map(posting_words, catalogue.table.to_pylist()))
        write_prepared(catalogue, self._vectors.numpy(), words, folder)

    def lists(
        self, histories: Sequence[History], allowed: np.ndarray, folder: Path, decoding: Decoding
    ) -> list[list[int]]:
        """Make lists as the stream does; see `decoding_comparison.ListMaker`."""
        read = [self._read(history) for history in histories]
        questions = [
            RetrievalQuery(reading, example.time, row)
            for (example, reading), row in zip(read, allowed, strict=True)
        ]
        prepared = open_prepared(folder)
        with one_thread():
            made = decode(self._network, questions, prepared, size=PLACES, decoding=decoding)
        return [[emission.row for emission in one] for one in made]

    def _read(self, history: History) -> tuple[Example, EncoderInput]:
        example = _example(history, published().model.most_events)
        vectors = self._vectors[torch.from_numpy(example.rows)].numpy()
        return example, EncoderInput(vectors, example.kinds, example.time_features)

    def weights(self) -> Mapping[str, np.ndarray]:
        """Return the network's parameters."""
        return {name: value.numpy() for name, value in self._model.state_dict().items()}

    def _batch(self, histories: Sequence[History]) -> np.ndarray:
        steps, times = self._steps(histories)
        decision = self._decide(steps)
        fresh = freshness(self._material.opens, times)  # (B, N, 3)
        scores = (
            decision.query @ self._vectors.T
            + (fresh @ decision.freshness_weights[..., None])[..., 0]
        )
        return np.asarray(scores.numpy())

    def _steps(self, histories: Sequence[History]) -> tuple[Steps, torch.Tensor]:
        """Return the input of the encoder, and the moments of the lists, (B,) int64."""
        most = published().model.most_events
        batch = collate([_example(history, most) for history in histories])
        vectors = self._vectors[batch.rows]
        return Steps(vectors, batch.kinds, batch.time_features, batch.lengths), batch.times

    def _decide(self, steps: Steps) -> Decision:
        """Run the first decoding step."""
        with torch.inference_mode():
            encoded, state = self._model.encode(steps)
            start = self._model.first_input(len(steps.lengths))
            return self._model.decide(encoded, state, start)


def fit(training: TrainingView, *, seed: int, on_progress: OnProgress) -> EncoderDecoderScorer:
    """Train the preset; see `training_view.Fit`."""
    began = time.monotonic()
    model, material, losses = _train(training, seed, on_progress)
    trained = time.monotonic()
    chooser = EncoderDecoderScorer(model, material, TrainingSummary())
    if training.final_histories is not training.histories:
        unseen = replace(training, final_histories=training.histories)
        other, chooser_material, _ = _train(unseen, seed, on_progress)
        chooser = EncoderDecoderScorer(other, chooser_material, TrainingSummary())
    on_progress("comparing ways of decoding", 0.0)
    measured = compare_decodings(chooser, training, seed)
    summary = TrainingSummary(
        seconds={"search": time.monotonic() - trained, "train": trained - began},
        choices=_preset(training.items).model_dump(mode="json"),
        curves={"train_loss": losses},
        measured=measured,
    )
    return EncoderDecoderScorer(model, material, summary)


def _train(
    training: TrainingView, seed: int, on_progress: OnProgress
) -> tuple[EncoderDecoder, TrainingTensors, list[float]]:
    """Train on the final histories; also returns the losses by epoch."""
    preset = _preset(training.items)
    on_progress("making features", 0.0)
    losses: list[float] = []

    def report(record: EpochRecord) -> None:
        losses.append(record.loss)
        on_progress(f"epoch {record.epoch}, loss {record.loss:.3f}", record.epoch / record.epochs)

    with TemporaryDirectory(prefix="careerstream-") as temporary:
        folder = Path(temporary)
        material = _material(dataset_of(training), preset, folder, seed)
        checkpoint = Checkpoint(folder / "checkpoint.pt", {}, resume=False)
        model = train(
            material, preset, seed, group=ProcessGroup(), checkpoint=checkpoint, on_epoch=report
        )
    return model, material, losses


def _preset(items: int) -> Preset:
    preset = published()
    if items <= _MOST_IN_FULL:
        return preset
    sampled = preset.training.model_copy(update={"softmax_postings": _SAMPLED})
    return preset.model_copy(update={"training": sampled})


def dataset_of(training: TrainingView) -> Dataset:
    """Convert the final histories to a training job's data set with the same rows."""
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
    """Return the catalogue's table; ids are row numbers, so that its order is the view's."""
    postings: Sequence[Mapping[str, Any]] = training.postings or ({},) * training.items
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
        for row, posting in enumerate(postings)
    ]
    return pa.Table.from_pylist(rows, schema=_COLUMNS)


def _material(dataset: Dataset, preset: Preset, folder: Path, seed: int) -> TrainingTensors:
    """Write the features, and select every event for training instead of the oldest share."""
    write_features(dataset, preset, folder, seed=seed)
    material = load_tensors(dataset, preset, folder)
    seen = torch.from_numpy(np.unique(dataset.postings))
    ids = torch.zeros(len(material.text), dtype=torch.int64)
    ids[seen] = torch.arange(1, len(seen) + 1)
    return replace(material, train=dataset, held_out=(), seen=seen, ids=ids)


def _example(history: History, most: int) -> Example:
    times = _times(history)[-most:]
    lasted = np.zeros(len(history)) if history.durations is None else history.durations
    return Example(
        rows=history.items[-most:],
        kinds=np.full(len(times), STEP_KINDS.index(str(EVENT_KINDS[_VIEW]))),
        event_time_features=event_time_features(
            times, lasted[-most:].astype(np.float32), int(times[-1])
        ),
        targets=history.items[:1],  # required; scoring does not read it
        time=int(times[-1]),
    )


def _times(history: History) -> np.ndarray:
    return np.arange(len(history)) * _HOUR if history.times is None else history.times
