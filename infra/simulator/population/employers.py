"""Invented employers: names, industries, sites and shares in the postings of each occupation."""

from dataclasses import dataclass

import numpy as np

from infra.simulator.population.taxonomy import Taxonomy
from infra.simulator.vocabulary.employer_names import FIRST, INDUSTRIES, LEGAL_FORMS, SECOND
from infra.simulator.vocabulary.occupation import LANGUAGES

_POSTINGS_PER_EMPLOYER = 12
_MOST_EMPLOYERS = 1_000
_ZIPF_EXPONENT = 0.8
_PREFERENCE = 4.0
_PREFERRED_SHARE = 1 / 3
_SITES = 3


@dataclass(frozen=True, kw_only=True)
class Employers:
    """The E employers of one language."""

    names: tuple[str, ...]
    industry: np.ndarray
    """Index of the industry, (E,)."""
    sites: np.ndarray
    """Cities, the head office first, (E, 3)."""
    appeal: np.ndarray
    """How well known and liked each employer is, (E,)."""
    hiring: np.ndarray
    """Cumulated share of each employer in an occupation's postings, (O, E)."""


def draw_employers(
    taxonomy: Taxonomy, language: int, postings: int, rng: np.random.Generator
) -> Employers:
    """Draw the employers of the language with an index, for a number of postings in the market."""
    industries = len(taxonomy.industries)
    count = int(np.clip(postings // _POSTINGS_PER_EMPLOYER, industries, _MOST_EMPLOYERS))
    # Each industry occurs at least once, so that every occupation has an employer.
    industry = np.concatenate(
        [np.arange(industries), rng.integers(industries, size=count - industries)]
    )
    size = 1.0 / (1.0 + rng.permutation(count)) ** _ZIPF_EXPONENT
    preferred = rng.random((taxonomy.size, count)) < _PREFERRED_SHARE
    preference = 1.0 + (_PREFERENCE - 1.0) * preferred
    hiring = np.cumsum(taxonomy.employs.T[:, industry] * size * preference, axis=1)
    return Employers(
        names=_names(taxonomy, language, industry, rng),
        industry=industry,
        sites=rng.choice(
            taxonomy.city_shares.shape[1], size=(count, _SITES), p=taxonomy.city_shares[language]
        ),
        appeal=rng.normal(size=count),
        hiring=hiring / hiring[:, -1:],
    )


def _names(
    taxonomy: Taxonomy, language: int, industry: np.ndarray, rng: np.random.Generator
) -> tuple[str, ...]:
    """Give each employer a pair of words that no other employer has."""
    key = LANGUAGES[language]
    first, second = FIRST[key], SECOND[key]
    pairs = rng.permutation(len(first) * len(second))[: len(industry)]
    picks = rng.random((len(industry), 2))
    separator = "" if key == "zh" else " "
    names = []
    for pair, kind, (trade_pick, form_pick) in zip(pairs, industry, picks, strict=True):
        trades = INDUSTRIES[taxonomy.industries[kind]].trades(key)
        forms = LEGAL_FORMS[key]
        words = (
            first[pair // len(second)],
            second[pair % len(second)],
            trades[int(trade_pick * len(trades))],
            forms[int(form_pick * len(forms))],
        )
        names.append(separator.join(word for word in words if word))
    return tuple(names)
