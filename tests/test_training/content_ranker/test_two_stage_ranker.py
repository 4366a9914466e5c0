"""The ranker in two stages, the preset `best`: trained, prepared, ranking."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streaming.contract.records import Item
from streaming.errors import ModelError
from streaming.serving.catalogue import Catalogue
from streaming.serving.champion import ServingVersions
from streaming.serving.ranker import Ranker
from training.benchmark.list_quality import make_lists
from training.benchmark.retrieval_loss import retrieval_loss
from training.content_ranker.content_examples import history_before
from training.content_ranker.fit_content import BLENDS, fit_content
from training.content_ranker.posting_features import PostingFeaturizer
from training.content_ranker.profile_history import ProfileHistory
from training.content_ranker.two_stage_ranker import RETRIEVED, TwoStageRanker
from training.data.dataset import DISMISS, EVENT_KINDS, Dataset
from training.evaluation.prequential import EvaluationProtocol, held_out_turns
from training.model.presets import Decoding, preset_by_name
from training.registry.packaging import kind_of, pack, requirements, unpack
from training.similarity.embedding_space import EmbeddingSpace, HasVectors


@pytest.fixture(scope="module")
def dataset(market_dataset):
    return Dataset.read(market_dataset)


@pytest.fixture(scope="module")
def trained(fitted, dataset):
    return fit_content(fitted.ranker, dataset, seed=5)


@pytest.fixture(scope="module")
def ranker(trained):
    """The trained one; of both scores, whatever two epochs on a toy market call best."""
    made = trained.ranker
    return TwoStageRanker(
        made.encoder_decoder, made.index, made.weights, BLENDS[4], calibration=made.calibration
    )


@pytest.fixture(scope="module")
def folder(ranker, dataset, tmp_path_factory):
    made = tmp_path_factory.mktemp("best")
    ranker.prepare(dataset.catalogue, made)
    return made


@pytest.fixture(scope="module")
def asked(dataset):
    """Profiles at the moments of some events, with what each turned to."""
    return [dataset.case_before(event) for event in dataset.first_interactions()[-30:].tolist()]


def silent():
    return {"candidate_id": "x", "stated": None, "events": []}


def stating(*skills):
    said = {"updated_at": "2025-01-06T00:00:00.000000Z", "skills": list(skills)}
    return {**silent(), "stated": said}


def rank(ranker, asked, folder, size=10):
    return ranker.rank([one.profile for one in asked], [one.as_of for one in asked], folder, size)


def test_lists_follow_the_contract(ranker, dataset, folder, asked):
    assert isinstance(ranker, Ranker)
    for one, items in zip(asked, rank(ranker, asked, folder), strict=True):
        assert [item["rank"] for item in items] == list(range(1, 11))
        scores = [item["score"] for item in items]
        assert scores == sorted(scores, reverse=True)
        eligible = dataset.catalogue.eligible(one.profile, one.as_of)
        assert all(eligible[dataset.catalogue.rows[item["posting_id"]]] for item in items)
        employers = [
            dataset.catalogue.employers[dataset.catalogue.rows[i["posting_id"]]] for i in items
        ]
        assert max(map(employers.count, employers)) <= 5
        for item in items:
            assert json.loads(Item.model_validate(item).model_dump_json())
            assert item["reasons"]


def test_items_say_how_they_were_found_and_how_probable_a_turn_is(ranker, dataset, folder, asked):
    rows, found = dataset.catalogue.rows, []
    for one, items in zip(asked, rank(ranker, asked, folder), strict=True):
        if not ProfileHistory.of_profile(one.profile, rows).is_scorable:
            assert not any("source" in item or "probability" in item for item in items)
            continue
        found += [item["source"] for item in items]
        chances = [item["probability"] for item in items]
        assert chances == sorted(chances, reverse=True)
        assert 0 < sum(chances) <= 1 + 1e-5  # each is rounded
    assert {"content"} < {*found} <= {*RETRIEVED}


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_neighbours_change_no_bit(ranker, folder, asked, data):
    moment = asked[0].as_of
    everybody = [*(one.profile for one in asked[:12]), silent(), stating("Java开发")]
    chosen = data.draw(st.lists(st.sampled_from(range(len(everybody))), min_size=1, max_size=8))
    together = ranker.rank([everybody[n] for n in chosen], [moment] * len(chosen), folder, 5)
    alone = [ranker.rank([everybody[n]], [moment], folder, 5)[0] for n in chosen]
    assert json.dumps(together) == json.dumps(alone)


def test_without_events_it_is_the_encoder_decoder(ranker, folder, asked):
    own = folder / "encoder-decoder"
    moments = [asked[0].as_of] * 2
    profiles = [silent(), stating("Java开发")]
    assert ranker.rank(profiles, moments, folder, 10) == ranker.encoder_decoder.rank(
        profiles, moments, own, 10
    )
    gone = {**asked[0].profile, "events": [{**asked[0].profile["events"][0], "posting_id": "?"}]}
    assert rank(ranker, [], folder) == []
    assert ranker.rank([gone], moments[:1], folder, 3) == ranker.encoder_decoder.rank(
        [gone], moments[:1], own, 3
    )


def test_nothing_open_is_an_empty_list(ranker, dataset, asked, tmp_path):
    table = dataset.catalogue.table
    closed = pa.array([False] * len(table))
    column = table.column_names.index("open")
    ranker.prepare(Catalogue.of(table.set_column(column, "open", closed), 5), tmp_path)
    assert rank(ranker, asked[:2], tmp_path) == [[], []]


def test_similarity_reads_it_as_any_model_with_vectors(ranker, dataset, folder, asked):
    versions = ServingVersions("careerstream", "2", dataset.catalogue.version)
    space = EmbeddingSpace(versions, ranker, dataset.catalogue, folder)
    assert isinstance(ranker, HasVectors)
    assert space.posting(0)["posting_id"] == dataset.catalogue.posting_ids[0]
    assert len(ranker.work_vectors(folder)) == len(dataset.catalogue)
    profiles, moments = [asked[0].profile, silent()], [asked[0].as_of] * 2
    own = ranker.encoder_decoder.candidate_vectors(profiles, moments, folder / "encoder-decoder")
    assert np.array_equal(ranker.candidate_vectors(profiles, moments, folder), own)


def test_the_catalogue_is_scored_as_the_features_say(ranker, dataset, folder):
    """Tables and index, mapped from files, against posting by posting; and each step alone."""
    content_score = ranker.content_score(folder)
    for event in dataset.first_interactions()[-8:].tolist():
        steps, moment = history_before(dataset, event), int(dataset.times[event])
        if not len(steps):
            continue
        opened = np.flatnonzero(dataset.catalogue.opens <= moment)
        columns = np.setdiff1d(opened, steps.rows)
        assert len(columns) > 10
        features = content_score.features.compute(steps, moment, columns)
        [own] = content_score.scores([steps], [moment])
        scores = own.total[columns]
        assert np.allclose(scores, features @ ranker.weights, atol=1e-3)
        alone = content_score.scores_alone(steps, moment, columns)
        singles = [
            ProfileHistory(
                *(getattr(steps, name)[n : n + 1] for name in ProfileHistory.__dataclass_fields__)
            )
            for n in range(len(steps))
        ]
        expected = content_score.scores(singles, [moment] * len(singles))
        postings = content_score.features.postings
        places = [postings.codes_of(name) for name in ("locality", "employer")]
        apart = ~np.any([np.isin(own[columns], own[steps.rows]) for own in places], axis=0)
        assert apart.any()
        expected = np.array([own.total[columns] for own in expected])
        assert np.allclose(alone[:, apart], expected[:, apart], atol=1e-3)


def test_a_new_posting_is_rankable_at_once(ranker, dataset, folder, asked, tmp_path):
    """A copy of what somebody applied to, under an id that training never saw, comes near."""
    one = asked[-1]
    liked = one.profile["events"][-1]["posting_id"]
    copy = dataset.catalogue.table.slice(dataset.catalogue.rows[liked], 1).to_pylist()[0]
    copy |= {"posting_id": "new", "date_posted": None, "valid_through": None, "open": True}
    row = pa.Table.from_pylist([copy], schema=dataset.catalogue.table.schema)
    larger = Catalogue.of(pa.concat_tables([dataset.catalogue.table, row]), 9)
    ranker.prepare(larger, tmp_path)
    assert "new" in [i["posting_id"] for i in rank(ranker, [one], tmp_path)[0]]
    steps = ProfileHistory.of_profile(one.profile, dataset.catalogue.rows)
    [before] = ranker.content_score(folder).scores([steps], [0])
    later = ProfileHistory.of_profile(one.profile, larger.rows)
    [after] = ranker.content_score(tmp_path).scores([later], [0])
    kept = [larger.rows[posting_id] for posting_id in dataset.catalogue.posting_ids]
    assert np.allclose(before.total, after.total[kept], atol=1e-5)


def test_a_catalogue_prepared_after_others_is_as_if_it_were_the_first(ranker, dataset, tmp_path):
    """Postings come twice, come anew, change and close; the model meanwhile stays loaded."""
    ranker.save(tmp_path)
    table = dataset.catalogue.table
    plain = table.to_pylist()
    twins = [plain[0] | {"posting_id": f"twin {number}"} for number in range(3)]
    new = [
        plain[1] | {"posting_id": "new", "title": "Gärtnerin 园丁", "skills": ["Rosen"]},
        plain[2] | {"employer": "Somebody else"},
        plain[3] | {"open": False},
    ]
    grown = [
        dataset.catalogue,
        *(
            Catalogue.of(pa.Table.from_pylist(rows, schema=table.schema), number)
            for number, rows in enumerate(
                ([*plain, *twins], [*new, *plain[4:], *twins[:2]], [*new[:1], *plain]), start=2
            )
        ),
    ]
    used = TwoStageRanker.load(tmp_path)
    for catalogue in grown:
        made, first = (tmp_path / f"{catalogue.version} {who}" for who in ("used", "fresh"))
        for one, folder in ((used, made), (TwoStageRanker.load(tmp_path), first)):
            folder.mkdir()
            one.prepare(catalogue, folder)
        files = [file.relative_to(made) for file in sorted(made.rglob("*")) if file.is_file()]
        assert files
        assert [f for f in files if (made / f).read_bytes() != (first / f).read_bytes()] == []


def test_the_same_seed_learns_the_same(fitted, dataset, trained):
    again = fit_content(fitted.ranker, dataset, seed=5)
    assert np.array_equal(again.ranker.weights, trained.ranker.weights)
    assert again.choices() == trained.choices()
    timeless = [one.reports() | {"content_seconds": 0.0} for one in (again, trained)]
    assert timeless[0] == timeless[1]
    assert {*trained.ndcg} >= {*BLENDS}


def test_what_chooses_has_learned_nothing_after_the_cut(fitted, dataset, trained):
    """Other events after the cut choose another blend; then they are learned from, too."""
    train = dataset.until(dataset.cut(fitted.preset.training.validation_split))
    later = dataset.times > train.times.max()
    changed = np.where(later, dataset.postings[::-1], dataset.postings)
    other = fit_content(fitted.ranker, _with_postings(dataset, changed), seed=5)
    assert np.array_equal(other.logit.weights, trained.logit.weights)
    assert not np.array_equal(other.ranker.weights, trained.ranker.weights)
    assert not np.array_equal(trained.ranker.weights, trained.logit.weights)


def _with_postings(dataset, postings):
    values = {name: getattr(dataset, name) for name in Dataset.__dataclass_fields__}
    return Dataset(**(values | {"postings": postings}))


@pytest.fixture(scope="module")
def turns(dataset):
    return held_out_turns(dataset, dataset.cut(0.2), EvaluationProtocol(turns=60, seed=1))


def _loss(ranker, folder, turns):
    lists = make_lists(ranker, folder, turns, lambda *_: None)
    return retrieval_loss(ranker, folder, turns, lists, seed=1, on_progress=lambda *_: None)


def test_scoring_everything_loses_nothing(ranker, folder, turns):
    loss = _loss(ranker.over_everything(), folder, turns)
    with_events = sum(bool(case.profile["events"]) for case in turns.cases)
    expected = {"turns": with_events, "kept": 1.0, "ndcg_lost": 0.0}
    assert loss == {f"retrieval/{name}": value for name, value in expected.items()}
    assert with_events


def test_a_poor_stage_one_is_found_out(ranker, folder, turns):
    poor = TwoStageRanker(
        ranker.encoder_decoder, ranker.index, ranker.weights, ranker.blend, retrieved={"fresh": 3}
    )
    kept = [_loss(one, folder, turns)["retrieval/kept"] for one in (poor, ranker)]
    assert kept[0] < 0.35
    assert kept[0] < kept[1]


def test_without_a_stage_one_there_is_no_loss(ranker, folder, turns):
    unknown = [replace(case, profile={**case.profile, "events": []}) for case in turns.cases]
    assert _loss(ranker, folder, replace(turns, cases=tuple(unknown))) == {}
    lists = make_lists(ranker, folder, turns, lambda *_: None)
    alone, quiet = ranker.encoder_decoder, {"seed": 1, "on_progress": lambda *_: None}
    assert retrieval_loss(alone, folder, turns, lists, **quiet) == {}


def test_a_packed_model_repeats_the_lists(ranker, dataset, asked, folder, tmp_path):
    """In another process: `tests/test_training/registry/test_pyfunc.py`."""
    pack(ranker, dataset.catalogue, tmp_path)
    again = unpack(tmp_path)
    assert kind_of(again) == "encoder-decoder with content"
    assert any(line.startswith("scikit-learn==") for line in requirements(again))
    assert rank(again, asked, tmp_path / "catalogue") == rank(ranker, asked, folder)


def test_a_folder_of_release_0_1_0_ranks_without_probabilities(ranker, dataset, asked, tmp_path):
    ranker.save(tmp_path)
    old = {"format": 1, "blend": {"content": 1.0, "encoder_decoder": 0.5}}
    (tmp_path / "blend.json").write_text(json.dumps(old))
    about = tmp_path / "encoder-decoder" / "model.json"
    written = json.loads(about.read_text()) | {"format": 3}
    written["preset"]["model"]["decoding"] = {"width": 4, "among": 4}  # a beam, which is no more
    about.write_text(json.dumps(written))
    loaded, folder = TwoStageRanker.load(tmp_path), tmp_path / "prepared"
    assert loaded.encoder_decoder.preset.model.decoding is Decoding.GREEDY
    folder.mkdir()
    loaded.prepare(dataset.catalogue, folder)
    for items in rank(loaded, asked, folder):
        assert len(items) == 10
        assert not any("probability" in item for item in items)


def test_a_broken_folder_is_one_line(ranker, tmp_path):
    with pytest.raises(ModelError, match=r"is incomplete: .*; train again"):
        TwoStageRanker.load(tmp_path)
    ranker.save(tmp_path)
    (tmp_path / "content" / "co_visitation.npz").write_bytes(b"PK")
    with pytest.raises(ModelError, match=r"is incomplete: .*; train again"):
        TwoStageRanker.load(tmp_path)
    about = json.loads((tmp_path / "blend.json").read_text())
    (tmp_path / "blend.json").write_text(json.dumps(about | {"format": 0}))
    with pytest.raises(ModelError, match="has format 0, this version reads 1; train again"):
        TwoStageRanker.load(tmp_path)


def test_a_catalogue_that_an_earlier_version_prepared_is_one_line(ranker, dataset, asked, tmp_path):
    ranker.prepare(dataset.catalogue, tmp_path)
    (tmp_path / "content" / "words.shape.npy").unlink()
    with pytest.raises(ModelError, match=r"prepared by an earlier version of careerstream; "):
        rank(ranker, asked[:1], tmp_path)


def test_bare_postings_and_few_events_are_enough(fitted, dataset_writer, tmp_path):
    """No field but the title, one candidate, nothing after the cut: then both count alike."""
    times = [f"2026-01-0{day}T00:00:00.000000Z" for day in (1, 2)]
    events = [
        {"candidate_id": "c", "posting_id": f"p{n}", "kind": "view", "event_id": f"e{n}"}
        | {"event_time": time}
        for n, time in enumerate(times)
    ]
    postings = [{"posting_id": f"p{n}", "title": "Baker"} for n in range(3)]
    bare = Dataset.read(
        dataset_writer(tmp_path / "bare", postings=postings, events=events, stated=[])
    )
    made = fit_content(fitted.ranker, bare, seed=1)
    folder = tmp_path / "prepared"
    folder.mkdir()
    made.ranker.prepare(bare.catalogue, folder)
    [items] = made.ranker.rank([bare.profile(0)], [times[1]], folder, 10)
    assert [item["posting_id"] for item in items] == ["p2"]
    empty = tmp_path / "empty"
    empty.mkdir()
    nothing = Catalogue.of(bare.catalogue.table.slice(0, 0), 0)
    made.ranker.prepare(nothing, empty)
    assert made.ranker.rank([bare.profile(0)], [times[1]], empty, 10) == [[]]
    assert len(made.ranker.open_prepared(empty).catalogue) == 0


def test_steps_are_the_newest_distinct_postings():
    view, apply = 0, [str(kind) for kind in EVENT_KINDS].index("apply")
    hour = 3_600_000_000
    steps = ProfileHistory.of_events(
        np.array([4, 5, 4, 6, 7]),
        np.array([apply, view, view, DISMISS, view]),
        np.array([0, 1, 2, 3, 4]) * hour * 2,
    )
    assert steps.rows.tolist() == [5, 4, 6, 7]
    assert steps.wanted.tolist() == [False, True, False, False]
    assert steps.dismissed.tolist() == [False, False, True, False]
    newest, recent, session, wanted, dismissed = steps.weights.tolist()
    assert newest == session == [0, 0, 0, 1]
    assert recent[2] == 0
    assert recent[3] > recent[1] > recent[0] > 0
    assert sum(recent) == pytest.approx(1)
    assert (wanted, dismissed) == ([0, 1, 0, 0], [0, 0, 1, 0])


def test_an_unknown_word_counts_as_the_rarest(dataset):
    featurizer = PostingFeaturizer.fit(dataset.catalogue)
    known = featurizer.tfidf("title words", ["java developer", "java developer"])
    unheard = featurizer.tfidf("title words", ["java zyxwv", "zyxwv", ""])
    assert (known @ known.T).toarray() == pytest.approx(1.0)
    assert (unheard @ unheard.T).diagonal() == pytest.approx([1, 1, 0])
    assert float((unheard @ unheard.T)[0, 1]) > 0.5


def test_the_preset_says_that_there_is_content():
    assert preset_by_name("best").content
    assert not preset_by_name("published").content
    assert preset_by_name("best").model.decoding is Decoding.FIRST
    assert preset_by_name("published").model.decoding is Decoding.GREEDY


def test_saved_and_loaded_is_the_same(ranker, tmp_path):
    ranker.save(tmp_path)
    again = TwoStageRanker.load(tmp_path)
    assert (again.blend, again.calibration) == (ranker.blend, ranker.calibration)
    assert np.array_equal(again.weights, ranker.weights)
    for name, near in ranker.index.co_visitation.fields.items():
        assert again.index.co_visitation.fields[name].names == near.names
        assert np.array_equal(again.index.co_visitation.fields[name].measures, near.measures)
    assert not Path(tmp_path / "catalogue.parquet").exists()
