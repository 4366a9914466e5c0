"""Builds Horovod from its source package, once for each torch and Python, and keeps the wheel.

The last release does not compile with current versions of torch and of compilers: it requests
C++14 in two files and omits headers in others.
"""

import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path

from infra.process.run_command import output_lines
from infra.setup.progress import Progress
from infra.setup.python import Environment
from streaming import dependencies

SOURCE_SHA256 = "92a43f5a94c43907a56805bad15f19700c62ffc83b7ca483f9e104e229f67ef0"
CXX_FILES = ("CMakeLists.txt", "horovod/torch/CMakeLists.txt")
FEATURES = {
    "HOROVOD_WITH_PYTORCH": "1",
    "HOROVOD_WITH_GLOO": "1",
    "HOROVOD_WITHOUT_TENSORFLOW": "1",
    "HOROVOD_WITHOUT_MXNET": "1",
    "HOROVOD_WITHOUT_MPI": "1",
}
HEADERS = "-include string -include cstdint -include memory -include stdexcept"
"""Headers that the sources omit; GCC before version 13 included them implicitly."""
WITHOUT = "torch.distributed will connect training processes instead"


def install(environment: Environment) -> str:
    """Install Horovod's wheel into the environment; build the wheel if the cache has none.

    Returns:
        One line for display: the version of Horovod, or why there is none.
    """
    folder = _folder(environment)
    failure = folder.with_name(f"{folder.name}.failed.log")
    if not any(folder.glob("*.whl")):
        if shutil.which("c++") is None:
            return f"no C++ compiler, so no Horovod: {WITHOUT} (then install g++ and make)"
        if failure.exists():
            return f"no Horovod: {WITHOUT}; {failure} says why, remove it to try again"
        try:
            _build(environment, folder, failure)
        except (subprocess.CalledProcessError, OSError):
            return f"Horovod could not be built, {failure} says why: {WITHOUT}"
    wheel = next(folder.glob("*.whl"))
    environment.install_wheel(wheel)
    return f"Horovod {dependencies.HOROVOD_VERSION} from {folder}"


def _folder(environment: Environment) -> Path:
    """Return the folder of the wheel in the cache, which depends on the installed torch."""
    metadata = next(environment.packages.glob("torch-*.dist-info"))
    torch = metadata.name.removeprefix("torch-").removesuffix(".dist-info")
    return dependencies.horovod_folder(torch)


def _build(environment: Environment, folder: Path, failure: Path) -> None:
    """Fetch, patch, compile and import Horovod, then publish it; keep the log after a failure."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=".building-", dir=folder.parent))
    log = work / "build.log"
    progress = Progress(
        f"Compiling Horovod {dependencies.HOROVOD_VERSION}, 3 to 7 minutes on 2 cores", 100
    )
    try:
        source = _patched(_source(environment, work, log))
        uv = (environment.program("uv"), "build", "--wheel", "--no-build-isolation")
        options = ("--python", environment.python, "--out-dir", work / "wheel")
        _logged((*uv, *options, source), environment, log, progress)
        environment.install_wheel(next((work / "wheel").glob("*.whl")))
        _logged((environment.python, "-c", "import horovod.torch"), environment, log)
        (work / "wheel").rename(folder)
    except (subprocess.CalledProcessError, OSError) as error:
        with log.open("a", encoding="utf-8") as file:
            file.write(f"{error}\n")
        shutil.copyfile(log, failure)
        environment.remove("horovod")
        raise
    finally:
        progress.end()
        shutil.rmtree(work, ignore_errors=True)


def _source(environment: Environment, work: Path, log: Path) -> Path:
    """Fetch and unpack the source package; pip checks its hash."""
    requirements = work / "requirements.txt"
    requirements.write_text(
        f"horovod=={dependencies.HOROVOD_VERSION} --hash=sha256:{SOURCE_SHA256}\n", encoding="utf-8"
    )
    pip = (environment.python, "-m", "pip", "download", "--no-deps")
    _logged((*pip, "--no-binary", ":all:", "-r", requirements, "-d", work), environment, log)
    with tarfile.open(next(work.glob("horovod-*.tar.gz"))) as package:
        package.extractall(work, filter="data")
    return work / f"horovod-{dependencies.HOROVOD_VERSION}"


def _patched(source: Path) -> Path:
    """Request C++17, which current versions of torch need."""
    for name in CXX_FILES:
        file = source / name
        text = file.read_text(encoding="utf-8")
        file.write_text(
            text.replace("CMAKE_CXX_STANDARD 14", "CMAKE_CXX_STANDARD 17"), encoding="utf-8"
        )
    return source


def _logged(
    command: Sequence[str | Path],
    environment: Environment,
    log: Path,
    progress: Progress | None = None,
) -> None:
    """Run a command, append its output to the log, and show the progress that CMake prints."""
    variables = environment.variables | FEATURES
    variables |= {
        # The environment has a cmake before version 4; the machine's may be newer.
        "PATH": f"{environment.folder / 'bin'}{os.pathsep}{variables['PATH']}",
        "MAKEFLAGS": f"-j{os.cpu_count()}",
        "CXXFLAGS": f"{variables.get('CXXFLAGS', '')} {HEADERS}".lstrip(),
    }
    with log.open("a", encoding="utf-8") as file:
        for line in output_lines(command, environment=variables):
            file.write(line)
            if progress and (percent := re.match(r"\[ *(\d+)%\]", line)):
                progress.at(int(percent[1]))
