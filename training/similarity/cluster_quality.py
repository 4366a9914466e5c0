"""Quality of clusters: industry_agreement with the postings' industry, and stability over seeds."""

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

from streaming.serving.catalogue import Catalogue
from training.model.features import full_text
from training.similarity.clustering import cluster
from training.similarity.embedding_space import HasVectors
from training.text.tokenizer import tokens

SEEDS = 5
"""Number of clusterings: with the given seed and the seeds after it."""
_MIN_INDUSTRIES = 2

Quality = dict[str, float | int | None]


def measure_clusters(
    ranker: HasVectors, catalogue: Catalogue, rows: np.ndarray, count: int, seed: int
) -> Quality:
    """Compare clusters of a model's vectors with clusters of TF-IDF vectors of all texts.

    Both read the industry. So they are measured a second time on postings without it, to see what
    the rest of a posting reveals of it. The first of `SEEDS` runs has the given seed.

    Returns:
        `postings`, `with_industry`, `industries`, `groups`, `seeds`; and for the model, and under
        `tf-idf/` for TF-IDF: `nmi` and `nmi/withheld`, means over the seeds, None for fewer than
        two industries; `stability`, the mean adjusted Rand index of two seeds.
    """
    chosen = Catalogue(catalogue.table.take(pa.array(rows)), catalogue.version)
    industries = chosen.table.column("industry").to_pylist()
    named = {name for name in industries if name}
    quality: Quality = {
        "postings": len(chosen),
        "with_industry": sum(1 for name in industries if name),
        "industries": len(named),
        "groups": count,
        "seeds": SEEDS,
    }
    for suffix, seen in (("", chosen), ("/withheld", _without_industry(chosen))):
        for prefix, points in (("", _work_vectors(ranker, seen)), ("tf-idf/", _tf_idf(seen))):
            runs = [cluster(points, count, seed + more) for more in range(SEEDS)]
            quality[f"{prefix}nmi{suffix}"] = industry_agreement(runs, industries)
            if not suffix:
                quality[f"{prefix}stability"] = stability(runs)
    return quality


def industry_agreement(
    runs: Sequence[np.ndarray], industries: Sequence[str | None]
) -> float | None:
    """Return the mean normalised mutual information, 0 to 1, of labels and stated industries.

    Each run's labels are (N,); fewer than two industries give None.
    """
    stated = [row for row, name in enumerate(industries) if name]
    truth = [industries[row] for row in stated]
    if len(set(truth)) < _MIN_INDUSTRIES:
        return None
    return fmean(float(normalized_mutual_info_score(truth, run[stated])) for run in runs)


def stability(runs: Sequence[np.ndarray]) -> float | None:
    """Return the mean adjusted Rand index of any two of the runs; None for fewer than two."""
    pairs = [float(adjusted_rand_score(a, b)) for a, b in combinations(runs, 2)]
    return fmean(pairs) if pairs else None


def _without_industry(catalogue: Catalogue) -> Catalogue:
    place = catalogue.table.schema.get_field_index("industry")
    nothing = pa.nulls(len(catalogue), pa.string())
    return Catalogue(catalogue.table.set_column(place, "industry", nothing), catalogue.version)


def _work_vectors(ranker: HasVectors, catalogue: Catalogue) -> np.ndarray:
    with TemporaryDirectory(prefix="careerstream-") as folder:
        ranker.prepare(catalogue, Path(folder))
        return np.array(ranker.work_vectors(Path(folder)))


def _tf_idf(catalogue: Catalogue) -> Any:
    """Return (N, V) sparse rows of length 1, or zero."""
    texts = [tokens(full_text(posting)) for posting in catalogue.table.to_pylist()]
    if not any(texts):
        return np.zeros((len(texts), 1))
    return TfidfVectorizer(analyzer=lambda words: words).fit_transform(texts)
