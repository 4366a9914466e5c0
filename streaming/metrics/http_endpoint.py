"""Metrics and health over HTTP: GET /metrics, GET /health.

Where other machines reach them, they ask for a bearer token.
"""

import hmac
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST

from streaming.errors import SettingsError
from streaming.loopback import is_loopback
from streaming.metrics.registry import REGISTRY
from streaming.secret_values import read_secret
from streaming.settings import MetricsSettings

_REQUEST_TIMEOUT_SECONDS = 10


@contextmanager
def serve_metrics(
    settings: MetricsSettings, health_problem: Callable[[], str]
) -> Iterator[str | None]:
    """Answer requests while the block lasts.

    Args:
        settings: where to listen.
        health_problem: returns one line that says what is wrong; '' if the job is healthy.

    Yields:
        The address, e.g. http://127.0.0.1:40123; None if metrics.port is off.

    Raises:
        SettingsError: the port is taken, the host is not this machine's, or other machines reach
            it and there is no token.
    """
    if settings.port == "off":
        yield None
        return
    handler = _handler(health_problem, _required_token(settings))
    try:
        server = ThreadingHTTPServer((settings.host, settings.port), handler)
    except OSError as error:
        raise SettingsError(
            f"metrics cannot be served at {settings.host}:{settings.port} ({error.strerror}); set "
            "metrics.port to a free one, or to 0 to have one chosen"
        ) from error
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, name="metrics", daemon=True)
    thread.start()
    try:
        yield f"http://{settings.host}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def bearer_token(settings: MetricsSettings) -> str:
    """Return the token of the settings, '' where there is none.

    Raises:
        SettingsError: its file cannot be read.
    """
    return read_secret("metrics.token", settings.token, settings.token_file)


def _required_token(settings: MetricsSettings) -> str:
    token = bearer_token(settings)
    if not token and not is_loopback(settings.host):
        raise SettingsError(
            f"metrics.host {settings.host} lets other machines read metrics and health: set "
            "metrics.token_file to a file with a token, or CAREERSTREAM_METRICS__TOKEN to the "
            "token; or set metrics.host to 127.0.0.1"
        )
    return token


def _handler(health_problem: Callable[[], str], token: str) -> type[BaseHTTPRequestHandler]:
    expected = f"Bearer {token}".encode() if token else None

    class Handler(BaseHTTPRequestHandler):
        timeout = _REQUEST_TIMEOUT_SECONDS

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if not self._is_known():
                body = b"send the header Authorization: Bearer TOKEN, with metrics.token\n"
                self._answer(HTTPStatus.UNAUTHORIZED, body, "text/plain")
            elif path == "/metrics":
                self._answer(HTTPStatus.OK, REGISTRY.exposition(), CONTENT_TYPE_LATEST)
            elif path == "/health":
                problem = health_problem()
                status = HTTPStatus.SERVICE_UNAVAILABLE if problem else HTTPStatus.OK
                self._answer(status, f"{problem or 'ok'}\n".encode(), "text/plain; charset=utf-8")
            else:
                self._answer(HTTPStatus.NOT_FOUND, b"GET /metrics or /health\n", "text/plain")

        def _is_known(self) -> bool:
            given = self.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
            return expected is None or hmac.compare_digest(given, expected)

        def _answer(self, status: HTTPStatus, body: bytes, kind: str) -> None:
            self.send_response(status)
            if status is HTTPStatus.UNAUTHORIZED:
                self.send_header("WWW-Authenticate", "Bearer")
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
            """Do not log requests."""

    return Handler
