"""Hard wishes (`records.Must`): which postings of a catalogue say that they meet one.

A posting meets a wish if its fields say so, or, of a work mode, its title or text. What a posting
does not say, it does not meet. An exclusion leaves out those that say so.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from streaming.contract.records import MustField, SalaryUnit
from streaming.language.lexicon.fixed_values import WORK_MODES
from streaming.names import comparable

Must = Mapping[str, Any]
"""A value of `records.Must`."""
MONTHS = {
    SalaryUnit.HOUR: 52 * 40 / 12,
    SalaryUnit.DAY: 52 * 5 / 12,
    SalaryUnit.WEEK: 52 / 12,
    SalaryUnit.MONTH: 1.0,
    SalaryUnit.YEAR: 1 / 12,
}
"""Such periods in a month of full work: 40 hours, 5 days a week."""
_MAX_CACHED = 1_000
_PAY = re.compile(r"(\d+(?:\.\d+)?)(?: ([A-Z]{3}))?(?: ([A-Z]+))?")


class HardWishes:
    """The postings of a catalogue that meet hard wishes; each wish is looked up once."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table
        self._masks: dict[tuple[str, str], np.ndarray] = {}

    def allowed(self, musts: Iterable[Must]) -> np.ndarray:
        """Return which postings meet all of some wishes, (N,) bool."""
        allowed = np.ones(self._table.num_rows, dtype=bool)
        for must in musts:
            meets = self.meets(must)
            allowed &= ~meets if must.get("excluded") else meets
        return allowed

    def meets(self, must: Must) -> np.ndarray:
        """Return which postings say what a wish is about, (N,) bool, whether excluded or not."""
        key = must["field"], must["value"]
        if key not in self._masks:
            while len(self._masks) >= _MAX_CACHED:
                del self._masks[next(iter(self._masks))]
            self._masks[key] = self._meets(MustField(key[0]), key[1])
        return self._masks[key]

    def _meets(self, field: MustField, value: str) -> np.ndarray:
        if field is MustField.SALARY:
            return self._pays(value)
        if field is MustField.WORK_MODE:
            return self._work_modes.get(value, self._none)
        wanted = comparable(value)
        says: dict[MustField, Callable[[], list[list[str]]]] = {
            MustField.PLACE: lambda: self._places,
            MustField.OCCUPATION: lambda: self._texts("title", "occupation"),
            MustField.SKILL: lambda: self._skills,
            MustField.INDUSTRY: lambda: self._texts("industry"),
            MustField.CONTRACT: lambda: self._texts("employment_type"),
        }
        return np.array([any(map(_naming(wanted), texts)) for texts in says[field]()], dtype=bool)

    @property
    def _none(self) -> np.ndarray:
        return np.zeros(self._table.num_rows, dtype=bool)

    def _pays(self, value: str) -> np.ndarray:
        """Return which postings pay as much, at the upper end of what they offer."""
        least = parsed_pay(value)
        if least is None:
            return self._none
        amount, currency = least
        rows = self._column("salary")
        offers = (monthly_offer(row or {}) for row in rows)
        return np.array(
            [
                offer is not None
                and offer[0] >= amount
                and (currency is None or currency == offer[1])
                for offer in offers
            ],
            dtype=bool,
        )

    @cached_property
    def _places(self) -> list[list[str]]:
        rows = self._column("place")
        return [[comparable(text) for text in (row or {}).values() if text] for row in rows]

    @cached_property
    def _skills(self) -> list[list[str]]:
        rows = self._column("skills")
        return [[comparable(text) for text in row or ()] for row in rows]

    @cached_property
    def _work_modes(self) -> dict[str, np.ndarray]:
        texts = [" ".join(own) for own in self._texts("title", "description", "employment_type")]
        tables = {mode: re.compile(pattern) for mode, pattern in WORK_MODES.items()}
        return {
            mode: np.array([bool(table.search(text)) for text in texts], dtype=bool)
            for mode, table in tables.items()
        }

    def _column(self, name: str) -> list[Any]:
        """Return a column; one that the table lacks says nothing."""
        if name not in self._table.column_names:
            return [None] * self._table.num_rows
        return self._table.column(name).to_pylist()  # type: ignore[no-any-return]

    def _texts(self, *columns: str) -> list[list[str]]:
        names = [self._column(column) for column in columns]
        return [[comparable(text) for text in row if text] for row in zip(*names, strict=True)]


def parsed_pay(value: str) -> tuple[float, str | None] | None:
    """Return the least pay of a wish, such as '20000 CNY MONTH': amount a month, and currency."""
    found = _PAY.fullmatch(value)
    if found is None or (found[3] and found[3] not in MONTHS):
        return None
    return float(found[1]) * MONTHS[SalaryUnit(found[3] or "MONTH")], found[2]


def monthly_offer(salary: Mapping[str, Any]) -> tuple[float, str | None] | None:
    """Return what a posting pays at most (`records.Salary`): amount a month, and currency."""
    ends = [end for name in ("minimum", "maximum") if (end := salary.get(name)) is not None]
    if not ends:
        return None
    return max(ends) * MONTHS[SalaryUnit(salary.get("unit") or "MONTH")], salary.get("currency")


def _naming(wanted: str) -> Callable[[str], bool]:
    """Return whether a text names something: as whole words, or in Chinese anywhere in it."""
    if not wanted:
        return lambda _: False
    if not wanted.isascii():
        return lambda text: wanted in text
    return re.compile(rf"(?<![a-z0-9]){re.escape(wanted)}(?![a-z0-9])").search  # type: ignore[return-value]
