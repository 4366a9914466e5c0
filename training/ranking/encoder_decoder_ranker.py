"""The encoder-decoder as a `streaming.serving.ranker.Ranker`.

PyTorch prepares catalogues; lists are made without it (`training.inference.numpy_network`).
"""

import json
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Self

import numpy as np
import pyarrow as pa
import torch

from streaming.errors import ModelError
from streaming.serving.catalogue import Catalogue
from streaming.serving.ranker import Profile, RankedItem, Requirement
from training.data.popularity_counts import PopularityCounts
from training.determinism import one_torch_thread
from training.explanation.attribution import step_likeness
from training.inference.batch_invariant_ops import one_thread
from training.inference.numpy_network import EncoderInput, NumpyNetwork
from training.inference.prepared_catalogue import (
    PreparedCatalogue,
    open_prepared,
    posting_words,
    write_prepared,
)
from training.inference.profile_encoding import ProfileStep, encode_profiles
from training.model.features import (
    Embedder,
    Features,
    StatedStep,
    fingerprint,
    posting_features,
    stated_features,
)
from training.model.network import BLOCKS, EncoderDecoder
from training.model.presets import Decoding, Preset
from training.model.time_encoding import to_microseconds
from training.ranking.decoding import decode, start_decoding
from training.ranking.first_step import Attention, FirstStep
from training.ranking.most_popular import MostPopularRanker
from training.ranking.ranked_items import ranked_items
from training.ranking.requirements import requirements
from training.retrieval.shortlist import RetrievalQuery

FORMAT = 4
"""Of the model folder; a folder of another format than this and `_RELEASED` is refused."""
_RELEASED = 3
"""Of release 0.1.0: the decoding was the number of lists followed, 0 for the first step alone."""

_BATCH = 64
"""Profiles whose products with the whole catalogue are held at a time."""
_CACHED_ENTRIES = 8_192
"""Stated entries whose vectors are kept: many people state the same."""
WORK_BLOCKS = ("text", "words", "industry", "occupation")
"""The blocks of a posting vector that describe the work, not where, for whom or for how much."""

_Request = tuple[Profile, str]
"""A profile, and the time at which ages are taken."""


class EncoderDecoderRanker:
    """A trained encoder-decoder with all it needs to rank.

    `ids` are the postings with an id block, in the order of its numbers, from 1; `counts` rank for
    profiles without steps.
    """

    def __init__(
        self,
        model: EncoderDecoder,
        embedder: Embedder,
        preset: Preset,
        *,
        ids: Sequence[str],
        counts: PopularityCounts,
    ) -> None:
        self.model = model.eval()
        self.embedder = embedder
        self.preset = preset
        self.ids = tuple(ids)
        self.popular = MostPopularRanker(counts)
        self._known_postings: dict[str, tuple[Features, str]] = {}
        self._network = NumpyNetwork(self.model)
        self._cached_vector = lru_cache(maxsize=_CACHED_ENTRIES)(self._stated_vector)

    @property
    def packages(self) -> tuple[str, ...]:
        """The packages of the embedder."""
        return self.embedder.packages

    def save(self, folder: Path) -> None:
        """Write everything `load` needs into an existing folder."""
        about = {"format": FORMAT, "preset": self.preset.model_dump(mode="json"), "ids": self.ids}
        (folder / "model.json").write_text(json.dumps(about), encoding="utf-8")
        torch.save(self.model.state_dict(), folder / "weights.pt")
        self.embedder.save(folder)
        self.popular.save(folder)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote.

        Raises:
            ModelError: the folder is incomplete or of another format.
        """
        try:
            about = json.loads((folder / "model.json").read_text(encoding="utf-8"))
            weights = torch.load(folder / "weights.pt", weights_only=True)
            counts = MostPopularRanker.load(folder).counts
        except (OSError, ValueError) as error:
            raise ModelError(
                f"model folder {folder} is incomplete: {error}; train again"
            ) from error
        if about["format"] == _RELEASED:
            shape = about["preset"]["model"]
            shape["decoding"] = Decoding.GREEDY if shape["decoding"]["width"] else Decoding.FIRST
        elif about["format"] != FORMAT:
            raise ModelError(
                f"model folder {folder} has format {about['format']}, this version reads {FORMAT};"
                " train again"
            )
        preset = Preset.model_validate(about["preset"])
        model = EncoderDecoder(preset.model, len(about["ids"]))
        _add_new_kinds(weights, model)
        model.load_state_dict(weights)
        return cls(model, Embedder.load(folder), preset, ids=about["ids"], counts=counts)

    def prepare(self, catalogue: Catalogue, folder: Path) -> None:
        """Write a catalogue and its posting vectors; see `Ranker.prepare`."""
        with one_torch_thread(), torch.inference_mode():
            features, words = self._features_and_words(catalogue)
            numbers = {posting_id: number for number, posting_id in enumerate(self.ids, start=1)}
            ids = [numbers.get(posting_id, 0) for posting_id in catalogue.posting_ids]
            vectors = self.model.posting_vectors(
                torch.from_numpy(features.text),
                torch.from_numpy(features.words),
                torch.from_numpy(features.fields),
                torch.tensor(ids, dtype=torch.int64),
            )
        write_prepared(catalogue, vectors.numpy(), words, folder)
        popular = folder / "popular"
        popular.mkdir()
        self.popular.prepare(catalogue, popular)

    def rank(
        self, profiles: Sequence[Profile], as_of: Sequence[str], folder: Path, size: int
    ) -> list[list[RankedItem]]:
        """Rank a prepared catalogue for each profile; see `streaming.serving.ranker.Ranker.rank`.

        An item's score is the log-probability of the list up to and including it.
        """
        prepared = open_prepared(folder)
        requests = list(zip(profiles, as_of, strict=True))
        batches = (requests[start : start + _BATCH] for start in range(0, len(requests), _BATCH))
        return [items for batch in batches for items in self._rank(batch, prepared, size)]

    def _rank(
        self, requests: Sequence[_Request], prepared: PreparedCatalogue, size: int
    ) -> Iterator[list[RankedItem]]:
        """Rank for a batch of profiles."""
        decoding = self.preset.model.decoding
        with one_thread():
            encoded = self._encode(requests, prepared)
            queries = [
                RetrievalQuery(
                    profile_input[0],
                    to_microseconds(as_of),
                    prepared.catalogue.eligible(profile, as_of),
                )
                for (profile, as_of), profile_input in zip(requests, encoded, strict=True)
                if profile_input is not None
            ]
            decoded = decode(self._network, queries, prepared, size=size, decoding=decoding)
        lists, popular = iter(decoded), prepared.folder / "popular"
        for (profile, as_of), profile_input in zip(requests, encoded, strict=True):
            if profile_input is None:
                yield self.popular.rank([profile], [as_of], popular, size)[0]
            else:
                yield ranked_items(prepared, profile, profile_input[1], next(lists))

    def first_steps(
        self, requests: Sequence[_Request], prepared: PreparedCatalogue
    ) -> list[FirstStep]:
        """Take the first decoding step of profiles; those without steps are left out."""
        encoded = [one for one in self._encode(requests, prepared) if one is not None]
        if not encoded:
            return []
        start = start_decoding(self._network, [encoder_input for encoder_input, _ in encoded])
        products = prepared.approximate_products(start.decision.query)
        return [
            FirstStep(steps, products[index], start, index)
            for index, (_, steps) in enumerate(encoded)
        ]

    def open_prepared(self, folder: Path) -> PreparedCatalogue:
        """Open what `prepare` wrote."""
        return open_prepared(folder)

    def posting_vectors(self, folder: Path) -> np.ndarray:
        """Return the vectors of a prepared catalogue's postings, (N, D) float32."""
        return np.asarray(open_prepared(folder).vectors)

    def work_vectors(self, folder: Path) -> np.ndarray:
        """Return the blocks `WORK_BLOCKS` of `posting_vectors`, (N, E) float32, for clustering."""
        wanted = [BLOCKS.index(block) for block in WORK_BLOCKS]
        return self.posting_vectors(folder)[:, np.isin(self.model.block_of.numpy(), wanted)]

    def candidate_vectors(
        self, profiles: Sequence[Profile], as_of: Sequence[str], folder: Path
    ) -> np.ndarray:
        """Return the query of each profile, in the space of the posting vectors, (B, D) float32.

        The inner product of a row with a posting vector is that posting's score at the first
        decoding step, without what freshness adds. A profile without steps has the zero vector. The
        prepared catalogue holds the profiles' postings.
        """
        prepared = open_prepared(folder)
        requests = list(zip(profiles, as_of, strict=True))
        vectors = np.zeros((len(profiles), prepared.vectors.shape[1]), dtype=np.float32)
        with one_thread():
            for start in range(0, len(profiles), _BATCH):
                encoded = self._encode(requests[start : start + _BATCH], prepared)
                rows = [row for row, one in enumerate(encoded, start) if one is not None]
                if rows:
                    inputs = [one[0] for one in encoded if one is not None]
                    vectors[rows] = start_decoding(self._network, inputs).decision.query
        return vectors

    def attention(self, profile: Profile, as_of: str, folder: Path) -> Attention | None:
        """Return what the first place of a list rests on; None for a profile without steps.

        A posting of the prepared catalogue must be open to the candidate.
        """
        prepared = open_prepared(folder)
        [encoded] = self._encode([(profile, as_of)], prepared)
        if encoded is None:
            return None
        encoder_input, steps = encoded
        allowed = prepared.catalogue.eligible(profile, as_of)
        query = RetrievalQuery(encoder_input, to_microseconds(as_of), allowed)
        with one_thread():
            start = start_decoding(self._network, [encoder_input])
            [[first]] = decode(self._network, [query], prepared, size=1, decoding=Decoding.FIRST)
        [weights], vectors = start.decision.attention, prepared.vectors[[first.row]]
        [likeness] = step_likeness(start.encoded, start.decision, 0, vectors)
        posting_id = prepared.catalogue.posting_ids[first.row]
        return Attention(steps, weights, weights * likeness, posting_id)

    def requirements(
        self, profile: Profile, posting_ids: Sequence[str], folder: Path
    ) -> list[Requirement]:
        """See `streaming.serving.ranker.RequirementJudge.requirements`."""
        catalogue = self.open_prepared(folder).catalogue
        rows = [catalogue.rows[posting_id] for posting_id in posting_ids]
        postings = catalogue.table.select(["skills"]).take(pa.array(rows, pa.int64())).to_pylist()
        return requirements(postings, profile, self.embedder.mapper)

    def _encode(
        self, requests: Sequence[_Request], prepared: PreparedCatalogue
    ) -> list[tuple[EncoderInput, tuple[ProfileStep, ...]] | None]:
        profiles = [(profile, to_microseconds(as_of)) for profile, as_of in requests]
        return encode_profiles(profiles, prepared, self._cached_vector, self.preset.model)

    def _stated_vector(self, step: StatedStep) -> np.ndarray:
        """Return the vector of a stated entry, (D,)."""
        features = stated_features([step], self.embedder, self.preset.model)
        return self._network.vector(features.text[0], features.words[0], features.fields[0])

    def _features_and_words(self, catalogue: Catalogue) -> tuple[Features, list[str]]:
        """Return features and words of a catalogue; makes those of new or changed postings only."""
        postings = catalogue.table.to_pylist()
        keys = [fingerprint(posting) for posting in postings]
        new = [row for row, key in enumerate(keys) if key not in self._known_postings]
        made = posting_features([postings[row] for row in new], self.embedder, self.preset.model)
        fresh = {
            # An index array copies; a slice would keep all rows of `made` alive.
            keys[row]: (made.take(np.array([number])), posting_words(postings[row]))
            for number, row in enumerate(new)
        }
        known = self._known_postings | fresh
        self._known_postings = {key: known[key] for key in keys}
        features = Features.join([made.take(slice(0)), *(known[key][0] for key in keys)])
        return features, [known[key][1] for key in keys]


def _add_new_kinds(weights: dict[str, torch.Tensor], model: EncoderDecoder) -> None:
    """Give a model that is older than some kinds of steps what an untrained one has of them."""
    for name, fresh in (("kinds.weight", None), ("strengths", model.strengths.detach())):
        known, whole = weights[name], model.get_parameter(name)
        added = torch.zeros_like(whole) if fresh is None else fresh
        weights[name] = torch.cat([known, added[len(known) :]])
