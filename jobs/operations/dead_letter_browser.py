"""Reads dead letters: lists them, and decodes their original bytes as far as possible."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from kafka.consumer.fetcher import ConsumerRecord
from pydantic import ValidationError

from streaming.contract.rejection_reasons import DEAD_LETTER_REASONS
from streaming.contract.topics import BY_NAME, DEAD_LETTERS
from streaming.errors import InputError, SettingsError
from streaming.kafka.topic_reader import read_messages
from streaming.privacy.pseudonyms import Pseudonyms
from streaming.privacy.sealing import is_sealed, unseal
from streaming.settings import KafkaSettings
from streaming.timestamps import format_timestamp, parse_timestamp

MAX_PROBLEMS = 10
"""Problems reported of one value."""
_KEY = re.compile(r"([a-z-]+)/(\d+)/(\d+)")
_TEXT_HEADERS = ("reason", "text", "job")


@dataclass(frozen=True, kw_only=True)
class DeadLetter:
    """A dead letter without its bytes."""

    key: str
    """Position of the original message: topic/partition/offset."""
    reason: str
    text: str
    topic: str
    partition: int
    offset: int
    job: str
    at: str
    """When the message became a dead letter."""
    size: int | None
    """Bytes of the value; None for a null."""
    original_key: bytes | None
    sealed: bool = False
    """Whether key, text and value cannot be read, for want of the key of pseudonyms."""

    @classmethod
    def parse(
        cls, record: ConsumerRecord, pseudonyms: Pseudonyms | None = None
    ) -> "DeadLetter | None":
        """Parse a message of the topic dead-letters; return None if its key is not one of ours.

        Raises:
            SettingsError: it was sealed with another key.
        """
        key = (record.key or b"").decode(errors="replace")
        position = _KEY.fullmatch(key)
        if position is None or position[1] not in BY_NAME:
            return None
        headers = {
            name: content and opened(content, f"{key} {name}", pseudonyms)
            for name, content in record.headers
        }
        value = record.value and opened(record.value, key, pseudonyms)
        sealed = [name for name, content in headers.items() if is_sealed(content)]
        headers |= dict.fromkeys(sealed, b"sealed")
        texts = {n: (headers.get(n) or b"").decode(errors="replace") for n in _TEXT_HEADERS}
        return cls(
            key=key,
            **texts,
            topic=position[1],
            partition=int(position[2]),
            offset=int(position[3]),
            at=format_timestamp(datetime.fromtimestamp(record.timestamp / 1000, tz=UTC)),
            size=None if value is None else len(value),
            original_key=headers.get("key"),
            sealed=bool(sealed),
        )

    def require_open(self) -> None:
        """Check that the letter can be read.

        Raises:
            SettingsError: it is sealed.
        """
        if self.sealed:
            raise SettingsError(
                f"the dead letter {self.key} is sealed; set privacy.pseudonyms and where its key is"
            )

    def to_dict(self) -> dict[str, Any]:
        """Return the fields, ready for JSON."""
        key = None if self.original_key is None else self.original_key.decode(errors="replace")
        return asdict(self) | {"original_key": key}


@dataclass(frozen=True, kw_only=True)
class DeadLetterFilter:
    """Selects dead letters. A field that is not set selects all.

    Raises:
        InputError: there is no such reason or topic, or a key is malformed.
    """

    keys: frozenset[str] = frozenset()
    reason: str | None = None
    topic: str | None = None
    since: datetime | None = None
    """Select messages that became dead letters at this time or later."""

    def __post_init__(self) -> None:
        topics = [name for name in BY_NAME if name != DEAD_LETTERS.name]
        _require_one_of("reason", self.reason, list(DEAD_LETTER_REASONS))
        _require_one_of("topic", self.topic, topics)
        for key in self.keys:
            if not _KEY.fullmatch(key):
                raise InputError(
                    f"{key} is no key of a dead letter; keys look like events/0/42, and "
                    "`careerstream dead-letters list` shows them"
                )

    def matches(self, letter: DeadLetter) -> bool:
        """Return whether a dead letter is selected."""
        return (
            (not self.keys or letter.key in self.keys)
            and self.reason in {None, letter.reason}
            and self.topic in {None, letter.topic}
            and (self.since is None or parse_timestamp(letter.at) >= self.since)
        )


def read_dead_letters(
    kafka: KafkaSettings, selection: DeadLetterFilter, pseudonyms: Pseudonyms | None = None
) -> Iterator[tuple[DeadLetter, bytes | None]]:
    """Yield the selected dead letters with their original bytes, each key once.

    Sealed ones are opened with the key of the pseudonyms; without it, they stay sealed.

    Raises:
        BrokerError: no broker answers, or the topic does not exist.
        SettingsError: one was sealed with another key.
    """
    keys: set[str] = set()
    for record in read_messages(kafka, DEAD_LETTERS):
        letter = DeadLetter.parse(record, pseudonyms)
        # note: a repeated batch writes the letter again, with the same key and the same bytes
        if letter is not None and letter.key not in keys and selection.matches(letter):
            keys.add(letter.key)
            yield letter, record.value and opened(record.value, letter.key, pseudonyms)


def opened(content: bytes, place: str, pseudonyms: Pseudonyms | None) -> bytes:
    """Return bytes of a letter unsealed; as they are where there is no key."""
    return content if pseudonyms is None else unseal(pseudonyms, content, place)


def find_dead_letter(
    kafka: KafkaSettings, key: str, pseudonyms: Pseudonyms | None = None
) -> tuple[DeadLetter, bytes | None]:
    """Return one dead letter and its original bytes.

    Raises:
        InputError: there is no dead letter with this key.
        SettingsError: it is sealed, and the key is missing or another one.
    """
    selection = DeadLetterFilter(keys=frozenset({key}))
    for letter, value in read_dead_letters(kafka, selection, pseudonyms):
        letter.require_open()
        return letter, value
    raise InputError(
        f"there is no dead letter {key}; `careerstream dead-letters list` shows what there is"
    )


def summarize(
    kafka: KafkaSettings,
    selection: DeadLetterFilter,
    newest: int,
    pseudonyms: Pseudonyms | None = None,
) -> dict[str, Any]:
    """Count the selected dead letters by reason, topic and job, and list the newest ones.

    Returns:
        `letters`, `counts` (largest first) and `newest` (newest first), ready for JSON.
    """
    letters = [letter for letter, _ in read_dead_letters(kafka, selection, pseudonyms)]
    counts = Counter((letter.reason, letter.topic, letter.job) for letter in letters)
    newest_first = sorted(letters, key=lambda letter: (letter.at, letter.key), reverse=True)
    return {
        "letters": len(letters),
        "counts": [
            {"reason": reason, "topic": topic, "job": job, "letters": count}
            for (reason, topic, job), count in counts.most_common()
        ],
        "newest": [letter.to_dict() for letter in newest_first[:newest]],
    }


@dataclass(frozen=True)
class DecodedValue:
    """The result of decoding original bytes as far as possible."""

    stage: str
    """What the bytes are: null, bytes, text, json or record."""
    value: Any
    """The JSON document, or the text with invalid bytes as \\x escapes."""
    problems: tuple[str, ...]
    """Why the next stage was not reached."""


def decode_value(value: bytes | None, topic: str) -> DecodedValue:
    """Decode the value of a dead letter as far as possible, to a record of its original topic."""
    if value is None:
        return DecodedValue("null", None, ("there is no value",))
    try:
        text = value.decode()
    except UnicodeDecodeError as error:
        problem = f"byte {error.start} is not UTF-8: {error.reason}"
        return DecodedValue("bytes", value.decode(errors="backslashreplace"), (problem,))
    try:
        document = orjson.loads(text)
    except ValueError as error:
        return DecodedValue("text", text, (f"not JSON: {error}",))
    record = BY_NAME[topic].record
    if record is None:
        return DecodedValue("json", document, ())
    try:
        record.model_validate(document)
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False)[:MAX_PROBLEMS]
        problems = (f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in details)
        return DecodedValue("json", document, tuple(text.removeprefix(": ") for text in problems))
    return DecodedValue("record", document, ())


def _require_one_of(name: str, value: str | None, allowed: list[str]) -> None:
    if value is not None and value not in allowed:
        raise InputError(f"there is no {name} {value}; give one of {', '.join(allowed)}")
