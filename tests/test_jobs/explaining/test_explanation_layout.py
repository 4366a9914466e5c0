"""What the command prints is whole at 80 columns, whatever the answer."""

import io

import pytest
from rich.cells import cell_len

from jobs.cli.commands.market.explain import Group, explanation
from jobs.runtime.terminal import PlainConsole

TITLE = "生物实验员-生物技术研发工程师·急聘·双休·包吃住"
ITEM = {
    "rank": 1, "posting_id": "5f4dcc3b5aa765d61d8327deb882cf99", "title": TITLE, "employer": None,
    "score": 0.25, "source": "co-visitation", "probability": 0.125,
    "reasons": [{"text": "similar to what you viewed"}],
}  # fmt: skip
MADE = {
    "candidate_id": "c000017", "profile_version": 123_456, "model_name": "careerstream",
    "model_version": "12", "catalogue_version": 345, "as_of": "2026-02-03T04:05:06.000000Z",
}  # fmt: skip
COMPARED = {"identical": True, "bytes": 2_540, "recorded_sha256": "f" * 64, "differences": []}
RULE = {"rule": "ranked below", "meaning": "others have a higher score"}
WHY_NOT = {
    "posting_id": "p1", "title": TITLE, "employer": "Ada", "rules": [RULE], "place": 14,
    "score": 0.125, "last_score": None, "not_searched": None,
    "search": {"tried": 49, "smallest": [{"changes": ["a view of p2", "x"], "place": 5}] * 4},
}  # fmt: skip


def printed(**changes):
    result = {
        "recommendation": MADE, "replay": COMPARED, "places": [ITEM],
        "left_out": [RULE | {"postings": 12_345, "examples": [ITEM["posting_id"]]}],
        "without": {
            "event_id": "e1", "recommendation": MADE,
            "places": [
                {"posting_id": "p1", "title": None, "before": before, "after": after}
                for before, after in ((3, 1), (None, 2), (1, None), (4, 4))
            ],
        },
        "why_not": WHY_NOT,
    }  # fmt: skip
    screen = PlainConsole(file=io.StringIO(), force_terminal=True, color_system=None, width=80)
    screen.print(Group(*explanation(result | changes)))
    text = screen.file.getvalue()
    assert max(map(cell_len, text.splitlines())) <= 80
    return " ".join(text.split())


def test_everything_is_there():
    text = printed()
    for part in (
        "identical: 2,540 bytes of canonical JSON, ffffffffffff…", "without event e1",
        "12.5% probable", "+2", "new", "gone", "In a longer list it has place 14.",
        "it comes to place 5: a view of p2 and x.", "1 more of 49 changed profiles do it, too.",
    ):  # fmt: skip
        assert part in text


def test_a_list_that_differs_says_where():
    told = ["place 1: score of p1", "place 2: p1 was recorded, p2 comes now"]
    text = printed(replay=COMPARED | {"identical": False, "differences": told})
    assert "identical" not in text
    assert all(one in text for one in told)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"rules": [], "place": 3}, "Ada: in the list, at place 3"),
        ({"search": None, "not_searched": "why"}, "No change was tried: why."),
        ({"search": {"tried": 49, "smallest": []}}, "None of 49 changed profiles brings it in."),
    ],
)
def test_why_not_has_an_answer_in_every_case(changes, text):
    assert text in printed(why_not=WHY_NOT | changes)
