"""Searches files below the folder `home`, each through its own format."""

import gzip
import sqlite3
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.privacy.findings import Place, PlaceKind
from jobs.privacy.person_traces import Traces
from streaming.settings import Settings
from streaming.spark.configuration import is_folder

SEARCHED_ELSEWHERE = ("kafka", "privacy")
"""Folders of the home whose files other readers search, or that hold receipts."""
_PIECE, _OVERLAP = 16 * 2**20, 4096
"""Bytes of a file that are searched at a time, and how many of them once more with the next."""


def search_files(settings: Settings, traces: Traces) -> Iterator[Place]:
    """Search all files of the home but those of topics, tables and checkpoints.

    Yields only files with a trace, and last a place that counts the bytes of all.
    """
    home = settings.home.absolute()
    others = [home / name for name in SEARCHED_ELSEWHERE]
    others += [Path(one) for one in (settings.lake, settings.checkpoints) if is_folder(one)]
    total = Place(PlaceKind.FILE, "all files of the home")
    for file in sorted(home.rglob("*")):
        if not file.is_file() or file.is_symlink() or any(o in file.parents for o in others):
            continue
        place = Place(PlaceKind.FILE, str(file.relative_to(home)))
        try:
            for content in contents(file):
                place.searched += len(content)
                place.found.update(dict.fromkeys(traces.within(content), 1))
        except FileNotFoundError:  # a running job has removed it
            continue
        total.searched += place.searched
        if place.found:
            yield place
    yield total


def contents(file: Path) -> Iterator[bytes]:
    """Yield what a file holds, unpacked: rows of tables, members of archives, or its bytes."""
    read = _READERS.get(file.suffix, _plain)
    try:
        yield from read(file)
    except (OSError, ValueError, pa.ArrowException, zipfile.BadZipFile, sqlite3.Error):
        if read is _plain:
            raise
        yield from _plain(file)  # its name says another format than it has, or it is unfinished


def _plain(file: Path) -> Iterator[bytes]:
    with file.open("rb") as opened:
        before = b""
        while piece := opened.read(_PIECE):
            yield before + piece
            before = piece[-_OVERLAP:]


def _parquet(file: Path) -> Iterator[bytes]:
    with pq.ParquetFile(file) as opened:
        yield from (str(batch.to_pylist()).encode() for batch in opened.iter_batches(1000))
    yield from _plain(file)  # its footer, too


def _zip(file: Path) -> Iterator[bytes]:
    with zipfile.ZipFile(file) as archive:
        yield from (archive.read(name) for name in archive.namelist())


def _tar(file: Path) -> Iterator[bytes]:
    with tarfile.open(file) as archive:
        members = (archive.extractfile(member) for member in archive if member.isfile())
        yield from (member.read() for member in members if member is not None)


def _gzip(file: Path) -> Iterator[bytes]:
    if file.name.endswith(".tar.gz"):
        yield from _tar(file)
        return
    with gzip.open(file) as opened:
        yield opened.read()


def _sqlite(file: Path) -> Iterator[bytes]:
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        names = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (name,) in names:
            for row in database.execute(f'SELECT * FROM "{name}"'):  # noqa: S608 - its own names
                yield str(row).encode()


_READERS: Mapping[str, Callable[[Path], Iterator[bytes]]] = {
    ".parquet": _parquet,
    ".zip": _zip,
    ".npz": _zip,
    ".pt": _zip,
    ".whl": _zip,
    ".tar": _tar,
    ".tgz": _tar,
    ".gz": _gzip,
    ".db": _sqlite,
}
