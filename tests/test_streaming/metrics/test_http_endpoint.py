import socket

import pytest

from streaming.errors import SettingsError
from streaming.metrics.http_endpoint import serve_metrics
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
