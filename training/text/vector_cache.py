"""Text vectors kept on this machine, so that no text is encoded twice.

A store belongs to one encoder and is keyed by text: what it holds cannot be wrong, only absent. So
it needs no version, several processes may use it at once, and it may be deleted at any time.
"""

import hashlib
import logging
import sqlite3
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path

import numpy as np

logger = logging.getLogger(__name__)

_AT_ONCE = 500
_BUSY_SECONDS = 5.0
_TABLE = "CREATE TABLE IF NOT EXISTS vectors (text BLOB PRIMARY KEY, vector BLOB) WITHOUT ROWID"


class VectorCache:
    """Vectors by text, in a file.

    Guarantee: what is read is what was written. A file that cannot be read or written is as good as
    an empty one, said once in the log: a full disk must not stop a list.

    Args:
        file: made with its folder where it is not there.
        dimensions: of a vector.
    """

    def __init__(self, file: Path, dimensions: int) -> None:
        self.file = file
        self._bytes = dimensions * np.dtype(np.float16).itemsize
        self._complained = False

    def read(self, texts: Collection[str]) -> dict[str, np.ndarray]:
        """Return those vectors that are there, (D,) float16 each."""
        texts_of = {_key(text): text for text in texts}
        found: dict[bytes, bytes] = {}
        waiting = iter(texts_of)
        try:
            if self.file.exists():
                with self._opened() as database:
                    while keys := list(islice(waiting, _AT_ONCE)):
                        found |= dict(database.execute(_asking_for(len(keys)), keys))
        except (OSError, sqlite3.Error) as error:
            self._complain(error)
        return {
            texts_of[key]: np.frombuffer(vector, dtype=np.float16)
            for key, vector in found.items()
            if len(vector) == self._bytes
        }

    def write(self, vectors: Mapping[str, np.ndarray]) -> None:
        """Keep vectors, (D,) float16 each."""
        rows = [(_key(text), vector.tobytes()) for text, vector in vectors.items()]
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            with self._opened() as database, database:
                database.execute(_TABLE)
                database.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)
        except (OSError, sqlite3.Error) as error:
            self._complain(error)

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        # note: a connection for each call; one that lives on cannot be used after a fork
        with closing(sqlite3.connect(self.file, timeout=_BUSY_SECONDS)) as database:
            database.execute("PRAGMA journal_mode=WAL")  # who reads does not wait for who writes
            yield database

    def _complain(self, error: Exception) -> None:
        if not self._complained:
            logger.warning("text vectors are not kept in %s: %s", self.file, error)
        self._complained = True


def _asking_for(count: int) -> str:
    places = ",".join("?" * count)
    return f"SELECT text, vector FROM vectors WHERE text IN ({places})"  # noqa: S608 - no values


def _key(text: str) -> bytes:
    return hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=16).digest()
