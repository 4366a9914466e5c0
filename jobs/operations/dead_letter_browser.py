"""Dead letters as people look at them: which there are, and what can be made of their bytes."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import orjson
from kafka.consumer.fetcher import ConsumerRecord
from pydantic import ValidationError

from streaming.contract.rejection_reasons import DEAD_LETTER_REASONS
from streaming.contract.topics import BY_NAME, DEAD_LETTERS
from streaming.errors import InputError
from streaming.kafka.topic_reader import read_messages
from streaming.settings import KafkaSettings
from streaming.timestamps import from_text, to_text

TOLD_FAULTS = 10
"""Most faults of one value that are told."""
_PLACE = re.compile(r"([a-z-]+)/(\d+)/(\d+)")


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A dead letter without its bytes."""

    key: str
    """Where the message stood: topic/partition/offset."""
    reason: str
    text: str
    topic: str
    partition: int
    offset: int
    job: str
    at: str
    """When it became a dead letter."""
    size: int | None
    """Bytes of the value; None for a null."""
    original_key: bytes | None

    @classmethod
    def of(cls, record: ConsumerRecord) -> "Letter | None":
        """Read a message of the topic dead-letters; None where it is no dead letter of ours."""
        key = (record.key or b"").decode(errors="replace")
        place = _PLACE.fullmatch(key)
        if place is None or place[1] not in BY_NAME:
            return None
        headers = dict(record.headers)
        told = {name: (headers.get(name) or b"").decode(errors="replace") for name in _TOLD}
        moment = datetime.fromtimestamp(record.timestamp / 1000, tz=UTC)
        return cls(
            key=key,
            **told,
            topic=place[1],
            partition=int(place[2]),
            offset=int(place[3]),
            at=to_text(moment),
            size=None if record.value is None else len(record.value),
            original_key=headers.get("key"),
        )

    def shown(self) -> dict[str, Any]:
        """Return what JSON can hold of it."""
        key = None if self.original_key is None else self.original_key.decode(errors="replace")
        return asdict(self) | {"original_key": key}


_TOLD = ("reason", "text", "job")


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Which dead letters are meant; what is left open leaves nothing out."""

    keys: frozenset[str] = frozenset()
    reason: str | None = None
    topic: str | None = None
    since: datetime | None = None
    """Those that became dead letters from then on."""

    def __post_init__(self) -> None:
        """Refuse what can match nothing.

        Raises:
            InputError: there is no such reason or topic, or a key is none.
        """
        sources = [name for name in BY_NAME if name != DEAD_LETTERS.name]
        _must_be_one_of("reason", self.reason, list(DEAD_LETTER_REASONS))
        _must_be_one_of("topic", self.topic, sources)
        for key in self.keys:
            if not _PLACE.fullmatch(key):
                raise InputError(
                    f"{key} is no key of a dead letter; keys look like events/0/42, and "
                    "`careerstream dead-letters list` shows them"
                )

    def holds(self, letter: Letter) -> bool:
        """Whether a letter is meant."""
        return (
            (not self.keys or letter.key in self.keys)
            and self.reason in {None, letter.reason}
            and self.topic in {None, letter.topic}
            and (self.since is None or from_text(letter.at) >= self.since)
        )


def letters(kafka: KafkaSettings, choice: Choice) -> Iterator[tuple[Letter, bytes | None]]:
    """Yield the chosen dead letters with their original bytes, each key once.

    Raises:
        BrokerError: no broker, or no such topic.
    """
    seen: set[str] = set()
    for record in read_messages(kafka, DEAD_LETTERS):
        letter = Letter.of(record)
        # note: a repeated batch writes a letter again, under the same key with the same bytes
        if letter is not None and letter.key not in seen and choice.holds(letter):
            seen.add(letter.key)
            yield letter, record.value


def find(kafka: KafkaSettings, key: str) -> tuple[Letter, bytes | None]:
    """Return one dead letter and its original bytes.

    Raises:
        InputError: there is none with this key.
    """
    found = next(letters(kafka, Choice(keys=frozenset({key}))), None)
    if found is None:
        raise InputError(
            f"there is no dead letter {key}; `careerstream dead-letters list` shows what there is"
        )
    return found


def summary(kafka: KafkaSettings, choice: Choice, newest: int) -> dict[str, Any]:
    """Count the chosen letters by reason, topic and job, and list the newest ones.

    Returns:
        `letters`, `counts` (most first) and `newest` (newest first), ready for JSON.
    """
    found = [letter for letter, _ in letters(kafka, choice)]
    counts = Counter((letter.reason, letter.topic, letter.job) for letter in found)
    latest = sorted(found, key=lambda letter: (letter.at, letter.key), reverse=True)
    return {
        "letters": len(found),
        "counts": [
            {"reason": reason, "topic": topic, "job": job, "letters": count}
            for (reason, topic, job), count in counts.most_common()
        ],
        "newest": [letter.shown() for letter in islice(latest, newest)],
    }


@dataclass(frozen=True)
class Decoded:
    """How far original bytes can be read."""

    stage: str
    """null, bytes, text, json or record: what they are."""
    value: Any
    """The JSON document, or the text, with bytes that are none as \\x escapes."""
    faults: tuple[str, ...]
    """Why they are not more than that."""


def decoded(value: bytes | None, topic: str) -> Decoded:
    """Read original bytes as far as possible, by the contract of their topic.

    Args:
        value: of a dead letter.
        topic: that it came from.
    """
    if value is None:
        return Decoded("null", None, ("there is no value",))
    try:
        text = value.decode()
    except UnicodeDecodeError as error:
        problem = f"byte {error.start} is not UTF-8: {error.reason}"
        return Decoded("bytes", value.decode(errors="backslashreplace"), (problem,))
    try:
        document = orjson.loads(text)
    except ValueError as error:
        return Decoded("text", text, (f"not JSON: {error}",))
    record = BY_NAME[topic].record
    if record is None:
        return Decoded("json", document, ())
    try:
        record.model_validate(document)
    except ValidationError as error:
        told = error.errors(include_url=False, include_context=False)[:TOLD_FAULTS]
        where = [".".join(map(str, error["loc"])) for error in told]
        problems = (f"{place}: {error['msg']}" for place, error in zip(where, told, strict=True))
        return Decoded("json", document, tuple(problem.removeprefix(": ") for problem in problems))
    return Decoded("record", document, ())


def _must_be_one_of(what: str, value: str | None, allowed: list[str]) -> None:
    if value is not None and value not in allowed:
        raise InputError(f"there is no {what} {value}; give one of {', '.join(allowed)}")
