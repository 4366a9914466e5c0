import unicodedata

import pyarrow as pa
import pytest

from streaming.serving.catalogue import Catalogue

NOW = "2026-03-01T12:00:00.000000Z"
EMPLOYERS = ["Ada, Ltd.", "Ada", "Zoë", None]


@pytest.fixture(scope="module")
def catalogue():
    times = pa.array([None] * len(EMPLOYERS), pa.timestamp("us", tz="UTC"))
    columns = {
        "posting_id": [str(number) for number in range(len(EMPLOYERS))],
        "employer": EMPLOYERS,
        "date_posted": times,
        "valid_through": times,
        "open": [True] * len(EMPLOYERS),
    }
    return Catalogue.of(pa.table(columns), 1)


@pytest.mark.parametrize(
    ("blocked", "left"),
    [
        ([], [0, 1, 2, 3]),
        ([""], [0, 1, 2, 3]),
        ([" \u200b", "nobody"], [0, 1, 2, 3]),
        (["ADA, LTD."], [1, 2, 3]),
        (["ada", ""], [0, 2, 3]),
        ([unicodedata.normalize("NFD", "ZOË")], [0, 1, 3]),
        (["Ａｄａ"], [0, 2, 3]),  # noqa: RUF001 - full width
    ],
)
def test_exactly_the_blocked_employers_are_left_out(catalogue, blocked, left):
    profile = {"stated": {"blocked_employers": blocked}}
    allowed = catalogue.eligible(profile, NOW)
    ids = [posting_id for posting_id, row in catalogue.rows.items() if allowed[row]]
    assert sorted(map(int, ids)) == left
