"""What a wish says: typed values, each with the span of the text that says it."""

import re
from enum import StrEnum
from typing import Annotated

from pydantic import Field, ValidationError

from streaming.contract.records import EmploymentType, Record, SalaryUnit, WorkMode

MAX_TEXT = 4_000
"""Characters of a text that are read; a wish is a few sentences."""


class WishField(StrEnum):
    """What a value is about."""

    OCCUPATION = "occupation"
    SKILL = "skill"
    PLACE = "place"
    WORK_MODE = "work_mode"
    SALARY = "salary"
    CONTRACT = "contract"
    LANGUAGE = "language"
    YEARS = "years"
    START = "start"
    INDUSTRY = "industry"
    EMPLOYER = "employer"


class Strength(StrEnum):
    """How a value is meant."""

    MUST = "must"
    WANT = "want"
    NOT = "not"


class Pay(Record):
    """A range of pay; null where the text does not say."""

    min: Annotated[float, Field(gt=0)] | None = None
    max: Annotated[float, Field(gt=0)] | None = None
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] | None = None
    unit: SalaryUnit | None = None


WishContent = Pay | float | str


class WishValue(Record):
    """One thing that a text says."""

    field: WishField
    value: WishContent = Field(description="a `Pay`, a number of years, a code or words as written")
    strength: Strength = Strength.WANT
    span: str = Field(min_length=1, description="the words that say it, as written")
    start: int = Field(ge=0, description="where the span begins, in characters")

    @property
    def end(self) -> int:
        """Where the span ends."""
        return self.start + len(self.span)


_FORMS: dict[WishField, re.Pattern[str]] = {
    WishField.WORK_MODE: re.compile("|".join(WorkMode)),
    WishField.CONTRACT: re.compile("|".join(EmploymentType)),
    WishField.LANGUAGE: re.compile("[a-z]{2}"),
    WishField.START: re.compile(r"(?:\d{4}-)?(?:0[1-9]|1[0-2])"),
}
"""What the texts of some fields must look like."""
_AS_WRITTEN = frozenset(
    {
        *(WishField.OCCUPATION, WishField.SKILL, WishField.PLACE),
        *(WishField.INDUSTRY, WishField.EMPLOYER),
    }
)
MAX_YEARS = 70


def is_grounded(value: WishValue, text: str) -> bool:
    """Return whether a value is typed as its field asks, and its span stands in the text.

    This is asked of every value, whoever made it: rules or a language model.
    """
    if text[value.start : value.end] != value.span:
        return False
    content = value.value
    if value.field is WishField.SALARY:
        return isinstance(content, Pay) and (content.min or content.max) is not None
    if value.field is WishField.YEARS:
        return isinstance(content, float) and 0 <= content <= MAX_YEARS
    if not isinstance(content, str) or not content.strip():
        return False
    if value.field in _AS_WRITTEN:
        return content in value.span
    return bool(_FORMS[value.field].fullmatch(content))


def grounded_value(candidate: object, text: str) -> WishValue | None:
    """Return what somebody proposes as a value of a text, found in it; None where it is not there.

    `candidate` has the fields of `WishValue`; without `start` the first such span is taken.
    """
    if not isinstance(candidate, dict):
        return None
    span = candidate.get("span")
    if not isinstance(span, str) or (start := text.find(span)) < 0:
        return None
    try:
        value = WishValue.model_validate({"start": start, **candidate})
    except ValidationError:
        return None
    return value if is_grounded(value, text) else None
