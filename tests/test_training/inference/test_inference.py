"""The stream's own computation of the model: the numbers of torch, the same beside anybody."""

import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from threadpoolctl import threadpool_info

from streaming.serving.catalogue import ALWAYS
from training.inference import quantisation
from training.inference.batch_invariant_ops import multiply_rows, one_thread
from training.inference.numpy_network import EncoderInput, NumpyNetwork
from training.model.features import FIELDS, STEP_KINDS
from training.model.network import EncoderDecoder, Steps
from training.model.presets import published
from training.model.time_encoding import (
    EVENT_TIME_FEATURES,
    Freshness,
    freshness,
    freshness_at,
)

CONFIG = published().model


@pytest.fixture(scope="module")
def model():
    """A model in which every weight says something."""
    torch.manual_seed(0)
    made = EncoderDecoder(CONFIG, ids=5).eval()
    with torch.no_grad():
        for weight in made.parameters():
            weight.add_(0.05 * torch.randn_like(weight))
    return made


@pytest.fixture(scope="module")
def network(model):
    return NumpyNetwork(model)


def readings(width, *lengths, seed=0):
    chance = np.random.default_rng(seed)
    return [
        EncoderInput(
            chance.standard_normal((length, width), dtype=np.float32) / 5,
            chance.integers(0, len(STEP_KINDS), length),
            chance.random((length, EVENT_TIME_FEATURES), dtype=np.float32),
        )
        for length in lengths
    ]


def steps_of(reading):
    return Steps(
        torch.from_numpy(reading.vectors)[None],
        torch.from_numpy(reading.kinds)[None],
        torch.from_numpy(reading.time_features)[None],
        torch.tensor([len(reading.kinds)]),
    )


def decisions(network, given, emitted):
    """Decode with the same postings emitted to everybody; (steps, queries and tastes)."""
    encoded, state = network.encode(given)
    decision = network.decide(encoded, state, network.first_input())
    found = [decision]
    for vector in emitted:
        previous = network.next_input(np.tile(vector, (len(given), 1)))
        found.append(network.decide(encoded, found[-1].state, previous))
    return found


def test_the_numbers_are_those_of_the_model(model, network):
    width = len(model.block_of)
    given = readings(width, 1, 7, 60, 3)
    emitted = np.random.default_rng(1).standard_normal((3, width), dtype=np.float32) / 5
    found = decisions(network, given, emitted)
    for place, reading in enumerate(given):
        with torch.inference_mode():
            encoded, state = model.encode(steps_of(reading))
            decision = model.decide(encoded, state, model.first_input(1))
            expected = [decision]
            for vector in emitted:
                previous = model.next_input(torch.from_numpy(vector)[None])
                expected.append(model.decide(encoded, expected[-1].state, previous))
        for ours, theirs in zip(found, expected, strict=True):
            assert np.allclose(ours.query[place], theirs.query[0], rtol=1e-3, atol=1e-4)
            assert np.allclose(
                ours.freshness_weights[place], theirs.freshness_weights[0], atol=1e-5
            )
            assert np.allclose(ours.attention[place], theirs.attention[0], atol=1e-6)
            assert np.allclose(ours.gates[place], theirs.gates[0], rtol=1e-3, atol=1e-4)


def test_a_stated_entry_has_the_models_vector(model, network):
    chance = np.random.default_rng(2)
    text = chance.standard_normal(CONFIG.word_dimensions, dtype=np.float32)
    words = chance.standard_normal(CONFIG.lexical_dimensions, dtype=np.float32)
    fields = chance.standard_normal((len(FIELDS), CONFIG.field_dimensions), dtype=np.float32)
    given = [torch.from_numpy(part)[None] for part in (text, words, fields)]
    with torch.inference_mode():
        expected = model.posting_vectors(*given, torch.zeros(1, dtype=torch.int64))[0]
    assert np.allclose(network.vector(text, words, fields), expected, atol=1e-5)
    assert np.isfinite(network.vector(0 * text, 0 * words, 0 * fields)).all()


@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_neighbours_change_no_bit(network, data):
    lengths = data.draw(st.lists(st.integers(1, 12), min_size=1, max_size=20))
    given = readings(network._dimensions, *lengths, seed=data.draw(st.integers(0, 9)))
    emitted = given[0].vectors[:1]
    with one_thread():
        together = decisions(network, given, emitted)
        for place, reading in enumerate(given):
            alone = decisions(network, [reading], emitted)
            for one, other in zip(together, alone, strict=True):
                assert np.array_equal(one.query[place], other.query[0])
                assert np.array_equal(one.attention[place], other.attention[0])


@given(count=st.integers(0, 20), together=st.integers(1, 9), width=st.integers(1, 40))
def test_a_map_is_that_of_a_matrix(count, together, width):
    chance = np.random.default_rng(count)
    rows = chance.standard_normal((count, width), dtype=np.float32)
    weights = chance.standard_normal((width, 5), dtype=np.float32)
    assert np.allclose(multiply_rows(rows, weights, together), rows @ weights, atol=1e-4)


floats = st.floats(-100, 100, width=32)


@settings(max_examples=50, deadline=None)
@given(
    vectors=arrays.arrays(np.float32, st.tuples(st.integers(0, 30), st.just(24)), elements=floats),
    queries=arrays.arrays(np.float32, st.tuples(st.integers(1, 9), st.just(24)), elements=floats),
)
def test_estimates_are_near_and_each_its_own(vectors, queries):
    rounded, units = quantisation.quantise(vectors)
    found = quantisation.approximate_products(
        quantisation.fastest_multiply(rounded), units, queries
    )
    assert found.shape == (len(queries), len(vectors))
    for row, query in enumerate(queries):
        for multiply in quantisation.multiply_variants(rounded):
            assert np.array_equal(
                found[row], quantisation.approximate_products(multiply, units, query[None])[0]
            )
    if not len(vectors):
        return
    # Half a step of the query and half a unit of the vector in each dimension, at most, for each of
    # two vectors: estimates are less some number, so that only differences can be compared.
    scaled = np.abs(queries * units)
    steps = scaled.max(axis=1, keepdims=True) / 127
    bound = (steps / 2 * np.abs(rounded).astype(float).sum(axis=1)) + scaled.sum(axis=1)[:, None]
    off = found - queries.astype(float) @ vectors.T
    assert (np.abs(off - off[:, :1]) <= bound + bound[:, :1] + 1e-2).all()


def test_what_all_postings_share_costs_no_precision():
    chance = np.random.default_rng(5)
    vectors = chance.standard_normal((200, 24), dtype=np.float32)
    vectors[:, 0] = 0.7
    query = chance.standard_normal((1, 24), dtype=np.float32)
    query[0, 0] = 5_000.0
    rounded, units = quantisation.quantise(vectors)
    found = quantisation.approximate_products(quantisation.fastest_multiply(rounded), units, query)[
        0
    ]
    exact = vectors[:, 1:] @ query[0, 1:]
    assert np.abs((found - found[0]) - (exact - exact[0])).max() < 0.5
    assert set(np.argsort(-exact)[:5]) <= set(np.argsort(-found)[:10])


@pytest.mark.parametrize("dimensions", [1, 584, 1_040, 1_041, 5_000])
def test_every_partial_sum_is_exact(dimensions):
    assert quantisation.largest_code(dimensions) ** 2 * dimensions <= 2**24
    full = np.full((1, dimensions), quantisation.largest_code(dimensions), dtype=np.float32)
    rounded, units = quantisation.quantise(np.concatenate([full, -full]))
    most = float(dimensions * quantisation.largest_code(dimensions) ** 2)
    for multiply in quantisation.multiply_variants(rounded):
        found = quantisation.approximate_products(multiply, units, full)[0]
        assert found.tolist() == pytest.approx([most, -most], rel=1e-6)


def test_ways_to_multiply_are_tried_with_the_threads_they_are_used_with(monkeypatch):
    threads = []

    def way(queries):
        # Other libraries, which other tests load, multiply nothing here.
        pools = [pool for pool in threadpool_info() if re.search("numpy|torch", pool["filepath"])]
        threads.extend(pool["num_threads"] for pool in pools)
        return queries

    monkeypatch.setattr(quantisation, "multiply_variants", lambda _codes: [way])
    assert quantisation.fastest_multiply(np.ones((3, 24), dtype=np.int8)) is way
    assert set(threads) == {1}


def test_freshness_is_that_of_training():
    opens = np.array([ALWAYS, 0, 86_400_000_000, 10**15], dtype=np.int64)
    for moment in (0, 5 * 86_400_000_000, 10**14):
        expected = freshness(torch.from_numpy(opens), torch.tensor([moment]))[0].T
        assert np.allclose(freshness_at(opens, moment), expected, atol=1e-6)


def test_what_being_fresh_adds_is_estimated_closely():
    chance = np.random.default_rng(2)
    opens = chance.integers(14 * 10**14, 2 * 10**15, 500)
    opens[:3], opens[3] = ALWAYS, 9 * 10**15
    found = Freshness(opens)
    taste = np.array([1.5, -0.7, 2.0], dtype=np.float32)
    for moment in (17 * 10**14, 2 * 10**15, 0, -1):
        rows = np.flatnonzero(opens <= moment)
        exact = freshness_at(opens, moment)[:, rows]
        assert np.allclose(found.of(rows, moment), exact, atol=1e-6)
        assert np.allclose(found.weighted(taste, moment)[rows], taste @ exact, atol=1e-5)
        assert np.isfinite(found.weighted(taste, moment)).all()
