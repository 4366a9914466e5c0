"""The fixed ground of a market: occupations, skills and cities as numbers that arrays can hold."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from infra.simulator.vocabulary.employers import INDUSTRIES
from infra.simulator.vocabulary.occupation import LANGUAGES, Language, Occupation
from infra.simulator.vocabulary.occupations import OCCUPATIONS
from infra.simulator.vocabulary.places import CITIES

NOTHING = -1
"""Stands for an absent index."""

_SAME_OCCUPATION, _NEIGHBOUR, _STRANGER = 2.4, 1.2, 0.2
_SAME_CITY, _SAME_COUNTRY, _ABROAD = 1.4, 0.2, -1.0


@dataclass(frozen=True)
class Landscape:
    """The first `size` occupations, in numbers.

    Indices: occupation o < O, skill s < S, city c < C, industry i < I; 0 is Chinese, 1 English.
    """

    size: int

    @cached_property
    def occupations(self) -> tuple[Occupation, ...]:
        """The occupations in play, by index."""
        return OCCUPATIONS[: self.size]

    @cached_property
    def skills(self) -> tuple[tuple[str, str], ...]:
        """Every skill once, Chinese and English, by index; occupations that share one are near."""
        pairs = (
            pair
            for one in self.occupations
            for pair in zip(one.zh.skills, one.en.skills, strict=True)
        )
        return tuple(dict.fromkeys(pairs))

    @cached_property
    def skill_table(self) -> np.ndarray:
        """Skills of each occupation, most characteristic first, (O, K) int16; -1 fills up."""
        index = {pair: number for number, pair in enumerate(self.skills)}
        longest = max(len(one.zh.skills) for one in self.occupations)
        table = np.full((self.size, longest), NOTHING, dtype=np.int16)
        for row, one in enumerate(self.occupations):
            for column, pair in enumerate(zip(one.zh.skills, one.en.skills, strict=True)):
                table[row, column] = index[pair]
        return table

    @cached_property
    def near(self) -> np.ndarray:
        """Neighbouring occupations, either side may name the other, (O, O) bool."""
        index = {one.key: number for number, one in enumerate(self.occupations)}
        near = np.zeros((self.size, self.size), dtype=bool)
        for row, one in enumerate(self.occupations):
            for key in one.neighbours:
                if key in index:
                    near[row, index[key]] = near[index[key], row] = True
        return near

    @cached_property
    def neighbours(self) -> tuple[np.ndarray, ...]:
        """Neighbours of each occupation, O arrays of int; its own index where it has none."""
        found = (np.flatnonzero(row) for row in self.near)
        return tuple(row if len(row) else np.array([number]) for number, row in enumerate(found))

    @cached_property
    def affinity(self) -> np.ndarray:
        """How much somebody of occupation o likes a posting of occupation p, (O, O)."""
        liking = np.where(self.near, _NEIGHBOUR, _STRANGER)
        np.fill_diagonal(liking, _SAME_OCCUPATION)
        return liking

    @cached_property
    def closeness(self) -> np.ndarray:
        """How much somebody at home in city c likes one in city d, (C, C)."""
        countries = np.array([city.country for city in CITIES])
        liking = np.where(countries[:, None] == countries, _SAME_COUNTRY, _ABROAD)
        np.fill_diagonal(liking, _SAME_CITY)
        return liking

    @cached_property
    def city_shares(self) -> np.ndarray:
        """Share of each city among those of its language, (2, C)."""
        sizes = np.array(
            [[city.size * (city.language == one) for city in CITIES] for one in LANGUAGES]
        )
        return np.asarray(sizes / sizes.sum(axis=1, keepdims=True))

    @cached_property
    def industries(self) -> tuple[str, ...]:
        """Keys of the industries that employ one of the occupations, by index."""
        wanted = {key for one in self.occupations for key in one.industries}
        return tuple(key for key in INDUSTRIES if key in wanted)

    @cached_property
    def employs(self) -> np.ndarray:
        """Which industry employs which occupation, (I, O) bool."""
        return np.array(
            [[key in one.industries for one in self.occupations] for key in self.industries]
        )

    def skill(self, number: int, language: Language) -> str:
        """Write a skill in a language."""
        return self.skills[number][LANGUAGES.index(language)]
