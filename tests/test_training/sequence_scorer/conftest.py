"""The ring of `ring_world` as a data set."""

import pytest
from ring_world import ITEMS, catalogue_of, dataset_of, ring

from streaming.serving.catalogue import Catalogue
from training.data.dataset import Dataset
from training.evaluation.prequential import EvaluationProtocol, HeldOutTurns, held_out_turns


@pytest.fixture(scope="session")
def ring_catalogue() -> Catalogue:
    names = [f"p{place:02}" for place in range(ITEMS)]
    return catalogue_of(names, {name: [f"word{place // 4}"] for place, name in enumerate(names)})


@pytest.fixture(scope="session")
def ring_dataset(ring_catalogue: Catalogue) -> Dataset:
    return dataset_of(ring_catalogue, ring())


@pytest.fixture(scope="session")
def ring_turns(ring_dataset: Dataset) -> tuple[Dataset, HeldOutTurns]:
    """The training part, and what comes after it."""
    cut = ring_dataset.cut(0.13)
    turns = held_out_turns(ring_dataset, cut, EvaluationProtocol(turns=200, seed=1))
    assert cut is not None
    return ring_dataset.until(cut), turns
