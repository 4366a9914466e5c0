"""What candidates reach: rows of Δ reaches, from which matches are made."""

from datetime import datetime

from pydantic import Field

from streaming.contract.records import Record


class ReachedPosting(Record):
    """A posting within reach of a candidate."""

    posting_id: str
    probability: float = Field(description="that the candidate's next turn is to it")
    requirement: float = Field(description="share of what it asks for that they have")
    met: list[str] = Field(default=[], description="skills that it asks for and they have")
    missing: list[str] = Field(default=[], description="skills that it asks for beyond these")
    kind: str = Field(description="of the reason why they would turn to it")
    words: list[str] = Field(default=[], description="what they stated that speaks for it")

    @property
    def score(self) -> float:
        """Both halves together, without how active the candidate is."""
        return self.probability * self.requirement


class Reach(Record):
    """What one version of a profile reaches, by one model over one catalogue."""

    candidate_id: str
    profile_version: int
    as_of: datetime
    activity: float = Field(
        default=0.0, description="binary logarithm of how active they were, as of 1970"
    )
    model_name: str
    model_version: str
    catalogue_version: int
    applied: list[str] = Field(default=[], description="postings that they applied to")
    postings: list[ReachedPosting] = Field(default=[], description="none: not to be shown")
    left: list[str] = Field(default=[], description="postings that the version before reached")
