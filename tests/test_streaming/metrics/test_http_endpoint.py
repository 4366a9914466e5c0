import re
import socket
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from jobs.operations.status_report import read_endpoint
from streaming.errors import InputError, SettingsError
from streaming.metrics.http_endpoint import bearer_token, serve_metrics
from streaming.settings import MetricsSettings, load


def test_off_means_nowhere():
    with serve_metrics(MetricsSettings(port="off"), str) as address:
        assert address is None
    assert load(None, ["metrics.port=off"]).metrics.port == "off"
    assert load(None, ["metrics.port=9464"]).metrics.port == 9464
    for wrong in ("-1", "65536", "on"):
        with pytest.raises(SettingsError, match=r"metrics\.port"):
            load(None, [f"metrics.port={wrong}"])


def test_a_port_that_is_taken_is_one_line():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        line = f"metrics cannot be served at 127.0.0.1:{port} "
        with (
            pytest.raises(SettingsError, match=line) as raised,
            serve_metrics(MetricsSettings(port=port), str),
        ):
            pass
    assert "\n" not in str(raised.value)


def ask(address, authorization=None):
    """Ask for health; return status and body."""
    parts = urlsplit(address)
    connection = HTTPConnection(parts.hostname, parts.port, timeout=10)
    try:
        headers = {} if authorization is None else {"Authorization": authorization}
        connection.request("GET", "/health", headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "jobs.example"])  # noqa: S104
def test_nothing_is_served_to_other_machines_without_a_token(host):
    line = f"metrics.host {re.escape(host)} lets other machines .* set metrics.token_file"
    with pytest.raises(SettingsError, match=line), serve_metrics(MetricsSettings(host=host), str):
        pass


def test_where_there_is_a_token_only_it_opens(tmp_path):
    file = tmp_path / "token"
    file.write_text("open sesame\n")
    with serve_metrics(MetricsSettings(token_file=file), str) as address:
        asked = [
            ask(address, given)[0]
            for given in (
                None,
                "",
                "Bearer ",
                "open sesame",
                "Bearer open",
                "Bearer open sesame\xe9",
            )
        ]
        assert asked == [401] * len(asked)
        assert ask(address, "Bearer open sesame") == (200, "ok\n")
        with pytest.raises(InputError, match=r"asks for a token; set metrics\.token_file"):
            read_endpoint(address)
        with pytest.raises(InputError, match="refuses the token"):
            read_endpoint(address, "guessed")
        assert read_endpoint(address, "open sesame").about["healthy"]


def test_a_token_comes_from_the_environment_or_a_file_and_never_from_the_command_line(
    monkeypatch, tmp_path
):
    monkeypatch.setenv("CAREERSTREAM_METRICS__TOKEN", "open sesame")
    assert bearer_token(load().metrics) == "open sesame"
    with pytest.raises(SettingsError, match=r"either token or token_file"):
        load(None, [f"metrics.token_file={tmp_path}/token"])
    with pytest.raises(SettingsError, match=r"list of processes; .*METRICS__TOKEN") as raised:
        load(None, ["metrics.token=hunter2"])
    assert "hunter2" not in str(raised.value)
    missing = MetricsSettings(token_file=tmp_path / "absent")
    with pytest.raises(SettingsError, match=r"metrics\.token_file .*cannot be read: No such"):
        bearer_token(missing)
    (tmp_path / "absent").touch()
    with pytest.raises(SettingsError, match=r"absent is empty"):
        bearer_token(missing)
