"""Lists for what people state: wishes, positions held, places; trained, prepared, ranking."""

import json
from dataclasses import replace

import numpy as np
import pytest

from training.content_ranker.content_examples import ExampleMaker
from training.content_ranker.fit_content import fit_content
from training.content_ranker.posting_features import PostingFeaturizer
from training.content_ranker.stated_score import FEATURES, StatedPart
from training.content_ranker.two_stage_ranker import TwoStageRanker
from training.data.dataset import Dataset
from training.evaluation.split import Split
from training.model.features import stated_steps
from training.ranking.encoder_decoder_ranker import EncoderDecoderRanker

NOW = "2025-03-01T00:00:00.000000Z"


@pytest.fixture(scope="module")
def dataset(market_dataset):
    return Dataset.read(market_dataset)


@pytest.fixture(scope="module")
def ranker(fitted, dataset):
    made = fit_content(fitted.ranker, dataset, seed=5).ranker
    part = made.stated or StatedPart(np.ones(len(FEATURES), np.float32), 0.5)
    return TwoStageRanker(made.encoder_decoder, made.index, made.weights, made.blend, stated=part)


@pytest.fixture(scope="module")
def folder(ranker, dataset, tmp_path_factory):
    made = tmp_path_factory.mktemp("stated")
    ranker.prepare(dataset.catalogue, made)
    return made


def profile(**said):
    stated = {"updated_at": "2025-01-06T00:00:00.000000Z", **said}
    return {"candidate_id": "x", "stated": stated, "events": [], "dismissed": []}


def features_of(ranker, folder, columns=None, **said):
    steps = stated_steps(profile(**said)["stated"], ranker.preset.model)
    values = ranker.content_score(folder).stated.compute(steps, columns)
    return dict(zip(FEATURES, values, strict=True))


def test_features_are_the_largest_likeness_of_the_entries(ranker, dataset, folder):
    posting = dataset.catalogue.table.to_pylist()[3]
    held = {"title": posting["title"], "employer": posting["employer"], "place": posting["place"]}
    own = features_of(
        ranker, folder, wishes=["Beekeeper", posting["title"]], experience=[{"title": "x"}, held]
    )
    for name in ("wished title", "held title"):
        assert own[name][3] == pytest.approx(1.0)
        assert own[name].max() <= 1.0 + 1e-6
    assert own["employer"][3] == own["locality"][3] == 1.0
    elsewhere = [
        row
        for row, other in enumerate(dataset.catalogue.table.to_pylist())
        if other["place"]["locality"] != posting["place"]["locality"]
    ]
    assert not own["locality"][elsewhere].any()
    some = features_of(ranker, folder, np.array([5, 3]), wishes=[posting["title"]])
    assert some["wished title"][1] == pytest.approx(1.0)


def test_who_has_stated_nothing_of_a_kind_has_zeros(ranker, folder):
    own = features_of(ranker, folder, wishes=["Java"])
    for name in ("held title", "locality", "region", "nearby", "employer"):
        assert not own[name].any()


def test_places_are_read_from_one_text(ranker, dataset, folder):
    place = dataset.catalogue.table.to_pylist()[0]["place"]
    text = f"{place['locality']}, {place['region'] or ''}"
    assert features_of(ranker, folder, places=[text])["locality"][0] == 1.0


def test_lists_name_what_was_stated_and_neighbours_change_no_bit(ranker, dataset, folder):
    title = dataset.catalogue.table.to_pylist()[7]["title"]
    asked = [
        profile(wishes=[title]),
        profile(skills=["Java"], experience=[{"title": title}]),
        profile(),
        {"candidate_id": "y", "stated": None, "events": []},
    ]
    together = ranker.rank(asked, [NOW] * len(asked), folder, 10)
    for own, items in zip(asked, together, strict=True):
        assert ranker.rank([own], [NOW], folder, 10) == [items]
    assert together[0][0]["reasons"][0]["kind"] == "stated"
    assert together[0][0]["source"] in {"content", "encoder-decoder", "fresh", "popular"}


def test_a_position_held_in_a_place_changes_the_list(ranker, folder, dataset):
    open_now = np.flatnonzero(dataset.catalogue.eligible(profile(), NOW))
    place = dataset.catalogue.table.to_pylist()[open_now[0]]["place"]
    weights = np.zeros(len(FEATURES), dtype=np.float32)
    weights[FEATURES.index("locality")] = 1.0
    local = TwoStageRanker(
        ranker.encoder_decoder,
        ranker.index,
        ranker.weights,
        ranker.blend,
        stated=StatedPart(weights, 0.0),
    )
    [items] = local.rank([profile(experience=[{"place": place}])], [NOW], folder, 5)
    rows = dataset.catalogue.rows
    postings = dataset.catalogue.table.to_pylist()
    first = postings[rows[items[0]["posting_id"]]]
    assert first["place"]["locality"] == place["locality"]


def test_examples_are_of_people_who_had_stated_something_by_then(dataset, fitted):
    featurizer = PostingFeaturizer.fit(dataset.catalogue)
    postings = featurizer.transform(dataset.catalogue.table.to_pylist())
    maker = ExampleMaker(Split.by_time(dataset, 0.2, 1), featurizer, postings, 1)
    config = fitted.preset.model
    examples = maker.of_statements(config)
    assert examples.features.shape[2] == len(FEATURES)
    assert 0 < len(examples.features) <= 8 * len(dataset)
    assert examples.held_out.any()
    assert not examples.of_training().held_out.any()
    silent = Split.by_time(replace(dataset, stated=(None,) * len(dataset)), 0.2, 1)
    assert len(ExampleMaker(silent, featurizer, postings, 1).of_statements(config).features) == 0


def test_saved_and_loaded_is_the_same_and_an_older_folder_has_none(ranker, tmp_path):
    ranker.save(tmp_path)
    again = TwoStageRanker.load(tmp_path)
    assert again.stated.weights == pytest.approx(ranker.stated.weights)
    assert again.stated.encoder_decoder == ranker.stated.encoder_decoder
    (tmp_path / "content" / "stated.json").unlink()
    assert TwoStageRanker.load(tmp_path).stated is None


def test_a_model_without_the_newest_kind_of_step_still_reads_it(fitted, tmp_path):
    import torch  # noqa: PLC0415 - only this test handles weights

    fitted.ranker.save(tmp_path)
    weights = torch.load(tmp_path / "weights.pt")
    for name in ("kinds.weight", "strengths"):
        weights[name] = weights[name][:-1]
    torch.save(weights, tmp_path / "weights.pt")
    again = EncoderDecoderRanker.load(tmp_path)
    assert again.model.strengths[-1] == 1.0
    assert not again.model.kinds.weight[-1].any()


def test_steps_of_positions_held_come_in_the_order_of_their_ends(fitted):
    held = [
        {"title": "now"},
        {"title": "first", "end_date": "2010-01-01T00:00:00.000000Z"},
        {"title": "then", "end_date": "2015-01-01T00:00:00.000000Z"},
    ]
    said = {"places": ["Leeds"], "experience": held, "wishes": ["Cook"], "skills": ["Java"]}
    steps = stated_steps(json.loads(json.dumps(said)), fitted.preset.model)
    assert [step.text for step in steps] == ["Leeds", "first", "then", "now", "Cook", "Java"]
