"""The newest value of each key, within a limit of memory."""

import threading
from collections import OrderedDict

_OVERHEAD = 300
"""Bytes of an entry beside its key and its value, about."""


class NewestValues:
    """Keeps the newest value of each key; where they grow too large, those not used longest go.

    All methods may be called from any thread.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes, self._bytes = max_bytes, 0
        self._values: OrderedDict[str, tuple[int, bytes]] = OrderedDict()
        self._lock = threading.Lock()
        self.complete = True
        """Whether a key that is absent has no value. The owner, too, may set it to False."""

    def __len__(self) -> int:
        return len(self._values)

    def put(self, key: str, value: bytes, version: int = 0) -> bool:
        """Keep a value unless there is one of a higher version; return whether it is kept."""
        with self._lock:
            known = self._values.get(key)
            if known is not None and known[0] > version:
                return False
            self._remove(key)
            self._values[key] = (version, value)
            self._bytes += _size(key, value)
            while self._bytes > self._max_bytes and len(self._values) > 1:
                self._remove(next(iter(self._values)))
                self.complete = False
        return True

    def get(self, key: str) -> bytes | None:
        """Return a value, which counts as its use."""
        with self._lock:
            if (known := self._values.get(key)) is None:
                return None
            self._values.move_to_end(key)
            return known[1]

    def remove(self, key: str) -> None:
        """Forget a key."""
        with self._lock:
            self._remove(key)

    def newest_keys(self, count: int) -> list[str]:
        """Return the keys that were written or read last, the last one first."""
        with self._lock:
            return [key for key, _ in zip(reversed(self._values), range(count), strict=False)]

    def _remove(self, key: str) -> None:
        if (known := self._values.pop(key, None)) is not None:
            self._bytes -= _size(key, known[1])


def _size(key: str, value: bytes) -> int:
    return _OVERHEAD + len(key) + len(value)
