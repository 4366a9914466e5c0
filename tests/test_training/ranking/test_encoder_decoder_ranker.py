import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streaming.contract.records import Item
from streaming.errors import ModelError
from streaming.serving.catalogue import Catalogue
from streaming.serving.ranker import Ranker
from streaming.timestamps import format_timestamp, parse_timestamp
from training.data.dataset import Dataset
from training.inference.prepared_catalogue import open_prepared
from training.ranking.encoder_decoder_ranker import EncoderDecoderRanker
from training.similarity.distances import cosine
from training.text.tokenizer import clean, tokens


@pytest.fixture(scope="module")
def dataset(market_dataset) -> Dataset:
    return Dataset.read(market_dataset)


@pytest.fixture(scope="module")
def catalogue(dataset) -> Catalogue:
    return dataset.catalogue


@pytest.fixture(scope="module")
def ranker(fitted) -> EncoderDecoderRanker:
    return fitted.ranker


@pytest.fixture(scope="module")
def folder(ranker, catalogue, tmp_path_factory) -> Path:
    made = tmp_path_factory.mktemp("prepared")
    ranker.prepare(catalogue, made)
    return made


@pytest.fixture(scope="module")
def profiles(dataset):
    _, held_out = dataset.split(0.3)
    return [held.profile for held in held_out]


@pytest.fixture(scope="module")
def as_of(dataset):
    return dataset.split(0.3)[1][0].as_of


def silent(candidate_id="x"):
    return {"candidate_id": candidate_id, "stated": None, "events": []}


def stating(*skills, **more):
    said = {"updated_at": "2025-01-06T00:00:00.000000Z", "skills": list(skills), **more}
    return {**silent(), "stated": said}


def test_it_is_a_ranker(ranker):
    assert isinstance(ranker, Ranker)


def test_lists_follow_the_contract(ranker, catalogue, folder, profiles, as_of):
    for profile, items in zip(
        profiles, ranker.rank(profiles, [as_of] * len(profiles), folder, 10), strict=True
    ):
        assert [item["rank"] for item in items] == list(range(1, len(items) + 1))
        assert len({item["posting_id"] for item in items}) == len(items) == 10
        scores = [item["score"] for item in items]
        assert scores == sorted(scores, reverse=True)
        assert all(round(score, 6) == score for score in scores)
        eligible = catalogue.eligible(profile, as_of)
        assert all(eligible[catalogue.rows[item["posting_id"]]] for item in items)
        for item in items:
            assert json.loads(Item.model_validate(item).model_dump_json())
            assert item["reasons"]


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_a_list_does_not_depend_on_its_neighbours(ranker, folder, profiles, as_of, data):
    """Bit for bit: alone, together, in any order, beside any others."""
    everybody = [*profiles[:12], silent(), stating("Java开发"), stating("会计", language="en")]
    chosen = data.draw(st.lists(st.sampled_from(range(len(everybody))), min_size=1, max_size=8))
    together = ranker.rank([everybody[n] for n in chosen], [as_of] * len(chosen), folder, 5)
    alone = [ranker.rank([everybody[n]], [as_of], folder, 5)[0] for n in chosen]
    assert json.dumps(together) == json.dumps(alone)


def test_a_loaded_model_repeats_the_lists(fitted, folder, profiles, as_of, tmp_path):
    again = EncoderDecoderRanker.load(fitted.folder)
    again.prepare(Catalogue.read(folder / "catalogue.parquet"), tmp_path)
    arguments = profiles[:10], [as_of] * 10
    assert again.rank(*arguments, tmp_path, 10) == fitted.ranker.rank(*arguments, folder, 10)


def test_another_process_repeats_the_lists(fitted, folder, profiles, as_of, tmp_path):
    """Each process has its own order of sets and its own number of threads."""
    asked = tmp_path / "asked.json"
    asked.write_text(json.dumps([profiles, [as_of] * len(profiles)]), encoding="utf-8")
    program = (
        "import json, sys; from pathlib import Path\n"
        "from training.ranking.encoder_decoder_ranker import EncoderDecoderRanker\n"
        "model, prepared, asked = map(Path, sys.argv[1:])\n"
        "profiles, as_of = json.loads(asked.read_text(encoding='utf-8'))\n"
        "print(json.dumps(EncoderDecoderRanker.load(model).rank(profiles, as_of, prepared, 10)))"
    )
    said = [
        subprocess.run(
            [sys.executable, "-c", program, fitted.folder, folder, asked],
            env=os.environ | {"PYTHONHASHSEED": seed, "OMP_NUM_THREADS": threads},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed, threads in (("1", "1"), ("2", "2"))
    ]
    assert said[0] == said[1]


def test_candidate_vectors_are_near_what_was_viewed(ranker, catalogue, folder, profiles, as_of):
    vectors = ranker.posting_vectors(folder)
    asked = ranker.candidate_vectors(profiles, [as_of] * len(profiles), folder)
    assert asked.shape == (len(profiles), vectors.shape[1])
    alike = cosine(asked, vectors)
    for row, profile in enumerate(profiles):
        viewed = [catalogue.rows[e["posting_id"]] for e in profile["events"] if e["kind"] == "view"]
        if viewed:
            assert alike[row, viewed].mean() > alike[row].mean()


def test_what_the_first_place_looks_at_is_told(ranker, folder, profiles, as_of):
    for profile in profiles[:5]:
        [items] = ranker.rank([profile], [as_of], folder, 1)
        seen = ranker.attention(profile, as_of, folder)
        assert seen.posting_id == items[0]["posting_id"]
        assert len(seen.steps) == len(seen.weights) == len(seen.contributions)
        assert seen.weights.sum() == pytest.approx(1, abs=1e-5)
    assert ranker.attention(silent(), as_of, folder) is None


def test_a_silent_profile_gets_the_popular_list(ranker, folder, as_of):
    [items] = ranker.rank([silent()], [as_of], folder, 5)
    assert len(items) == 5
    assert {reason["kind"] for item in items for reason in item["reasons"]} <= {"popular", "fresh"}
    assert not ranker.candidate_vectors([silent()], [as_of], folder).any()


def test_unknown_postings_are_skipped(ranker, folder, profiles, as_of):
    profile = profiles[0]
    unknown = {**profile["events"][0], "posting_id": "nobody-knows-this"}
    more = {**profile, "events": [unknown, *profile["events"]]}
    assert ranker.rank([more], [as_of], folder, 5) == ranker.rank([profile], [as_of], folder, 5)
    only = {**silent(), "events": [unknown]}
    assert ranker.rank([only], [as_of], folder, 5) == ranker.rank([silent()], [as_of], folder, 5)


def test_stated_skills_alone_bring_their_postings(ranker, catalogue, folder, as_of):
    skills = ("软件开发", "Java开发", "Spring框架")
    [items] = ranker.rank([stating(*skills)], [as_of], folder, 3)
    rows = [catalogue.rows[item["posting_id"]] for item in items]
    for posting in catalogue.table.take(rows).to_pylist():
        assert "java" in tokens(" ".join([posting["title"], *posting["skills"]]))
        assert posting["language"] == "zh"


def test_nothing_open_is_an_empty_list(ranker, folder, profiles):
    assert ranker.rank([profiles[0]], ["1999-01-01T00:00:00.000000Z"], folder, 5) == [[]]


def test_fewer_postings_than_places(ranker, catalogue, tmp_path, as_of):
    few = Catalogue.of(catalogue.table.slice(0, 3), 1)
    late = format_timestamp(parse_timestamp(as_of) - timedelta(days=15))
    ranker.prepare(few, tmp_path)
    [items] = ranker.rank([stating("Java")], [late], tmp_path, 10)
    assert len(items) == int(few.open_at(late).sum())


def test_an_empty_catalogue_is_prepared_and_ranked(ranker, catalogue, tmp_path, as_of):
    ranker.prepare(Catalogue.of(catalogue.table.slice(0, 0), 1), tmp_path)
    assert ranker.rank([stating("Java"), silent()], [as_of] * 2, tmp_path, 5) == [[], []]


def test_a_catalogue_prepared_again_has_the_same_vectors(ranker, catalogue, folder, tmp_path):
    ranker.prepare(Catalogue.of(catalogue.table.slice(0, 20), 1), tmp_path)
    rows = [catalogue.rows[i] for i in open_prepared(tmp_path).catalogue.posting_ids]
    assert np.allclose(
        ranker.posting_vectors(tmp_path), ranker.posting_vectors(folder)[rows], atol=1e-6
    )


def test_a_folder_that_is_not_prepared_is_one_line(ranker, tmp_path):
    with pytest.raises(ModelError, match="holds no prepared catalogue; call prepare"):
        ranker.rank([silent()], ["2025-01-06T00:00:00.000000Z"], tmp_path, 5)


def test_a_folder_that_is_no_model_is_one_line(tmp_path):
    with pytest.raises(ModelError, match=r"is incomplete.*train again"):
        EncoderDecoderRanker.load(tmp_path)


# --- reasons ------------------------------------------------------------------------------------


def words_of(posting):
    place = posting["place"] or {}
    names = ("title", "description", "employer", "occupation", "industry")
    values = [posting[name] for name in names]
    return clean(" ".join(filter(None, [*values, *posting["skills"], *place.values()])))


def test_what_a_reason_names_is_true(ranker, catalogue, folder, profiles, as_of):
    """The words stand in the posting, and in the earlier posting or the stated part."""
    lists = ranker.rank(profiles, [as_of] * len(profiles), folder, 10)
    kinds = set()
    for profile, items in zip(profiles, lists, strict=True):
        stated = profile.get("stated") or {}
        said = clean(
            " ".join(
                filter(
                    None,
                    [
                        *(stated.get("skills") or ()),
                        *(stated.get("wishes") or ()),
                        *(stated.get("places") or ()),
                        stated.get("background"),
                    ],
                )
            )
        )
        done = {event["posting_id"] for event in profile["events"]}
        for item in items:
            here = words_of(
                catalogue.table.slice(catalogue.rows[item["posting_id"]], 1).to_pylist()[0]
            )
            for reason in item["reasons"]:
                kinds.add(reason["kind"])
                earlier = said
                if reason["kind"] == "event":
                    assert reason["posting_id"] in done
                    row = catalogue.rows[reason["posting_id"]]
                    posting = catalogue.table.slice(row, 1).to_pylist()[0]
                    assert posting["title"] in reason["text"]
                    earlier = words_of(posting)
                for word in reason["words"]:
                    assert clean(word) in earlier
                    assert all(token in here for token in tokens(word)), (word, here)
                    assert word in reason["text"]
    assert kinds == {"event", "stated"}


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        (stating("Java开发", language="zh"), "您填写的"),
        (stating("Java开发"), "您填写的"),
        (stating("Java开发", language="en"), "you stated"),
        (stating("Java"), "you stated"),
    ],
)
def test_reasons_are_in_the_language_of_the_candidate(ranker, folder, as_of, profile, expected):
    [items] = ranker.rank([profile], [as_of], folder, 5)
    assert all(expected in reason["text"] for item in items for reason in item["reasons"])


def test_who_only_dismissed_gets_the_popular_list_without_those(ranker, folder, profiles, as_of):
    profile = next(p for p in profiles if len(p["events"]) > 2 and not p.get("stated"))
    dismissed = [{**event, "kind": "dismiss"} for event in profile["events"]]
    [nobody] = ranker.rank([{**profile, "events": []}], [as_of], folder, 50)
    for events in (dismissed, [*profile["events"], *dismissed]):
        [items] = ranker.rank([{**profile, "events": events}], [as_of], folder, 5)
        assert items
        assert {item["posting_id"] for item in items}.isdisjoint(e["posting_id"] for e in events)
        kinds = {reason["kind"] for item in items for reason in item["reasons"]}
        assert kinds <= {"popular", "fresh"}
        scores = {item["posting_id"]: item["score"] for item in nobody}
        assert all(item["score"] == scores.get(item["posting_id"]) for item in items)


def test_a_dismissed_posting_is_no_reason(ranker, folder, profiles, as_of):
    profile = next(p for p in profiles if len({e["posting_id"] for e in p["events"]}) > 2)
    *_, first = profile["events"]
    own = first["posting_id"]
    events = [*profile["events"], {**first, "kind": "dismiss"}]
    [items] = ranker.rank([{**profile, "events": events}], [as_of], folder, 10)
    assert items
    assert all(reason.get("posting_id") != own for item in items for reason in item["reasons"])
