import pytest

from jobs.operations.status_report import read_endpoint
from streaming.errors import InputError
from streaming.metrics.http_endpoint import serve_metrics
from streaming.settings import MetricsSettings


def test_the_endpoint_answers_on_loopback_and_ends(ask):
    with serve_metrics(MetricsSettings(), lambda: "not yet") as address:
        assert address.startswith("http://127.0.0.1:")
        status, body = ask(address, "/metrics?x=1")
        assert status == 200
        assert "careerstream_batch_id" in body
        assert ask(address, "/health") == (503, "not yet\n")
        assert not read_endpoint(address).about["healthy"]
    with pytest.raises(InputError, match="no metrics at " + address) as raised:
        read_endpoint(address)
    assert "\n" not in str(raised.value)
