"""Which postings pay well, and how much of that lists show.

Exposure counts a posting at rank r with 1 / log2(1 + r), as NDCG does (Singh and Joachims,
Fairness of Exposure in Rankings, 2018).
"""

from collections.abc import Mapping, Sequence

import numpy as np

from streaming.serving.catalogue import Catalogue
from training.evaluation.ranking_metrics import discount
from training.model.features import yearly_pay

QUARTILES = 4
UNKNOWN_PAY = -1
_FEWEST = 4
"""Postings of a currency from which quartiles follow."""


def pay_quartiles(catalogue: Catalogue) -> np.ndarray:
    """Return the quartile of each posting's pay, (N,) int64, 0 the lowest; -1 where unknown.

    Pay is the middle of the range, a year. It is compared within a currency.
    """
    quartiles = np.full(len(catalogue), UNKNOWN_PAY)
    if "salary" not in catalogue.table.column_names:
        return quartiles
    salaries = catalogue.table.column("salary").to_pylist()
    pay = np.array([yearly_pay(salary or {}) or np.nan for salary in salaries], dtype=float)
    currencies = np.array([(salary or {}).get("currency") or "" for salary in salaries])
    for currency in np.unique(currencies):
        rows = np.flatnonzero((currencies == currency) & ~np.isnan(pay))
        if len(rows) >= _FEWEST:
            limits = np.quantile(pay[rows], [0.25, 0.5, 0.75])
            quartiles[rows] = np.searchsorted(limits, pay[rows], side="left")
    return quartiles


def list_exposure(lists: Sequence[Sequence[str]], quartile_of: Mapping[str, int]) -> np.ndarray:
    """Return how much exposure T lists give to each quartile of pay, (T, 4) float64."""
    exposure = np.zeros((len(lists), QUARTILES))
    for row, ids in enumerate(lists):
        weights = discount(np.arange(1, len(ids) + 1))
        for posting_id, weight in zip(ids, weights.tolist(), strict=True):
            quartile = quartile_of.get(posting_id, UNKNOWN_PAY)
            if quartile != UNKNOWN_PAY:
                exposure[row, quartile] += weight
    return exposure
