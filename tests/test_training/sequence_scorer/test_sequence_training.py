"""The loss and the training of sequence models."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from training.sequence_scorer.sampled_softmax import sampled_cross_entropy
from training.sequence_scorer.sequence_encoder import ItemAttributes, SequenceModel, scorer_of
from training.sequence_scorer.sequence_training import sequence_config, train


def test_sampling_estimates_the_whole() -> None:
    torch.manual_seed(0)
    states, vectors = torch.randn(200, 8), torch.randn(500, 8)
    targets = torch.randint(500, (200,))
    chance = np.random.default_rng(0)
    draws = [float(sampled_cross_entropy(states, vectors, targets, 100, chance)) for _ in range(50)]
    every = float(functional.cross_entropy(states @ vectors.T, targets))
    assert np.mean(draws) == pytest.approx(every, rel=0.05)
    whole = sampled_cross_entropy(states, vectors, targets, 500, chance)
    assert float(whole) == pytest.approx(every)


def test_no_state_sees_what_comes_later() -> None:
    config = sequence_config(dimensions=8, layers=2, dropout=0.1, epochs=1)
    torch.manual_seed(0)
    model = SequenceModel(9, config.encoder, ItemAttributes([["a", "b"], [], ["b"]] * 3)).eval()
    one, other = torch.tensor([[1, 2, 3, 4]]), torch.tensor([[1, 2, 8, 9]])  # 9 is padding
    with torch.no_grad():
        vectors = model.vectors()
        assert vectors.shape == (9, 8)
        torch.testing.assert_close(model(one, vectors)[:, :2], model(other, vectors)[:, :2])
        lengths = model(one, vectors).norm(dim=-1)
    torch.testing.assert_close(lengths, torch.full((1, 4), 1 / config.encoder.temperature))


def test_nothing_to_learn_from_is_survived() -> None:
    config = sequence_config(dimensions=8, layers=1, dropout=0.1, epochs=1)
    left: list[int] = []

    def note(epoch: int, epochs: int, *_: object) -> bool:
        left.append(epochs - epoch)
        return True

    train(config, [np.array([1])], 3, None, seed=0, on_epoch=note)
    assert left[-1] == 0


def test_looking_on_and_stopping_early_change_no_weight() -> None:
    config = sequence_config(dimensions=8, layers=1, dropout=0.2, epochs=1)
    histories = [np.arange(start, start + 4) % 6 for start in range(6)]
    attributes = ItemAttributes([["even"], ["odd"]] * 3)

    def weights_after(last: int, *, look: bool) -> list[bytes]:
        found: list[bytes] = []

        def note(epoch: int, _: int, model: SequenceModel, averaged: dict) -> bool:
            if look or epoch == last:
                scorer = scorer_of(model, averaged, "abcdef")
            if epoch == last:
                found.extend(value.tobytes() for value in scorer.network.values())
                found.append(scorer.vectors.tobytes())
            return epoch < last

        train(config, histories, 6, attributes, seed=4, on_epoch=note)
        return found

    assert weights_after(3, look=True) == weights_after(3, look=False)
