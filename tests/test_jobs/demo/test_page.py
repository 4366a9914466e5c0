"""The demo's page, made from summaries written by hand; the real one is made by the demo."""

import copy
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from jobs.demo import page

HOSTILE = '<script>alert("1")</script> & <img src=x onerror=alert(2)>'


def _metrics(prefix: str, hit_rate: float) -> dict[str, float]:
    found = {f"{prefix}coverage": 0.4}
    for path in ("", "with-events/", "unseen/"):
        for name, share in (("hr@10", 1.0), ("ndcg@10", 0.6), ("lead/ndcg@10", 0.2)):
            value = hit_rate * share
            found |= {
                f"{prefix}{path}{name}": value,
                f"{prefix}{path}{name}/low": value * 0.9,
                f"{prefix}{path}{name}/high": value * 1.1,
            }
    return found


def _item(rank: int, posting_id: str, *reasons: str) -> dict[str, Any]:
    return {
        "rank": rank,
        "posting_id": posting_id,
        "score": 3.25 - rank,
        "reasons": [{"kind": "stated", "text": text} for text in reasons],
    }


def _examples() -> dict[str, Any]:
    value = {
        "candidate_id": "demo-java",
        "profile_version": 12,
        "model_name": "careerstream",
        "model_version": "2",
        "catalogue_version": 7,
        "as_of": "2025-03-06T21:00:00.000000Z",
    }
    java = [_item(1, "p1", "符合你写的Java开发"), _item(2, "p2", HOSTILE), _item(3, "p3", "near")]
    postings = {
        "p1": {
            "title": "高级Java开发工程师",
            "employer": "示例·云栈科技",
            "place": {"locality": "上海", "region": "上海", "country": "CN"},
            "language": "zh",
        },
        "p2": {"title": HOSTILE, "employer": HOSTILE, "place": None, "language": '"><b>'},
        "p3": {"title": "Backend engineer"},
    }
    empty = value | {"candidate_id": HOSTILE, "items": []}
    return {
        "demo-java": {"recommendation": value | {"items": java}, "postings": postings},
        HOSTILE: {"recommendation": empty, "postings": {}},
    }


def _accounts() -> dict[str, Any]:
    events = {"read": 9896, "rejected": 3, "distinct": 9700, "duplicates": 193, "adds_up": True}
    return {
        "accounts": {
            "events": events,
            "dead_letters": {},
            "topics": {"postings": 4000, "candidates": 902},
            "tables": {"events": 9700, "profiles": 11_000},
        },
        "profiles": {
            "expected": 900, "found": 900, "equal_to_the_fold": 900, "missing": [], "invented": [],
        },
        "recommendations": {
            "profiles": 900, "lists": 900, "for_the_newest_profile": 899, "items": 9000, "empty": 0,
            "with_reasons": 900, "not_open": [], "repeated": 0, "already_known": 0,
            "for_people_nobody_knows": True,
        },
        "offline": {
            "lists": 901, "equal": 901, "different": 0, "profile_moved_on": 0, "versions": ["m2"],
        },
    }  # fmt: skip


@pytest.fixture
def summary() -> dict[str, Any]:
    waits = [180 + 37.5 * (number % 29) for number in range(380)] + [4200.0]
    return {
        "made_at": "2026-03-01T10:00:00.000000Z",
        "simulated": True,
        **_accounts(),
        "occupations": {
            "occupations": 2, "profiles": 4, "of_the_stated_occupation": 33,
            "of_the_stated_occupation_most_popular": 2, "ratio": 16.5, "fewest": 7,
            "by_profile": {"accountant/zh": 10, "accountant/en": 7, "own/zh": 8, "own/en": 8},
        },
        "examples": _examples(),
        "latency": {
            "events": 400, "rate": 20.0, "answered": 381, "p50_ms": 690.0, "p90_ms": 1150.0,
            "p99_ms": 1230.0, "max_ms": 4200.0, "latencies_ms": waits,
        },
        "training": {
            "processes": 2,
            "preset": "published",
            "curves": {
                "epochs": [3.0, 3.0, 3.0], "loss": [5.1, 4.2, 3.9], "accuracy": [0.02, 0.05, 0.08],
                "validation_loss": [5.0, 4.6, 4.5], "validation_accuracy": [0.02, 0.04, 0.05],
                "seconds": [11.0, 10.0, 10.5],
            },
        },
        "quality": {
            "challenger_version": "2", "challenger_kind": "encoder-decoder",
            "champion_version": "1", "champion_kind": "most-popular",
            "cut": "2025-02-20T00:00:00.000000Z",
            "turns_left_out": 12, "turns_of_nothing_known": 31,
            "turns": 907, "candidates": 412, "with-events/turns": 900, "unseen/turns": 100,
            **_metrics("", 0.3), **_metrics("champion/", 0.1),
            **_metrics("baselines/most-popular/", 0.11),
        },
        "promotion": {"promoted": True, "verdict": "challenger 2 is better", "champion": "2"},
        "seconds": {"data: a simulated market": 2.1, "encoder-decoder": 61.0, "total": 63.1},
    }  # fmt: skip


class Page(HTMLParser):
    """What a browser would see: elements, attributes, text; an unbalanced element is an error."""

    VOID = frozenset({"meta", "br", "img", "link", "hr", "input"})

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.source = file.read_text(encoding="utf-8")
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(self.source)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    @property
    def tags(self) -> set[str]:
        return {tag for tag, _ in self.elements}


def _written(summary: dict[str, Any], folder: Path) -> Page:
    before = copy.deepcopy(summary)
    page.write(summary, folder / "index.html")
    assert summary == before
    return Page(folder / "index.html")


def test_it_tells_what_the_summary_says(summary: dict[str, Any], tmp_path: Path) -> None:
    text = _written(summary, tmp_path).text
    for told in (
        "9,896 = 3 + 9,700 + 193", "900 of 900", "899 of 900", "901 of 901", "61.0 s",
        "63 s in all", "690 ms", "1,230 ms", "30.0%", "11.0%", "0.3000", "0.2700 to 0.3300",
        "most popular", "1 March 2026, 10:00 UTC",
        "challenger 2 (encoder-decoder)", "challenger 2 is better.", "高级Java开发工程师",
        "示例·云栈科技 · 上海, CN", "2.250", "符合你写的Java开发",
        "软件开发 · Java开发 · Spring框架",
        "16.5 times", "20 February 2025", "simulated", "907 turns of 412 candidates",
        "31 more turns", "NDCG@10, candidates with events",
    ):  # fmt: skip
        assert told in text, told
    assert text.count("✓ holds") == 5
    assert text.count("✗ fails") == 1


def _views() -> dict[str, Any]:
    one = {"candidate": HOSTILE, "reasons": [{"kind": "stated", "text": HOSTILE}]}
    steps = [{"course_id": "k", "title": HOSTILE, "more": 7}, {"occupation": "the goal", "more": 0}]
    plan = {"goal": HOSTILE, "had": [{}], "missing": [{}, {}], "in_reach": 3, "postings": 40}
    return {
        "matches": 2, "plans": 5, "candidate": "demo-java", "posting": {"title": HOSTILE},
        "match": {"candidates": [one]}, "plan": plan | {"steps": steps},
    }  # fmt: skip


def test_three_views_stand_side_by_side(summary: dict[str, Any], tmp_path: Path) -> None:
    found = _written(summary | {"views": _views()}, tmp_path)
    assert "Three views of one market" in found.text
    assert "Has 1 of 3 skills" in " ".join(found.text.split())
    assert "7 more postings in reach" in found.text
    assert HOSTILE not in found.source


def test_it_stands_alone(summary: dict[str, Any], tmp_path: Path) -> None:
    found = _written(summary, tmp_path)
    assert not found.tags & {"script", "link", "img", "iframe", "object", "image"}
    addresses = [
        value
        for _, attributes in found.elements
        for name, value in attributes.items()
        if name in {"src", "href", "xlink:href"}
    ]
    assert all((address or "").startswith("#") for address in addresses)
    assert not re.findall(r"url\((?!#)|@import", found.source)


def test_whatever_comes_from_the_data_is_escaped(summary: dict[str, Any], tmp_path: Path) -> None:
    summary["promotion"]["verdict"] = HOSTILE
    summary["quality"]["champion_kind"] = HOSTILE
    summary["seconds"][f"data: {HOSTILE}.csv"] = 1.0
    summary["accounts"]["topics"][HOSTILE] = 1
    summary["training"]["preset"] = HOSTILE
    found = _written(summary, tmp_path)
    assert not found.tags & {"script", "img", "b"}
    assert found.text.count(HOSTILE) == 9
    assert not [a for _, attributes in found.elements for a in attributes if a.startswith("on")]


def test_three_plots_whose_ids_are_distinct(summary: dict[str, Any], tmp_path: Path) -> None:
    found = _written(summary, tmp_path)
    ids = [attributes["id"] for _, attributes in found.elements if "id" in attributes]
    assert [tag for tag, _ in found.elements].count("svg") == 3
    assert len(ids) == len(set(ids))
    used = re.findall(r'url\(#([^)]+)\)|href="#([^"]+)"', found.source)
    assert {one or other for one, other in used} <= set(ids)
    for label in (
        "training_loss",
        "validation_accuracy",
        "p50 690 ms",
        "p99 1,230 ms",
        "lead in NDCG@10",
        "postings that nobody had turned to",
    ):
        assert label in found.text, label


def test_the_same_summary_gives_the_same_page(summary: dict[str, Any], tmp_path: Path) -> None:
    assert _written(summary, tmp_path).source == _written(summary, tmp_path).source


def test_colours_follow_light_and_dark(summary: dict[str, Any], tmp_path: Path) -> None:
    plots = "".join(re.findall(r"<svg.*?</svg>", _written(summary, tmp_path).source, re.DOTALL))
    assert set(re.findall(r"#[0-9a-f]{6}\b", plots)) == set()
    assert "var(--series-1)" in plots


def test_a_real_stream_is_not_called_simulated(summary: dict[str, Any], tmp_path: Path) -> None:
    summary |= {"simulated": False, "occupations": None, "examples": {}}
    summary["seconds"] = {"data: clicks.csv": 0.1}
    text = _written(summary, tmp_path).text
    assert "simulated" not in text
    assert "There is no list to show." in text


def test_no_answers_no_epochs_nothing_measured(summary: dict[str, Any], tmp_path: Path) -> None:
    nothing = dict.fromkeys(("p50_ms", "p90_ms", "p99_ms", "max_ms"))
    summary["latency"] = {"events": 0, "rate": 20.0, "answered": 0, "latencies_ms": []} | nothing
    summary["training"]["curves"] = {}
    summary["quality"] = {"turns_left_out": 0, "cut": "2025-02-20T00:00:00.000000Z"}
    found = _written(summary, tmp_path)
    assert "svg" not in found.tags
    for said in (
        "No live event was answered",
        "No epoch was recorded",
        "Nothing could be measured",
    ):
        assert said in found.text, said


def test_epochs_without_validation_and_one_answer(summary: dict[str, Any], tmp_path: Path) -> None:
    summary["training"]["curves"] = {"loss": [4.0], "accuracy": [0.1], "validation_loss": []}
    summary["latency"]["latencies_ms"] = [0.0]
    found = _written(summary, tmp_path)
    assert [tag for tag, _ in found.elements].count("svg") == 3
    assert "validation_loss" not in found.text


def test_an_empty_summary_is_a_page_too(tmp_path: Path) -> None:
    found = _written({}, tmp_path)
    assert "svg" not in found.tags
    assert "Nothing was counted." in found.text


def test_the_command_for_mlflow_names_the_store(summary: dict[str, Any], tmp_path: Path) -> None:
    folder = tmp_path / "my demo"
    folder.mkdir()
    text = _written(summary, folder).text
    assert f"mlflow ui --backend-store-uri 'sqlite:///{folder}/mlflow/mlflow.db'" in text
