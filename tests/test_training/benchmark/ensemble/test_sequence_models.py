"""The loss, the encoders and the blend."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from training.benchmark.ensemble.blending import blend, choose_weights, log_scale
from training.benchmark.ensemble.chunked_softmax import cross_entropy, sampled_cross_entropy
from training.benchmark.ensemble.ensemble import sequence_config
from training.benchmark.ensemble.sequence_encoder import ItemAttributes, Kind, SequenceModel
from training.benchmark.ensemble.sequence_training import SequenceScorer, train
from training.benchmark.protocols.training_view import Cases, History


@settings(max_examples=10, deadline=None)
@given(st.integers(1, 1100), st.integers(1, 40), st.integers(0, 2**31))
def test_loss_and_gradients_are_those_of_cross_entropy(rows: int, items: int, seed: int) -> None:
    torch.manual_seed(seed)
    states = torch.randn(rows, 6, requires_grad=True)
    vectors = torch.randn(items, 6, requires_grad=True)
    targets = torch.randint(items, (rows,))
    ours = cross_entropy(states, vectors, targets)
    ours.backward()
    found = [states.grad, vectors.grad]
    states.grad = vectors.grad = None
    theirs = functional.cross_entropy(states @ vectors.T, targets)
    theirs.backward()
    torch.testing.assert_close(ours.detach(), theirs.detach(), rtol=1e-4, atol=1e-4)
    for mine, grad in zip(found, (states.grad, vectors.grad), strict=True):
        torch.testing.assert_close(mine, grad, rtol=1e-3, atol=1e-5)


def test_sampling_estimates_the_whole() -> None:
    torch.manual_seed(0)
    states, vectors = torch.randn(200, 8), torch.randn(500, 8)
    targets = torch.randint(500, (200,))
    chance = np.random.default_rng(0)
    draws = [float(sampled_cross_entropy(states, vectors, targets, 100, chance)) for _ in range(50)]
    assert np.mean(draws) == pytest.approx(float(cross_entropy(states, vectors, targets)), rel=0.05)
    whole = sampled_cross_entropy(states, vectors, targets, 500, chance)
    assert float(whole) == pytest.approx(float(cross_entropy(states, vectors, targets)))


@pytest.mark.parametrize("kind", ["attention", "recurrent"])
def test_no_state_sees_what_comes_later(kind: Kind) -> None:
    config = sequence_config(kind=kind, dimensions=8, layers=2, dropout=0.1, epochs=1)
    torch.manual_seed(0)
    model = SequenceModel(9, config.encoder, ItemAttributes([[1, 5], [], [5]] * 3)).eval()
    one, other = torch.tensor([[1, 2, 3, 4]]), torch.tensor([[1, 2, 8, 9]])  # 9 is padding
    with torch.no_grad():
        vectors = model.vectors()
        assert vectors.shape == (9, 8)
        torch.testing.assert_close(model(one, vectors)[:, :2], model(other, vectors)[:, :2])
        lengths = model(one, vectors).norm(dim=-1)
    torch.testing.assert_close(lengths, torch.full((1, 4), 1 / config.encoder.temperature))


def test_histories_longer_than_is_read_are_scored_by_their_end() -> None:
    config = sequence_config(dimensions=8, layers=1, dropout=0.1, epochs=1)
    torch.manual_seed(0)
    model = SequenceModel(5, config.encoder, None)
    scorer = SequenceScorer.of(model, model.state_dict())
    long = np.arange(200) % 5
    scores = scorer.scores([History(long), History(long[-50:]), History(long[:1])])
    np.testing.assert_allclose(scores[0], scores[1], rtol=1e-5)
    np.testing.assert_allclose(np.exp(scores).sum(axis=1), 1.0, rtol=1e-4)


def test_nothing_to_learn_from_is_survived() -> None:
    config = sequence_config(dimensions=8, layers=1, dropout=0.1, epochs=1)
    told: list[int] = []
    train(
        config,
        [np.array([1])],
        3,
        None,
        seed=0,
        on_epoch=lambda epoch, rounds, *_: told.append(rounds - epoch),
    )
    assert told[-1] == 0


def test_the_blend_keeps_what_helps_and_leaves_out_what_does_not() -> None:
    chance = np.random.default_rng(0)
    users, items = 200, 50
    targets = chance.integers(items, size=users)
    right = np.zeros((users, items), dtype=np.float32)
    right[np.arange(users), targets] = 1.0
    weak = right * 0.8 + chance.random((users, items), dtype=np.float32)
    noise = chance.random((users, items), dtype=np.float32)
    cases = Cases(
        histories=tuple(History(np.array([(target + 1) % items])) for target in targets),
        targets=targets,
        pools=np.zeros(items, dtype=np.int8),
        seen=np.ones(items, dtype=bool),
    )
    weights, reached = choose_weights({"noise": noise, "weak": weak}, cases, lambda *_: None)
    assert weights["weak"] > weights["noise"]
    assert reached > 0.5
    assert blend({"noise": noise, "weak": weak}, {"noise": 1.0, "weak": 0.0}) is not None
    weights, _ = choose_weights({"weak": weak, "noise": noise}, cases, lambda *_: None)
    assert weights == {"weak": 1.0, "noise": 0.0}


def test_logarithms_are_finite_where_nothing_is_known() -> None:
    found = log_scale(np.array([[0.0, 0.0], [0.0, 4.0]], dtype=np.float32), smoothing=0.1)
    assert np.isfinite(found).all()
    assert found[1, 1] == pytest.approx(math.log(1.1))
    assert found[0, 0] == found[0, 1] == pytest.approx(math.log(0.1))
