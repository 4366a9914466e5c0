"""The ranker in two stages with a part that reads ids."""

import json
from pathlib import Path

import numpy as np
import pytest
from ring_world import ITEMS, catalogue_of, dataset_of, ring

from streaming.contract.records import Item
from training.content_ranker.fit_content import FittedContent, fit_content
from training.content_ranker.two_stage_ranker import Blend, TwoStageRanker
from training.data.dataset import Dataset, HeldOut
from training.fitting.fit import Fitted
from training.retrieval.employer_cap import top_rows


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    """The ring, as postings without any field."""
    return dataset_of(catalogue_of([f"p{place:02}" for place in range(ITEMS)]), ring())


@pytest.fixture(scope="module")
def trained(fitted: Fitted, dataset: Dataset) -> FittedContent:
    return fit_content(fitted.ranker, dataset, seed=2)


@pytest.fixture(scope="module")
def ranker(trained: FittedContent) -> TwoStageRanker:
    """By ids and a little of the others, whatever a small ring calls best."""
    made, sequence = trained.ranker, trained.sequence
    assert sequence is not None
    return TwoStageRanker(
        made.encoder_decoder,
        made.index,
        made.weights,
        Blend(0.1, 0.1, 1.0),
        calibration=made.calibration,
        sequence=sequence.part,
    )


@pytest.fixture(scope="module")
def folder(
    ranker: TwoStageRanker, dataset: Dataset, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    made = tmp_path_factory.mktemp("prepared")
    ranker.prepare(dataset.catalogue, made)
    return made


@pytest.fixture(scope="module")
def asked(dataset: Dataset) -> list[HeldOut]:
    return [dataset.case_before(event) for event in dataset.first_interactions()[6::7].tolist()]


def _rank(ranker: TwoStageRanker, asked: list[HeldOut], folder: Path) -> list[list[dict]]:
    profiles, moments = [one.profile for one in asked], [one.as_of for one in asked]
    return ranker.rank(profiles, moments, folder, 5)


def test_data_without_any_field_are_ranked_by_ids(
    trained: FittedContent, ranker: TwoStageRanker, folder: Path, asked: list[HeldOut]
) -> None:
    assert trained.ranker.sequence is not None
    assert trained.ranker.blend.sequence > 0
    assert trained.choices()["sequence/wide attention/weight"] == 1.0
    lists = _rank(ranker, asked, folder)
    hits = [
        one.targets[0] in [i["posting_id"] for i in items[:2]]
        for one, items in zip(asked, lists, strict=True)
    ]
    assert np.mean(hits) > 0.5  # by chance .1
    for items in lists:
        assert len(items) == 5
        for item in items:
            assert json.loads(Item.model_validate(item).model_dump_json())
    assert {item["source"] for items in lists for item in items} & {"sequence", "co-visitation"}


def test_neighbours_in_a_batch_change_no_bit(
    ranker: TwoStageRanker, folder: Path, asked: list[HeldOut]
) -> None:
    together = _rank(ranker, asked[:40], folder)
    alone = [_rank(ranker, [one], folder)[0] for one in asked[:40]]
    assert json.dumps(together) == json.dumps(alone)


def test_a_saved_ranker_repeats_the_lists(
    ranker: TwoStageRanker, dataset: Dataset, folder: Path, asked: list[HeldOut], tmp_path: Path
) -> None:
    saved, prepared = tmp_path / "saved", tmp_path / "prepared"
    saved.mkdir()
    prepared.mkdir()
    ranker.save(saved)
    again = TwoStageRanker.load(saved)
    assert again.blend == ranker.blend
    again.prepare(dataset.catalogue, prepared)
    assert json.dumps(_rank(again, asked, prepared)) == json.dumps(_rank(ranker, asked, folder))


def test_other_catalogues_are_ranked_too(
    ranker: TwoStageRanker, asked: list[HeldOut], tmp_path: Path
) -> None:
    """With postings that training never saw, without some that profiles hold, and empty."""
    kept = catalogue_of([f"p{place:02}" for place in range(6, 24)] + ["new", "newer"])
    ranker.prepare(kept, tmp_path)
    for items in _rank(ranker, asked[:20], tmp_path):
        assert {item["posting_id"] for item in items} <= set(kept.posting_ids)
    empty = tmp_path / "empty"
    empty.mkdir()
    ranker.prepare(catalogue_of([]), empty)
    assert _rank(ranker, asked[:2], empty) == [[], []]


def test_a_step_speaks_for_the_first_posting(
    ranker: TwoStageRanker, dataset: Dataset, folder: Path, asked: list[HeldOut]
) -> None:
    """What is best by ids alone rests on some step of the profile."""
    part = ranker.sequence_part(folder)
    assert part is not None
    for one in asked[:10]:
        steps = [event["posting_id"] for event in one.profile["events"]]
        scores = part.scores(steps).blended
        allowed = dataset.catalogue.eligible(one.profile, one.as_of)
        [best] = top_rows(scores, allowed, 1)
        assert part.scores_alone(steps, np.array([best])).max() > 0
