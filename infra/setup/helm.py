"""Helm, which the chart's tests render with; Go builds it where there is none.

Run: python -m infra.setup.helm (`make helm`). Tests that need it are skipped without it.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from streaming import dependencies

MODULE = "helm.sh/helm/v3/cmd/helm"
VERSION = "v3.22.0"
BUILD_SECONDS = 900.0
"""The longest that a build may take."""


def program() -> str | None:
    """Return the path of Helm: the one on PATH, or else the one in the cache."""
    return shutil.which("helm") or shutil.which("helm", path=_folder())


def install() -> str:
    """Build Helm into the cache where there is none. It takes minutes.

    Returns:
        One line for display: the program's path, or why there is none.
    """
    if found := program():
        return f"Helm in {found}"
    if shutil.which("go") is None:
        return "no Helm and no Go to build it, so the chart's tests are skipped (install helm)"
    print(f"helm: building Helm {VERSION} with Go, a few minutes")
    environment = os.environ | {"GOBIN": str(_folder())}
    build = ["go", "install", "-trimpath", f"{MODULE}@{VERSION}"]
    try:
        subprocess.run(build, env=environment, check=True, timeout=BUILD_SECONDS)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        return f"Go did not build Helm ({error}), so the chart's tests are skipped"
    return f"Helm in {program()}"


def _folder() -> Path:
    return dependencies.cache_folder() / f"helm-{VERSION}"


if __name__ == "__main__":
    print(f"helm: {install()}")
    sys.exit(program() is None)
