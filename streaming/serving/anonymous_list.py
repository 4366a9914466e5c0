"""The list for visitors without a profile, published under the key `*`."""

import threading
from collections.abc import Callable

from pyspark.sql import SparkSession

from streaming.kafka.spark_io import write_batch
from streaming.serving.bundles import Bundle
from streaming.serving.scoring import recommend_anonymous
from streaming.settings import Settings
from streaming.timestamps import parse_timestamp

MAX_AGE_SECONDS = 3600
"""The list is renewed when the newest profile is more than this much newer than the list."""


class AnonymousListPublisher:
    """Publishes the anonymous list when the serving versions change or the list is too old."""

    def __init__(self, spark: SparkSession, settings: Settings) -> None:
        self._spark, self._settings = spark, settings
        self._lock = threading.Lock()
        self._bundle: Bundle | None = None
        self._as_of = ""

    def publish_if_due(self, current_bundle: Callable[[], Bundle], as_of: str) -> None:
        """Publish the list if it is due.

        Args:
            current_bundle: returns the bundle that serves. It is called while no other thread
                publishes, so that a list of an older bundle never follows one of a newer bundle.
            as_of: the newest `as_of` of a profile; '' if no profile was scored yet.
        """
        with self._lock:
            bundle = current_bundle()
            if as_of and (bundle != self._bundle or self._is_too_old(as_of)):
                size = self._settings.recommend.list_size
                message = recommend_anonymous(self._spark, bundle, as_of, size)
                write_batch(message, self._settings.kafka)
                self._bundle, self._as_of = bundle, as_of

    def _is_too_old(self, as_of: str) -> bool:
        age = parse_timestamp(as_of) - parse_timestamp(self._as_of)
        return age.total_seconds() > MAX_AGE_SECONDS
