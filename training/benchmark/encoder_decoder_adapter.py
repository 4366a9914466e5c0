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

import numpy as np
import torch

from training.benchmark.decoding_comparison import PLACES, compare_decodings
from training.benchmark.history_dataset import dataset_of, example_of
from training.benchmark.protocols.competitors import without_history
from training.benchmark.protocols.training_view import (
    History,
    OnProgress,
    TrainingSummary,
    TrainingView,
    batches,
)
from training.data.dataset import Dataset
from training.explanation.attribution import ScoredList, occlusion_losses, step_contributions
from training.fitting.checkpoint import Checkpoint
from training.fitting.distributed import ProcessGroup
from training.fitting.loop import EpochRecord, train
from training.inference.batch_invariant_ops import one_thread
from training.inference.numpy_network import EncoderInput, NumpyNetwork
from training.inference.prepared_catalogue import open_prepared, posting_words, write_prepared
from training.model.examples import Example, collate
from training.model.network import EncoderDecoder, Steps
from training.model.presets import Decoding, Preset, published
from training.model.time_encoding import freshness, freshness_at
from training.model.training_tensors import TrainingTensors, load_tensors, write_features
from training.ranking.decoding import decode
from training.retrieval.employer_cap import top_rows
from training.retrieval.shortlist import MIN_RESCORED, RetrievalQuery, Shortlist

_BATCH = 256
_MAX_FULL_SOFTMAX = 10_000
"""Catalogue size from which on the softmax is sampled."""
_SAMPLED = 2_000


class EncoderDecoderScorer:
    """A trained encoder-decoder that scores whole catalogues; a `training_view.Scorer`."""

    def __init__(
        self, model: EncoderDecoder, tensors: TrainingTensors, summary: TrainingSummary
    ) -> None:
        self.summary = summary
        self._model = model.eval()
        self._network = NumpyNetwork(self._model)
        self._tensors = tensors
        with torch.inference_mode():
            vectors = model.posting_vectors(
                tensors.text, tensors.words, tensors.fields, tensors.ids
            )
        self._vectors = vectors[: len(tensors.opens)]  # without those of statements

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
        example, encoder_input = self._read(history)
        encoded, state = self._network.encode([encoder_input])
        decision = self._network.decide(encoded, state, self._network.first_input())
        allowed = np.isfinite(scores)
        allowed[item] = True
        rows = np.union1d(top_rows(scores, allowed, MIN_RESCORED), item)
        fresh = freshness_at(self._tensors.opens.numpy(), example.time)[:, rows]
        vectors = self._vectors[torch.from_numpy(rows)].numpy()
        shortlist = Shortlist(rows, vectors, fresh, np.zeros(len(rows), dtype=np.int64))
        own = shortlist.scores(decision.query[0], decision.freshness_weights[0])
        listed = ScoredList(shortlist, own, np.flatnonzero(rows == item))
        added = step_contributions(encoded, decision, 0, shortlist.vectors[listed.indices])
        [losses] = occlusion_losses(self._network, encoded, state, [added], [listed])
        strongest = int(np.lexsort((-added[0], -losses[0]))[0])
        return len(history) - len(example.rows) + strongest

    def prepare(self, folder: Path) -> None:
        """Write the catalogue and its vectors; see `decoding_comparison.ListMaker`."""
        catalogue = self._tensors.train.catalogue
        words = list(map(posting_words, catalogue.table.to_pylist()))
        write_prepared(catalogue, self._vectors.numpy(), words, folder)

    def lists(
        self, histories: Sequence[History], allowed: np.ndarray, folder: Path, decoding: Decoding
    ) -> list[list[int]]:
        """Make lists as the stream does; see `decoding_comparison.ListMaker`."""
        inputs = [self._read(history) for history in histories]
        queries = [
            RetrievalQuery(encoder_input, example.time, row)
            for (example, encoder_input), row in zip(inputs, allowed, strict=True)
        ]
        prepared = open_prepared(folder)
        with one_thread():
            lists = decode(self._network, queries, prepared, size=PLACES, decoding=decoding)
        return [[item.row for item in items] for items in lists]

    def _read(self, history: History) -> tuple[Example, EncoderInput]:
        example = example_of(history, published().model.most_events)
        vectors = self._vectors[torch.from_numpy(example.rows)].numpy()
        return example, EncoderInput(vectors, example.kinds, example.time_features)

    def weights(self) -> Mapping[str, np.ndarray]:
        """Return the network's parameters."""
        return {name: value.numpy() for name, value in self._model.state_dict().items()}

    def _batch(self, histories: Sequence[History]) -> np.ndarray:
        most = published().model.most_events
        batch = collate([example_of(history, most) for history in histories])
        vectors = self._vectors[batch.rows]
        steps = Steps(vectors, batch.kinds, batch.time_features, batch.lengths)
        with torch.inference_mode():
            encoded, state = self._model.encode(steps)
            start = self._model.first_input(len(histories))
            decision = self._model.decide(encoded, state, start)
        fresh = freshness(self._tensors.opens, batch.times)  # (B, N, 3)
        scores = (
            decision.query @ self._vectors.T
            + (fresh @ decision.freshness_weights[..., None])[..., 0]
        )
        return np.asarray(scores.numpy())


def fit(training: TrainingView, *, seed: int, on_progress: OnProgress) -> EncoderDecoderScorer:
    """Train the preset; see `training_view.Fit`."""
    started = time.monotonic()
    model, tensors, losses = _train(training, seed, on_progress)
    trained = time.monotonic()
    selection = EncoderDecoderScorer(model, tensors, TrainingSummary())
    if training.final_histories is not training.histories:
        unseen = replace(training, final_histories=training.histories)
        other_model, other_tensors, _ = _train(unseen, seed, on_progress)
        selection = EncoderDecoderScorer(other_model, other_tensors, TrainingSummary())
    on_progress("comparing ways of decoding", 0.0)
    measured = compare_decodings(selection, training, seed)
    summary = TrainingSummary(
        seconds={"search": time.monotonic() - trained, "train": trained - started},
        choices=_preset(training.items).model_dump(mode="json"),
        curves={"train_loss": losses},
        measured=measured,
    )
    return EncoderDecoderScorer(model, tensors, summary)


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
        tensors = _tensors(dataset_of(training), preset, folder, seed)
        checkpoint = Checkpoint(folder / "checkpoint.pt", {}, resume=False)
        model = train(
            tensors, preset, seed, group=ProcessGroup(), checkpoint=checkpoint, on_epoch=report
        )
    return model, tensors, losses


def _preset(items: int) -> Preset:
    preset = published()
    if items <= _MAX_FULL_SOFTMAX:
        return preset
    sampled = preset.training.model_copy(update={"softmax_postings": _SAMPLED})
    return preset.model_copy(update={"training": sampled})


def _tensors(dataset: Dataset, preset: Preset, folder: Path, seed: int) -> TrainingTensors:
    """Write the features, and select every event for training instead of the oldest share."""
    write_features(dataset, preset, folder, seed=seed)
    tensors = load_tensors(dataset, preset, folder)
    seen = torch.from_numpy(np.unique(dataset.postings))
    ids = torch.zeros(len(tensors.text), dtype=torch.int64)
    ids[seen] = torch.arange(1, len(seen) + 1)
    return replace(tensors, train=dataset, held_out=(), seen=seen, ids=ids)
