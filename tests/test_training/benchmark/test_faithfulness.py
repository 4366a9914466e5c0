"""Reasons are held against what a ranker really does."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from streaming.serving.catalogue import Catalogue
from streaming.serving.ranker import Profile
from training.benchmark.faithfulness import faithfulness
from training.benchmark.list_quality import make_lists
from training.benchmark.protocols.question import Question

ITEMS = 60


class Additive:
    """Scores are sums over the events; each item asks for the one whose number is ten higher."""

    def __init__(self, *, honest: bool) -> None:
        self.honest = honest
        self.strength = np.random.default_rng(1).uniform(1, 5, ITEMS)

    def prepare(self, catalogue: Catalogue, folder: Path) -> None:
        catalogue.write(folder / "catalogue.parquet")

    def rank(
        self, profiles: Sequence[Profile], as_of: Sequence[str], folder: Path, size: int
    ) -> list[list[dict[str, Any]]]:
        catalogue = Catalogue.read(folder / "catalogue.parquet")
        pairs = zip(profiles, as_of, strict=True)
        return [self._list(catalogue, profile, moment, size) for profile, moment in pairs]

    def _list(
        self, catalogue: Catalogue, profile: Profile, moment: str, size: int
    ) -> list[dict[str, Any]]:
        numbers = np.array([int(posting_id) for posting_id in catalogue.posting_ids])
        known = [int(event["posting_id"]) for event in profile["events"]]
        added = {n: self.strength[n] * ((n + 10) % ITEMS == numbers) for n in known}
        scores = np.where(
            catalogue.eligible(profile, moment), sum(added.values(), np.zeros(len(numbers))), -1.0
        )
        choose = max if self.honest else min
        items = []
        for row in np.argsort(-scores, kind="stable")[:size].tolist():
            if scores[row] >= 0:
                named = choose(known, key=lambda n, row=row: added[n][row])
                reason = {"kind": "event", "text": "as before", "posting_id": str(named)}
                items.append({"posting_id": catalogue.posting_ids[row], "reasons": [reason]})
        return items


def reasons_of(question: Question, folder: Path, *, honest: bool) -> dict[str, float]:
    ranker = Additive(honest=honest)
    folder.mkdir()
    ranker.prepare(question.catalogue, folder)
    lists = make_lists(ranker, folder, question.test, lambda *_: None)
    return faithfulness(ranker, folder, question.test, lists, seed=1, on_progress=lambda *_: None)


@pytest.fixture
def asked(tmp_path: Path, ask: Callable[..., Question]) -> Callable[[int, int], Question]:
    """A function that makes a question of 40 users with so many random items."""

    def build(least: int, most: int) -> Question:
        chance = np.random.default_rng(2)
        lines = [" ".join(["all", *map(str, range(ITEMS))])]
        for user in range(40):
            items = chance.permutation(ITEMS)[: int(chance.integers(least, most + 1)) + 1]
            lines.append(" ".join(map(str, [user, *items.tolist()])))
        file = tmp_path / "users.txt"
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return ask("sequences", file)

    return build


def test_true_reasons_pass_and_made_up_ones_fail(
    asked: Callable[[int, int], Question], tmp_path: Path
) -> None:
    question = asked(3, 6)
    true = reasons_of(question, tmp_path / "true", honest=True)
    assert true["reasons/turns"] >= 40
    assert true["reasons/keeps"] == 1.0
    assert true["reasons/keeps_more"] == pytest.approx(
        true["reasons/keeps"] - true["reasons/keeps_at_random"]
    )
    assert true["reasons/keeps_more/low"] > 0
    false = reasons_of(question, tmp_path / "false", honest=False)
    assert false["reasons/keeps_more/high"] <= 0
    assert false["reasons/keeps"] < 0.5


def test_without_three_postings_there_is_nothing_to_test(
    asked: Callable[[int, int], Question], tmp_path: Path
) -> None:
    question = asked(1, 2)
    found = reasons_of(question, tmp_path / "few", honest=True)
    assert found.get("reasons/turns", 0) <= 1  # the user of all items
