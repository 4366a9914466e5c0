"""The audit log names nobody, and shows whatever was changed in it."""

import pytest

from streaming.errors import InputError
from streaming.privacy.access_log import START, record_access, verify_chains
from streaming.settings import PrivacySettings, Settings


@pytest.fixture
def logged(tmp_path):
    """Settings of a log with three lines of one writer and one of another."""
    settings = Settings(home=tmp_path)
    for one in ("anna", "ben", "anna"):
        record_access(settings, "export", [one])
    record_access(settings, "console", ["anna"], "a session")
    return settings


def log_file(settings):
    """Return the file of the writer with three lines."""
    return settings.home / "privacy" / "audit-log" / "export.jsonl"


def test_each_writer_has_a_chain(logged):
    console, export = verify_chains(logged)
    assert (console.writer, console.lines) == ("console", 1)
    assert (export.writer, export.lines) == ("export", 3)
    assert export.last != START


def test_people_are_hashed_and_equal_ones_equal(logged):
    content = log_file(logged).read_bytes()
    assert b"anna" not in content
    first, second, third = (line.split(b'"candidates":')[1][:45] for line in content.splitlines())
    assert first == third != second


def test_pseudonyms_are_used_where_they_are_on(tmp_path, monkeypatch):
    monkeypatch.setenv("LOG_KEY", "k" * 32)
    privacy = PrivacySettings(pseudonyms="yes", key_variable="LOG_KEY")
    record_access(Settings(home=tmp_path, privacy=privacy), "export", ["anna"])
    assert not (tmp_path / "privacy" / "audit-log.key").exists()


@pytest.mark.parametrize(
    "change",
    [
        lambda lines: [lines[0].replace(b"export", b"expert"), *lines[1:]],
        lambda lines: [lines[0], lines[2]],
        lambda lines: lines[1:],
        lambda lines: [lines[0], lines[0], *lines[1:]],
        lambda lines: [lines[1], lines[0], lines[2]],
        lambda lines: [*lines, b"{}"],
    ],
)
def test_what_was_changed_shows(logged, change):
    file = log_file(logged)
    file.write_bytes(b"\n".join(change(file.read_bytes().splitlines())) + b"\n")
    with pytest.raises(InputError, match="is broken at line"):
        list(verify_chains(logged))
