"""Hot swap: a new champion or catalogue takes over while the stream runs."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace

from pyspark import inheritable_thread_target

from streaming.errors import one_line
from streaming.serving.bundles import Bundle, BundleStore
from streaming.serving.champion import ServingVersions, write_current_versions
from streaming.serving.rollouts.rules import Rule, abort

log = logging.getLogger(__name__)


class HotSwap:
    """Keeps the bundle that new batches use up to date, in a background thread.

    The old bundle serves until the workers have loaded the new one, in `warm_up`. `on_swap` is
    called after each swap but the first. A rollout whose challenger cannot be loaded is ended, and
    the champion serves everybody.

    Raises:
        CareerstreamError: the first bundle cannot be built.
    """

    def __init__(
        self,
        store: BundleStore,
        warm_up: Callable[[Bundle], None],
        on_swap: Callable[[], None],
    ) -> None:
        self._store, self._warm_up, self._on_swap = store, warm_up, on_swap
        self._swap(store.newest_versions())
        self._stop = threading.Event()
        # Spark jobs of the thread take the session and its properties from the one that starts it.
        target = inheritable_thread_target(store.spark)(self._follow)
        self._thread = threading.Thread(target=target, name="versions", daemon=True)
        self._thread.start()

    @property
    def bundle(self) -> Bundle:
        """The bundle of a batch that starts now."""
        return self._bundle

    def stop(self) -> None:
        """End the background thread."""
        self._stop.set()
        self._thread.join(timeout=30)

    def _swap(self, versions: ServingVersions) -> None:
        try:
            self._load(versions)
        except Exception as error:
            if versions.rollout is None:
                raise
            self._load(replace(versions, rollout=None))  # raises where the champion is at fault
            abort(self._store.settings, versions.rollout, Rule.LOAD, one_line(error))

    def _load(self, versions: ServingVersions) -> None:
        started = time.monotonic()
        bundle = self._store.get(versions)
        built = time.monotonic()
        self._warm_up(bundle)
        self._bundle = bundle
        write_current_versions(self._store.settings, versions)
        log.info(
            "now serving %s: prepared in %.1f s, with the workers after another %.1f s",
            versions.label, built - started, time.monotonic() - built,
        )  # fmt: skip

    def _follow(self) -> None:
        reported = ""
        while not self._stop.wait(self._store.settings.recommend.refresh_interval_seconds):
            try:
                newest = self._store.newest_versions()
                if newest != self._bundle.versions:
                    self._swap(newest)
                    self._on_swap()
                reported = ""
            except Exception as error:
                # Whatever is wrong with the new version, the old one goes on serving.
                message = one_line(error)
                if not self._stop.is_set() and message != reported:
                    reported = message  # once, not at every look
                    serving = self._bundle.versions.label
                    log.warning("cannot switch; still serving %s: %s", serving, message)
                    log.debug("why it cannot switch", exc_info=True)
