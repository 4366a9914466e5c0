"""What a query has written: its newest profiles, or a fingerprint of its messages."""

import hashlib
from collections.abc import Iterable

import orjson
from kafka.consumer.fetcher import ConsumerRecord

from jobs.benchmark.stream.harness.topic_ends import Offsets
from jobs.verify.plain_fold import Profiles
from streaming.contract.topics import PROFILES, Topic
from streaming.kafka.topic_reader import read_messages
from streaming.profiles.fold_inputs import without_trigger
from streaming.settings import KafkaSettings

_WORD = 2**64


def published_profiles(
    kafka: KafkaSettings, topic: Topic = PROFILES, since: Offsets | None = None
) -> tuple[Profiles, float, int]:
    """Read profiles from a topic.

    Returns:
        The newest of each candidate, the timestamp of the last message (seconds since 1970), and
        how many messages there were.
    """
    newest: dict[str, bytes] = {}
    last, count = 0.0, 0
    for record in read_messages(kafka, topic, since):
        newest[record.key.decode()] = record.value
        last, count = max(last, record.timestamp / 1000), count + 1
    profiles = {key: without_trigger(orjson.loads(value)) for key, value in newest.items()}
    return profiles, last, count


def count_differences(actual: Profiles, expected: Profiles) -> int:
    """Count candidates whose profile is missing, invented or different."""
    return sum(actual.get(key) != expected.get(key) for key in actual.keys() | expected.keys())


def fingerprint(records: Iterable[ConsumerRecord]) -> tuple[int, int, float]:
    """Sum up messages in a way that does not depend on their order.

    Returns:
        Their number, the sum of the digests of key and value modulo 2**64, and the timestamp of
        the last one.
    """
    count, total, last = 0, 0, 0.0
    for record in records:
        digest = hashlib.blake2b(record.key or b"", digest_size=8)
        digest.update(b"\0" + (record.value or b""))
        total = (total + int.from_bytes(digest.digest())) % _WORD
        count, last = count + 1, max(last, record.timestamp / 1000)
    return count, total, last
