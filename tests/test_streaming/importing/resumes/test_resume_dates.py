"""When a position was held, in the spellings of résumés."""

# ruff: noqa: RUF001 - dashes in use

import pytest

from streaming.importing.resumes.date_ranges import find_dates
from streaming.importing.resumes.slices import Slice


def days(text, *, single=False):
    dates = find_dates(Slice(text, 0, len(text)), single=single)
    if dates is None:
        return None
    for part in (dates.start, dates.end):
        assert part is None or part.place.text in text
    return tuple(part and part.day.date().isoformat() for part in (dates.start, dates.end))


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("Jan 2019 - Mar 2021", "2019-01-01", "2021-03-31"),
        ("Sept. 2018 — Current", "2018-09-01", None),
        ("01/2019–present", "2019-01-01", None),
        ("2019.01-2021.03", "2019-01-01", "2021-03-31"),
        ("2019年1月—至今", "2019-01-01", None),
        ("2019年3月5日-2020年6月30日", "2019-03-05", "2020-06-30"),
        ("2019/07-至今", "2019-07-01", None),
        ("since 2020", "2020-01-01", None),
        ("from 2015 to 2018", "2015-01-01", "2018-12-31"),
        ("自2018年3月起", "2018-03-01", None),
        ("2019-2021", "2019-01-01", "2021-12-31"),
        ("2019–21", "2019-01-01", "2021-12-31"),
        ("Jan–Mar 2019", "2019-01-01", "2019-03-31"),
        ("Jan '19 - Feb '20", "2019-01-01", "2020-02-29"),
        ("3 March 2019 to 5 May 2020", "2019-03-03", "2020-05-05"),
        ("March 3, 2019 – May 5, 2020", "2019-03-03", "2020-05-05"),
        ("2019-01-05 ~ 2020-02-03", "2019-01-05", "2020-02-03"),
        ("Nov 2016 -", "2016-11-01", None),
        # a day and a month that could be each other
        ("03/04/2020 - 25/12/2021", None, "2021-12-25"),
        # an end before the start
        ("2021 - 2019", None, None),
    ],
)
def test_ranges(text, start, end):
    assert days(f"Nurse, {text}") == (start, end)


@pytest.mark.parametrize("text", ["Windows 2019 admin", "call 0117 2019 2020 11", "12019-20201"])
def test_what_is_no_range(text):
    assert days(text) is None


def test_a_single_date_begins_and_ends_where_it_may_stand_alone():
    assert days("Nurse, 2019") is None
    assert days("Nurse, May 2019", single=True) == ("2019-05-01", "2019-05-31")
    assert days("2019: Nurse", single=True) == ("2019-01-01", "2019-12-31")
