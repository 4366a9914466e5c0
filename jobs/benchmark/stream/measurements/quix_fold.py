"""The same fold as a Quix Streams application; run by the Python of its own environment.

    python quix_fold.py BROKER GROUP EVENTS PROFILES STATE_FOLDER

It needs only quixstreams (which brings orjson and pydantic) and the package `streaming`. It parses
JSON without checking it, and keeps state as every application does: RocksDB with a changelog topic.
"""

import sys
from datetime import UTC, datetime
from typing import Any

RUNNING = "quix application runs"
_FIELDS = ("event_id", "posting_id", "kind", "event_time", "duration_seconds")


def main(broker: str, group: str, events: str, profiles: str, folder: str) -> None:
    """Fold until ended."""
    from quixstreams import (  # type: ignore[import-not-found]  # noqa: PLC0415 - not ours
        Application,
        message_context,
    )

    from streaming.profiles.fold import ReceivedEvent, fold  # noqa: PLC0415
    from streaming.timestamps import format_timestamp  # noqa: PLC0415

    def update(value: Any, key: Any, timestamp: int, _: Any, state: Any) -> Any:
        event = ReceivedEvent(
            **{name: value.get(name) for name in _FIELDS},
            offset=message_context().offset,
            produced_at=format_timestamp(datetime.fromtimestamp(timestamp / 1000, tz=UTC)),
        )
        profile = fold(state.get("profile"), [event], key).profile
        state.set("profile", profile)
        return profile

    app = Application(
        broker_address=broker, consumer_group=group, auto_offset_reset="earliest",
        state_dir=folder, loglevel="WARNING",
    )  # fmt: skip
    source = app.topic(events, key_deserializer="str", value_deserializer="json")
    target = app.topic(profiles, key_serializer="str", value_serializer="json")
    app.dataframe(source).apply(update, stateful=True, metadata=True).to_topic(target)
    sys.stdout.write(f"{RUNNING}\n")
    sys.stdout.flush()
    app.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
