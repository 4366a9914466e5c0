"""Each baseline learns what there is to learn, from the training view alone."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from training.benchmark.baselines.content import field_vectors
from training.benchmark.baselines.grid_search import Baseline, BaselineScorer, decayed_histories
from training.benchmark.baselines.registry import baselines
from training.benchmark.protocols.protocols import load
from training.benchmark.protocols.scorer_evaluation import evaluate_scorer
from training.benchmark.protocols.training_view import Fit, History, Scorer, Split

DATA = Path(os.environ.get("CAREERSTREAM_DATA", Path(__file__).parents[4] / "shared" / "data"))


def fitted(fit: Fit, split: Split, seed: int = 1) -> Scorer:
    return fit(split.training, seed=seed, on_progress=lambda *_: None)


def test_every_baseline_answers_and_the_right_ones_lead(small_sequences: Split) -> None:
    assert set(baselines(small_sequences.training)) == {
        *("most-popular", "recent-popular", "item-knn", "als", "one-text"),
    }
    found = {
        name: evaluate_scorer(fitted(fit, small_sequences), small_sequences.test).mean("hr@5")
        for name, fit in baselines(small_sequences.training).items()
    }
    assert found["item-knn"] > 0.9
    assert min(found["als"], found["one-text"]) > 2 * found["most-popular"]


def test_content_finds_what_nobody_has_seen(small_views: Split) -> None:
    found = baselines(small_views.training)
    assert set(found) == {
        *("most-popular", "recent-popular", "item-knn", "als", "one-text", "fields"),
    }
    assert not small_views.test.seen[small_views.test.targets].all()
    quality = evaluate_scorer(fitted(found["fields"], small_views), small_views.test)
    popular = evaluate_scorer(fitted(found["most-popular"], small_views), small_views.test)
    assert quality.values[~quality.seen].mean() > 2 * popular.values[~quality.seen].mean()
    assert quality.mean("hr@10") > 0.9


def test_bare_ids_have_no_content(sequences_file: Path) -> None:
    split = load("sequences", sequences_file)
    assert not {"one-text", "fields"} & set(baselines(split.training))


def test_other_targets_change_no_bit(
    small_views: Split, views_file: Path, other_targets: Callable[[Path, Split], Path]
) -> None:
    other = load("job-views", other_targets(views_file, small_views))
    assert (other.test.targets != small_views.test.targets).all()
    assert other.training.item_names == small_views.training.item_names
    for fit in baselines(small_views.training).values():
        one, again = fitted(fit, small_views).weights(), fitted(fit, other).weights()
        assert {name: value.tobytes() for name, value in one.items()} == {
            name: value.tobytes() for name, value in again.items()
        }


def test_a_search_keeps_what_is_best_on_the_validation_part(small_sequences: Split) -> None:
    """The second value is right for validation cases, whose targets it scores highest."""
    targets = {
        tuple(history.items.tolist()): int(target)
        for history, target in zip(
            small_sequences.training.validation.histories,
            small_sequences.training.validation.targets,
            strict=True,
        )
    }

    def prepare(*_: object) -> Callable[..., BaselineScorer]:
        def make(choices: dict[str, float]) -> BaselineScorer:
            def score(asked: list[History]) -> np.ndarray:
                scores = np.zeros((len(asked), small_sequences.training.items), np.float32)
                for row, history in enumerate(asked):
                    scores[row, targets[tuple(history.items.tolist())]] = choices["right"]
                return scores

            return BaselineScorer(score, {})

        return make

    shares: list[float] = []
    built = Baseline(prepare, {"right": (-1.0, 1.0, 0.0), "other": (1.0, 2.0)})(
        small_sequences.training, seed=1, on_progress=lambda _, share: shares.append(share)
    )
    assert built.summary.choices == {"right": 1.0, "other": 1.0}
    assert shares == sorted(shares)
    assert 0 < max(shares) <= 1


def test_weights_fall_with_age_and_sum_to_one() -> None:
    found = decayed_histories(
        [History(np.array([2, 0, 2])), History(np.array([1]))], 4, 0.5
    ).toarray()
    ages = np.exp(-0.5 * np.array([2, 1, 0]))
    ages /= ages.sum()
    assert found[0] == pytest.approx([ages[1], 0, ages[0] + ages[2], 0])
    assert found[1].tolist() == [0, 1, 0, 0]


def test_fixed_weights_come_near_the_documented_numbers() -> None:
    """The weights in the data's README, rounded as they stand there: .4844/.3456."""
    file = DATA / "job-views/job_views.csv"
    if not file.exists():
        pytest.skip(f"{file} is not here; it is no part of the project")
    split = load("job-views", file)
    blocks = field_vectors(split.training)
    weights = (0.11, 1.47, 0.54, 3.44, 0.15, 0.54)
    stacked = sparse.hstack(list(blocks.values()), format="csr")

    def score(asked: list[History]) -> np.ndarray:
        profile = decayed_histories(asked, split.training.items, 0.3)
        parts = [w * (profile @ part) for w, part in zip(weights, blocks.values(), strict=True)]
        return (sparse.hstack(parts, format="csr") @ stacked.T).toarray().astype(np.float32)

    quality = evaluate_scorer(BaselineScorer(score, {}), split.test)
    assert quality.mean("hr@10") == pytest.approx(0.4844, abs=0.003)
    assert quality.mean("ndcg@10") == pytest.approx(0.3456, abs=0.003)
