"""The registered model: an MLflow pyfunc that is also a `streaming.serving.ranker.Ranker`.

One class with one fixed signature serves every ranker. A model's folder holds everything that
scoring needs: the saved ranker, the catalogue prepared at training, and the packages `streaming`
and `training`, so that a machine without careerstream can load it. The model is logged as code, not
pickled: loading runs these packages alone.

Released models import `RankerModel` from this module (see `pyfunc_entrypoint`): it must not move.
"""

import json
import shutil
import tempfile
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import pandas as pd
from mlflow.models import ModelSignature
from mlflow.pyfunc.model import PythonModel, PythonModelContext
from mlflow.types import ColSpec, DataType, ParamSchema, ParamSpec, Schema
from mlflow.types.schema import Array, Object, Property
from pydantic import ValidationError

from streaming.contract import records
from streaming.errors import InputError
from streaming.serving.catalogue import Catalogue
from streaming.serving.ranker import Profile, RankedItem
from streaming.timestamps import format_timestamp, parse_timestamp
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
    ]
)
SIGNATURE = ModelSignature(
    inputs=Schema(
        [
            ColSpec(DataType.string, "profile"),
            ColSpec(DataType.string, "as_of", required=False),
        ]
    ),
    outputs=Schema([ColSpec(Array(_ITEM), "items")]),
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
            model_input: columns profile (JSON of `records.Profile`) and, optional, as_of (any RFC
                3339 time; default: the profile's own).
            params: `size`, most postings in a list; `catalogue`, path of a prepared folder or of a
                file that `Catalogue.write` wrote (default: the catalogue of the training).

        Returns:
            One column, items: for each row a list of `records.Item` values, best first.

        Raises:
            InputError: a profile, a time, the size or the catalogue cannot be read.
        """
        del context
        options: dict[str, Any] = {"size": 10, "catalogue": ""} | (params or {})
        size = int(options["size"])
        if size < 1:
            raise InputError(f"size is {size}; give 1 or more")
        profiles = [_profile(row, text) for row, text in enumerate(model_input["profile"])]
        given = model_input.get("as_of", pd.Series([None] * len(profiles), dtype=object))
        moments = [
            profile["as_of"] if pd.isna(text) else _moment(row, text)
            for row, (profile, text) in enumerate(zip(profiles, given, strict=True))
        ]
        folder = self._catalogue(options["catalogue"])
        lists = self.rank(profiles, moments, folder, size)
        return pd.DataFrame({"items": lists})

    def _catalogue(self, location: str) -> Path:
        """Return the prepared folder of a path; the newest file stays prepared."""
        path = Path(location)
        if not location:
            return self.prepared
        if path.is_dir():
            return path
        if not path.is_file():
            raise InputError(f"catalogue {path} does not exist; give a prepared folder or a file")
        key = (path.absolute(), path.stat().st_mtime_ns)
        if self._prepared_file is None or self._prepared_file[0] != key:
            self._prepared_file = (key, self._prepare_file(path))
        return self._prepared_file[1]

    def _prepare_file(self, file: Path) -> Path:
        """Prepare a catalogue file in a folder that is deleted with the model."""
        try:
            catalogue = Catalogue.read(file)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"catalogue {file} is not one that careerstream wrote: {error}"
            ) from error
        folder = Path(tempfile.mkdtemp(prefix="careerstream-"))
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self.prepare(catalogue, folder)
        return folder


def _profile(row: int, text: str) -> dict[str, Any]:
    try:
        records.Profile.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "value"
        raise InputError(f"row {row}: profile is not valid, {place}: {first['msg']}") from error
    return cast("dict[str, Any]", json.loads(text))


def _moment(row: int, text: str) -> str:
    try:
        return format_timestamp(parse_timestamp(text))
    except ValueError as error:
        raise InputError(f"row {row}: as_of {text!r} is no RFC 3339 time") from error
