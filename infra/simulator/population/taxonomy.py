"""Occupations, skills, cities and industries as indices, with the similarities between them."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from infra.simulator.vocabulary.employer_names import INDUSTRIES
from infra.simulator.vocabulary.occupation import LANGUAGES, Language, Occupation
from infra.simulator.vocabulary.occupations import OCCUPATIONS
from infra.simulator.vocabulary.places import CITIES

ABSENT = -1
"""The index that stands for nothing, e.g. as padding."""

_SAME_OCCUPATION, _NEIGHBOUR, _OTHER_OCCUPATION = 2.4, 1.2, 0.2
_SAME_CITY, _SAME_COUNTRY, _ABROAD = 1.4, 0.2, -1.0


@dataclass(frozen=True)
class Taxonomy:
    """The first `size` occupations and what belongs to them.

    Indices: occupation o < O, skill s < S, city c < C, industry i < I; language 0 is Chinese,
    1 is English.
    """

    size: int

    @cached_property
    def occupations(self) -> tuple[Occupation, ...]:
        """The occupations by index."""
        return OCCUPATIONS[: self.size]

    @cached_property
    def skills(self) -> tuple[tuple[str, str], ...]:
        """Chinese and English name of each skill by index; occupations may share a skill."""
        pairs = (
            pair
            for occupation in self.occupations
            for pair in zip(occupation.zh.skills, occupation.en.skills, strict=True)
        )
        return tuple(dict.fromkeys(pairs))

    @cached_property
    def skill_table(self) -> np.ndarray:
        """Skills of each occupation, most characteristic first, (O, K) int16, padded with -1."""
        index = {pair: number for number, pair in enumerate(self.skills)}
        longest = max(len(occupation.zh.skills) for occupation in self.occupations)
        table = np.full((self.size, longest), ABSENT, dtype=np.int16)
        for row, occupation in enumerate(self.occupations):
            pairs = zip(occupation.zh.skills, occupation.en.skills, strict=True)
            for column, pair in enumerate(pairs):
                table[row, column] = index[pair]
        return table

    @cached_property
    def near(self) -> np.ndarray:
        """Whether two occupations are neighbours, (O, O) bool, symmetric."""
        index = {occupation.key: number for number, occupation in enumerate(self.occupations)}
        near = np.zeros((self.size, self.size), dtype=bool)
        for row, occupation in enumerate(self.occupations):
            for key in occupation.neighbours:
                if key in index:
                    near[row, index[key]] = near[index[key], row] = True
        return near

    @cached_property
    def neighbours(self) -> tuple[np.ndarray, ...]:
        """Neighbours of each occupation, O arrays of int; its own index where it has none."""
        neighbours = (np.flatnonzero(row) for row in self.near)
        return tuple(
            row if len(row) else np.array([number]) for number, row in enumerate(neighbours)
        )

    @cached_property
    def affinity(self) -> np.ndarray:
        """Utility of a posting of occupation p for a candidate of occupation o, (O, O)."""
        affinity = np.where(self.near, _NEIGHBOUR, _OTHER_OCCUPATION)
        np.fill_diagonal(affinity, _SAME_OCCUPATION)
        return affinity

    @cached_property
    def closeness(self) -> np.ndarray:
        """Utility of a posting in city d for a candidate who lives in city c, (C, C)."""
        countries = np.array([city.country for city in CITIES])
        closeness = np.where(countries[:, None] == countries, _SAME_COUNTRY, _ABROAD)
        np.fill_diagonal(closeness, _SAME_CITY)
        return closeness

    @cached_property
    def city_shares(self) -> np.ndarray:
        """Share of each city among those of its language, (2, C)."""
        sizes = np.array(
            [[city.size * (city.language == language) for city in CITIES] for language in LANGUAGES]
        )
        return np.asarray(sizes / sizes.sum(axis=1, keepdims=True))

    @cached_property
    def industries(self) -> tuple[str, ...]:
        """Keys of the industries that employ one of the occupations, by index."""
        keys = {key for occupation in self.occupations for key in occupation.industries}
        return tuple(key for key in INDUSTRIES if key in keys)

    @cached_property
    def employs(self) -> np.ndarray:
        """Which industry employs which occupation, (I, O) bool."""
        return np.array(
            [
                [key in occupation.industries for occupation in self.occupations]
                for key in self.industries
            ]
        )

    def skill_names(self, skills: np.ndarray, language: Language) -> list[str]:
        """Name a row of skills in a language; padding is left out."""
        column = LANGUAGES.index(language)
        return [self.skills[skill][column] for skill in skills.tolist() if skill != ABSENT]
