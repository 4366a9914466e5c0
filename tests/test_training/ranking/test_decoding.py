"""Lists by both ways of decoding."""

import json
from collections import Counter
from copy import copy

import pytest

from streaming.serving.catalogue import Catalogue
from training.data.dataset import Dataset
from training.model.presets import Decoding
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


def decoding_by(ranker, way):
    model = ranker.preset.model.model_copy(update={"decoding": way})
    other = copy(ranker)
    other.preset = ranker.preset.model_copy(update={"model": model})
    return other


@pytest.mark.parametrize("way", Decoding)
def test_every_way_makes_whole_lists_by_itself(fitted, dataset, folder, asked, way):
    ranker, catalogue = decoding_by(fitted.ranker, way), dataset.catalogue
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
        lists = decoding_by(fitted.ranker, decoding).rank(*asked, tmp_path, SIZE)
        for profile, moment, items in zip(*asked, lists, strict=True):
            assert len(items) == min(SIZE, int(alone.eligible(profile, moment).sum()))


def test_greedy_orders_the_best_of_the_first_step_anew(fitted, folder, asked):
    first, greedy = (
        decoding_by(fitted.ranker, way).rank(*asked, folder, SIZE)
        for way in (Decoding.FIRST, Decoding.GREEDY)
    )
    ids = [[[i["posting_id"] for i in items] for items in lists] for lists in (first, greedy)]
    for one, other in zip(*ids, strict=True):
        assert one[0] == other[0]
        assert set(one) == set(other)
    assert ids[0] != ids[1]
