"""Invented employers: who hires whom, where, and how many."""

from dataclasses import dataclass

import numpy as np

from infra.simulator.landscape import Landscape
from infra.simulator.vocabulary.employers import FIRST, INDUSTRIES, LEGAL_FORMS, SECOND
from infra.simulator.vocabulary.occupation import LANGUAGES

_POSTINGS_PER_EMPLOYER = 12
_MOST = 1_000
_ZIPF = 0.8
_FAVOURED = 4.0
_SITES = 3


@dataclass(frozen=True, kw_only=True)
class Employers:
    """Employers of one language as arrays over E of them."""

    names: tuple[str, ...]
    industry: np.ndarray
    """Index of the industry, (E,)."""
    sites: np.ndarray
    """Cities, the head office first, (E, 3)."""
    appeal: np.ndarray
    """How well known and liked each is, (E,)."""
    hiring: np.ndarray
    """Cumulated share of each employer in an occupation's postings, (O, E)."""


def draw_employers(
    land: Landscape, language: int, postings: int, rng: np.random.Generator
) -> Employers:
    """Invent the employers of a language for a market of so many postings."""
    kinds = len(land.industries)
    count = int(np.clip(postings // _POSTINGS_PER_EMPLOYER, kinds, _MOST))
    # note: each industry once, so that every occupation has an employer
    industry = np.concatenate([np.arange(kinds), rng.integers(kinds, size=count - kinds)])
    size = 1.0 / (1.0 + rng.permutation(count)) ** _ZIPF
    favours = 1.0 + (_FAVOURED - 1.0) * (rng.random((land.size, count)) < 1 / 3)
    hiring = np.cumsum(land.employs.T[:, industry] * size * favours, axis=1)
    return Employers(
        names=_names(land, language, industry, rng),
        industry=industry,
        sites=rng.choice(
            land.city_shares.shape[1], size=(count, _SITES), p=land.city_shares[language]
        ),
        appeal=rng.normal(size=count),
        hiring=hiring / hiring[:, -1:],
    )


def _names(
    land: Landscape, language: int, industry: np.ndarray, rng: np.random.Generator
) -> tuple[str, ...]:
    """Name each after a pair of words that no other has."""
    key = LANGUAGES[language]
    first, second = FIRST[key], SECOND[key]
    pairs = rng.permutation(len(first) * len(second))[: len(industry)]
    picks = rng.random((len(industry), 2))
    gap = "" if key == "zh" else " "
    names = []
    for pair, kind, (trade_pick, form_pick) in zip(pairs, industry, picks, strict=True):
        trades = INDUSTRIES[land.industries[kind]].trades(key)
        forms = LEGAL_FORMS[key]
        words = (
            first[pair // len(second)],
            second[pair % len(second)],
            trades[int(trade_pick * len(trades))],
            forms[int(form_pick * len(forms))],
        )
        names.append(gap.join(word for word in words if word))
    return tuple(names)
