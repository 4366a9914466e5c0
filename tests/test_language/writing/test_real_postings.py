"""Real postings in both languages, where their files are at hand."""

import os
from pathlib import Path

import pytest

from jobs.writing.benchmark import measure_rewrites
from jobs.writing.postings import read_posting_file, vocabulary
from streaming.importing import ReadOptions
from streaming.language.writing.writer import Writer

DATA = Path(os.environ.get("CAREERSTREAM_DATA", Path(__file__).parents[4] / "shared" / "data"))
CHINESE = (
    *("posting_id=job_id", "title=position", "employer=company", "place.locality=city"),
    *("place.region=district", "education=diploma_requirement", "experience=experience"),
    *("skills=lang", "description=description+welfare"),
)


@pytest.mark.parametrize(
    ("name", "mapping"),
    [("postings-jsonld/postings_sample.jsonl", ()), ("postings-zh/postings_zh.csv", CHINESE)],
)
def test_few_are_refused_and_nothing_is_lost_or_invented(name, mapping):
    if not (DATA / name).exists():
        pytest.skip(f"{DATA / name} is not here; it is no part of the project")
    postings = list(read_posting_file(DATA / name, ReadOptions(mapping=mapping)))[-300:]

    report = measure_rewrites(postings, Writer(vocabulary()).write, lambda _: None)

    assert report["postings"] == 300
    assert report["refused_share"] <= 0.05
    assert (report["lost"], report["invented"]) == (0, 0), report["examples"]
    assert report["sentence_length"]["after"] < report["sentence_length"]["before"]
