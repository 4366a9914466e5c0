"""What a candidate reaches, by a ranker that gives no probabilities."""

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from streaming.market.reach import PreparedRanker, make_reaches
from streaming.serving.catalogue import Catalogue
from streaming.serving.champion import ServingVersions
from training.ranking.most_popular import MostPopularRanker

AS_OF = "2025-03-01T00:00:00.000000Z"
POSTED = datetime(2025, 2, 1, tzinfo=UTC)
PROFILE = {
    "candidate_id": "c1", "version": 1, "as_of": AS_OF, "events": [], "applied": [],
    "dismissed": [], "stated": {"updated_at": AS_OF, "contactable": True},
}  # fmt: skip


def test_without_probabilities_all_that_is_reached_is_equally_probable(tmp_path):
    rows = [
        {"posting_id": f"p{n}", "employer": f"e{n}", "date_posted": POSTED,
         "valid_through": None, "open": True}
        for n in range(4)
    ]  # fmt: skip
    catalogue, ranker = Catalogue.of(pa.Table.from_pylist(rows), 1), MostPopularRanker()
    ranker.prepare(catalogue, tmp_path)
    served = PreparedRanker(ranker, catalogue, tmp_path, ServingVersions("m", "1", 1))
    (reach,) = make_reaches([PROFILE], served, 10, 14.0)
    assert len(reach.postings) == 4
    assert [one.probability for one in reach.postings] == [0.25] * 4
    assert all(one.score == pytest.approx(0.25 * one.requirement) for one in reach.postings)
