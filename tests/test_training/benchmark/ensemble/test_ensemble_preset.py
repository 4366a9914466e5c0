"""The ensemble preset on small made data: it learns, it repeats, and no target reaches it."""

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from training.benchmark.baselines.baseline_ranker import cases_of, view_of
from training.benchmark.ensemble.ensemble import fit
from training.benchmark.protocols import protocols
from training.benchmark.protocols.competitors import target_ranks
from training.benchmark.protocols.question import QuestionFiles
from training.benchmark.protocols.training_view import Cases, Fit, Scorer, TrainingView
from training.evaluation.ranking_metrics import METRICS, expected_metrics

_HEADER = (
    "Applicant.ID,Job.ID,Title,Position,Company,City,State.Name,State.Code,Industry,"
    "View.Start,View.End,View.Duration,Created.At,Updated.At"
)


class Split(NamedTuple):
    training: TrainingView
    test: Cases


def load(protocol: str, file: Path) -> Split:
    question = protocols.load(protocol, QuestionFiles(data=file), file.with_suffix(".dataset"))
    assert question.split is not None
    view = view_of(question.split, timed=question.timed)
    return Split(view, cases_of(question.test, question.split.final, timed=question.timed))


def mean(scorer: Scorer, cases: Cases, metric: str, *, unseen: bool = False) -> float:
    scores = scorer.scores(cases.histories)
    ranks = target_ranks(scores, cases.histories, cases.targets, cases.pools)
    values = expected_metrics(ranks)[:, METRICS.index(metric)]
    return float(values[~cases.seen[cases.targets] | (not unseen)].mean())


def _quiet(_what: str, _share: float) -> None:
    pass


def _views(file: Path, *, swap: bool = False, durations: bool = True) -> Path:
    """Candidates who stay in one town and trade; half of what they look at nobody else does.

    With `swap` the last posting of each is another one of the same catalogue.
    """
    chance = np.random.default_rng(7)
    towns, trades = ["Aville", "Btown", "Cport"], ["baker", "driver", "nurse"]
    rows, posting, lasts = [], 0, []
    for person in range(60):
        town, trade = towns[person % 3], trades[(person // 3) % 3]
        for view in range(5):
            posting += 1
            shared = view in {1, 3}
            job = f"s{person % 9}-{view}" if shared else f"u{posting}"
            firm = "Everything Inc" if shared or posting % 2 else f"{trade} & co"
            rows.append([f"p{person}", job, town, trade, firm, view, int(chance.integers(5, 90))])
        lasts.append(len(rows) - 1)
    if swap:
        said = [rows[last][1:5] for last in lasts]
        for last, other in zip(lasts, said[1:] + said[:1], strict=True):
            rows[last][1:5] = other
    with file.open("w", newline="") as out:
        out.write(_HEADER + "\n")
        write = csv.writer(out).writerow
        for place, (person, job, town, trade, firm, view, lasted) in enumerate(rows):
            start = f"2026-01-{1 + view * 5:02d} 10:{place % 60:02d}:00 UTC"
            name = f"{trade} wanted"
            spent = lasted if durations else "NA"
            said = [f"{name} @ {firm}", name, firm, town, "State", "ST", "NA"]
            write([person, job, *said, start, "NA", spent, start, start])
    return file


def _sequences(file: Path, *, swap: bool = False) -> Path:
    """Items that follow each other in a circle of 30."""
    chance = np.random.default_rng(3)
    lines = []
    for user in range(120):
        start, length = int(chance.integers(30)), int(chance.integers(4, 9))
        items = [(start + step) % 30 + 1 for step in range(length)]
        lines.append([user, *items])
    if swap:
        lasts = [line[-1] for line in lines]
        lines = [
            [*line[:-1], last] for line, last in zip(lines, lasts[1:] + lasts[:1], strict=True)
        ]
    file.write_text("".join(" ".join(map(str, line)) + "\n" for line in lines))
    return file


@pytest.fixture(scope="module")
def best() -> Fit:
    return fit


@pytest.fixture(scope="module")
def job_views(tmp_path_factory: pytest.TempPathFactory) -> Split:
    return load("job-views", _views(tmp_path_factory.mktemp("views") / "views.csv"))


@pytest.fixture(scope="module")
def sequences(tmp_path_factory: pytest.TempPathFactory) -> Split:
    return load("sequences", _sequences(tmp_path_factory.mktemp("lines") / "lines.txt"))


@pytest.fixture(scope="module")
def content(best: Fit, job_views: Split) -> Scorer:
    return best(job_views.training, seed=0, on_progress=_quiet)


@pytest.fixture(scope="module")
def ids(best: Fit, sequences: Split) -> Scorer:
    return best(sequences.training, seed=0, on_progress=_quiet)


def test_content_finds_unseen_postings(content: Scorer, job_views: Split) -> None:
    assert (~job_views.test.seen[job_views.test.targets]).sum() > 20
    assert mean(content, job_views.test, "hr@10", unseen=True) > 0.7  # chance is .17


def test_sequences_are_learned(ids: Scorer, sequences: Split) -> None:
    assert mean(ids, sequences.test, "ndcg@10") > 0.8


def _weights(best: Fit, split: Split) -> dict[str, np.ndarray]:
    return dict(best(split.training, seed=5, on_progress=_quiet).weights())


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return one.keys() == other.keys() and all(
        np.asarray(one[name]).tobytes() == np.asarray(other[name]).tobytes() for name in one
    )


@pytest.mark.parametrize(("protocol", "make"), [("job-views", _views), ("sequences", _sequences)])
def test_targets_leave_no_trace(
    best: Fit, tmp_path: Path, protocol: str, make: Callable[..., Path]
) -> None:
    one = load(protocol, make(tmp_path / "one.txt"))
    other = load(protocol, make(tmp_path / "other.txt", swap=True))
    assert one.training.item_names == other.training.item_names
    assert one.test.targets.tolist() != other.test.targets.tolist()
    assert _same(_weights(best, one), _weights(best, other))


def test_histories_of_one_view_and_of_many_are_scored(content: Scorer, job_views: Split) -> None:
    whole = job_views.test.histories[0]
    long = replace(
        whole,
        items=np.arange(job_views.training.items, dtype=np.int64),
        times=np.full(job_views.training.items, np.asarray(whole.times)[0]),
        durations=None,
    )
    scores = content.scores([whole.first(1), long, replace(whole, times=None)])
    assert scores.shape == (3, job_views.training.items)
    assert np.isfinite(scores).all()


def test_a_list_depends_on_its_own_history_alone(ids: Scorer, sequences: Split) -> None:
    asked = sequences.test.histories[:5]
    together = ids.scores(asked)
    alone = np.concatenate([ids.scores([history]) for history in asked])
    np.testing.assert_allclose(together, alone, rtol=1e-4, atol=1e-4)
