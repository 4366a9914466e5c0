"""The lock file: complete, hashed, and without the address of any index."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = Path(__file__).parents[2]
LOCK = PROJECT / "requirements.lock"
# With brackets, so that this file, which is searched too, does not match itself.
INDEX_ADDRESSES = re.compile(
    r"[p]ypi\.org|[p]ythonhosted\.org|[r]epo1?\.maven|[m]aven\.org"
    r"|--(extra-)?[i]ndex-url[ =]\S+|--[f]ind-links[ =]\S+"
)


def _entries() -> dict[str, tuple[Requirement, int]]:
    """Requirement and number of hashes by name."""
    entries = {}
    for block in re.split(r"\n(?=\S)", LOCK.read_text(encoding="utf-8").strip()):
        first, *hashes = (line.strip().removesuffix("\\").strip() for line in block.splitlines())
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", line) for line in hashes), first
        requirement = Requirement(first)
        entries[canonicalize_name(requirement.name)] = (requirement, len(hashes))
    return entries


def _declared() -> list[Requirement]:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = project["dependency-groups"]
    lines = [*project["project"]["dependencies"], *groups["dev"], *groups["build"]]
    return [Requirement(line) for line in lines]


def test_every_entry_has_one_version_and_hashes() -> None:
    assert len(_entries()) > 100
    for requirement, hashes in _entries().values():
        assert re.fullmatch(r"==[^,*]+", str(requirement.specifier)), requirement
        assert hashes > 0, requirement


@pytest.mark.parametrize("requirement", _declared(), ids=lambda one: one.name)
def test_every_declared_dependency_is_locked_as_declared(requirement: Requirement) -> None:
    locked, _ = _entries()[canonicalize_name(requirement.name)]
    version = str(locked.specifier).removeprefix("==")
    assert requirement.specifier.contains(version, prereleases=True)


def test_horovod_is_built_and_not_locked() -> None:
    assert "horovod" not in _entries()


def test_no_tracked_file_names_an_index() -> None:
    git = subprocess.run(
        ["git", "ls-files", "-z"], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    if git.returncode != 0:
        pytest.skip("not a git checkout, so which files are ours is unknown")
    found = {}
    for name in filter(None, git.stdout.split("\0")):
        file = PROJECT / name
        text = file.read_bytes().decode("utf-8", errors="ignore") if file.is_file() else ""
        if hits := [match[0] for match in INDEX_ADDRESSES.finditer(text)]:
            found[name] = hits
    assert found == {}
