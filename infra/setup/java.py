"""Finds a Java 17 or 21, and installs one where the machine lets us."""

from infra.setup import apt
from streaming import dependencies
from streaming.errors import MissingPartError


def ensure() -> dependencies.Java:
    """Return a usable Java; install it with apt where there is none and that is possible.

    Raises:
        MissingPartError: there is none and it cannot be installed from here.
    """
    try:
        return dependencies.java()
    except MissingPartError:
        packages = [f"openjdk-{version}-jre-headless" for version in dependencies.JAVA_VERSIONS]
        if not apt.possible() or not any(apt.install(package) for package in packages):
            raise
    return dependencies.java()
