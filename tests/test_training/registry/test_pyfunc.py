"""The registered model as MLflow's users see it: predict, on this machine and on a bare one."""

import ast
import json
import shutil
import subprocess
import sys
import sysconfig
from datetime import datetime
from pathlib import Path

import hypothesis
import mlflow.pyfunc
import pandas as pd
import pyarrow as pa
import pytest
import schema_values
from hypothesis import given
from hypothesis import strategies as st

from streaming.contract.documents import json_schema
from streaming.contract.records import Item
from streaming.contract.topics import PROFILES
from streaming.errors import InputError, ModelError
from streaming.serving.catalogue import Catalogue
from streaming.serving.ranker import Ranker
from streaming.settings import Settings, TrainingSettings
from training.fitting.fit import fit
from training.ranking.most_popular import MostPopularRanker
from training.registry import model_registry, packaging
from training.registry.pyfunc import EXAMPLE
from training.registry.registration import TrainedModel, register_model

PROFILE_SCHEMA = json_schema(PROFILES)
OURS = {"streaming", "training"}
IMPORTED_AS = {"scikit-learn": "sklearn"}
TO_PREPARE = {"sklearn"}
"""Loaded only for another catalogue than the one that is packed."""


PRESETS = {packaging.ENCODER_DECODER: "published", packaging.TWO_STAGE: "best"}


@pytest.fixture(scope="module", params=[packaging.MOST_POPULAR, *PRESETS])
def ranker(request, events, day, dataset_folder, tmp_path_factory):
    """One of each kind; for those that are trained an epoch is enough."""
    if request.param == packaging.MOST_POPULAR:
        return MostPopularRanker.fit(events, day(30))
    once = TrainingSettings(preset=PRESETS[request.param], processes=1, epochs=1)
    return fit(dataset_folder, tmp_path_factory.mktemp("run"), once).ranker


@pytest.fixture(scope="module")
def shop(empty_store, tmp_path_factory):
    """Settings of one registry for all tests of this file, which only read it."""
    home = tmp_path_factory.mktemp("shop") / "home"
    shutil.copytree(empty_store, home)
    return Settings(home=home)


@pytest.fixture(scope="module")
def registered(shop, ranker, catalogue, cut):
    return register_model(shop, TrainedModel(ranker=ranker, catalogue=catalogue, cut=cut))


@pytest.fixture(scope="module")
def model(registered):
    """The pyfunc; MLflow puts its code first on the search path, so that is put back."""
    search_path = list(sys.path)
    yield mlflow.pyfunc.load_model(registered.uri)
    sys.path[:] = search_path


@pytest.fixture
def loaded(shop, registered):
    search_path = list(sys.path)
    found = model_registry.load(shop, registered)
    assert isinstance(found, Ranker)
    assert sys.path == search_path
    return found


@pytest.fixture
def profiles(day):
    """Values of the topic profiles: somebody unknown, and one who has seen and said something."""
    seen = {"event_id": "e1", "posting_id": "p03", "kind": "view", "event_time": day(29)}
    stated = {
        "updated_at": day(20),
        "skills": ["软件开发", "baking"],
        "language": "zh",
        "blocked_employers": ["Ada & Co"],
    }
    unknown = {
        "candidate_id": "c1",
        "version": 1,
        "offsets": {},
        "as_of": day(30),
        "events": [],
        "applied": [],
        "dismissed": [],
    }
    known = unknown | {"candidate_id": "c2", "events": [seen | {"offset": 4}], "stated": stated}
    return [unknown, known]


@pytest.fixture
def expected(ranker, catalogue, profiles, tmp_path):
    folder = tmp_path / "expected"
    folder.mkdir()
    ranker.prepare(catalogue, folder)
    lists = ranker.rank(profiles, [profile["as_of"] for profile in profiles], folder, 10)
    return [[complete(item) for item in items] for items in lists]


def complete(item):
    """An item as `predict` returns it: what is absent is None."""
    reasons = [{"posting_id": None, "words": [], **reason} for reason in item["reasons"]]
    absent = {"valid_through": None, "source": None, "probability": None}
    return {**absent, **item, "reasons": reasons}


def as_input(profiles, **columns):
    return pd.DataFrame({"profile": [json.dumps(profile) for profile in profiles], **columns})


def test_the_registered_model_ranks_like_the_ranker(
    loaded, profiles, expected, catalogue, tmp_path
):
    folder = tmp_path / "prepared"
    folder.mkdir()
    loaded.prepare(catalogue, folder)
    lists = loaded.rank(profiles, [p["as_of"] for p in profiles], folder, 10)
    assert [[complete(item) for item in items] for items in lists] == expected


def test_predict_gives_the_same_list_alone(model, profiles, expected):
    assert model.predict(as_input(profiles))["items"].tolist() == expected
    for items in expected:
        assert [Item.model_validate(item).rank for item in items] == list(range(1, 11))


def test_as_of_and_size_are_the_callers(model, profiles, day):
    early = model.predict(
        as_input(profiles[:1], as_of=["2026-01-09T12:00:00+00:00"]), params={"size": 3}
    )["items"][0]
    assert len(early) == 3
    assert all(item["posting_id"] <= "p08" or item["posting_id"] >= "p30" for item in early)
    same = model.predict(as_input(profiles[:1], as_of=[None]))["items"][0]
    assert same == model.predict(as_input(profiles[:1], as_of=[day(30)]))["items"][0]


def test_another_catalogue_as_file_or_prepared_folder(
    model, ranker, profiles, make_catalogue, tmp_path
):
    other = make_catalogue({"posting_id": "only"}, version=9)
    file, folder = tmp_path / "other.parquet", tmp_path / "other"
    folder.mkdir()
    other.write(file)
    ranker.prepare(other, folder)
    for place in (file, file, folder):
        items = model.predict(as_input(profiles), params={"catalogue": str(place)})["items"]
        assert [[item["posting_id"] for item in row] for row in items] == [["only"], ["only"]]
    make_catalogue({"posting_id": "newer"}, version=10).write(file)
    items = model.predict(as_input(profiles), params={"catalogue": str(file)})["items"]
    assert items[0][0]["posting_id"] == "newer"


@pytest.mark.parametrize("column", ["open", "employer", "date_posted"])
def test_a_catalogue_without_a_column_is_one_line(
    model, profiles, make_catalogue, column, tmp_path
):
    other = make_catalogue({"posting_id": "only"}, version=9)
    file = tmp_path / "other.parquet"
    Catalogue(other.table.drop([column]), 9).write(file)
    with pytest.raises(InputError, match="is not one that careerstream wrote"):
        model.predict(as_input(profiles), params={"catalogue": str(file)})


def test_more_events_than_a_profile_holds_can_be_ranked(model, profiles):
    """Older ones are not read, neither by the encoder nor by the content score."""
    seen = profiles[1]["events"][0]
    later = [seen | {"event_id": f"x{n}", "posting_id": "p04"} for n in range(60)]
    everything = profiles[1] | {"events": [seen, *later]}
    for stated in (profiles[1]["stated"], None):
        assert len(model.predict(as_input([everything | {"stated": stated}]))["items"][0]) == 10


def test_a_changed_catalogue_is_ranked_at_once(model, ranker, profiles, catalogue, tmp_path):
    """A posting is gone, one is closed, one is new: none of it waits for a training."""
    rows = {row["posting_id"]: row for row in catalogue.table.to_pylist()}
    rows["p99"] = rows.pop("p39") | {"posting_id": "p99"}
    rows["p11"] |= {"open": False}
    table = pa.Table.from_pylist(list(rows.values()), schema=catalogue.table.schema)
    now = Catalogue.of(table, version=4)
    file, folder = tmp_path / "now.parquet", tmp_path / "now"
    folder.mkdir()
    now.write(file)
    ranker.prepare(now, folder)
    params = {"catalogue": str(file), "size": len(now)}
    lists = model.predict(as_input(profiles), params=params)["items"].tolist()
    moments = [profile["as_of"] for profile in profiles]
    ranked = ranker.rank(profiles, moments, folder, len(now))
    assert lists == [[complete(item) for item in items] for items in ranked]
    for items in lists:
        listed = {item["posting_id"] for item in items}
        assert "p99" in listed
        assert not listed & {"p39", "p11"}


@pytest.mark.parametrize(
    ("columns", "params", "message"),
    [
        ({"profile": ["{"]}, {}, "row 0: profile is not valid"),
        ({"profile": ["[]"]}, {}, "row 0: profile is not valid"),
        ({"profile": ["{}"]}, {}, "row 0: profile is not valid, field candidate_id is missing"),
        ({"profile": [""]}, {}, "row 0: profile is not valid, the value is not JSON"),
        ({"profile": [None]}, {}, "row 0: profile is None; give a profile's JSON"),
        ({"profile": [b"{}"]}, {}, "row 0: profile is b'{}'; give a profile's JSON"),
        ({"profile": [{"version": 1}]}, {}, "row 0: profile is {'version': 1}; give"),
        ({"profile": ["\ud800"]}, {}, "row 0: profile is not valid, the value is not UTF-8"),
        ({"as_of": ["yesterday"]}, {}, "row 0: as_of 'yesterday' is no RFC 3339 time"),
        ({"as_of": ["0001-01-01T01:00:00+05:00"]}, {}, "row 0: as_of '0001-01-01T01:00:00"),
        ({"as_of": ["2026-01-31T12:00:00"]}, {}, "write it as 2026-01-31T09:30:00Z"),
        ({"as_of": [[1]]}, {}, r"row 0: as_of \[1\] is no RFC 3339 time"),
        ({"as_of": pd.Series([1_769_860_800], dtype=object)}, {}, "row 0: as_of 1769860800 is no"),
        ({"as_of": pd.Series([datetime(2026, 1, 31)], dtype=object)}, {}, "row 0: as_of "),  # noqa: DTZ001
        ({}, {"size": 0}, "size is 0; give 1 or more"),
        ({}, {"size": -7}, "size is -7; give 1 or more"),
        ({}, {"size": None}, "size is None; give a whole number"),
        ({}, {"catalogue": "x" * 5000}, "is no path that can be read"),
        ({}, {"catalogue": "a\x00b"}, "does not exist"),
        ({}, {"catalogue": str(Path(__file__).parent)}, "is no folder that this model prepared"),
        ({}, {"catalogue": "nowhere"}, "catalogue 'nowhere' does not exist"),
        ({}, {"catalogue": __file__}, "is not one that careerstream wrote"),
    ],
)
def test_wrong_input_is_one_line(model, profiles, columns, params, message):
    with pytest.raises(InputError, match=message) as caught:
        model.predict(as_input(profiles[:1]).assign(**columns), params=params)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"as_of": 1_769_860_800}, "field as_of is a number, must be a string such as 2026-"),
        ({"as_of": "0001-01-01T01:00:00+05:00"}, "field as_of is '0001-01-01T01:00:00"),
        ({"events": [{"kind": "impression"}]}, r"field events\[0\].kind is 'impression', must be"),
        ({"events": [{"event_time": 1.5}]}, r"field events\[0\].event_time is a number"),
        ({"stated": {}}, "field stated.updated_at is missing"),
        ({"applied": None}, "field applied is missing"),
        ({"schema_version": 2}, "schema_version is 2"),
    ],
)
def test_a_wrong_field_of_a_profile_is_named(model, profiles, changes, message):
    event = profiles[1]["events"][0]
    if changes.get("events"):
        changes = {"events": [event | changes["events"][0]]}
    rows = as_input([profiles[0], profiles[1] | changes])
    with pytest.raises(InputError, match=f"row 1: profile is not valid, {message}"):
        model.predict(rows)


def test_a_profile_is_ranked_as_it_is_decoded(model, profiles, expected):
    written = profiles[1] | {"schema_version": 1.0, "applied": [], "triggered_by": None, "x": "?"}
    [event] = written["events"]
    event = event | {"offset": 4.0, "duration_seconds": None}
    event |= {"event_time": event["event_time"].lower().replace("000000z", "0000000001z")}
    assert model.predict(as_input([written | {"events": [event]}]))["items"][0] == expected[1]


def test_an_aware_datetime_is_a_moment_too_and_an_empty_one_is_the_profiles_own(model, profiles):
    empty = [None, pd.NaT, float("nan"), pd.NA]
    rows = as_input(profiles[:1] * 5)
    rows["as_of"] = pd.Series([pd.Timestamp("2026-01-31T01:00:00+01:00"), *empty], dtype=object)
    first, *others = model.predict(rows)["items"].tolist()
    assert all(items == others[0] for items in others)
    as_text = as_input(profiles[:1], as_of=["2026-01-31T00:00:00Z"])
    assert model.predict(as_text)["items"][0] == first


def test_a_missing_column_is_named(model):
    with pytest.raises(InputError, match="no column profile"):
        model.unwrap_python_model().predict(None, pd.DataFrame({"profiles": ["{}"]}))


def test_a_list_holds_at_most_all_postings(model, profiles):
    everything = model.predict(as_input(profiles), params={"size": 2**40})["items"].tolist()
    assert everything == model.predict(as_input(profiles), params={"size": 40})["items"].tolist()


def with_known_postings(profile):
    """The profile, with events of postings that the catalogue holds."""
    events = profile.get("events")
    for number, event in enumerate(events if isinstance(events, list) else []):
        if isinstance(event, dict) and isinstance(event.get("posting_id"), str):
            event["posting_id"] = f"p{number:02}"
    return profile


@given(
    drawn=st.lists(
        schema_values.values(PROFILE_SCHEMA).map(with_known_postings), min_size=1, max_size=3
    ),
    as_of=schema_values.TIMES.filter(
        schema_values.validator(PROFILE_SCHEMA["properties"]["as_of"]).is_valid
    )
    | st.none(),
)
@hypothesis.settings(max_examples=40, deadline=None)
def test_every_profile_that_the_schema_allows_has_a_list(model, drawn, as_of):
    lists = model.predict(as_input(drawn, as_of=[as_of] * len(drawn)), params={"size": 3})["items"]
    assert len(lists) == len(drawn)
    for items in lists:
        assert [Item.model_validate(item).rank for item in items] == [1, 2, 3][: len(items)]


@given(drawn=schema_values.changed_values(PROFILE_SCHEMA).map(with_known_postings))
@hypothesis.settings(max_examples=60, deadline=None)
def test_every_other_profile_is_an_input_error(model, drawn):
    rows = as_input([drawn])
    if schema_values.validator(PROFILE_SCHEMA).is_valid({"schema_version": 1} | drawn):
        assert len(model.predict(rows, params={"size": 1})) == 1
        return
    with pytest.raises(InputError, match="row 0: profile is not valid, ") as caught:
        model.predict(rows)
    assert "\n" not in str(caught.value)


def test_the_signature_is_fixed(model):
    signature = model.metadata.signature
    assert [(c.name, str(c.type), c.required) for c in signature.inputs] == [
        ("profile", "DataType.string", True),
        ("as_of", "DataType.string", False),
    ]
    assert [(p.name, str(p.dtype), p.default) for p in signature.params] == [
        ("size", "DataType.long", 10),
        ("catalogue", "DataType.string", ""),
    ]
    assert signature.outputs.input_names() == ["as_of", "items"]
    example = model.metadata.load_input_example()
    assert example.equals(EXAMPLE)
    assert len(model.predict(example)["items"][0]) == 10


BARE = """
import json, sys
sys.path.append(sys.argv[1])
try:
    import streaming
except ModuleNotFoundError:
    pass
else:
    raise SystemExit("careerstream is importable here: this proves nothing")
import mlflow.pyfunc
import pandas as pd
model = mlflow.pyfunc.load_model(sys.argv[2])
lists = model.predict(pd.DataFrame({"profile": json.loads(sys.stdin.read())}))["items"].tolist()
files = [
    module.__file__ for name, module in sys.modules.items()
    if name.partition(".")[0] in {"streaming", "training"}
]
loaded = sorted({name.partition(".")[0] for name in sys.modules})
print(json.dumps({"lists": lists, "files": files, "loaded": loaded}))
"""


def imported(file):
    """Top-level packages that a file imports when it is imported itself."""
    found = set()
    for node in ast.parse(Path(file).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(str(node.module).partition(".")[0])
    return found


def test_a_machine_without_careerstream_gives_the_same_list(
    registered, profiles, expected, tmp_path
):
    folder = Path(mlflow.artifacts.download_artifacts(registered.uri, dst_path=str(tmp_path / "m")))
    # -I and -S: neither this folder nor the editable install's finder is on the path.
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", BARE, sysconfig.get_paths()["purelib"], str(folder)],
        input=json.dumps([json.dumps(profile) for profile in profiles]),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout.splitlines()[-1])
    assert answer["lists"] == expected
    assert answer["files"]
    assert all(Path(file).is_relative_to(folder) for file in answer["files"])

    # The model's requirements name, each pinned, what those files import, and nothing else.
    pinned = (folder / "requirements.txt").read_text(encoding="utf-8").split()
    assert all("==" in line for line in pinned)
    required = {line.partition("==")[0] for line in pinned}
    required = {IMPORTED_AS.get(name, name) for name in required}
    needed = set().union(*map(imported, answer["files"])) - OURS - sys.stdlib_module_names
    assert needed <= required <= TO_PREPARE | set(answer["loaded"])
    assert "gensim" not in answer["loaded"]


def test_a_newer_or_broken_folder_is_refused_in_one_line(ranker, catalogue, tmp_path):
    packaging.pack(ranker, catalogue, tmp_path)
    about = {"kind": packaging.MOST_POPULAR, "format": packaging.FORMAT + 1}
    (tmp_path / "kind.json").write_text(json.dumps(about))
    with pytest.raises(ModelError, match="upgrade careerstream"):
        packaging.unpack(tmp_path)
    (tmp_path / "kind.json").write_text("")
    with pytest.raises(ModelError, match="not complete"):
        packaging.unpack(tmp_path)


def test_only_known_rankers_can_be_registered():
    class Mine(MostPopularRanker):
        pass

    with pytest.raises(ModelError, match="a Mine cannot be registered"):
        packaging.kind_of(Mine())
