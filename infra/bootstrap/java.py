"""Finds a Java 17 or 21, and installs one where the machine lets us."""

from infra.bootstrap import apt
from streaming import parts
from streaming.errors import MissingPartError


def ensure() -> parts.Java:
    """Return a usable Java; install it with apt where there is none and that is possible.

    Raises:
        MissingPartError: there is none and it cannot be installed from here.
    """
    try:
        return parts.java()
    except MissingPartError:
        packages = [f"openjdk-{version}-jre-headless" for version in parts.JAVA_VERSIONS]
        if not apt.possible() or not any(apt.install(package) for package in packages):
            raise
    return parts.java()
