"""The registered model: an MLflow pyfunc that is also a `streaming.serving.ranker.Ranker`.

One class with one fixed signature serves every ranker. A model's folder holds everything that
scoring needs: the saved ranker, the catalogue prepared at training, and the packages `streaming`
and `training`, so that a machine without careerstream can load it. The model is logged as code, not
pickled: loading runs these packages alone.

Released models import `RankerModel` from this module (see `pyfunc_entrypoint`): it must not move.
"""

import json
import operator
import shutil
import tempfile
import weakref
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.models import ModelSignature
from mlflow.pyfunc.model import PythonModel, PythonModelContext
from mlflow.types import ColSpec, DataType, ParamSchema, ParamSpec, Schema
from mlflow.types.schema import Array, Object, Property

from streaming.contract.json_parser import DecodeError, parse_object
from streaming.contract.records import SCHEMA_VERSION
from streaming.contract.topics import PROFILES
from streaming.contract.value_decoder import Document, read_document
from streaming.errors import InputError, ModelError, one_line
from streaming.serving.catalogue import Catalogue
from streaming.serving.ranker import Profile, RankedItem
from streaming.timestamps import canonical_timestamp, format_timestamp
from training.registry.packaging import CATALOGUE, SavedRanker, unpack

ARTIFACT = "ranker"
CODE = Path(__file__).with_name("pyfunc_entrypoint.py")
CODE_PATHS = tuple(Path(__file__).parents[2] / package for package in ("streaming", "training"))

_REASON = Object(
    [
        Property("kind", DataType.string),
        Property("text", DataType.string),
        Property("posting_id", DataType.string, required=False),
        Property("words", Array(DataType.string), required=False),
    ]
)
_ITEM = Object(
    [
        Property("rank", DataType.long),
        Property("posting_id", DataType.string),
        Property("score", DataType.double),
        Property("valid_through", DataType.string, required=False),
        Property("reasons", Array(_REASON)),
        Property("source", DataType.string, required=False),
        Property("probability", DataType.double, required=False),
    ]
)
SIGNATURE = ModelSignature(
    inputs=Schema(
        [
            ColSpec(DataType.string, "profile"),
            ColSpec(DataType.string, "as_of", required=False),
        ]
    ),
    # MLflow's spark_udf cannot return one column of lists of objects, but two columns it can.
    outputs=Schema([ColSpec(DataType.string, "as_of"), ColSpec(Array(_ITEM), "items")]),
    params=ParamSchema(
        [
            ParamSpec("size", DataType.long, 10),
            ParamSpec("catalogue", DataType.string, ""),
        ]
    ),
)
EXAMPLE = pd.DataFrame(
    {
        "profile": [
            json.dumps(
                {
                    "candidate_id": "example",
                    "version": 1,
                    "offsets": {"candidates": 0},
                    "as_of": "2026-01-31T09:30:00.000000Z",
                    "stated": {"updated_at": "2026-01-31T09:30:00.000000Z", "skills": ["Java"]},
                    "events": [],
                    "applied": [],
                    "dismissed": [],
                }
            )
        ],
        "as_of": ["2026-01-31T12:00:00.000000Z"],
    }
)


class RankerModel(PythonModel):
    """Serves the packed ranker as a pyfunc (`predict`) and as a `Ranker`."""

    def load_context(self, context: PythonModelContext) -> None:
        """Load the ranker; MLflow calls this once, first."""
        self._folder = Path(context.artifacts[ARTIFACT])
        self._ranker = unpack(self._folder)
        self._prepared_file: tuple[tuple[Path, int], Path] | None = None

    @property
    def ranker(self) -> SavedRanker:
        """The packed ranker, with methods that not every ranker has, such as vectors."""
        return self._ranker

    @property
    def prepared(self) -> Path:
        """The folder of the prepared catalogue that the model was trained on."""
        return self._folder / CATALOGUE

    def prepare(self, catalogue: Catalogue, folder: Path) -> None:
        """Prepare a catalogue; see `streaming.serving.ranker.Ranker.prepare`."""
        self._ranker.prepare(catalogue, folder)

    def rank(
        self, profiles: Sequence[Profile], as_of: Sequence[str], folder: Path, size: int
    ) -> list[list[RankedItem]]:
        """Rank a prepared catalogue; see `streaming.serving.ranker.Ranker.rank`."""
        return self._ranker.rank(profiles, as_of, folder, size)

    def predict(
        self,
        context: PythonModelContext,
        model_input: pd.DataFrame,
        params: dict[str, Any] | None = None,
    ) -> pd.DataFrame:
        """Rank postings for each row.

        Args:
            context: MLflow's; unused, `load_context` has read it.
            model_input: columns profile (a value of the topic profiles, as JSON text; without
                schema_version it is of the current one) and, optional, as_of (an RFC 3339 time or
                an aware datetime; default: the profile's own).
            params: `size`, most postings in a list; `catalogue`, path of a prepared folder or of a
                file that `Catalogue.write` wrote (default: the catalogue of the training).

        Returns:
            Columns as_of, the moment of the list, and items: a list of `records.Item` values, best
            first; what an item lacks is None.

        Raises:
            InputError: a profile, a time, the size or the catalogue cannot be read.
        """
        del context
        options: dict[str, Any] = {"size": 10, "catalogue": ""} | (params or {})
        size = _size(options["size"])
        if "profile" not in model_input:
            raise InputError("the input has no column profile; give a profile's JSON in each row")
        profiles = [_profile(row, cell) for row, cell in enumerate(model_input["profile"])]
        given = model_input.get("as_of", [None] * len(profiles))
        moments = [
            _moment(row, cell, profile["as_of"])
            for row, (profile, cell) in enumerate(zip(profiles, given, strict=True))
        ]
        folder = self._catalogue(options["catalogue"])
        lists = self.rank(profiles, moments, folder, size)
        items = [[_complete(item) for item in listed] for listed in lists]
        return pd.DataFrame({"as_of": moments, "items": items})

    def _catalogue(self, location: str | None) -> Path:
        """Return the prepared folder of a path; the newest file stays prepared."""
        if not location:
            return self.prepared
        try:
            path = Path(location)
            is_folder, is_file = path.is_dir(), path.is_file()
        except (OSError, TypeError) as error:
            raise InputError(
                f"catalogue {_shown(location)} is no path that can be read: {one_line(error)}"
            ) from error
        if is_folder:
            return self._opened(path)
        if not is_file:
            raise InputError(
                f"catalogue {_shown(location)} does not exist; give a prepared folder or a file"
            )
        key = (path.absolute(), path.stat().st_mtime_ns)
        if self._prepared_file is None or self._prepared_file[0] != key:
            self._prepared_file = (key, self._prepare_file(path))
        return self._prepared_file[1]

    def _opened(self, folder: Path) -> Path:
        """Return a folder if this model can rank it; opened folders are kept open."""
        try:
            self._try(folder)
        except (ModelError, OSError, EOFError, ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"catalogue {folder} is no folder that this model prepared: {one_line(error)}"
            ) from error
        return folder

    def _try(self, folder: Path) -> None:
        """Rank for nobody, which reads everything that a list needs."""
        self.rank([{}], ["1970-01-01T00:00:00.000000Z"], folder, 1)

    def _prepare_file(self, file: Path) -> Path:
        """Prepare a catalogue file in a folder that is deleted with the model."""
        folder = Path(tempfile.mkdtemp(prefix="careerstream-"))
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        try:
            self.prepare(Catalogue.read(file), folder)
            self._try(folder)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"catalogue {file} is not one that careerstream wrote: {one_line(error)}"
            ) from error
        return folder


def _complete(item: RankedItem) -> RankedItem:
    """Return an item with all fields of the signature, which MLflow's spark_udf expects."""
    reasons = [{"posting_id": None, "words": []} | reason for reason in item["reasons"]]
    absent = {"valid_through": None, "source": None, "probability": None}
    return absent | item | {"reasons": reasons}


def _size(given: Any) -> int:
    try:
        size = operator.index(given)
    except TypeError as error:
        raise InputError(f"size is {_shown(given)}; give a whole number") from error
    if size < 1:
        raise InputError(f"size is {size}; give 1 or more")
    return size


def _profile(row: int, cell: Any) -> Document:
    if not isinstance(cell, str):
        raise InputError(f"row {row}: profile is {_shown(cell)}; give a profile's JSON as a string")
    try:
        document = parse_object(cell.encode(errors="surrogatepass"))
        if document.get("schema_version") is None:
            document["schema_version"] = SCHEMA_VERSION
        return read_document(document, PROFILES)
    except DecodeError as error:
        raise InputError(
            f"row {row}: profile is not valid, {error.text}; give a value of the topic profiles"
        ) from error


def _moment(row: int, cell: Any, default: str) -> str:
    """Return the time in a cell of as_of in the canonical format; the default for an empty one."""
    if pd.api.types.is_scalar(cell) and pd.isna(cell):
        return default
    try:
        return format_timestamp(cell) if isinstance(cell, datetime) else canonical_timestamp(cell)
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(
            f"row {row}: as_of {_shown(cell)} is no RFC 3339 time in the years 1 to 9999; write it "
            "as 2026-01-31T09:30:00Z"
        ) from error


def _shown(value: Any) -> str:
    """Return the beginning of a value in one line."""
    return " ".join(repr(value)[:60].split())
