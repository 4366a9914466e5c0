"""Models that a release has registered can still be loaded: import lines and kinds stay known."""

import json

import pytest

from training.ranking.most_popular import MostPopularRanker
from training.registry import packaging
from training.registry.pyfunc import CODE, RankerModel

IMPORT_LINES = {"0.1.0": "from training.registry.pyfunc import RankerModel"}
"""Release to the import line of its `pyfunc_entrypoint.py`, which MLflow copied into its models."""

KINDS = {"0.1.0": ("most-popular", "encoder-decoder", "encoder-decoder with content")}
"""Release to the kinds that its models may have."""


@pytest.mark.parametrize("release", IMPORT_LINES)
def test_import_lines_of_released_models_resolve(release):
    names = {}
    exec(IMPORT_LINES[release], names)  # noqa: S102 - the line is a constant of this test
    assert names["RankerModel"] is RankerModel


def test_the_entry_point_has_the_import_line_of_the_newest_release():
    assert list(IMPORT_LINES.values())[-1] in CODE.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("kind", sorted({kind for kinds in KINDS.values() for kind in kinds}))
def test_kinds_of_released_models_are_known(kind, tmp_path, make_catalogue):
    """Unpacking finds the class of the kind, which then reads its own folder."""
    catalogue = make_catalogue({"posting_id": "p"})
    packaging.pack(MostPopularRanker(), catalogue, tmp_path)
    (tmp_path / "kind.json").write_text(json.dumps({"kind": kind, "format": 1}), encoding="utf-8")
    if kind == "most-popular":
        assert packaging.kind_of(packaging.unpack(tmp_path)) == kind
    else:
        with pytest.raises(packaging.ModelError, match="is incomplete"):
            packaging.unpack(tmp_path)
