"""Lists by every way of decoding, and the choice among them."""

import json
from collections import Counter

import numpy as np
import pytest

from streaming.serving.catalogue import Catalogue
from training.data.dataset import Dataset
from training.evaluation.prequential import EvaluationProtocol, held_out_turns
from training.evaluation.split import Split
from training.fitting.decoding_selection import (
    cheapest_within_one_standard_error,
    choose_decoding,
)
from training.model.presets import Decoding
from training.ranking.encoder_decoder_ranker import EncoderDecoderRanker
from training.retrieval.employer_cap import max_per_employer

SIZE = 7


@pytest.fixture(scope="module")
def dataset(market_dataset):
    return Dataset.read(market_dataset)


@pytest.fixture(scope="module")
def folder(fitted, dataset, tmp_path_factory):
    made = tmp_path_factory.mktemp("decoding")
    fitted.ranker.prepare(dataset.catalogue, made)
    return made


@pytest.fixture(scope="module")
def asked(dataset):
    _, held_out = dataset.split(0.3)
    return [held.profile for held in held_out[:12]], [held.as_of for held in held_out[:12]]


@pytest.mark.parametrize("way", Decoding)
def test_every_way_makes_whole_lists_by_itself(fitted, dataset, folder, asked, way):
    ranker, catalogue = fitted.ranker.with_decoding(way), dataset.catalogue
    lists = ranker.rank(*asked, folder, SIZE)
    for profile, moment, items in zip(*asked, lists, strict=True):
        assert len({item["posting_id"] for item in items}) == len(items) == SIZE
        scores = [item["score"] for item in items]
        assert scores == sorted(scores, reverse=True)
        rows = [catalogue.rows[item["posting_id"]] for item in items]
        assert catalogue.eligible(profile, moment)[rows].all()
        held = Counter(catalogue.employers[rows].tolist())
        assert max(held.values()) <= max_per_employer(SIZE)
        assert json.dumps(ranker.rank([profile], [moment], folder, SIZE)) == json.dumps([items])


def test_one_employers_market_is_listed_whole(fitted, dataset, tmp_path, asked):
    table = dataset.catalogue.table
    names = table.column("employer").to_pylist()
    few = [row for row, name in enumerate(names) if name == Counter(names).most_common(1)[0][0]]
    alone = Catalogue.of(table.take(few), 1)
    fitted.ranker.prepare(alone, tmp_path)
    for decoding in Decoding:
        lists = fitted.ranker.with_decoding(decoding).rank(*asked, tmp_path, SIZE)
        for profile, moment, items in zip(*asked, lists, strict=True):
            assert len(items) == min(SIZE, int(alone.eligible(profile, moment).sum()))


def test_greedy_orders_the_best_of_the_first_step_anew(fitted, folder, asked):
    first, greedy = (
        fitted.ranker.with_decoding(way).rank(*asked, folder, SIZE)
        for way in (Decoding.FIRST, Decoding.GREEDY)
    )
    ids = [[[i["posting_id"] for i in items] for items in lists] for lists in (first, greedy)]
    for one, other in zip(*ids, strict=True):
        assert one[0] == other[0]
        assert set(one) == set(other)
    assert ids[0] != ids[1]


def test_the_chosen_way_is_served(fitted, dataset):
    served = fitted.preset.model.decoding
    assert list(fitted.compared) == list(Decoding)
    assert all(0 <= value <= 1 for value in fitted.compared.values())
    best = max(fitted.compared, key=fitted.compared.get)
    assert served in (Decoding.FIRST, best)
    again = EncoderDecoderRanker.load(fitted.folder)
    assert again.preset.model.decoding == served
    turns = Split.by_time(dataset, 0.2, seed=5).validation
    assert choose_decoding(again, dataset.catalogue, turns).compared == fitted.compared


def test_a_dearer_way_is_taken_where_it_is_better_beyond_chance():
    chances, choose = np.random.default_rng(1), cheapest_within_one_standard_error
    cheap = chances.random(300)
    by_luck, better = cheap + chances.normal(0.001, 0.5, 300), cheap + chances.normal(0.2, 0.5, 300)
    owners = np.arange(300)
    assert choose({"cheap": cheap, "dear": cheap}, owners) == "cheap"
    assert choose({"cheap": cheap, "dear": by_luck}, owners) == "cheap"
    assert choose({"cheap": cheap, "dear": better}, owners) == "dear"


def test_turns_of_one_candidate_are_no_proof_by_repetition():
    cheap, dear = np.array([0.0, 0.0, 0.0, 0.3]), np.array([0.1, 0.1, 0.1, 0.1])
    once = {"cheap": cheap, "dear": dear}
    many = {name: np.repeat(values, 100) for name, values in once.items()}
    assert cheapest_within_one_standard_error(once, np.arange(4)) == "cheap"
    assert cheapest_within_one_standard_error(many, np.repeat(np.arange(4), 100)) == "cheap"
    assert cheapest_within_one_standard_error(many, np.arange(400)) == "dear"


def test_without_anybody_to_ask_the_presets_way_stays(fitted, dataset):
    nobody = held_out_turns(dataset, dataset.counts.made_at, EvaluationProtocol())
    for decoding in Decoding:
        ranker = fitted.ranker.with_decoding(decoding)
        chosen = choose_decoding(ranker, dataset.catalogue, nobody)
        assert not chosen.compared
        assert chosen.ranker.preset.model.decoding is decoding
