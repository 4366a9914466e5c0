"""The sandbox of one measurement, and the topics that only the benchmark has."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

from kafka.admin import ConfigResource, ConfigResourceType

from jobs.runtime.sandbox import Sandbox, sandbox
from streaming.contract.topics import DEAD_LETTERS, PROFILES, RECOMMENDATIONS, TOPICS, Topic
from streaming.kafka.clients import admin, broker_errors
from streaming.settings import KafkaSettings, Settings

COPIES = Topic(
    name="copies",
    record=None,
    key="as in events",
    cleanup="delete",
    description="The messages of the topic events, copied by the pass-through.",
)
QUIX_PROFILES = Topic(
    name="quix-profiles",
    record=None,
    key="candidate_id",
    cleanup="delete",
    description="The profiles that Quix Streams folds from the topic events.",
)
OUTPUTS = (PROFILES, RECOMMENDATIONS, DEAD_LETTERS)


@contextmanager
def measurement_sandbox(given: Settings, name: str) -> Iterator[Sandbox]:
    """Give a measurement a sandbox; afterwards everything in its folder but the logs is removed.

    Topics that jobs write to carry the broker's own clock. So a message's timestamp is the moment
    from which it could be read.
    """
    home = given.home.absolute() / "benchmark-stream" / name
    shutil.rmtree(home, ignore_errors=True)
    try:
        with sandbox(
            given,
            home,
            topics=(*TOPICS, COPIES, QUIX_PROFILES),
            # The log of a job names each batch with its rows and its seconds.
            jobs={"log_format": "json"},
            # Several jobs run at once.
            metrics={"port": 0},
        ) as own:
            use_append_time(own.kafka, (COPIES, QUIX_PROFILES))
            yield own
    finally:
        for folder in home.iterdir():
            if folder.name != "logs":
                shutil.rmtree(folder, ignore_errors=True)


def use_append_time(kafka: KafkaSettings, further: Sequence[Topic] = ()) -> None:
    """Have the topics that jobs write to carry the broker's clock."""
    config = {"message.timestamp.type": "LogAppendTime"}
    names = [kafka.topic_prefix + topic.name for topic in (*OUTPUTS, *further)]
    changes = [ConfigResource(ConfigResourceType.TOPIC, name, config) for name in names]
    with closing(admin(kafka)) as client, broker_errors(kafka):
        client.alter_configs(changes)
