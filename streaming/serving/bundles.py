"""Bundles: a model, a catalogue, and what the model has prepared for it, where workers find them.

The driver resolves the champion to an immutable version, lets that model prepare the catalogue
once, and gives the finished folder to the workers, which cache it by version. So no list mixes
versions, and batches go on while the next bundle is built. A model's files are downloaded and
loaded once, however many catalogues it prepares.
"""

import shutil
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
from pyspark import SparkFiles
from pyspark.sql import DataFrame, SparkSession

from streaming.lake import tables
from streaming.serving.catalogue import Catalogue
from streaming.serving.champion import (
    ServingVersions,
    read_current_versions,
    resolve_alias,
    serving_folder,
)
from streaming.serving.model_loader import cached_ranker, download_model
from streaming.serving.ranker import Ranker
from streaming.serving.rollouts.rollout import read_rollouts
from streaming.settings import Settings
from streaming.spark.session import is_local

CATALOGUE_FILE = "catalogue.parquet"
PREPARED_FOLDER = "prepared"
MODELS_FOLDER = "models"
"""In the serving folder: the files of each model."""
MAX_BUNDLES = 4
"""Bundles that stay on disk besides those in use."""
MAX_BUILD_SECONDS = 86_400.0
"""No build takes longer. An unfinished folder that is older belongs to a process that was killed,
and a model that is older and in no bundle is not needed."""
_STAGING_PREFIX = ".building-"

# Of the process and not of a store, because stores share folders.
_build_locks: dict[Path, threading.Lock] = {}
"""By folder."""
_lease_lock = threading.Lock()
_leases: Counter[Path] = Counter()


@dataclass(frozen=True)
class Bundle:
    """Everything a worker needs for one pair of versions, and for the challenger of a rollout."""

    versions: ServingVersions
    folder: str
    """Where it is for workers that share the driver's files; the model is beside it."""
    distributed: bool
    """Whether Spark carries it to the workers instead."""
    challenger: "Bundle | None" = None
    """Of the rollout that is on, over the same catalogue."""

    @classmethod
    def of(cls, versions: ServingVersions, root: Path, *, distributed: bool) -> "Bundle":
        """Return the bundle of some versions in the serving folder."""
        other = None
        if versions.challenger is not None:
            other = cls.of(versions.challenger, root, distributed=distributed)
        return cls(versions, str(root / versions.label), distributed, other)

    def path(self) -> Path:
        """Return the bundle's folder as this process sees it."""
        if self.distributed:
            return Path(SparkFiles.get(f"{self.versions.label}.zip"))
        return Path(self.folder)

    def model_path(self) -> Path:
        """Return the model's folder as this process sees it."""
        if self.distributed:
            return Path(SparkFiles.get(f"{self.versions.model_label}.zip"))
        return Path(self.folder).parent / MODELS_FOLDER / self.versions.model_label

    def prepared_path(self) -> Path:
        """Return the folder that the model has prepared for the catalogue."""
        return self.path() / PREPARED_FOLDER

    def catalogue(self) -> Catalogue:
        """Read the catalogue."""
        return Catalogue.read(self.path() / CATALOGUE_FILE)

    def ranker(self) -> Ranker:
        """Return the model's ranker, loaded once per process."""
        return cached_ranker(self.model_path())

    def posting_ids(self) -> frozenset[str]:
        """Return the ids of the catalogue, read once per process."""
        return _posting_ids(self)


@lru_cache(maxsize=2)
def _posting_ids(bundle: Bundle) -> frozenset[str]:
    return frozenset(bundle.catalogue().posting_ids)


def load_catalogue(
    spark: SparkSession, settings: Settings, version: int, wanted: DataFrame | None = None
) -> Catalogue:
    """Read the catalogue at a version of the table of postings, or its part with `wanted` ids.

    The function is not in `catalogue`, because a registered model carries that module to machines
    without Spark.
    """
    columns = [field.name for field in tables.MESSAGE_COLUMNS]
    rows = tables.read(spark, settings, tables.POSTINGS, version).drop(*columns)
    if wanted is not None:
        rows = rows.join(wanted, "posting_id", how="left_semi")
    table: pa.Table = rows.toArrow()
    return Catalogue.of(table, version)


class BundleStore:
    """Builds bundles and keeps the newest few on disk.

    `uncommitted` yields the versions of a batch that may be tried again. Their bundles stay.
    `folder` is another place than that of what serves.
    """

    def __init__(
        self,
        spark: SparkSession,
        settings: Settings,
        uncommitted: Callable[[], Iterable[ServingVersions]] = tuple,
        folder: Path | None = None,
    ) -> None:
        self.spark, self.settings = spark, settings
        self._uncommitted = uncommitted
        self._root = folder or serving_folder(settings)
        self._building = _build_locks.setdefault(self._root, threading.Lock())
        (self._root / MODELS_FOLDER).mkdir(parents=True, exist_ok=True)
        self._distributed: set[Path] = set()

    def newest_versions(self) -> ServingVersions:
        """Return the champion, the newest catalogue, the rollout that is on, the share to shuffle.

        A rollout against another champion is none: its stream is about to end it.
        """
        champion = resolve_alias(self.settings)
        rollout = read_rollouts(self.settings).current
        return ServingVersions(
            model_name=self.settings.mlflow.model_name,
            model_version=champion,
            catalogue_version=tables.version(self.spark, self.settings, tables.POSTINGS),
            rollout=rollout if rollout and rollout.champion_version == champion else None,
            shuffle_share=self.settings.recommend.shuffle_share or None,
        )

    def get(self, versions: ServingVersions) -> Bundle:
        """Return the bundle of some versions, built now if it does not exist."""
        for pair in versions.every:
            self._get(pair)
        return Bundle.of(versions, self._root, distributed=not is_local(self.spark))

    def _get(self, versions: ServingVersions) -> None:
        folder = self._root / versions.label
        model = self._root / MODELS_FOLDER / versions.model_label
        # note: checked before the lock, so that no batch waits while another bundle is built
        if not (folder.is_dir() and model.is_dir()):
            with self._building:
                if not model.is_dir():
                    with self._staging(model) as staging:
                        download_model(self.settings, versions.model_version, staging)
                if not folder.is_dir():
                    self._build(versions, model, folder)
                    self._prune(MAX_BUNDLES, spare=folder)
        if not is_local(self.spark):
            self._distribute(model)
            self._distribute(folder)

    @contextmanager
    def lease(self, versions: ServingVersions) -> Iterator[Bundle]:
        """Lend the bundle of some versions; it stays on disk until the block ends."""
        folders = [self._root / pair.label for pair in versions.every]
        with _lease_lock:
            _leases.update(folders)
        try:
            yield self.get(versions)
        finally:
            with _lease_lock:
                _leases.subtract(folders)

    def clear(self) -> None:
        """Remove the bundles of earlier runs that no lease needs.

        Bundles are named by version numbers, which start again when tables or registry are
        replaced.
        """
        with self._building:
            self._prune(0)

    def _build(self, versions: ServingVersions, model: Path, folder: Path) -> None:
        try:
            with self._staging(folder) as staging:
                catalogue = load_catalogue(self.spark, self.settings, versions.catalogue_version)
                catalogue.write(staging / CATALOGUE_FILE)
                (staging / PREPARED_FOLDER).mkdir()
                cached_ranker(model).prepare(catalogue, staging / PREPARED_FOLDER)
        except Exception:
            # The model's files may be broken. Unless they serve, the next try downloads them again.
            if model.name not in self._used_models():
                _remove(model)
            raise

    @contextmanager
    def _staging(self, folder: Path) -> Iterator[Path]:
        """Yield a folder to fill, which becomes `folder` when the block ends without an error."""
        staging = Path(tempfile.mkdtemp(prefix=_STAGING_PREFIX, dir=self._root))
        try:
            yield staging
            staging.rename(folder)
        except OSError:
            # Another process of this home may have built the same.
            if not folder.is_dir():
                raise
        finally:
            shutil.rmtree(staging, ignore_errors=True)

    def _distribute(self, folder: Path) -> None:
        """Have Spark carry a folder to the workers, once."""
        if folder in self._distributed:
            return
        with self._building:
            if not _archive(folder).exists():
                shutil.make_archive(str(folder), "zip", folder)
            self.spark.sparkContext.addArchive(str(_archive(folder)))
            self._distributed.add(folder)

    def _prune(self, keep: int, spare: Path | None = None) -> None:
        """Remove all but the newest bundles and those in use, and models without a bundle.

        The newest `keep` bundles and `spare` stay. With 0 no unused bundle stays, and no model
        that another process has just downloaded.
        """
        used = [*self._uncommitted()] if keep else []
        if keep and (current := read_current_versions(self.settings)):
            used.append(current)
        spared = {spare, *(self._root / pair.label for own in used for pair in own.every)}
        oldest_first = sorted(self._bundles(), key=lambda path: path.stat().st_mtime)
        with _lease_lock:
            for path in oldest_first[: max(0, len(oldest_first) - keep)]:
                if not _leases[path] and path not in spared:
                    _remove(path)
            needed = self._used_models()
            for path in _folders(self._root / MODELS_FOLDER):
                if path.name not in needed and (not keep or _is_old(path)):
                    _remove(path)
        for path in filter(_is_old, self._root.glob(f"{_STAGING_PREFIX}*")):
            _remove(path)

    def _bundles(self) -> list[Path]:
        return [path for path in _folders(self._root) if path.name != MODELS_FOLDER]

    def _used_models(self) -> set[str]:
        """Return the labels of the models of all bundles on disk."""
        return {path.name.rpartition("-")[0] for path in self._bundles()}


def _folders(root: Path) -> list[Path]:
    return [path for path in root.iterdir() if path.is_dir() and path.name[0] != "."]


def _is_old(folder: Path) -> bool:
    try:
        return time.time() - folder.stat().st_mtime > MAX_BUILD_SECONDS
    except FileNotFoundError:  # another process has just finished or removed it
        return False


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    _archive(folder).unlink(missing_ok=True)


def _archive(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.zip")
