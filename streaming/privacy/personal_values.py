"""Values of topics that people's ids stand on, read as records behind which nobody is known."""

from typing import Any

from streaming.contract.conversation import Speaker
from streaming.contract.json_parser import DecodeError
from streaming.contract.records import MAX_ID_LENGTH
from streaming.contract.rejection_reasons import RejectionReason
from streaming.contract.topics import CANDIDATES, CONVERSATIONS, EVENTS, Topic
from streaming.contract.value_decoder import Document, read_value
from streaming.privacy.pseudonyms import Pseudonyms, is_pseudonym
from streaming.privacy.redaction import redact

PERSONAL_TOPICS = (EVENTS, CANDIDATES, CONVERSATIONS)
"""Topics on which producers write the ids of candidates."""
_NO_TEXT = frozenset(
    {"candidate_id", "turn_id", "updated_at", "said_at", "start_date", "end_date", "field"}
    | {"language", "source", "speaker", "recommendation_id", "shown", "answers", "effects"}
)
"""Fields of stated parts and turns that hold ids, times or words of the contract."""


def candidate_of(key: bytes | None) -> str | None:
    """Return the id that a key holds, None where it cannot be an id."""
    try:
        text = (key or b"").decode()
    except UnicodeDecodeError:
        return None
    return text if 1 <= len(text) <= MAX_ID_LENGTH else None


def read_personal(
    value: bytes | None,
    topic: Topic,
    produced_at: str | None,
    key: bytes | None,
    pseudonyms: Pseudonyms | None,
) -> Document:
    """Decode a value, as `read_value` does, of a message under the id of its candidate.

    With pseudonyms, the record has the candidate's pseudonym, and free texts of stated parts and
    turns lose mail addresses, phone numbers, numbers of documents and names behind titles.

    Raises:
        DecodeError: with its reason code; also where the key is not the record's own id, or a
            pseudonym.
    """
    record = read_value(value, topic, produced_at)
    own, candidate_id = record["candidate_id"], candidate_of(key)
    if own != candidate_id:
        raise DecodeError(RejectionReason.WRONG_KEY, f"the key must be the value's own id '{own}'")
    if pseudonyms is None or topic not in PERSONAL_TOPICS:
        return record
    if topic is CONVERSATIONS and record["speaker"] == Speaker.CAREERSTREAM and is_pseudonym(own):
        return record  # an answer of ours
    refuse_pseudonym(own)
    masked = record if topic is EVENTS else without_personal_data(record)
    return masked | {"candidate_id": pseudonyms.of(own)}


def refuse_pseudonym(candidate_id: str) -> None:
    """Check that a message of a producer is under an id.

    Its effects would come in another order, because pseudonyms have other partitions; and whoever
    sees a pseudonym could write in its candidate's name.

    Raises:
        DecodeError: it is under a pseudonym.
    """
    if is_pseudonym(candidate_id):
        raise DecodeError(
            RejectionReason.WRONG_VALUE,
            "field candidate_id is a pseudonym; write messages under the candidate's own id",
        )


def without_personal_data(part: Any) -> Any:
    """Return a record, or a part of one, with personal data masked in its free texts."""
    if isinstance(part, str):
        return redact(part).text
    if isinstance(part, list):
        return [without_personal_data(each) for each in part]
    if isinstance(part, dict):
        return {
            name: value if name in _NO_TEXT else without_personal_data(value)
            for name, value in part.items()
        }
    return part
