"""Which versions serve now: a new champion or catalogue takes over without a stop."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import asdict

import orjson
from pyspark import inheritable_thread_target

from streaming.errors import one_line
from streaming.serving.bundles import CURRENT_FILE, Bundle, Shelf, Versions, current_file
from streaming.settings import Settings

log = logging.getLogger(__name__)


class Current:
    """Keeps the bundle that new batches use up to date, in the background.

    The old one serves until the new one is ready on the workers.

    Args:
        shelf: makes the bundles.
        ready: called with a new bundle before it serves, to have the workers load it.
        switched: called after a switch.
    """

    def __init__(
        self,
        shelf: Shelf,
        ready: Callable[[Bundle], None],
        switched: Callable[[], None],
    ) -> None:
        self._shelf, self._ready, self._switched = shelf, ready, switched
        self._switch(shelf.newest())
        self._stop = threading.Event()
        # The thread's Spark jobs belong to the session that started it, with its properties.
        target = inheritable_thread_target(shelf.spark)(self._follow)
        self._thread = threading.Thread(target=target, name="versions", daemon=True)
        self._thread.start()

    @property
    def bundle(self) -> Bundle:
        """The bundle a batch that starts now uses."""
        return self._bundle

    def stop(self) -> None:
        """End the background work."""
        self._stop.set()
        self._thread.join(timeout=30)

    def _switch(self, versions: Versions) -> None:
        began = time.monotonic()
        bundle = self._shelf.bundle(versions)
        prepared = time.monotonic()
        self._ready(bundle)
        self._bundle = bundle
        _announce(self._shelf.settings, versions)
        log.info(
            "now serving %s: prepared in %.1f s, with the workers after another %.1f s",
            versions.label, prepared - began, time.monotonic() - prepared,
        )  # fmt: skip

    def _follow(self) -> None:
        trouble = ""
        while not self._stop.wait(self._shelf.settings.recommend.refresh_seconds):
            try:
                newest = self._shelf.newest()
                if newest != self._bundle.versions:
                    self._switch(newest)
                    self._switched()
                trouble = ""
            except Exception as error:
                # Whatever is wrong with the new version, the old one goes on serving.
                if not self._stop.is_set() and (told := one_line(error)) != trouble:
                    trouble = told  # once, not at every look
                    log.warning(
                        "cannot switch; still serving %s: %s", self._bundle.versions.label, told
                    )
                    log.debug("why it cannot switch", exc_info=True)


def _announce(settings: Settings, versions: Versions) -> None:
    """Write down which versions serve, whole or not at all."""
    file = current_file(settings)
    unfinished = file.with_name(f".{CURRENT_FILE}")
    unfinished.write_bytes(orjson.dumps(asdict(versions)))
    unfinished.replace(file)
