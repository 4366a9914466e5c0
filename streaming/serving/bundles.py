"""The model in the stream: which versions serve, and their files where the workers find them.

A model is known as an MLflow URI only. The driver resolves the alias to an immutable version, lets
that model prepare the catalogue once, and hands the finished folder to the workers; they cache by
version. So no list mixes versions, and a switch costs the stream nothing. The files of a model are
fetched and loaded once, however many catalogues it prepares: postings change all the time, and what
it has made of those that did not is still there.
"""

import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import mlflow
import orjson
import pyarrow as pa
from mlflow.exceptions import MlflowException
from mlflow.models.model import MLMODEL_FILE_NAME
from pyspark import SparkFiles
from pyspark.sql import SparkSession

from streaming.errors import ModelError
from streaming.lake import tables
from streaming.serving.catalogue import Catalogue
from streaming.serving.ranker import Ranker
from streaming.settings import Settings
from streaming.spark.session import is_local

CHAMPION = "champion"
CATALOGUE_FILE = "catalogue.parquet"
MODELS = "models"
"""In HOME/serving: the files of each model."""
CURRENT_FILE = "current.json"
"""In HOME/serving: the versions that new batches are scored with."""
KEPT_BUNDLES = 4
MAKING_SECONDS = 86_400.0
"""Nothing is longer in the making: a model that no bundle needs after that, nobody waits for, and
what is still unfinished is of a process that was killed."""
_UNFINISHED = ".making-"

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
        return f"{self.model_label}-{self.catalogue_version}"

    @property
    def model_label(self) -> str:
        """A name for the model's files."""
        return f"{self.model_name}-{self.model_version}"


@dataclass(frozen=True)
class Bundle:
    """Everything a worker needs for one pair of versions: `prepared/`, the catalogue, the model."""

    versions: Versions
    folder: str
    """Where it is, for workers that share the driver's files; the model is beside it."""
    shipped: bool
    """Whether Spark carries it to the workers instead."""

    def path(self) -> Path:
        """Return the folder as this process sees it."""
        return Path(SparkFiles.get(f"{self.versions.label}.zip") if self.shipped else self.folder)

    def model(self) -> Path:
        """Return the model's folder as this process sees it."""
        if self.shipped:
            return Path(SparkFiles.get(f"{self.versions.model_label}.zip"))
        return Path(self.folder).parent / MODELS / self.versions.model_label


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
        pinned: yields what an open batch uses, which stays on disk as if it were lent.
    """

    def __init__(
        self,
        spark: SparkSession,
        settings: Settings,
        pinned: Callable[[], Iterable[Versions]] = tuple,
    ) -> None:
        self.spark, self.settings = spark, settings
        self._pinned = pinned
        self._root = serving_folder(settings)
        (self._root / MODELS).mkdir(parents=True, exist_ok=True)
        self._shipped: set[Path] = set()

    def newest(self) -> Versions:
        """Say which versions a list should be made with now."""
        return Versions(
            model_name=self.settings.mlflow.model_name,
            model_version=resolve(self.settings),
            catalogue_version=tables.version(self.spark, self.settings, tables.POSTINGS),
        )

    def bundle(self, versions: Versions) -> Bundle:
        """Return the bundle of a pair of versions, made now where it is not there."""
        folder = self._root / versions.label
        model = self._root / MODELS / versions.model_label
        # note: looked for before the lock, so that no batch waits while another bundle is made
        if not (folder.is_dir() and model.is_dir()):
            with _making:
                if not model.is_dir():
                    self._fetch(versions, model)
                if not folder.is_dir():
                    self._make(versions, model, folder)
                    self._prune(KEPT_BUNDLES, spared=folder)
        shipped = not is_local(self.spark)
        if shipped:
            self._ship(model)
            self._ship(folder)
        return Bundle(versions, str(folder), shipped)

    def clear(self) -> None:
        """Remove the bundles of earlier starts, save what is lent.

        They are named by version numbers, which begin again when tables or registry are replaced.
        """
        with _making:
            self._prune(0)

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

    def _fetch(self, versions: Versions, model: Path) -> None:
        with self._unfinished(model) as unfinished:
            download_model(self.settings, versions.model_version, unfinished)

    def _make(self, versions: Versions, model: Path, folder: Path) -> None:
        try:
            with self._unfinished(folder) as unfinished:
                catalogue = load_catalogue(self.spark, self.settings, versions.catalogue_version)
                catalogue.write(unfinished / CATALOGUE_FILE)
                (unfinished / "prepared").mkdir()
                _ranker_in(model).prepare(catalogue, unfinished / "prepared")
        except Exception:
            # Its files may be what is wrong: where nothing serves with them, the next try fetches
            # them again.
            if model.name not in self._used_models():
                _remove(model)
            raise

    @contextmanager
    def _unfinished(self, folder: Path) -> Iterator[Path]:
        """Lend a folder beside its place to fill, so that a half-made one is never found there."""
        unfinished = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=self._root))
        try:
            yield unfinished
            unfinished.rename(folder)
        except OSError:
            # Another process of this home may have made the same meanwhile.
            if not folder.is_dir():
                raise
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)

    def _ship(self, folder: Path) -> None:
        if folder in self._shipped:
            return
        with _making:
            if not _archive(folder).exists():
                shutil.make_archive(str(folder), "zip", folder)
            self.spark.sparkContext.addArchive(str(_archive(folder)))
            self._shipped.add(folder)

    def _prune(self, keep: int, spared: Path | None = None) -> None:
        """Remove all but the newest bundles and what is used, and models that none of them needs.

        Args:
            keep: how many bundles stay; with 0, so does no model that a bundle is being made for.
            spared: a bundle that stays.
        """
        used = [*self._pinned(), *filter(None, [serving_now(self.settings)])] if keep else []
        staying = {spared, *(self._root / versions.label for versions in used)}
        made = sorted(self._bundles(), key=lambda path: path.stat().st_mtime)
        with _lending:
            for path in made[: max(0, len(made) - keep)]:
                if not _lent[path] and path not in staying:
                    _remove(path)
            needed = self._used_models()
            for path in _folders(self._root / MODELS):
                if path.name not in needed and (not keep or _is_old(path)):
                    _remove(path)
        for path in filter(_is_old, self._root.glob(f"{_UNFINISHED}*")):
            _remove(path)

    def _bundles(self) -> list[Path]:
        return [path for path in _folders(self._root) if path.name != MODELS]

    def _used_models(self) -> set[str]:
        """Labels of the models of all bundles that are there."""
        return {path.name.rpartition("-")[0] for path in self._bundles()}


def _folders(root: Path) -> list[Path]:
    return [path for path in root.iterdir() if path.is_dir() and path.name[0] != "."]


def _is_old(folder: Path) -> bool:
    try:
        return time.time() - folder.stat().st_mtime > MAKING_SECONDS
    except FileNotFoundError:  # another process has just finished or removed it
        return False


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    _archive(folder).unlink(missing_ok=True)


def _archive(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.zip")


def load_catalogue(spark: SparkSession, settings: Settings, version: int) -> Catalogue:
    """Read the catalogue at a version of the table of postings.

    The function is not in `catalogue`, because a registered model carries that module to machines
    without Spark.
    """
    columns = [field.name for field in tables.MESSAGE_COLUMNS]
    rows: pa.Table = tables.read(spark, settings, tables.POSTINGS, version).drop(*columns).toArrow()
    return Catalogue.of(rows, version)


def download_model(settings: Settings, version: str, folder: Path) -> None:
    """Fetch the files of a registered version into a folder."""
    uri = f"models:/{settings.mlflow.model_name}/{version}"
    mlflow.set_tracking_uri(settings.tracking_uri)
    mlflow.set_registry_uri(settings.tracking_uri)
    try:
        mlflow.artifacts.download_artifacts(artifact_uri=uri, dst_path=str(folder))
    except MlflowException as error:
        raise ModelError(f"model {uri} cannot be fetched: {error.message}") from error
    # MLflow is content with an empty folder.
    if not (folder / MLMODEL_FILE_NAME).is_file():
        raise ModelError(
            f"model {uri} cannot be fetched: its files are not there; look after the artifacts of "
            "mlflow.tracking_uri, or promote another version"
        )


def serving_folder(settings: Settings) -> Path:
    """Where the bundles are, and which of them serves."""
    return settings.home.absolute() / "serving"


def current_file(settings: Settings) -> Path:
    """Where it stands which versions serve."""
    return serving_folder(settings) / CURRENT_FILE


def serving_now(settings: Settings) -> Versions | None:
    """Say which versions serve in this home, None before the first start of a job that scores."""
    try:
        return Versions(**orjson.loads(current_file(settings).read_bytes()))
    except FileNotFoundError:
        return None


def ranker_of(bundle: Bundle) -> Ranker:
    """Return a bundle's ranker, loaded once per process and model."""
    return _ranker_in(bundle.model())


def _ranker_in(model: Path) -> Ranker:
    # Where registry or home were replaced, another model may lie in the folder.
    return _loaded(model, (model / MLMODEL_FILE_NAME).stat().st_mtime_ns)


@lru_cache(maxsize=2)
def _loaded(model: Path, stamp: int) -> Ranker:
    del stamp
    return load_ranker(str(model))


@lru_cache(maxsize=2)
def known_ids(bundle: Bundle) -> frozenset[str]:
    """Load the ids of a bundle's catalogue once per worker."""
    return frozenset(Catalogue.read(bundle.path() / CATALOGUE_FILE).posting_ids)


def _shown(uri: str) -> str:
    """A tracking URI without the credentials it may hold."""
    scheme, _, rest = uri.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"
