"""Conversations: what candidates say, and what they are answered."""

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from streaming.contract.records import Id, PersonId, Versioned


class Speaker(StrEnum):
    """Who says something."""

    CANDIDATE = "candidate"
    CAREERSTREAM = "careerstream"


class Turn(Versioned):
    """One thing that is said in a conversation; its effects are ordinary messages."""

    turn_id: Id = Field(description="the producer's own id")
    candidate_id: PersonId = Field(description="whose conversation; also the Kafka key")
    speaker: Speaker = Field(description="who says it")
    said_at: datetime = Field(description="when, by the producer's clock; of an answer as its turn")
    text: str = Field(description="what is said; the first 4,000 characters are read")
    language: str | None = Field(
        default=None, description="language of the answer, ISO 639-1; absent: that of the text"
    )
    recommendation_id: str | None = Field(
        default=None, description="the list that the candidate sees"
    )
    shown: list[str] = Field(
        default=[], description="its postings, best first: what 'the second' means"
    )
    answers: str | None = Field(default=None, description="the turn that it answers")
    effects: list[str] = Field(
        default=[], description="ids of the events that it sent, and what it changed: 'skills: SQL'"
    )
