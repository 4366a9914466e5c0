"""Each baseline learns what there is to learn, from the training view alone."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from streaming.errors import ModelError
from training.benchmark.baselines.baseline_ranker import BaselineRanker, cases_of, view_of
from training.benchmark.baselines.content import field_vectors
from training.benchmark.baselines.grid_search import Baseline, BaselineScorer, decayed_histories
from training.benchmark.baselines.registry import baselines
from training.benchmark.list_quality import make_lists, measure_lists
from training.benchmark.protocols.competitors import mean_metric
from training.benchmark.protocols.protocols import load
from training.benchmark.protocols.question import Question, QuestionFiles
from training.benchmark.protocols.training_view import Fit, History, Scorer, TrainingView
from training.evaluation.ranking_metrics import METRICS

DATA = Path(os.environ.get("CAREERSTREAM_DATA", Path(__file__).parents[4] / "shared" / "data"))


def view(question: Question) -> TrainingView:
    return view_of(question.parts(0.2, seed=1), timed=question.timed)


def fitted(fit: Fit, question: Question, seed: int = 1) -> Scorer:
    return fit(view(question), seed=seed, on_progress=lambda *_: None)


def measured(scorer: Scorer, question: Question, metric: str) -> np.ndarray:
    popular = np.zeros(len(question.catalogue), np.float32)
    ranker = BaselineRanker(scorer, question.catalogue, popular)
    lists = make_lists(ranker, question.dataset, question.test, lambda *_: None)
    values = measure_lists(lists, question.test, question.catalogue).values
    return values[:, METRICS.index(metric)]


def test_every_baseline_answers_and_the_right_ones_lead(small_sequences: Question) -> None:
    found = baselines(view(small_sequences))
    assert set(found) == {*("most-popular", "recent-popular", "item-knn", "als", "one-text")}
    hits = {
        name: measured(fitted(fit, small_sequences), small_sequences, "hr@5").mean()
        for name, fit in found.items()
    }
    assert hits["item-knn"] > 0.9
    assert min(hits["als"], hits["one-text"]) > 2 * hits["most-popular"]


def test_content_finds_what_nobody_has_seen(small_views: Question) -> None:
    found = baselines(view(small_views))
    assert set(found) == {
        *("most-popular", "recent-popular", "item-knn", "als", "one-text", "fields"),
    }
    unseen = ~small_views.test.seen
    assert unseen.any()
    fields = fitted(found["fields"], small_views)
    hits, popular = (
        measured(scorer, small_views, "hr@10")
        for scorer in (fields, fitted(found["most-popular"], small_views))
    )
    assert hits[unseen].mean() > 2 * popular[unseen].mean()
    assert hits.mean() > 0.9


def test_bare_ids_have_no_content(sequences_file: Path, ask: Callable[..., Question]) -> None:
    bare = ask("sequences", sequences_file)
    assert not {"one-text", "fields"} & set(baselines(view(bare)))


def test_whoever_has_no_events_gets_the_popular_postings(small_views: Question) -> None:
    catalogue = small_views.catalogue
    popular = np.arange(len(catalogue), dtype=np.float32)
    scorer = BaselineScorer(lambda histories: np.zeros((len(histories), len(catalogue))), {})
    ranker = BaselineRanker(scorer, catalogue, popular)
    [listed] = ranker.rank([{"events": []}], ["2026-01-01T00:00:00Z"], small_views.dataset, 3)
    assert [item["posting_id"] for item in listed] == catalogue.posting_ids[:-4:-1]
    broken = BaselineScorer(lambda histories: np.full((len(histories), len(catalogue)), np.nan), {})
    with pytest.raises(ModelError, match="not finite") as caught:
        measured(broken, small_views, "hr@10")
    assert "\n" not in str(caught.value)


def test_other_targets_change_no_bit(
    small_views: Question,
    views_file: Path,
    other_targets: Callable[[Path, Question], Path],
    ask: Callable[..., Question],
) -> None:
    other = ask("job-views", other_targets(views_file, small_views))
    pairs = zip(small_views.test.cases, other.test.cases, strict=True)
    assert all(one.targets != again.targets for one, again in pairs)
    assert other.catalogue.posting_ids == small_views.catalogue.posting_ids
    for fit in baselines(view(small_views)).values():
        one, again = fitted(fit, small_views).weights(), fitted(fit, other).weights()
        assert {name: value.tobytes() for name, value in one.items()} == {
            name: value.tobytes() for name, value in again.items()
        }


def test_a_search_keeps_what_is_best_on_the_validation_part(small_sequences: Question) -> None:
    """The second value is right for validation cases, whose targets it scores highest."""
    training = view(small_sequences)
    cases = training.validation
    targets = {
        tuple(history.items.tolist()): int(target)
        for history, target in zip(cases.histories, cases.targets, strict=True)
    }

    def prepare(*_: object) -> Callable[..., BaselineScorer]:
        def make(choices: dict[str, float]) -> BaselineScorer:
            def score(asked: list[History]) -> np.ndarray:
                scores = np.zeros((len(asked), training.items), np.float32)
                for row, history in enumerate(asked):
                    scores[row, targets[tuple(history.items.tolist())]] = choices["right"]
                return scores

            return BaselineScorer(score, {})

        return make

    shares: list[float] = []
    built = Baseline(prepare, {"right": (-1.0, 1.0, 0.0), "other": (1.0, 2.0)})(
        training, seed=1, on_progress=lambda _, share: shares.append(share)
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


def test_fixed_weights_come_near_the_documented_numbers(tmp_path: Path) -> None:
    """The weights in the data's README, rounded as they stand there: .4844/.3456."""
    file = DATA / "job-views/job_views.csv"
    if not file.exists():
        pytest.skip(f"{file} is not here; it is no part of the project")
    [question] = load("job-views", QuestionFiles(data=file), tmp_path)
    training = view(question)
    blocks = field_vectors(training.postings)
    weights = (0.11, 1.47, 0.54, 3.44, 0.15, 0.54)
    stacked = sparse.hstack(list(blocks.values()), format="csr")

    def score(asked: Sequence[History]) -> np.ndarray:
        profile = decayed_histories(asked, training.items, 0.3)
        parts = [w * (profile @ part) for w, part in zip(weights, blocks.values(), strict=True)]
        return (sparse.hstack(parts, format="csr") @ stacked.T).toarray().astype(np.float32)

    assert question.split is not None
    cases = cases_of(question.test, question.split.final, timed=True)
    for metric, documented in (("hr@10", 0.4844), ("ndcg@10", 0.3456)):
        found = mean_metric(lambda rows: score(cases.histories[rows]), cases, metric)
        assert found == pytest.approx(documented, abs=0.003)
