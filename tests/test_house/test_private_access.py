"""Private parts of Spark, py4j, Hadoop and PyTorch are touched in one room only."""

import ast
from collections.abc import Iterator

import house_map
import pytest

INTERNALS = "streaming/spark/internals"
PRIVATE_MODULES = (
    "pyspark.daemon",
    "pyspark.java_gateway",
    "pyspark.sql.pandas.serializers",
    "pyspark.sql.streaming.proto",
    "pyspark.sql.streaming.stateful_processor_api_client",
    "pyspark.sql.streaming.stateful_processor_util",
    "pyspark.worker",
)
"""Modules without an underscore that Spark does not document."""
REFLECTION = {"setAccessible", "getDeclaredField", "getDeclaredMethod"}
DOCUMENTED = {"_asdict", "_exit", "_fields", "_make", "_replace"}
"""Names with an underscore that the standard library documents."""
OWN = {"self", "cls", "sys"}
"""Objects whose private attributes are ours; `sys` is Python's own."""


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name not in DOCUMENTED


def faults(source: str) -> Iterator[str]:
    """Name each private attribute, private module and use of reflection in a source text."""
    for node in ast.walk(ast.parse(source)):
        owner, name = attribute(node)
        if name in REFLECTION or (is_private(name) and owner not in OWN):
            yield f"line {getattr(node, 'lineno', 0)}: {name}"
    for line, name in house_map.imported_names(source):
        if any(f"{name}.".startswith(f"{module}.") for module in PRIVATE_MODULES):
            yield f"line {line}: imports {name}"


def attribute(node: ast.AST) -> tuple[str, str]:
    """Return the object and the name of an attribute that is read, set or deleted by a node.

    Both are empty where the node is something else; the object is where it is no plain name.
    """
    if isinstance(node, ast.Attribute):
        return name_of(node.value), node.attr
    if isinstance(node, ast.Call) and name_of(node.func) in {"getattr", "setattr", "delattr"}:
        owner, name, *_ = node.args
        return name_of(owner), str(name.value) if isinstance(name, ast.Constant) else ""
    return "", ""


def name_of(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def test_private_parts_are_touched_in_one_room_only() -> None:
    found = {
        str(file.relative_to(house_map.PROJECT)): lines
        for file in house_map.modules().values()
        if not house_map.folder_of(file).startswith(INTERNALS)
        and (lines := list(faults(file.read_text("utf-8"))))
    }

    assert found == {}


@pytest.mark.parametrize(
    "line",
    [
        "jvm = spark._jvm",
        "spark.streams._jsqm.add(listener)",
        "torch._int_mm(a, b)",
        "field.setAccessible(True)",
        "setattr(client, '_send_proto_message', send)",
        "from pyspark import daemon",
        "from pyspark.sql.streaming.proto import StateMessage_pb2 as proto",
        "def f():\n    import pyspark.sql.pandas.serializers",
    ],
)
def test_a_private_part_is_found(line: str) -> None:
    assert len(list(faults(line))) == 1


@pytest.mark.parametrize(
    "line",
    ["self._rows = 1", "row._replace(a=1)", "os._exit(1)", "from pyspark.sql import Row"],
)
def test_what_is_our_own_or_documented_is_left_alone(line: str) -> None:
    assert list(faults(line)) == []
