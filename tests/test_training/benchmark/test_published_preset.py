"""The published preset on benchmark data."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from streaming.errors import SettingsError
from training.benchmark.contenders import by_name
from training.benchmark.protocols.protocols import load
from training.benchmark.protocols.scorer_evaluation import evaluate_scorer
from training.benchmark.protocols.training_view import Scorer, Split
from training.model.presets import DECODINGS


def fitted(split: Split, seed: int = 1) -> Scorer:
    return by_name("published")(split.training, seed=seed, on_progress=lambda *_: None)


def bits(scorer: Scorer) -> dict[str, bytes]:
    return {name: np.ascontiguousarray(v).tobytes() for name, v in scorer.weights().items()}


def test_other_targets_change_no_bit(
    small_views: Split, views_file: Path, other_targets: Callable[[Path, Split], Path]
) -> None:
    one = fitted(small_views)
    again = fitted(load("job-views", other_targets(views_file, small_views)))
    assert bits(one) == bits(again)
    assert evaluate_scorer(one, small_views.test).mean("hr@10") > 0.5
    assert bits(one) != bits(fitted(small_views, seed=2))


@pytest.mark.parametrize("with_attributes", [True, False])
def test_ids_alone_are_enough(
    sequences_file: Path, attributes_file: Path, with_attributes: bool
) -> None:
    split = load("sequences", sequences_file, attributes_file if with_attributes else None)
    scorer = fitted(split)
    assert np.isfinite(scorer.scores(split.test.histories)).all()
    losses = scorer.summary.curves["train_loss"]
    assert len(losses) == 10
    assert losses[-1] < losses[0]
    assert scorer.summary.choices["name"] == "published"
    alone = np.concatenate([scorer.scores([history]) for history in split.test.histories[:5]])
    assert alone == pytest.approx(scorer.scores(split.test.histories[:5]), abs=1e-3)


def test_ways_of_decoding_are_compared_on_the_validation_part(small_views: Split) -> None:
    measured = fitted(small_views).summary.measured
    assert {key.split("/")[1] for key in measured} == {*DECODINGS}
    for way in DECODINGS:
        ndcg, hits = (measured[f"decoding/{way}/{name}@10"] for name in ("ndcg", "hr"))
        assert 0 < ndcg <= hits <= 1
        assert 0 < measured[f"decoding/{way}/coverage"] <= 1
        assert 0 <= measured[f"decoding/{way}/similarity@10"] <= 1
    same = [measured[f"decoding/{way}/hr@10"] for way in ("first", "greedy")]
    assert same[0] == same[1]  # the same ten in another order


def test_an_unknown_preset_is_one_line() -> None:
    with pytest.raises(SettingsError, match="there is no preset 'bestest'; choose one of"):
        by_name("bestest")
    assert callable(by_name("published"))
