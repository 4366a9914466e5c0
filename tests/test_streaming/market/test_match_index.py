"""The index of the best candidates against sorting all of them."""

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from streaming.contract.reaches import Reach, ReachedPosting
from streaming.market.match_index import Entry, MatchIndex

MOMENT = datetime(2026, 3, 1, tzinfo=UTC)
POSTINGS = [f"p{number}" for number in range(4)]


def reach(candidate: str, version: int, scores: dict[str, float]) -> Reach:
    postings = [
        ReachedPosting(posting_id=one, probability=score, requirement=1.0, kind="event")
        for one, score in scores.items()
    ]
    return Reach(
        candidate_id=candidate,
        profile_version=version,
        as_of=MOMENT,
        model_name="m",
        model_version="1",
        catalogue_version=1,
        postings=postings,
    )


def everybody(known: dict[str, Reach], posting_id: str) -> list[Entry]:
    entries = (Entry(own, each) for own in known.values() for each in own.postings)
    return sorted((e for e in entries if e.posting.posting_id == posting_id), key=lambda e: e.key)


changes = st.lists(
    st.tuples(
        st.integers(0, 30),
        st.dictionaries(st.sampled_from(POSTINGS), st.sampled_from([0.1, 0.2, 0.3, 0.5, 0.9])),
    ),
    max_size=120,
)


@given(changes)
@settings(deadline=None, max_examples=200)
def test_matches_are_those_of_all_candidates_after_every_change(steps) -> None:
    index, known = MatchIndex(2), dict[str, Reach]()
    for version, (number, scores) in enumerate(steps):
        own = reach(f"c{number}", version, scores)
        before = (
            {each.posting_id for each in known[own.candidate_id].postings}
            if own.candidate_id in known
            else set()
        )
        known[own.candidate_id] = own
        assert index.update(own) == before | set(scores)
        for posting_id in index.short(POSTINGS):
            index.refill(posting_id, everybody(known, posting_id))
        for posting_id in POSTINGS:
            assert list(index.top(posting_id)) == everybody(known, posting_id)[:2]
        assert set(index.postings()) == {one for one in POSTINGS if everybody(known, one)}


def test_a_posting_is_short_only_where_somebody_was_dropped() -> None:
    index = MatchIndex(1)
    for number in range(3):
        index.update(reach(f"c{number}", 1, {"p0": 0.5}))
    index.update(reach("c0", 2, {}))
    assert index.short(POSTINGS) == []
    for number in range(5):
        index.update(reach(f"d{number}", 1, {"p0": 0.9}))
    for number in range(4):
        index.update(reach(f"d{number}", 2, {}))
    assert index.short(POSTINGS) == ["p0"]
    assert index.reached("d0") == ()
    assert index.reached("d4") == ("p0",)
