"""Faithfulness of reasons: whether the posting that a reason names carries the item into the list.

The test takes turns of candidates with three or more postings whose first item has a reason that
names one of them. It asks the ranker again, with that posting alone in the profile, and in
comparison with a random other one alone. The stated part stays, and no posting of the whole profile
may be listed. The item should stay among the first ten more often by the named posting than by the
random one, which DeYoung and others (ERASER, 2020) call sufficiency.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from streaming.serving.ranker import RankedItem, Ranker
from training.benchmark.protocols.training_view import OnProgress
from training.data.dataset import HeldOut
from training.evaluation.bootstrap import mean_interval
from training.evaluation.prequential import HeldOutTurns, hide, mark

LEAST_POSTINGS = 3
PLACES = 10
_MOST_TURNS = 500
_BATCH = 64
_DRAWS = 1_000


def faithfulness(
    ranker: Ranker,
    folder: Path,
    turns: HeldOutTurns,
    lists: Sequence[Sequence[RankedItem]],
    *,
    seed: int,
    on_progress: OnProgress,
) -> dict[str, float]:
    """Test the reasons of the lists that a ranker made before turns, from a prepared folder.

    Returns:
        `reasons/turns`; `reasons/keeps` and `reasons/keeps_at_random`: how often the named posting
        alone, and the random one, keeps the item among the first ten; `reasons/keeps_more`: the
        difference. `…/low` and `…/high` are 95 % bootstrap intervals over candidates. Empty where
        no such reason is given.
    """
    random = np.random.default_rng(seed)
    named = {
        turn: posting_id
        for turn, items in enumerate(lists)
        if (posting_id := _named(turns.cases[turn], items)) is not None
    }
    chosen = np.sort(random.permutation(list(named))[:_MOST_TURNS]).tolist()
    if not chosen:
        return {}
    asked = []
    for turn in chosen:
        others = [own for own in _postings(turns.cases[turn]) if own != named[turn]]
        other = others[int(random.integers(len(others)))]
        asked += [_alone(turns.case(turn), own) for own in (named[turn], other)]
    items = [lists[turn][0]["posting_id"] for turn in chosen for _ in range(2)]
    keeps: list[float] = []
    for start in range(0, len(asked), _BATCH):
        batch = asked[start : start + _BATCH]
        moments = [case.as_of for case in batch]
        made = ranker.rank([case.profile for case in batch], moments, folder, PLACES)
        keeps += [
            float(any(item["posting_id"] == wanted for item in listed))
            for listed, wanted in zip(made, items[start : start + _BATCH], strict=True)
        ]
        on_progress("testing reasons", len(keeps) / len(asked))
    by_named, by_other = np.array(keeps).reshape(-1, 2).T
    measured = {
        "keeps": by_named,
        "keeps_at_random": by_other,
        "keeps_more": by_named - by_other,
    }
    report: dict[str, float] = {"reasons/turns": len(chosen)}
    for name, values in measured.items():
        interval = mean_interval(values, draws=_DRAWS, seed=seed, owners=turns.owners[chosen])
        report |= interval.flat(f"reasons/{name}")
    return report


def _named(case: HeldOut, items: Sequence[RankedItem]) -> str | None:
    """Return the posting that the first item's reasons name, if it is one of three or more."""
    reasons = items[0]["reasons"] if items else []
    named = [own for reason in reasons if (own := reason.get("posting_id")) is not None]
    postings = _postings(case)
    usable = len(postings) >= LEAST_POSTINGS and named and named[0] in postings
    return str(named[0]) if usable else None


def _postings(case: HeldOut) -> list[str]:
    return list(dict.fromkeys(event["posting_id"] for event in case.profile["events"]))


def _alone(case: HeldOut, posting_id: str) -> HeldOut:
    """Return a case with the events of one posting alone; the other postings are hidden."""
    events = [event for event in case.profile["events"] if event["posting_id"] == posting_id]
    hidden = [mark(own) for own in _postings(case) if own != posting_id]
    return hide(replace(case, profile={**case.profile, "events": events}), hidden)
