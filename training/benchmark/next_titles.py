"""The next title of a career: recall at 10 against the most frequent successor and likeness.

The last title of each career is held out, and ranked among all titles of its own status: those that
other people of the training part held, or those that nobody did. Otherwise a title that nobody held
would give itself away, since it stands in the files only for those who are asked about. People are
divided into five parts; each is asked about after training on the others.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from streaming.errors import InputError
from training.benchmark.next_title_model import Career, NextTitle
from training.benchmark.protocols.stated_parts import stated_parts
from training.evaluation.bootstrap import Interval, column_intervals
from training.text.language_model import from_pretrained
from training.text.pretrained import BUNDLED
from training.text.tokenizer import clean

PARTS = 5
PLACES = 10
OURS = "next title"
SUCCESSOR, LETTERS, MEANING = "most frequent successor", "likeness, letters", "likeness, meaning"
RANKINGS = (OURS, SUCCESSOR, LETTERS, MEANING)
_DRAWS = 1000
OnProgress = Callable[[str, float], None]


def read_careers(files: Sequence[Path]) -> tuple[list[str], list[list[int]]]:
    """Read titles, and the titles that each person held, oldest first, as numbers of them.

    A position without a beginning is taken as the oldest.

    Raises:
        InputError: a file cannot be read, or nobody held two positions.
    """
    held: list[list[str]] = []
    for _, parts in sorted(stated_parts(files).items()):
        positions = sorted(
            parts[-1].experience,
            key=lambda own: (str(own.start_date or ""), str(own.end_date or "9999")),
        )
        titles = [" ".join(clean(own.title).split()) for own in positions if own.title]
        held.append([title for title in titles if title])
    if not any(len(own) > 1 for own in held):
        names = ", ".join(file.name for file in files)
        raise InputError(f"{names}: nobody held two positions with a title; nothing can come next")
    titles = sorted({title for own in held for title in own})
    number = {title: place for place, title in enumerate(titles)}
    return titles, [[number[title] for title in own] for own in held if own]


def measure_titles(
    titles: Sequence[str], careers: Sequence[Career], seed: int, on_progress: OnProgress
) -> dict[str, float]:
    """Rank the titles for each career of at least two.

    Returns:
        By RANKING the recall at 10 with its interval, people resampled; `difference/RANKING` the
        lead of `OURS`; the numbers of cases and titles.
    """
    on_progress("reading what titles mean", 0.0)
    model = from_pretrained(BUNDLED)
    model.read_ahead(titles, lambda _: None)
    meanings = np.asarray(model.centred(titles).encode(titles), dtype=np.float32)
    meanings /= np.maximum(np.linalg.norm(meanings, axis=1, keepdims=True), 1e-9)
    part_of = np.random.default_rng(seed).integers(0, PARTS, len(careers))
    rows = []
    for part in range(PARTS):
        on_progress(f"part {part + 1} of {PARTS}", part / PARTS)
        known = [own for own, its in zip(careers, part_of, strict=True) if its != part]
        asked = [own for own, its in zip(careers, part_of, strict=True) if its == part]
        ranker = NextTitle.fit(titles, meanings, known, seed)
        followed = successors(known, len(titles))
        rows += [_recalls(ranker, followed, own) for own in asked if len(own) > 1]
    values = np.array(rows)
    report: dict[str, float] = {"cases": len(values), "titles": len(titles)}
    for name, interval in zip(RANKINGS, _intervals(values, seed), strict=True):
        report |= interval.flat(name)
    lead = values[:, :1] - values[:, 1:]
    for name, interval in zip(RANKINGS[1:], _intervals(lead, seed), strict=True):
        report |= interval.flat(f"difference/{name}")
    return report


def _intervals(values: np.ndarray, seed: int) -> list[Interval]:
    return column_intervals(values, draws=_DRAWS, seed=seed)


def successors(careers: Sequence[Career], titles: int) -> dict[int, np.ndarray]:
    """Count by title how often each other came next, (N,); -1: after any title."""
    counts: dict[int, np.ndarray] = {-1: np.zeros(titles)}
    for career in careers:
        for before, after in pairwise(career):
            counts.setdefault(before, np.zeros(titles))[after] += 1
            counts[-1][after] += 1
    return counts


def _recalls(ranker: NextTitle, followed: dict[int, np.ndarray], career: Career) -> list[float]:
    """Return the expected recall at 10 of the last title by each of `RANKINGS`."""
    *before, last = career
    of_all = followed[-1]
    successor = followed.get(before[-1], np.zeros_like(of_all)) * (of_all.sum() + 1) + of_all
    _, letters, meaning, _ = ranker.features(before, ranker.held)
    competing = (ranker.held > 0) == (ranker.held[last] > 0)
    found = []
    for scores in (ranker.scores(before), successor, letters, meaning):
        better = int((scores[competing] > scores[last]).sum())
        equal = int((scores[competing] == scores[last]).sum())
        found.append(float(np.clip((PLACES - better) / equal, 0, 1)))
    return found
