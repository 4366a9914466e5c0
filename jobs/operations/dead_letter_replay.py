"""Replays dead letters: sends the original bytes and key to the original topic again.

Guarantee: a dead letter has at most one replay on its topic, however often this runs and wherever
it was interrupted. The replayed message names its dead letter in a header, so message and record
are one write. Before anything is sent, the topic is read from the oldest selected letter on, to
find earlier replays.
"""

import fcntl
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from kafka import KafkaProducer

from jobs.operations.dead_letter_browser import DeadLetter, DeadLetterFilter, read_dead_letters
from streaming.contract.records import ANONYMOUS
from streaming.contract.topics import BY_NAME, EVENTS
from streaming.errors import InputError
from streaming.kafka.clients import broker_errors, producer
from streaming.kafka.topic_reader import read_messages
from streaming.privacy.pseudonyms import known_as, pseudonyms_of
from streaming.settings import KafkaSettings, PrivacySettings, Settings

ReadFences = Callable[[], Mapping[tuple[str, str], int]]
"""Returns the offset of the last fence by topic and candidate."""
LETTER_HEADER = "dead-letter"
"""Header of a replayed message: the key of its dead letter."""
ATTEMPT_HEADER = "attempt"
"""Header of a replayed message: how often its content has been replayed, this time included."""
CHUNK_LETTERS, CHUNK_BYTES = 500, 32 * 1024 * 1024
"""The sender waits for acknowledgements after so much, to bound its memory."""
OVERHEAD_BYTES = 2048
"""Room for key, headers and frame of a message beside its value."""
PROGRESS_MESSAGES = 10_000
"""`on_read` is called after so many messages."""


class ReplayOutcome(StrEnum):
    """The outcome of a replay for one dead letter."""

    REPLAY = "replay"
    """Its bytes are sent again."""
    ALREADY = "already replayed"
    """Its topic holds a replay of it."""
    CAME_BACK = "came back"
    """It is a replay that is still unreadable, and it has no attempts left."""
    SUPERSEDED = "superseded"
    """Its topic is compacted and holds a newer message with the same key."""
    ERASED = "erased"
    """Its candidate was erased after it."""
    REFUSED = "refused"
    """Its topic cannot take it: the partition is missing, or the message would be too large. Or it
    is a null value that an earlier version did not take for a fence, and would erase somebody."""


@dataclass
class _TopicScan:
    """What a topic holds after the oldest selected letter."""

    replays: dict[str, int] = field(default_factory=dict)
    """Key of a dead letter → offset of its replay."""
    attempts: dict[str, int] = field(default_factory=dict)
    """Position of a replayed message → its attempt."""
    newest: dict[bytes | None, int] = field(default_factory=dict)
    """Original key of a dead letter → highest offset of a message with that key."""
    fences: dict[bytes | None, int] = field(default_factory=dict)
    """The same for its null values, which erase on the topic events."""


def replay(
    settings: Settings,
    selection: DeadLetterFilter,
    *,
    attempts: int = 1,
    dry_run: bool = False,
    on_read: Callable[[int], None] = lambda _: None,
    on_sent: Callable[[int], None] = lambda _: None,
    read_fences: ReadFences = dict,
) -> dict[str, ReplayOutcome]:
    """Send the selected dead letters to their topics again.

    The same content is replayed `attempts` times in total if it becomes a dead letter again.
    `on_read` is called now and then with the number of messages read from the topics, `on_sent`
    with the number of messages sent and acknowledged. `read_fences` returns the fences of Δ
    erasures, because a letter is kept for longer than a null value on `events`; it is called only
    where something would be sent.

    Returns:
        The outcome for each selected dead letter, by key. A second run changes nothing.

    Raises:
        BrokerError: no broker answers, or it refuses messages.
        InputError: another replay with this home folder runs.
        SettingsError: a letter is sealed, and its key is not given.
    """
    with _exclusive(settings):
        kafka, pseudonyms = settings.kafka, pseudonyms_of(settings.privacy)
        letters = [letter for letter, _ in read_dead_letters(kafka, selection, pseudonyms)]
        for letter in letters:
            letter.require_open()
        decisions = _decide(kafka, letters, attempts, on_read)
        if any(isinstance(decision, int) for decision in decisions.values()):
            erased = _erased(letters, read_fences(), settings.privacy)
            decisions |= dict.fromkeys(erased, ReplayOutcome.ERASED)
        due = {key: attempt for key, attempt in decisions.items() if isinstance(attempt, int)}
        outcomes = {
            key: decision if isinstance(decision, ReplayOutcome) else ReplayOutcome.REPLAY
            for key, decision in decisions.items()
        }
        if due and not dry_run:
            chosen = read_dead_letters(kafka, selection, pseudonyms)
            refused = _send(kafka, chosen, due, on_sent)
            outcomes |= dict.fromkeys(refused, ReplayOutcome.REFUSED)
    return outcomes


def count_outcomes(outcomes: Mapping[str, ReplayOutcome]) -> dict[str, int]:
    """Count the dead letters by outcome, with 0 for outcomes that did not occur."""
    counts = Counter(outcomes.values())
    return {outcome.value: counts[outcome] for outcome in ReplayOutcome}


def _decide(
    kafka: KafkaSettings,
    letters: Iterable[DeadLetter],
    attempts: int,
    on_read: Callable[[int], None],
) -> dict[str, ReplayOutcome | int]:
    """Return an outcome or the number of the next attempt for each letter, by key."""
    by_topic: defaultdict[str, list[DeadLetter]] = defaultdict(list)
    for letter in letters:
        by_topic[letter.topic].append(letter)
    decisions: dict[str, ReplayOutcome | int] = {}
    for topic, group in by_topic.items():
        scan = _scan(kafka, topic, group, on_read)
        compacted = BY_NAME[topic].cleanup == "compact"
        for letter in group:
            attempt = scan.attempts.get(letter.key, 0) + 1
            if letter.key in scan.replays:
                decisions[letter.key] = ReplayOutcome.ALREADY
            elif scan.fences.get(letter.original_key, -1) > letter.offset:
                decisions[letter.key] = ReplayOutcome.ERASED
            elif _would_erase(letter):
                decisions[letter.key] = ReplayOutcome.REFUSED
            elif attempt > attempts:
                decisions[letter.key] = ReplayOutcome.CAME_BACK
            elif compacted and scan.newest.get(letter.original_key, -1) > letter.offset:
                decisions[letter.key] = ReplayOutcome.SUPERSEDED
            else:
                decisions[letter.key] = attempt
    return decisions


def _would_erase(letter: DeadLetter) -> bool:
    is_null = letter.topic == EVENTS.name and letter.size is None
    return is_null and letter.original_key not in {None, b"", ANONYMOUS.encode()}


def _erased(
    letters: Iterable[DeadLetter],
    fences: Mapping[tuple[str, str], int],
    privacy: PrivacySettings,
) -> Iterator[str]:
    """Yield the keys of the letters whose candidate was erased after them."""
    for letter in letters:
        candidate_id = known_as(privacy, (letter.original_key or b"").decode(errors="replace"))
        if fences.get((letter.topic, candidate_id), -1) > letter.offset:
            yield letter.key


def _scan(
    kafka: KafkaSettings, topic: str, letters: list[DeadLetter], on_read: Callable[[int], None]
) -> _TopicScan:
    """Read a topic for replays: the partitions of the letters, each from its oldest letter on."""
    starts: dict[int, int] = {}
    for letter in letters:
        starts[letter.partition] = min(letter.offset, starts.get(letter.partition, letter.offset))
    keys, scan = {letter.original_key for letter in letters}, _TopicScan()
    for number, record in enumerate(read_messages(kafka, BY_NAME[topic], starts)):
        if number % PROGRESS_MESSAGES == 0:
            on_read(number)
        if record.key in keys and record.value is None and topic == EVENTS.name:
            scan.fences[record.key] = max(record.offset, scan.fences.get(record.key, -1))
        if record.key in keys:
            scan.newest[record.key] = max(record.offset, scan.newest.get(record.key, -1))
        headers = dict(record.headers)
        if (letter_key := headers.get(LETTER_HEADER)) is not None:
            position = f"{topic}/{record.partition}/{record.offset}"
            scan.replays[letter_key.decode(errors="replace")] = record.offset
            attempt = headers.get(ATTEMPT_HEADER) or b""
            scan.attempts[position] = int(attempt) if attempt.isdigit() else 1
    return scan


def _send(
    kafka: KafkaSettings,
    letters: Iterable[tuple[DeadLetter, bytes | None]],
    due: Mapping[str, int],
    on_sent: Callable[[int], None],
) -> list[str]:
    """Send the letters that are due; return the keys of those that were refused."""
    refused: list[str] = []
    sent = 0
    with closing(producer(kafka)) as sender, broker_errors(kafka):
        for chunk in _chunks(letters, due):
            futures = [
                (letter, _send_letter(sender, kafka, letter, value, due[letter.key]))
                for letter, value in chunk
            ]
            sender.flush()
            for letter, future in futures:
                if future is None:
                    refused.append(letter.key)
                else:
                    future.get(0)  # flush does not raise delivery errors, get does
            sent += len(chunk)
            on_sent(sent - len(refused))
    return refused


def _chunks(
    letters: Iterable[tuple[DeadLetter, bytes | None]], due: Mapping[str, int]
) -> Iterator[list[tuple[DeadLetter, bytes | None]]]:
    chunk: list[tuple[DeadLetter, bytes | None]] = []
    size = 0
    for letter, value in letters:
        if letter.key not in due:
            continue
        chunk.append((letter, value))
        size += letter.size or 0
        if len(chunk) >= CHUNK_LETTERS or size >= CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _send_letter(
    sender: KafkaProducer,
    kafka: KafkaSettings,
    letter: DeadLetter,
    value: bytes | None,
    attempt: int,
) -> Any:
    """Send a letter to its original partition, which cannot be derived from a missing key.

    Returns:
        The future of its acknowledgement; None if the topic cannot take it.
    """
    name = kafka.topic_prefix + letter.topic
    # A refusal by the broker would end the idempotent producer. So we check the size ourselves.
    fits = (letter.size or 0) + OVERHEAD_BYTES <= BY_NAME[letter.topic].max_message_bytes
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
def _exclusive(settings: Settings) -> Iterator[None]:
    """Lock out a second replay, which would look for replays before this one has sent its own.

    Raises:
        InputError: another replay runs.
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
