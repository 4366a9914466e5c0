"""Layouts of files that are known by their header, so that they need no --map."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from streaming.contract.records import Event, Posting
from streaming.importing.rows import ImportedRecord


@dataclass(frozen=True, kw_only=True)
class Preset:
    """One known layout."""

    name: str
    columns: frozenset[str]
    """A file with all of these has the layout, whatever else it holds."""
    mappings: Mapping[type[ImportedRecord], tuple[str, ...]]
    """What the rows are, as the flags of --map; one entry for each record they can become."""


JOB_VIEWS = Preset(
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
        # Title is "Position @ Company", which would say the employer twice. Nothing says when a
        # posting opened: without date_posted it always was open.
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
"""Candidates looking at postings: one row a view, with the posting's own columns beside it."""

PRESETS = (JOB_VIEWS,)


def recognise(header: Collection[str]) -> Preset | None:
    """Find the preset whose columns a header has."""
    return next((preset for preset in PRESETS if preset.columns <= set(header)), None)
