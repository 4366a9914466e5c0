"""Audit groups: for whom fairness is measured. Rows of Δ groups, which no model reads.

They come in apart from profiles, and stay apart: no topic carries them.
"""

from typing import Annotated

from pydantic import ConfigDict, Field

from streaming.contract.records import PersonId, Record, Versioned

MOST_CHARACTERS = 100
UNKNOWN = "unknown"
"""Said instead of a group, it is as good as absent."""

GroupName = Annotated[str, Field(min_length=1, max_length=MOST_CHARACTERS)]


class AuditGroups(Versioned):
    """A row of a file of audit groups: every further column is an attribute, such as `sex`."""

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[str, GroupName] = Field(init=False)

    candidate_id: PersonId = Field(description="who")

    @property
    def groups(self) -> dict[str, str]:
        """The person's group by attribute, without unknown ones."""
        known = self.__pydantic_extra__.items()
        return {name: group for name, group in known if group.casefold() != UNKNOWN}


class GroupMembership(Record):
    """The group of a person by one attribute; a person of unknown group has no row."""

    candidate_id: str
    attribute: str
    """Such as `sex`."""
    group: str
    """Such as `female`."""
