"""Layouts of files that are recognised by their header and need no --map."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from streaming.contract.records import Event, Posting
from streaming.importing.rows import ImportedRecord


@dataclass(frozen=True, kw_only=True)
class KnownLayout:
    """A layout and its mappings."""

    name: str
    columns: frozenset[str]
    """A file with all of these columns has the layout; it may have more."""
    mappings: Mapping[type[ImportedRecord], tuple[str, ...]]
    """For each kind of record that a row can become: the flags of --map."""


JOB_VIEWS = KnownLayout(
    name="job-views",
    columns=frozenset(
        {
            *("Applicant.ID", "Job.ID", "Title", "Position", "Company", "City", "State.Name"),
            *("State.Code", "Industry", "View.Start", "View.End", "View.Duration"),
        }
    ),
    mappings={
        Event: (
            "candidate_id=Applicant.ID",
            "posting_id=Job.ID",
            "kind:=view",
            "event_time=View.Start",
            "duration_seconds=View.Duration",
        ),
        # Title is "Position @ Company", which would repeat the employer. No column has the date on
        # which a posting opened, so it has always been open.
        Posting: (
            "posting_id=Job.ID",
            "title=Position",
            "employer=Company",
            "industry=Industry",
            "place.locality=City",
            "place.region=State.Name",
            "place.country:=US",
        ),
    },
)
"""Views of postings: one row a view, with columns of the posting beside it."""

KNOWN_LAYOUTS = (JOB_VIEWS,)


def recognise_layout(header: Collection[str]) -> KnownLayout | None:
    """Return the layout whose columns are all in a header."""
    return next((layout for layout in KNOWN_LAYOUTS if layout.columns <= set(header)), None)
