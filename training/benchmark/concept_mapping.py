"""How well texts are mapped to concepts, against the TF-IDF cosine of letters.

A question is a title with its occupation, or a sentence with the skills that it names; sentences
without a known skill are left out. The baseline compares character 2- to 5-grams of the whole text
with all names; a concept's score is its best name's.
"""

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from streaming.errors import InputError, quote
from streaming.taxonomy.concept import ConceptKind
from training.evaluation.bootstrap import column_intervals
from training.taxonomy.mapper import ConceptIndex, Mapper

CUTOFFS = (5, 10)
METRICS = ("accuracy@1", *(f"recall@{k}" for k in CUTOFFS), "mrr")
"""What is measured of each question, in the order of the columns."""
_DRAWS = 1000
_AT_ONCE = 500

Scores = Callable[[Sequence[str]], np.ndarray]
"""Returns the scores of N texts for C concepts, (N, C) float32."""


@dataclass(frozen=True)
class MappingQuestions:
    """Texts and the concepts that they name."""

    kind: ConceptKind
    texts: Sequence[str]
    answers: Sequence[frozenset[str]]
    """Ids; not empty."""
    unknown: int
    """Answers that the taxonomy does not have, which are left out."""


def read_titles(file: Path, mapper: Mapper) -> MappingQuestions:
    """Read a CSV file with the columns title and occupation_uri.

    Raises:
        InputError: it has other columns, or none of its occupations is in the taxonomy.
    """
    rows = _rows(file, ("title", "occupation_uri"))
    pairs = ((row["title"], row["occupation_uri"]) for row in rows)
    return _questions(ConceptKind.OCCUPATION, pairs, mapper, {}, file)


def read_sentences(files: Iterable[Path], mapper: Mapper) -> MappingQuestions:
    """Read CSV files with the columns sentence and label, a row for each skill of a sentence.

    Raises:
        InputError: a file has other columns, or none of their labels is in the taxonomy.
    """
    files = list(files)
    rows = (row for file in files for row in _rows(file, ("sentence", "label")))
    skills = mapper.taxonomy.of_kind(ConceptKind.SKILL)
    by_name = {label.text: skill.concept_id for skill in skills for label in skill.labels[::-1]}
    pairs = ((row["sentence"], row["label"]) for row in rows)
    return _questions(ConceptKind.SKILL, pairs, mapper, by_name, files[0])


def measure_mapping(
    mapper: Mapper, questions: MappingQuestions, seed: int, on_progress: Callable[[float], None]
) -> dict[str, Any]:
    """Measure the mapper and the baseline on the same questions.

    Returns:
        By `mapper/METRIC`, `letters/METRIC` and `difference/METRIC` estimates with their intervals,
        questions resampled; and the number of questions and of unknown answers.
    """
    index = mapper.indices[questions.kind]
    own = _measure(
        index, questions, lambda texts: np.stack([index.scores(t) for t in texts]), on_progress
    )
    letters = _measure(index, questions, _letters(index), lambda _: None)
    values = np.concatenate([own, letters, own - letters], axis=1)
    names = [
        f"{ranker}/{metric}" for ranker in ("mapper", "letters", "difference") for metric in METRICS
    ]
    found = column_intervals(values, draws=_DRAWS, seed=seed)
    report: dict[str, Any] = {"questions": len(questions.texts), "unknown": questions.unknown}
    for name, interval in zip(names, found, strict=True):
        report |= interval.flat(name)
    return report


def _measure(
    index: ConceptIndex,
    questions: MappingQuestions,
    scores_of: Scores,
    on_progress: Callable[[float], None],
) -> np.ndarray:
    """Return `METRICS` of each question, (Q, M) float64; ties count as half above."""
    places = {concept.concept_id: row for row, concept in enumerate(index.concepts)}
    values = []
    for start in range(0, len(questions.texts), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        scores = scores_of(questions.texts[part])
        for row, answers in zip(scores, questions.answers[part], strict=True):
            own = row[[places[answer] for answer in sorted(answers)]]
            above = (row[None] > own[:, None]).sum(axis=1)
            ties = (row[None] == own[:, None]).sum(axis=1) - 1
            ranks = 1 + above + ties / 2
            best = ranks.min()
            recalls = [(ranks <= k).mean() for k in CUTOFFS]
            values.append([float(best == 1), *recalls, 1 / best])
        on_progress(len(values) / len(questions.texts))
    return np.array(values, dtype=np.float64)


def _letters(index: ConceptIndex) -> Scores:
    from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415 - slow to import

    names = [label.text for concept in index.concepts for label in concept.labels]
    vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), dtype=np.float32)
    table = vectorizer.fit_transform(names).T.tocsr()
    starts = np.flatnonzero(np.diff(index.owners, prepend=-1))

    def scores(texts: Sequence[str]) -> np.ndarray:
        likeness = (vectorizer.transform(texts) @ table).toarray()
        return np.asarray(np.maximum.reduceat(likeness, starts, axis=1))

    return scores


def _questions(
    kind: ConceptKind,
    pairs: Iterable[tuple[str, str]],
    mapper: Mapper,
    by_name: Mapping[str, str],
    file: Path,
) -> MappingQuestions:
    answers: dict[str, set[str]] = {}
    unknown = 0
    for text, named in pairs:
        answer = by_name.get(named, named)
        if answer in mapper.taxonomy.by_id:
            answers.setdefault(text, set()).add(answer)
        else:
            unknown += 1
    if not answers:
        raise InputError(
            f"no answer of {file} is a concept of the taxonomy {quote(mapper.taxonomy.source)};"
            " give the files of the taxonomy that it was annotated with"
        )
    return MappingQuestions(
        kind, list(answers), [frozenset(own) for own in answers.values()], unknown
    )


def _rows(file: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            rows = csv.DictReader(stream)
            header = rows.fieldnames or []
            found = list(rows)
    except (OSError, UnicodeError, csv.Error) as error:
        raise InputError(f"{file} cannot be read: {error}; give a CSV file in UTF-8") from error
    if missing := [name for name in columns if name not in header]:
        raise InputError(f"{file} has no column {missing[0]}; give one with {', '.join(columns)}")
    return found
