"""Serves the console on one port until it is told to stop."""

import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from jobs.console.app import Console
from jobs.console.security import Guard
from jobs.console.sessions import Sessions
from streaming.errors import MissingDependencyError
from streaming.settings import Settings

STOP_SECONDS, POLL_SECONDS = 1, 0.02


@contextmanager
def serving(settings: Settings, host: str, port: int) -> Iterator[str]:
    """Serve the console in the block, in threads of its own; yield its URL with the token.

    Raises:
        MissingDependencyError: the port is taken, or the host is not of this machine.
    """
    token, listener = secrets.token_urlsafe(32), _listen(host, port)
    console = Console(settings)
    app = Guard(console.app(), token=token, sessions=Sessions(), host=host)
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=STOP_SECONDS,
        )
    )
    thread = threading.Thread(target=server.run, args=([listener],), name="console", daemon=True)
    console.start()
    thread.start()
    try:
        while not server.started and thread.is_alive():
            time.sleep(POLL_SECONDS)
        shown = f"[{host}]" if ":" in host else host
        yield f"http://{shown}:{listener.getsockname()[1]}/?token={token}"
    finally:
        server.should_exit = True
        console.stop()
        thread.join(2 * STOP_SECONDS)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except (OSError, OverflowError) as error:
        listener.close()
        raise MissingDependencyError(
            f"the console cannot listen at {host}:{port} ({error}); give another --port or --host"
        ) from error
    return listener
