"""Finds Java 17 or 21, and installs it where apt can."""

from infra.setup import apt
from streaming import dependencies
from streaming.errors import MissingDependencyError


def ensure() -> dependencies.Java:
    """Return a usable Java; install one with apt where there is none.

    Raises:
        MissingDependencyError: there is none and apt cannot install it.
    """
    try:
        return dependencies.java()
    except MissingDependencyError:
        packages = [f"openjdk-{version}-jre-headless" for version in dependencies.JAVA_VERSIONS]
        if not apt.possible() or not any(apt.install(package) for package in packages):
            raise
    return dependencies.java()
