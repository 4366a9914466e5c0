"""Dead letters → the topics they came from: the original bytes once more, under the original key.

Guarantee: a letter has at most one replay on its topic, however often this is run and wherever it
was interrupted. A replayed message names its letter in a header, so message and record are one
write, and nothing can come between them; before anything is sent the topic is read back from where
the oldest chosen letter stood.
"""

import fcntl
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from kafka import KafkaProducer

from jobs.operations.dead_letter_browser import Choice, Letter, letters
from streaming.contract.topics import BY_NAME
from streaming.errors import InputError
from streaming.kafka.clients import broker_errors, producer
from streaming.kafka.topic_reader import read_messages
from streaming.settings import KafkaSettings, Settings

LETTER_HEADER = "dead-letter"
"""Of a replayed message: the key of the dead letter that it was."""
ATTEMPT_HEADER = "attempt"
"""Of a replayed message: how often this content has been replayed, itself included."""
CHUNK_LETTERS, CHUNK_BYTES = 500, 32 * 1024 * 1024
"""After so much the sender waits until everything is acknowledged: memory stays bounded."""

ROOM_BYTES = 2048
"""For key, headers and frame of a message beside its value."""


class Verdict(StrEnum):
    """What becomes of a chosen letter."""

    REPLAY = "replay"
    """Its bytes are sent again."""
    ALREADY = "already replayed"
    """A replay of it stands on its topic."""
    CAME_BACK = "came back"
    """It is itself a replay that is still broken, and its attempts are used up."""
    SUPERSEDED = "superseded"
    """Its topic keeps the newest message of each key, and holds a newer one."""
    REFUSED = "refused"
    """Its topic cannot take it: it lacks the partition, or the value leaves no room for headers."""


@dataclass
class _Seen:
    """What stands on a topic behind the oldest letter."""

    replays: dict[str, int] = field(default_factory=dict)
    """Key of a letter → offset of its replay."""
    attempts: dict[str, int] = field(default_factory=dict)
    """Place of a replayed message → its attempt."""
    newest: dict[bytes | None, int] = field(default_factory=dict)
    """Original key → highest offset, of the keys that letters had."""


def replay(
    settings: Settings,
    choice: Choice,
    *,
    attempts: int = 1,
    dry_run: bool = False,
    on_read: Callable[[int], None] = lambda _: None,
    on_sent: Callable[[int], None] = lambda _: None,
) -> dict[str, Verdict]:
    """Send the chosen dead letters to their topics again.

    Args:
        settings: where Kafka and the project's home are.
        choice: which letters.
        attempts: how often one content may be replayed in all, across the letters it has become.
        dry_run: send nothing.
        on_read: told from time to time how many messages have been read back.
        on_sent: told how many are sent and acknowledged.

    Returns:
        The verdict on each chosen letter, by key. Running it again changes nothing.

    Raises:
        BrokerError: no broker, or it takes nothing.
        InputError: another replay of this home runs.
    """
    with _alone(settings):
        kafka = settings.kafka
        chosen = [letter for letter, _ in letters(kafka, choice)]
        verdicts = _judge(kafka, chosen, attempts, on_read)
        due = {key: attempt for key, attempt in verdicts.items() if isinstance(attempt, int)}
        told = {key: v if isinstance(v, Verdict) else Verdict.REPLAY for key, v in verdicts.items()}
        if due and not dry_run:
            refused = _send(kafka, choice, due, on_sent)
            told |= dict.fromkeys(refused, Verdict.REFUSED)
    return told


def counts(verdicts: Mapping[str, Verdict]) -> dict[str, int]:
    """Count the letters by verdict, all verdicts named."""
    found = Counter(verdicts.values())
    return {verdict.value: found[verdict] for verdict in Verdict}


def _judge(
    kafka: KafkaSettings, chosen: Iterable[Letter], attempts: int, on_read: Callable[[int], None]
) -> dict[str, Verdict | int]:
    """Give each letter a verdict, or the number of the attempt that is due."""
    by_topic: defaultdict[str, list[Letter]] = defaultdict(list)
    for letter in chosen:
        by_topic[letter.topic].append(letter)
    return {
        letter.key: verdict
        for topic, group in by_topic.items()
        for letter, verdict in _judge_topic(kafka, topic, group, attempts, on_read)
    }


def _judge_topic(
    kafka: KafkaSettings,
    topic: str,
    group: list[Letter],
    attempts: int,
    on_read: Callable[[int], None],
) -> Iterator[tuple[Letter, Verdict | int]]:
    seen = _read_back(kafka, topic, group, on_read)
    compacted = BY_NAME[topic].cleanup == "compact"
    for letter in group:
        attempt = seen.attempts.get(letter.key, 0) + 1
        if letter.key in seen.replays:
            yield letter, Verdict.ALREADY
        elif attempt > attempts:
            yield letter, Verdict.CAME_BACK
        elif compacted and seen.newest.get(letter.original_key, -1) > letter.offset:
            yield letter, Verdict.SUPERSEDED
        else:
            yield letter, attempt


def _read_back(
    kafka: KafkaSettings, topic: str, group: list[Letter], on_read: Callable[[int], None]
) -> _Seen:
    """Look for replays on a topic, in the partitions of the letters, from the oldest one on."""
    starts: dict[int, int] = {}
    for letter in group:
        starts[letter.partition] = min(letter.offset, starts.get(letter.partition, letter.offset))
    keys, seen = {letter.original_key for letter in group}, _Seen()
    for number, record in enumerate(read_messages(kafka, BY_NAME[topic], starts)):
        if number % 10_000 == 0:
            on_read(number)
        if record.key in keys:
            seen.newest[record.key] = max(record.offset, seen.newest.get(record.key, -1))
        headers = dict(record.headers)
        if (parent := headers.get(LETTER_HEADER)) is not None:
            place = f"{topic}/{record.partition}/{record.offset}"
            seen.replays[parent.decode(errors="replace")] = record.offset
            seen.attempts[place] = _number(headers.get(ATTEMPT_HEADER))
    return seen


def _number(text: bytes | None) -> int:
    return int(text) if text is not None and text.isdigit() else 1


def _send(
    kafka: KafkaSettings,
    choice: Choice,
    due: Mapping[str, int],
    on_sent: Callable[[int], None],
) -> list[str]:
    """Send the letters that are due; return the keys of those that were refused."""
    refused: list[str] = []
    sender, sent = producer(kafka), 0
    try:
        with broker_errors(kafka):
            for chunk in _chunks(letters(kafka, choice), due):
                futures = [
                    (letter, _sent(sender, kafka, letter, value, due[letter.key]))
                    for letter, value in chunk
                ]
                sender.flush()
                for letter, future in futures:
                    if future is None:
                        refused.append(letter.key)
                    else:
                        future.get(0)  # raises what flush keeps to itself
                sent += len(chunk)
                on_sent(sent - len(refused))
    finally:
        sender.close()
    return refused


def _chunks(
    found: Iterable[tuple[Letter, bytes | None]], due: Mapping[str, int]
) -> Iterator[list[tuple[Letter, bytes | None]]]:
    chunk: list[tuple[Letter, bytes | None]] = []
    for letter, value in found:
        if letter.key not in due:
            continue
        chunk.append((letter, value))
        size = sum(one.size or 0 for one, _ in chunk)
        if len(chunk) >= CHUNK_LETTERS or size >= CHUNK_BYTES:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _sent(
    sender: KafkaProducer, kafka: KafkaSettings, letter: Letter, value: bytes | None, attempt: int
) -> Any:
    """Hand one over to the partition it came from, which a missing key could not name.

    Returns:
        The promise of its acknowledgement; None where the topic cannot take it.
    """
    name = kafka.topic_prefix + letter.topic
    # A broker's refusal of one would end the idempotent producer, so it is not asked.
    fits = (letter.size or 0) + ROOM_BYTES <= BY_NAME[letter.topic].max_message_bytes
    if not fits or letter.partition not in sender.partitions_for(name):
        return None
    headers = [(LETTER_HEADER, letter.key.encode()), (ATTEMPT_HEADER, str(attempt).encode())]
    return sender.send(
        name,
        value=value,
        key=letter.original_key,
        headers=headers,
        partition=letter.partition,
    )


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """Keep a second replay out: both would look first and send then.

    Raises:
        InputError: another one runs.
    """
    file = settings.home.absolute() / "run" / "dead-letters.lock"
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InputError(
                f"another replay of dead letters runs (it holds {file}); wait for its end"
            ) from error
        yield
