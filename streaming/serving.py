"""The model in the stream: which versions serve, and their files where the workers find them.

A model is known as an MLflow URI only. The driver resolves the alias to an immutable version, lets
that model prepare the catalogue once, and hands the finished folder to the workers; they cache by
version. So no list mixes versions, and a switch costs the stream nothing.
"""

import logging
import shutil
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

import mlflow
import orjson
from mlflow.exceptions import MlflowException
from pyspark import SparkFiles, inheritable_thread_target
from pyspark.sql import SparkSession

from streaming import lake
from streaming.catalogue import Catalogue
from streaming.errors import ModelError, one_line
from streaming.ranking import Ranker
from streaming.session import is_local
from streaming.settings import Settings

CHAMPION = "champion"
CATALOGUE_FILE = "catalogue.parquet"
CURRENT_FILE = "current.json"
"""In HOME/serving: the versions that the recommend job uses for new batches."""
KEPT_BUNDLES = 4
log = logging.getLogger(__name__)

# Of every shelf of this process: they share the folder.
_making = threading.Lock()
_lending = threading.Lock()
_lent: Counter[Path] = Counter()


@dataclass(frozen=True, order=True)
class Versions:
    """What a list is made with."""

    model_name: str
    model_version: str
    catalogue_version: int

    @property
    def label(self) -> str:
        """A name for files."""
        return f"{self.model_name}-{self.model_version}-{self.catalogue_version}"


@dataclass(frozen=True)
class Bundle:
    """Everything a worker needs for one pair of versions: `model/`, `prepared/`, the catalogue."""

    versions: Versions
    folder: str
    """Where it is, for workers that share the driver's files."""
    shipped: bool
    """Whether Spark carries it to the workers instead."""

    def path(self) -> Path:
        """Return the folder as this process sees it."""
        return Path(SparkFiles.get(f"{self.versions.label}.zip") if self.shipped else self.folder)


def resolve(settings: Settings, alias: str = CHAMPION) -> str:
    """Resolve an alias of the registered model to its version.

    Raises:
        ModelError: the model, the alias or the registry is not there.
    """
    client = mlflow.MlflowClient(settings.tracking_uri, settings.tracking_uri)
    name = settings.mlflow.model_name
    try:
        return str(client.get_model_version_by_alias(name, alias).version)
    except MlflowException as error:
        raise ModelError(
            f"model {name} has no {alias} in {_shown(settings.tracking_uri)}; "
            "`careerstream train` and `careerstream promote` make one"
        ) from error


def load_ranker(model: str) -> Ranker:
    """Load a model as the ranker it holds.

    The packages packed with a model are for machines that lack careerstream, so the search path
    that MLflow extends for them is put back.

    Args:
        model: folder or URI.

    Raises:
        ModelError: it is a pyfunc, but none that ranks postings.
    """
    search_path = list(sys.path)
    try:
        python_model = mlflow.pyfunc.load_model(model).unwrap_python_model()
    finally:
        sys.path[:] = search_path
    if not isinstance(python_model, Ranker):
        raise ModelError(f"{model} cannot rank postings; check mlflow.model_name")
    return python_model


class Shelf:
    """Makes bundles and keeps the newest few on disk.

    Args:
        spark: session of the job.
        settings: say where tables, models and the home folder are.
    """

    def __init__(self, spark: SparkSession, settings: Settings) -> None:
        self.spark, self._settings = spark, settings
        self._root = _root(settings)
        self._root.mkdir(parents=True, exist_ok=True)
        self._shipped: set[Path] = set()

    def newest(self) -> Versions:
        """Say which versions a list should be made with now."""
        return Versions(
            model_name=self._settings.mlflow.model_name,
            model_version=resolve(self._settings),
            catalogue_version=lake.version(self.spark, self._settings, lake.POSTINGS),
        )

    def bundle(self, versions: Versions) -> Bundle:
        """Return the bundle of a pair of versions, made now where it is not there."""
        folder = self._root / versions.label
        # note: looked for before the lock, so that no batch waits while another bundle is made
        if not folder.is_dir():
            with _making:
                if not folder.is_dir():
                    self._make(versions, folder)
                    self._prune()
        shipped = not is_local(self.spark)
        if shipped:
            self._ship(folder)
        return Bundle(versions, str(folder), shipped)

    @contextmanager
    def lend(self, versions: Versions) -> Iterator[Bundle]:
        """Give the bundle of a pair of versions; it stays on disk until the block ends."""
        folder = self._root / versions.label
        with _lending:
            _lent[folder] += 1
        try:
            yield self.bundle(versions)
        finally:
            with _lending:
                _lent[folder] -= 1

    def announce(self, versions: Versions) -> None:
        """Write down which versions serve, whole or not at all."""
        unfinished = self._root / f".{CURRENT_FILE}"
        unfinished.write_bytes(orjson.dumps(asdict(versions)))
        unfinished.replace(self._root / CURRENT_FILE)

    def _make(self, versions: Versions, folder: Path) -> None:
        # Made beside its place and renamed, so that a half-made bundle is never found.
        unfinished = Path(tempfile.mkdtemp(prefix=".making-", dir=self._root))
        try:
            catalogue = lake.catalogue(self.spark, self._settings, versions.catalogue_version)
            catalogue.write(unfinished / CATALOGUE_FILE)
            download_model(self._settings, versions.model_version, unfinished / "model")
            (unfinished / "prepared").mkdir()
            load_ranker(str(unfinished / "model")).prepare(catalogue, unfinished / "prepared")
            self._place(unfinished, folder)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)

    def _place(self, unfinished: Path, folder: Path) -> None:
        try:
            unfinished.rename(folder)
        except OSError:
            # Another process of this home may have made the same bundle meanwhile.
            if not folder.is_dir():
                raise

    def _ship(self, folder: Path) -> None:
        with _making:
            if folder in self._shipped:
                return
            if not _archive(folder).exists():
                shutil.make_archive(str(folder), "zip", folder)
            self.spark.sparkContext.addArchive(str(_archive(folder)))
            self._shipped.add(folder)

    def _prune(self) -> None:
        made = [path for path in self._root.iterdir() if path.is_dir() and path.name[0] != "."]
        with _lending:
            for path in sorted(made, key=lambda p: p.stat().st_mtime)[:-KEPT_BUNDLES]:
                if not _lent[path]:
                    shutil.rmtree(path, ignore_errors=True)
                    _archive(path).unlink(missing_ok=True)


def _archive(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.zip")


def download_model(settings: Settings, version: str, folder: Path) -> None:
    """Fetch the files of a registered version into a folder."""
    uri = f"models:/{settings.mlflow.model_name}/{version}"
    mlflow.set_tracking_uri(settings.tracking_uri)
    mlflow.set_registry_uri(settings.tracking_uri)
    try:
        mlflow.artifacts.download_artifacts(artifact_uri=uri, dst_path=str(folder))
    except MlflowException as error:
        raise ModelError(f"model {uri} cannot be fetched: {error.message}") from error


class Current:
    """Keeps the bundle that new batches use up to date, in the background.

    The old one serves until the new one is ready on the workers.

    Args:
        shelf: makes the bundles.
        every: seconds between two looks.
        ready: called with a new bundle before it serves, to have the workers load it.
        switched: called after a switch.
    """

    def __init__(
        self,
        shelf: Shelf,
        every: float,
        ready: Callable[[Bundle], None],
        switched: Callable[[], None],
    ) -> None:
        self._shelf, self._every, self._ready, self._switched = shelf, every, ready, switched
        self._switch(shelf.bundle(shelf.newest()))
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

    def _switch(self, bundle: Bundle) -> None:
        self._ready(bundle)
        self._bundle = bundle
        self._shelf.announce(bundle.versions)
        log.info("now serving %s", bundle.versions.label)

    def _follow(self) -> None:
        trouble = ""
        while not self._stop.wait(self._every):
            try:
                newest = self._shelf.newest()
                if newest != self._bundle.versions:
                    self._switch(self._shelf.bundle(newest))
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


def serving_now(settings: Settings) -> Versions | None:
    """Say which versions the recommend job of this home uses, None before its first start."""
    try:
        return Versions(**orjson.loads((_root(settings) / CURRENT_FILE).read_bytes()))
    except FileNotFoundError:
        return None


def _root(settings: Settings) -> Path:
    return settings.home.absolute() / "serving"


@lru_cache(maxsize=2)
def ranker_of(bundle: Bundle) -> Ranker:
    """Load a bundle's ranker once per worker."""
    return load_ranker(str(bundle.path() / "model"))


@lru_cache(maxsize=2)
def known_ids(bundle: Bundle) -> frozenset[str]:
    """Load the ids of a bundle's catalogue once per worker."""
    return frozenset(Catalogue.read(bundle.path() / CATALOGUE_FILE).posting_ids)


def _shown(uri: str) -> str:
    """A tracking URI without the credentials it may hold."""
    scheme, _, rest = uri.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"
