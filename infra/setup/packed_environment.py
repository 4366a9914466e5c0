"""Packs an environment with careerstream, its dependencies and the jars for the nodes of a cluster.

`make archive` calls it after `make wheel`. The archive is for `spark-submit --archives`. The nodes
need only the same Python at the same path.
"""

import shutil
import subprocess
import sys
import sysconfig
import tarfile
from importlib.metadata import version
from pathlib import Path

from infra.setup.progress import Progress
from streaming import dependencies
from streaming.errors import MissingDependencyError

PROJECT = Path(__file__).resolve().parents[2]


def main() -> None:
    """Create a relocatable environment under build/ and pack it into dist/."""
    environment = PROJECT / "build" / "archive"
    shutil.rmtree(environment, ignore_errors=True)
    wheel = _newest_wheel(PROJECT / "dist")
    _fill(environment, wheel)
    shutil.copytree(dependencies.spark_folder(), environment / "jars")
    (environment / "jars" / "s3").mkdir()
    for jar in dependencies.s3_jars():
        shutil.copy(jar, environment / "jars" / "s3")
    print(_pack(environment, PROJECT / "dist" / _name()))


def _fill(environment: Path, wheel: Path) -> None:
    python = environment / "bin" / "python"
    _uv("venv", "--quiet", "--relocatable", "--python", sys.executable, environment)
    # As constraints, because the lock file also names the tools of development.
    locked = ("--constraint", PROJECT / "requirements.lock")
    _uv("pip", "install", "--link-mode", "copy", "--python", python, *locked, wheel)
    for horovod in dependencies.horovod_folder(version("torch")).glob("*.whl"):
        _uv("pip", "install", "--link-mode", "copy", "--python", python, *locked, horovod)


def _pack(environment: Path, archive: Path) -> Path:
    """Pack all files; progress counts bytes, because most of them are torch's libraries."""
    files = sorted(environment.rglob("*"))
    sizes = [file.lstat().st_size for file in files]
    progress, done = Progress(f"Packing {archive.name}", sum(sizes)), 0
    unfinished = archive.with_suffix(".new")
    with tarfile.open(unfinished, "w:gz", compresslevel=1) as packed:
        for file, size in zip(files, sizes, strict=True):
            packed.add(file, file.relative_to(environment), recursive=False)
            done += size
            progress.at(done)
    progress.end()
    return unfinished.replace(archive)


def _name() -> str:
    python = f"py{sys.version_info[0]}{sys.version_info[1]}"
    platform = sysconfig.get_platform().replace("-", "_")
    return f"careerstream-{version('careerstream')}-{python}-{platform}.tar.gz"


def _newest_wheel(folder: Path) -> Path:
    wheels = sorted(folder.glob("careerstream-*.whl"), key=lambda wheel: wheel.stat().st_mtime)
    if not wheels:
        raise MissingDependencyError(f"there is no wheel in {folder}; `make wheel` builds it")
    return wheels[-1]


def _uv(*arguments: str | Path) -> None:
    subprocess.run([Path(sys.executable).with_name("uv"), *arguments], cwd=PROJECT, check=True)


if __name__ == "__main__":
    main()
