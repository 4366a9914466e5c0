"""The score of stage two: what networks learn, and the same in NumPy."""

import numpy as np
import torch

from training.content_ranker.content_examples import BLOCKS, ContentExamples
from training.content_ranker.fit_interactions import fit_interactions
from training.content_ranker.interaction_network import (
    FeatureScaler,
    InteractionNetwork,
    InteractionScore,
    mean_scores,
)

FEATURES, AMONG = 6, 30


def examples(count, useful):
    """Choices of the posting whose first two features agree, or of any."""
    random = np.random.default_rng(3)
    features = random.normal(size=(count, AMONG, FEATURES)).astype(np.float32)
    if useful:
        features[:, 0, 1] = np.sign(features[:, 0, 0])
        features[:, 1:, 1] = -np.sign(features[:, 1:, 0])
    blocks = np.sort(random.integers(1, BLOCKS, count))
    return ContentExamples(features, np.ones(count, dtype=np.float32), blocks)


def test_numpy_scores_as_the_networks_do():
    random = torch.Generator().manual_seed(1)
    networks = []
    for _ in range(3):
        network = InteractionNetwork(torch.randn(FEATURES, generator=random)).eval()
        torch.nn.init.normal_(network.out.weight, generator=random)
        networks.append(network)
    features = np.random.default_rng(1).normal(3, 40, size=(50, FEATURES)).astype(np.float32)
    scaler = FeatureScaler.fit(features[None])
    score = InteractionScore.of(scaler, networks)
    expected = mean_scores(networks, scaler.transform(features))
    assert np.allclose(score.scores(features), expected, atol=1e-5)


def test_what_features_mean_only_together_is_learned():
    fitted = fit_interactions(examples(600, useful=True), seed=1)
    linear, *curve = fitted.ndcg
    assert fitted.epochs > 0
    assert max(curve) > linear + 0.2


def test_nothing_to_learn_leaves_the_sum(tmp_path):
    fitted = fit_interactions(examples(60, useful=False), seed=1)
    assert fitted.epochs == 0 or max(fitted.ndcg) < 0.4
    fitted.score.save(tmp_path / "score.npz")
    features = examples(1, useful=False).features[0]
    again = InteractionScore.load(tmp_path / "score.npz")
    assert np.array_equal(again.scores(features), fitted.score.scores(features))


def test_no_examples_no_score():
    assert fit_interactions(examples(0, useful=True), seed=1) is None


def test_a_single_block_cannot_choose():
    one = examples(40, useful=True)
    one = ContentExamples(one.features, one.weights, np.full(40, BLOCKS - 1))
    assert fit_interactions(one, seed=1).ndcg == ()
