"""Every release of the changelog has its commit written down (`tests/releases.toml`)."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMMITS = tomllib.loads((ROOT / "tests" / "releases.toml").read_text(encoding="utf-8"))["commits"]


def git(*arguments):
    return subprocess.run(
        ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_every_dated_version_has_a_commit():
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^## \[(.+?)\] - \d{4}-\d{2}-\d{2}$", changelog, re.MULTILINE) == [*COMMITS]


@pytest.mark.parametrize(("release", "commit"), COMMITS.items())
def test_the_commit_holds_the_release(release, commit):
    if git("cat-file", "-e", commit).returncode:
        pytest.skip("the clone has no such history")
    assert f"## [{release}] - 2" in git("show", f"{commit}:CHANGELOG.md").stdout
    assert f'version = "{release}"' in git("show", f"{commit}:pyproject.toml").stdout
