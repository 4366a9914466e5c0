from pathlib import Path

import pytest

from infra.setup import helm


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and nothing on PATH."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("CAREERSTREAM_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.mark.usefixtures("cache")
def test_without_helm_and_go_it_says_what_to_install() -> None:
    assert helm.program() is None
    assert "install helm" in helm.install()


def test_helm_in_the_cache_is_used(cache: Path) -> None:
    program = cache / f"helm-{helm.VERSION}" / "helm"
    program.parent.mkdir(parents=True)
    program.touch(mode=0o755)

    assert helm.install() == f"Helm in {program}"
