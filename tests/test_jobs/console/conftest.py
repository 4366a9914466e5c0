"""A console that serves, clients of it, and Chromium."""

import json
import os
import time
from contextlib import contextmanager
from http.client import HTTPConnection
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import sync_playwright

from infra.setup import apt
from jobs.console.server import serving

PATIENCE = 60.0


class Client:
    """A browser without a screen: keeps cookies, and sends what pages of the console send."""

    def __init__(self, url):
        parts = urlsplit(url)
        self.host, self.token = parts.netloc, parse_qs(parts.query)["token"][0]
        self.cookie = ""

    def request(self, method, path, body=None, **headers):
        """Return status, headers and text; a header given as None is left out."""
        own = {"host": self.host, "cookie": self.cookie, "accept-language": "en"}
        if body is not None:
            own |= {"content-type": "application/json", "origin": f"http://{self.host}"}
        own |= {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {name: value for name, value in own.items() if value}
        connection = HTTPConnection(self.host, timeout=PATIENCE)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), sent)
            response = connection.getresponse()
            return response.status, dict(response.headers), response.read().decode()
        finally:
            connection.close()

    def sign_in(self):
        """Open the URL that was printed."""
        status, headers, text = self.request("GET", f"/?token={self.token}")
        assert status == 200
        self.cookie = headers["set-cookie"].partition(";")[0]
        return text

    def get(self, path):
        status, _, text = self.request("GET", path)
        assert status == 200, text
        return json.loads(text)

    def post(self, path, body):
        status, _, text = self.request("POST", path, body)
        return status, json.loads(text)

    def state(self, ready=lambda _: True):
        """Follow the stream until the state is ready; return it."""
        state, deadline = {}, time.monotonic() + PATIENCE
        connection = HTTPConnection(self.host, timeout=PATIENCE)
        try:
            connection.request("GET", "/stream", headers={"cookie": self.cookie})
            response = connection.getresponse()
            assert response.status == 200
            while time.monotonic() < deadline:
                line = response.readline()
                if line.startswith(b"data: "):
                    state |= json.loads(line.removeprefix(b"data: "))
                    if ready(state):
                        return state
        finally:
            connection.close()
        raise AssertionError(f"never ready: {state}")


@pytest.fixture(scope="session")
def console_for():
    """Serve a console for a block; gives a client that is signed in."""

    @contextmanager
    def served(settings, *, signed_in=True):
        with serving(settings, "127.0.0.1", 0) as url:
            client = Client(url)
            if signed_in:
                client.sign_in()
            yield client

    return served


@pytest.fixture(scope="module")
def chromium():
    """Debian's Chromium, without a window.

    Not longer than a module: while Playwright is open, its event loop runs, and no other may.
    """
    program = apt.browser()
    if program is None:
        pytest.skip("no Chromium; `make setup` installs it where apt may, as root")
    with sync_playwright() as playwright:
        # As root Chromium refuses its own sandbox.
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        yield browser
        browser.close()
