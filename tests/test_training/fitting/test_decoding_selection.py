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
    REPORTED_METRICS,
    cheapest_within_one_standard_error,
    choose_decoding,
)
from training.model.presets import DECODINGS, Decoding
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


@pytest.mark.parametrize("way", DECODINGS)
def test_every_way_makes_whole_lists_by_itself(fitted, dataset, folder, asked, way):
    ranker, catalogue = fitted.ranker.with_decoding(DECODINGS[way]), dataset.catalogue
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
    for decoding in DECODINGS.values():
        lists = fitted.ranker.with_decoding(decoding).rank(*asked, tmp_path, SIZE)
        for profile, moment, items in zip(*asked, lists, strict=True):
            assert len(items) == min(SIZE, int(alone.eligible(profile, moment).sum()))


def test_a_beam_as_wide_as_all_lists_finds_the_most_probable(fitted, folder, asked):
    greedy, wide = (
        fitted.ranker.with_decoding(Decoding(width=width, among=1)).rank(*asked, folder, 4)
        for width in (1, 24)
    )
    for one, other in zip(greedy, wide, strict=True):
        assert {item["posting_id"] for item in one} == {item["posting_id"] for item in other}
        assert other[-1]["score"] >= one[-1]["score"]


def test_the_chosen_way_is_served(fitted, dataset):
    assert list(fitted.compared) == list(DECODINGS)
    ndcg = {way: values["ndcg@10"] for way, values in fitted.compared.items()}
    dearer = list(DECODINGS)[list(DECODINGS).index(fitted.decoding) :]
    assert max(ndcg, key=ndcg.get) in dearer
    for values in fitted.compared.values():
        assert tuple(values) == REPORTED_METRICS
        assert all(0 <= value <= 1 for value in values.values())
    again = EncoderDecoderRanker.load(fitted.folder)
    assert again.preset.model.decoding == DECODINGS[fitted.decoding]
    turns = Split.by_time(dataset, 0.2, seed=5).validation
    assert choose_decoding(again, dataset.catalogue, turns).compared == fitted.compared


def test_a_dearer_way_is_taken_where_it_is_better_beyond_chance():
    chances, choose = np.random.default_rng(1), cheapest_within_one_standard_error
    cheap = chances.random(300)
    by_luck, better = cheap + chances.normal(0.001, 0.5, 300), cheap + chances.normal(0.2, 0.5, 300)
    owners = np.arange(300)
    assert choose({"cheap": cheap, "dear": cheap}, owners) == "cheap"
    assert choose({"cheap": cheap, "dear": by_luck}, owners) == "cheap"
    assert choose({"cheap": cheap, "dear": by_luck, "dearest": better}, owners) == "dearest"
    assert choose({"cheap": cheap, "dear": better}, owners) == "dear"


def test_turns_of_one_candidate_are_no_proof_by_repetition():
    cheap, dear = np.array([0.0, 0.0, 0.0, 0.3]), np.array([0.1, 0.1, 0.1, 0.1])
    once = {"cheap": cheap, "dear": dear}
    many = {name: np.repeat(values, 100) for name, values in once.items()}
    assert cheapest_within_one_standard_error(once, np.arange(4)) == "cheap"
    assert cheapest_within_one_standard_error(many, np.repeat(np.arange(4), 100)) == "cheap"
    assert cheapest_within_one_standard_error(many, np.arange(400)) == "dear"


def test_without_anybody_to_ask_the_presets_way_stays(fitted, dataset):
    ranker = fitted.ranker.with_decoding(Decoding(width=3, among=2))
    nobody = held_out_turns(dataset, dataset.counts.made_at, EvaluationProtocol())
    chosen = choose_decoding(ranker, dataset.catalogue, nobody)
    assert chosen.name is None
    assert chosen.ranker.preset.model.decoding == Decoding(width=3, among=2)
