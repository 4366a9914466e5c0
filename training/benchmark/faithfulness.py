"""Whether reasons are true: does the part that is named carry the posting into the list?

For users with three parts or more and the first item of their list, the part that the model names
is taken out of the history, and so is a random other part. The item's log-probability, by a softmax
over the scores of all that the whole history does not hold, should fall by more without the former.
And the named part alone should keep the item among the first ten more often than the random part.
"""

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from scipy.special import logsumexp

from training.benchmark.protocols.training_view import Cases, History, OnProgress, Scorer, batches
from training.evaluation.ranking_metrics import known

LEAST_PARTS = 3
PLACES = 10
_MOST_USERS = 500
_BATCH = 128
_DRAWS = 1_000


@runtime_checkable
class Explains(Protocol):
    """What a scorer has that can name reasons."""

    def reasons(self, histories: Sequence[History], items: np.ndarray) -> np.ndarray:
        """Name the part that carried an item most.

        Args:
            histories: B of them.
            items: (B,) int64, one for each.

        Returns:
            (B,) int64 places in the histories.
        """


def faithfulness(
    scorer: Scorer, cases: Cases, seed: int, on_progress: OnProgress
) -> dict[str, float]:
    """Test the reasons of a scorer.

    Returns:
        `reasons/users`; `reasons/win_rate`: how often the named part's removal costs more, a draw
        counting half; `reasons/drop`: by how much more, in nats; `reasons/keeps` and
        `reasons/keeps_at_random`: how often the named part alone, and the random one, keeps the
        item among the first ten; `reasons/keeps_more`: the difference. `…/low` and `…/high` are
        95 % bootstrap intervals over users. Nothing where the scorer names no reasons or nobody has
        three parts.
    """
    able = [place for place, history in enumerate(cases.histories) if len(history) >= LEAST_PARTS]
    if not isinstance(scorer, Explains) or not able:
        return {}
    chance = np.random.default_rng(seed)
    chosen = np.sort(chance.permutation(len(able))[:_MOST_USERS])
    histories = [cases.histories[able[place]] for place in chosen]
    parts, done = [], 0
    for batch in batches(histories, _BATCH):
        parts.append(_compare(scorer, scorer, batch, chance))
        done += len(batch)
        on_progress("testing reasons", done / len(histories))
    found = np.concatenate(parts)  # (U, 4)
    drop = found[:, 0] - found[:, 1]
    measured = {
        "win_rate": np.where(drop == 0, 0.5, drop > 0),
        "drop": drop,
        "keeps": found[:, 2],
        "keeps_at_random": found[:, 3],
        "keeps_more": found[:, 2] - found[:, 3],
    }
    report: dict[str, float] = {"reasons/users": len(found)}
    for name, values in measured.items():
        low, high = _interval(values, seed)
        report |= {f"reasons/{name}": float(values.mean())}
        report |= {f"reasons/{name}/low": low, f"reasons/{name}/high": high}
    return report


def _compare(
    scorer: Scorer, explains: Explains, histories: Sequence[History], chance: np.random.Generator
) -> np.ndarray:
    """Return the drop without the named part, without another, and whether each alone keeps.

    Returns:
        (B, 4) float64.
    """
    rows = np.arange(len(histories))
    whole = _allowed(scorer.scores(histories), histories)
    items = whole.argmax(axis=1)
    named = explains.reasons(histories, items)
    lengths = np.array([len(history) for history in histories])
    # Any of the others with equal chance.
    other = (named + 1 + chance.integers(0, lengths - 1)) % lengths
    before = _log_chances(whole)[rows, items]

    def asked(cut: Callable[[History, int], History], places: np.ndarray) -> np.ndarray:
        changed = [cut(h, place) for h, place in zip(histories, places.tolist(), strict=True)]
        return _allowed(scorer.scores(changed), histories)

    drops = [before - _log_chances(asked(_without, p))[rows, items] for p in (named, other)]
    keeps = []
    for places in (named, other):
        scores = asked(_only, places)
        better = (scores > scores[rows, items][:, None]).sum(axis=1)
        keeps.append((better < PLACES).astype(np.float64))
    return np.stack([*drops, *keeps], axis=1)


def _allowed(scores: np.ndarray, histories: Sequence[History]) -> np.ndarray:
    """Rule out what the whole histories hold, also where a part was taken out."""
    allowed = scores.astype(np.float64)
    allowed[known(histories)] = -np.inf
    return allowed


def _log_chances(scores: np.ndarray) -> np.ndarray:
    return np.asarray(scores - logsumexp(scores, axis=1, keepdims=True))


def _without(history: History, place: int) -> History:
    return history.take(np.delete(np.arange(len(history)), place))


def _only(history: History, place: int) -> History:
    return history.take(np.array([place]))


def _interval(values: np.ndarray, seed: int) -> tuple[float, float]:
    chance = np.random.default_rng(seed)
    drawn = chance.multinomial(len(values), np.full(len(values), 1 / len(values)), size=_DRAWS)
    low, high = np.quantile(drawn @ values / len(values), [0.025, 0.975])
    return float(low), float(high)
