"""Lists as they are published."""

from collections.abc import Sequence

from streaming.serving.ranker import Profile, RankedItem
from training.explanation.attribution import ListedPosting
from training.explanation.reasons import explain
from training.inference.prepared_catalogue import PreparedCatalogue
from training.inference.profile_encoding import ProfileStep

_DECIMALS = 6


def ranked_items(
    prepared: PreparedCatalogue,
    profile: Profile,
    steps: Sequence[ProfileStep],
    postings: Sequence[ListedPosting],
) -> list[RankedItem]:
    """Return a list, best first, as values of `records.Item`, with reasons from its attribution."""
    catalogue = prepared.catalogue
    explained = explain(prepared, steps, postings, profile)
    return [
        {
            "rank": rank,
            "posting_id": catalogue.posting_ids[posting.row],
            "score": round(posting.score, _DECIMALS),
            "valid_through": catalogue.valid_through(posting.row),
            "reasons": reasons,
            **_retrieval(posting),
        }
        for rank, (posting, reasons) in enumerate(zip(postings, explained, strict=True), start=1)
    ]


def _retrieval(posting: ListedPosting) -> RankedItem:
    """Return source and probability of a posting that has them."""
    item: RankedItem = {}
    if posting.source is not None:
        item["source"] = posting.source
    if posting.probability is not None:
        item["probability"] = round(posting.probability, _DECIMALS)
    return item
