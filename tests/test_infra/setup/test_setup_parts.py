"""The parts of the set-up that need no network."""

import os
import subprocess
import sys
import zipfile
from importlib.util import find_spec
from io import StringIO
from pathlib import Path

import pytest

from infra.setup import class_data_sharing, doctor, horovod, jars, log_store, python, stamp
from infra.setup.progress import Progress
from streaming import dependencies
from streaming.errors import MissingDependencyError
from streaming.settings import KafkaSettings, Settings

PROJECT = Path(__file__).parents[3]


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(dependencies.CACHE_VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def no_java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine whose only java is a broken one."""
    broken = tmp_path / "broken" / "bin" / "java"
    broken.parent.mkdir(parents=True)
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(dependencies, "_java_programs", lambda: [broken])
    dependencies.java.cache_clear()
    monkeypatch.setattr(dependencies, "java", dependencies.java.__wrapped__)


def test_the_cache_can_be_moved(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(dependencies.CACHE_VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert dependencies.cache_folder() == tmp_path / "careerstream"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert dependencies.cache_folder() == Path.home() / ".cache" / "careerstream"
    monkeypatch.setenv(dependencies.CACHE_VARIABLE, str(tmp_path / "mine"))
    assert dependencies.cache_folder() == tmp_path / "mine"


@pytest.mark.usefixtures("empty_cache")
@pytest.mark.parametrize(
    "jars_of",
    [
        dependencies.kafka_jars,
        dependencies.spark_jars,
        dependencies.local_files_jars,
        dependencies.s3_jars,
    ],
)
def test_missing_jars_are_one_line_with_a_remedy(jars_of) -> None:
    with pytest.raises(
        MissingDependencyError, match=r"are not in .*; run `careerstream doctor"
    ) as error:
        jars_of()
    assert "\n" not in str(error.value)
    assert [bundle.jars for bundle in jars.missing()] == [46, 6, 1, 40]


@pytest.mark.usefixtures("no_java")
def test_no_java_is_one_line_that_names_what_is_there() -> None:
    with pytest.raises(
        MissingDependencyError, match=r"found only: one without .*; install"
    ) as error:
        dependencies.java()
    assert "\n" not in str(error.value)


def test_a_java_that_is_found_works() -> None:
    java = dependencies.java()
    assert java.executable.is_file()
    assert java.version.startswith(("17", "21"))


@pytest.mark.usefixtures("empty_cache", "no_java")
def test_the_doctor_finds_what_is_missing_and_how_to_get_it(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, kafka=KafkaSettings(bootstrap_servers="127.0.0.1:1"))
    checks = {check.name: check for check in doctor.checks(settings)}
    for name in ("Java 17 or 21", "Kafka broker jars", "Delta and Kafka connector jars", "Kafka"):
        assert not checks[name].ok
        assert checks[name].found
        assert checks[name].remedy
    assert checks["Python 3.11 or newer"].ok


def test_a_fetch_that_fails_leaves_nothing(empty_cache: Path, tmp_path: Path) -> None:
    not_ivy = tmp_path / "ivy.jar"
    not_ivy.write_bytes(b"no jar")
    with pytest.raises(MissingDependencyError, match="Kafka broker could not be fetched"):
        jars.install(not_ivy)
    assert not [file for file in empty_cache.rglob("*") if file.is_file()]
    assert jars.missing() == list(jars.bundles())


def test_half_a_set_of_jars_is_not_published(empty_cache: Path, tmp_path: Path) -> None:
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "kafka_2.13-4.2.0.jar").touch()
    with pytest.raises(MissingDependencyError, match="1 jars were fetched instead of 46"):
        jars._publish(tmp_path / "half", jars.bundles()[0])
    assert not empty_cache.exists()


def test_progress_is_short_where_nobody_watches() -> None:
    stream = StringIO()
    progress = Progress("Counting", 1000, stream)
    for number in range(1000):
        progress.at(number)
    progress.end()
    assert len(stream.getvalue().splitlines()) == 2


def test_uv_is_told_what_only_pip_was_told(tmp_path: Path) -> None:
    variables = python._uv_variables(
        {
            "index-url": "https://mirror.example/simple",
            "extra-index-url": "https://a.example/simple https://b.example/simple",
            "find-links": f"{tmp_path} {tmp_path / 'absent'} https://c.example/wheels",
            "cert": "/certificates.pem",
            "no-color": "true",
        }
    )
    assert variables == {
        "UV_DEFAULT_INDEX": "https://mirror.example/simple",
        "UV_INDEX": "https://a.example/simple https://b.example/simple",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_FIND_LINKS": f"{tmp_path},https://c.example/wheels",
        "SSL_CERT_FILE": "/certificates.pem",
    }
    assert python._uv_variables({}) == {}


def test_pip_s_settings_are_read_from_file_and_environment(tmp_path: Path) -> None:
    (tmp_path / "pip.conf").write_text("[global]\nindex-url = https://file.example/simple\n")
    variables = {
        "PATH": os.environ["PATH"],
        "PIP_CONFIG_FILE": str(tmp_path / "pip.conf"),
        "PIP_DEFAULT_TIMEOUT": "77",
    }
    base = Path(python._base_python())
    settings = python._pip_settings(base, variables)
    assert settings["index-url"] == "https://file.example/simple"
    assert settings["default-timeout"] == "77"


def test_uv_s_own_entry_is_cut_out_of_the_lock_file(tmp_path: Path) -> None:
    entry = python._uv_requirement(PROJECT / "requirements.lock")
    assert entry.startswith("uv==")
    assert len([line for line in entry.splitlines() if not line.startswith(" ")]) == 1
    assert "--hash=sha256:" in entry
    (tmp_path / "empty.lock").touch()
    with pytest.raises(MissingDependencyError, match="make lock"):
        python._uv_requirement(tmp_path / "empty.lock")


def test_without_a_class_archive_set_up_goes_on_and_says_why(tmp_path: Path) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho no room >&2\nexit 1\n")
    broken.chmod(0o755)
    line = class_data_sharing.install(broken, tmp_path)
    assert line == "no class archive, so Spark starts slower: no room"


def test_a_class_archive_is_of_the_jars_that_are_there_now(tmp_path: Path) -> None:
    jar = tmp_path / "lib/python3.11/site-packages/pyspark/jars/spark.jar"
    jar.parent.mkdir(parents=True)
    jar.write_text("one")
    before = dependencies.class_archive(tmp_path)
    assert dependencies.class_archive(tmp_path) == before
    jar.write_text("other")
    assert dependencies.class_archive(tmp_path) != before


def test_what_is_of_no_use_any_more_makes_room_for_a_class_archive(tmp_path: Path) -> None:
    file = dependencies.class_archive(tmp_path)
    old, left = file.with_name("old.jsa"), file.with_name(".making-left")
    left.mkdir(parents=True)
    old.touch()
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\ntouch '{file}'\n")
    python.chmod(0o755)
    assert class_data_sharing.install(python, tmp_path) == f"class archive {file}"
    assert [*file.parent.iterdir()] == [file]


def test_a_class_archive_is_made_once(tmp_path: Path) -> None:
    file = dependencies.class_archive(tmp_path)
    file.parent.mkdir(parents=True)
    file.touch()
    assert class_data_sharing.install(tmp_path / "not asked", tmp_path) == f"class archive {file}"


@pytest.mark.usefixtures("empty_cache")
def test_a_stamp_is_current_until_something_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jars, "missing", list)
    monkeypatch.setattr(log_store, "missing", lambda: False)
    (tmp_path / ".venv").mkdir()
    for name in ("requirements.lock", "pyproject.toml"):
        (tmp_path / name).write_text("as it was")
    assert not stamp.is_current(tmp_path)
    stamp.write(tmp_path)
    assert stamp.is_current(tmp_path)
    (tmp_path / "requirements.lock").write_text("changed")
    assert not stamp.is_current(tmp_path)
    stamp.write(tmp_path)
    stamp.forget(tmp_path)
    assert not stamp.is_current(tmp_path)


@pytest.mark.usefixtures("empty_cache")
def test_without_a_compiler_there_is_no_horovod(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = python.Environment(tmp_path)
    (environment.packages / "torch-2.13.0.dist-info").mkdir(parents=True)
    monkeypatch.setenv("PATH", str(tmp_path))
    line = horovod.install(environment)
    assert line.startswith("no C++ compiler, so no Horovod: torch.distributed will connect")
    assert "\n" not in line


def test_the_set_up_starts_on_a_bare_python(tmp_path: Path) -> None:
    # -S: no site-packages; -P: nothing but what is named on the path.
    program = (
        f"import sys; sys.path.insert(0, {str(PROJECT)!r}); import infra.setup.__main__ as m;"
        "print(m.PROJECT)"
    )
    process = subprocess.run(
        [sys.executable, "-S", "-P", "-c", program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert process.stdout.strip() == str(PROJECT)


def test_the_log_store_is_compiled_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dependencies, "log_store_folder", lambda: tmp_path / "log-store")
    assert log_store.missing()
    pyspark = Path(str(find_spec("pyspark").origin)).parent
    log_store.install(pyspark)
    [jar] = (tmp_path / "log-store").iterdir()
    with zipfile.ZipFile(jar) as packed:
        assert packed.namelist() == ["careerstream/ConditionalPutLogStore.class"]
    made = jar.stat().st_mtime_ns
    log_store.install(tmp_path / "not asked")
    assert jar.stat().st_mtime_ns == made


def test_a_log_store_that_does_not_compile_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dependencies, "log_store_folder", lambda: tmp_path / "log-store")
    with pytest.raises(MissingDependencyError, match="the log store for S3 does not compile: "):
        log_store.install(tmp_path / "no pyspark")
    assert not [*tmp_path.iterdir()]
