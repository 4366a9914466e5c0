"""Reads careerstream's recommendations and writes its events, postings and candidates.

The rules of the contract are built in. The records are generated from it (`records`).
"""

from careerstream_client.aio import AsyncConsumer, AsyncProducer
from careerstream_client.changes import Change, NewestVersions, read_change
from careerstream_client.connection import Connection
from careerstream_client.consumer import Consumer
from careerstream_client.errors import BrokerError, ClientError, ContractError, DeliveryError
from careerstream_client.producer import Producer, checked, new_event
from careerstream_client.records import (
    ANONYMOUS,
    SCHEMA_VERSION,
    Candidate,
    Event,
    EventKind,
    Item,
    Posting,
    Reason,
    ReasonKind,
    Recommendation,
)
from careerstream_client.store import ListStore, without_expired

__all__ = [
    "ANONYMOUS",
    "SCHEMA_VERSION",
    "AsyncConsumer",
    "AsyncProducer",
    "BrokerError",
    "Candidate",
    "Change",
    "ClientError",
    "Connection",
    "Consumer",
    "ContractError",
    "DeliveryError",
    "Event",
    "EventKind",
    "Item",
    "ListStore",
    "NewestVersions",
    "Posting",
    "Producer",
    "Reason",
    "ReasonKind",
    "Recommendation",
    "checked",
    "new_event",
    "read_change",
    "without_expired",
]
