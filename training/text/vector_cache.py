"""A cache of text vectors on this machine, so that no text is encoded twice.

A cache belongs to one encoder and is keyed by text, so its vectors are never out of date. It needs
no version, several processes may use it at once, and it may be deleted at any time.
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

_KEYS_PER_QUERY = 500
_BUSY_SECONDS = 5.0
_TABLE = "CREATE TABLE IF NOT EXISTS vectors (text BLOB PRIMARY KEY, vector BLOB) WITHOUT ROWID"


class VectorCache:
    """Vectors by text, in an SQLite file.

    A file that cannot be read or written counts as an empty one, with one warning in the log: a
    full disk must not stop a list. The file is made with its folder where it does not exist.
    """

    def __init__(self, file: Path, dimensions: int) -> None:
        self.file = file
        self._bytes = dimensions * np.dtype(np.float16).itemsize
        self._warned = False

    def read(self, texts: Collection[str]) -> dict[str, np.ndarray]:
        """Return the vectors of known texts, (D,) float16 each."""
        texts_of = {_key(text): text for text in texts}
        vectors: dict[bytes, bytes] = {}
        remaining = iter(texts_of)
        try:
            if self.file.exists():
                with self._database() as database:
                    while keys := list(islice(remaining, _KEYS_PER_QUERY)):
                        vectors |= dict(database.execute(_query(len(keys)), keys))
        except (OSError, sqlite3.Error) as error:
            self._warn(error)
        return {
            texts_of[key]: np.frombuffer(vector, dtype=np.float16)
            for key, vector in vectors.items()
            if len(vector) == self._bytes
        }

    def write(self, vectors: Mapping[str, np.ndarray]) -> None:
        """Add vectors, (D,) float16 each."""
        rows = [(_key(text), vector.tobytes()) for text, vector in vectors.items()]
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            with self._database() as database, database:
                database.execute(_TABLE)
                database.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)
        except (OSError, sqlite3.Error) as error:
            self._warn(error)

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        # A connection for each call, because no connection can be used after a fork.
        with closing(sqlite3.connect(self.file, timeout=_BUSY_SECONDS)) as database:
            database.execute("PRAGMA journal_mode=WAL")  # readers do not wait for a writer
            yield database

    def _warn(self, error: Exception) -> None:
        if not self._warned:
            logger.warning("text vectors are not kept in %s: %s", self.file, error)
        self._warned = True


def _query(count: int) -> str:
    places = ",".join("?" * count)
    return f"SELECT text, vector FROM vectors WHERE text IN ({places})"  # noqa: S608 - no values


def _key(text: str) -> bytes:
    return hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=16).digest()
