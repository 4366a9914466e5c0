"""Layouts of files that are recognised by their header and need no --map."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from streaming.contract.records import Candidate, Event, Posting
from streaming.importing.rows import ImportedRecord


@dataclass(frozen=True, kw_only=True)
class KnownLayout:
    """A layout and its mappings."""

    name: str
    columns: frozenset[str]
    """A file with all of these columns has the layout; it may have more."""
    mappings: Mapping[type[ImportedRecord], tuple[str, ...]]
    """For each kind of record that a row can become: the flags of --map."""
    entries: bool = False
    """Whether a row is one entry of what somebody states (`stated_entries`)."""


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

_STATED_BY = ("candidate_id=Applicant.ID", "updated_at=Created.At")

EXPERIENCE = KnownLayout(
    name="experience",
    columns=frozenset(
        {
            *("Applicant.ID", "Position.Name", "Employer.Name", "City", "State.Name"),
            *("Start.Date", "End.Date", "Created.At"),
        }
    ),
    mappings={
        Candidate: (
            *_STATED_BY,
            "experience.title=Position.Name",
            "experience.employer=Employer.Name",
            "experience.place.locality=City",
            "experience.place.region=State.Name",
            "experience.start_date=Start.Date",
            "experience.end_date=End.Date",
        )
    },
    entries=True,
)
"""Positions held: one row a position."""

POSITIONS_OF_INTEREST = KnownLayout(
    name="positions-of-interest",
    columns=frozenset({"Applicant.ID", "Position.Of.Interest", "Created.At"}),
    mappings={Candidate: (*_STATED_BY, "wishes=Position.Of.Interest")},
    entries=True,
)
"""Wishes: one row a wish."""

KNOWN_LAYOUTS = (JOB_VIEWS, EXPERIENCE, POSITIONS_OF_INTEREST)


def recognise_layout(header: Collection[str]) -> KnownLayout | None:
    """Return the layout whose columns are all in a header."""
    return next((layout for layout in KNOWN_LAYOUTS if layout.columns <= set(header)), None)
