"""What the console refuses, and what it says where there is no broker. It needs none for that."""

import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from jobs.console.server import serving
from streaming.errors import MissingDependencyError
from streaming.settings import KafkaSettings, Settings


@pytest.fixture(scope="module")
def client(console_for, tmp_path_factory):
    """A console whose broker is away; the client has not opened the printed URL yet."""
    away = KafkaSettings(bootstrap_servers="127.0.0.1:1")
    home = tmp_path_factory.mktemp("console")
    with console_for(Settings(home=home, kafka=away), signed_in=False) as served:
        yield served


@pytest.fixture
def cookie(client):
    """The client, signed in."""
    client.cookie = ""
    client.sign_in()
    yield client.cookie
    client.cookie = ""


PRIVATE = ["/", "/operator", "/stream", "/operator/report", "/operator/dead-letters"]


@pytest.mark.parametrize("path", PRIVATE)
@pytest.mark.parametrize("query", ["", "?token=", "?token=wrong", "?token=%C3%A9"])
def test_without_the_token_nothing_is_shown(client, path, query):
    status, headers, text = client.request("GET", path + query)
    assert status == 403
    assert "set-cookie" not in headers
    assert text == "refused: open the URL that `careerstream console` prints\n"


def test_without_a_session_nothing_is_sent(client):
    assert client.request("POST", "/candidate", {"candidate_id": "c1"})[0] == 403


def test_a_wrong_cookie_is_no_session(client):
    name = f"careerstream-console-{client.host.partition(':')[2]}"
    assert client.request("GET", "/", cookie=f"{name}=x")[0] == 403


def test_the_token_opens_a_session_whose_cookie_stays_with_the_browser(client, cookie):
    _, headers, text = client.request("GET", f"/?token={client.token}", cookie=None)
    flags = {flag.strip() for flag in headers["set-cookie"].split(";")[1:]}
    assert flags == {"HttpOnly", "Path=/", "SameSite=Strict"}
    assert client.token not in text
    assert cookie.partition("=")[2] not in text
    assert client.request("GET", "/")[0] == 200


def test_every_answer_carries_the_policy(client, cookie):
    assert cookie
    for path in ("/", "/operator", "/static/console.js", "/static/console.css", "/nowhere"):
        _, headers, text = client.request("GET", path)
        policy = headers["content-security-policy"]
        assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "server" not in headers
        assert "<script>" not in text
        assert " style=" not in text
        assert " onclick=" not in text


@pytest.mark.parametrize(
    "host",
    ["example.org", "example.org:{port}", "127.0.0.1.example.org:{port}", "169.254.169.254", ""],
)
def test_another_name_of_this_address_is_refused(client, cookie, host):
    assert cookie
    port = client.host.partition(":")[2]
    for path in ("/", "/static/console.js"):
        status, _, text = client.request("GET", path, host=host.format(port=port) or "x")
        assert (status, "Host" in text) == (421, False)


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "[::1]"])
def test_the_names_of_this_machine_are_ours(client, cookie, name):
    assert cookie
    port = client.host.partition(":")[2]
    assert client.request("GET", "/", host=f"{name}:{port}")[0] == 200


@pytest.mark.parametrize(
    "origin", ["http://example.org", "null", "https://{host}", "http://localhost:1", None]
)
def test_a_foreign_page_can_send_nothing(client, cookie, origin):
    assert cookie
    origin = origin and origin.format(host=client.host)
    paths = ("/candidate", "/candidate/new", "/posting", "/events", "/preferences")
    for path in (*paths, "/operator/replay"):
        assert client.request("POST", path, {}, origin=origin)[0] == 403


def test_a_foreign_page_can_read_nothing(client, cookie):
    assert cookie
    for path in PRIVATE:
        assert client.request("GET", path, origin="http://example.org")[0] == 403


def test_a_form_of_another_page_is_no_json(client, cookie):
    assert cookie
    kinds = ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data", None]
    for kind in kinds:
        assert client.request("POST", "/preferences", {}, content_type=kind)[0] == 415
    assert client.request("POST", "/preferences", {"theme": "x" * 70_000})[0] == 413


@pytest.mark.parametrize("path", ["/static/../app.py", "/static/%2e%2e/app.py", "/static/"])
def test_no_other_file_is_served(client, path):
    assert client.request("GET", path)[0] == 404


def test_what_is_no_object_is_refused_in_one_line(client, cookie):
    assert cookie
    for body in ([], "text"):
        assert client.post("/preferences", body) == (422, {"error": "send a JSON object"})


def test_preferences_belong_to_the_session_and_only_known_ones_are_kept(client, cookie):
    assert cookie
    client.post("/preferences", {"language": "zh", "theme": "dark"})
    client.post("/preferences", {"language": "<b>", "theme": '"><script>'})
    text = client.request("GET", "/")[2]
    assert '<html lang="zh" data-theme="dark">' in text
    assert "求职者" in text
    client.cookie = ""
    assert '<html lang="en" data-theme="auto">' in client.sign_in()


def test_no_broker_is_one_line_on_the_page_and_for_every_action(client, cookie):
    assert cookie
    state = client.state(lambda s: "no Kafka broker answers" in s["status"]["trouble"])
    assert "\n" not in state["status"]["trouble"]
    assert (state["list"], state["profile"], state["candidate"]["id"]) == (None, None, None)
    assert "no Kafka broker answers" in client.get("/operator/report")["broker"]
    for path, body in {
        "/candidate/new": {"skills": "SQL"},
        "/candidate": {"candidate_id": "c"},
        "/posting": {"posting_id": "p"},
    }.items():
        status, answer = client.post(path, body)
        assert (status, "\n" in answer["error"]) == (503, False)
    assert "nobody is chosen" in client.post("/events", {"kind": "view"})[1]["error"]


def test_no_model_is_registered_yet(client, cookie):
    assert cookie
    empty = {"versions": [], "aliases": {}, "champions": [], "gate": None}
    assert client.get("/operator/models") == empty


def test_a_port_that_is_taken_is_one_line(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(MissingDependencyError, match="give another --port"),
            serving(Settings(home=tmp_path), "127.0.0.1", port),
        ):
            pass


def test_open_streams_do_not_hold_up_the_end(console_for, tmp_path: Path):
    away = Settings(home=tmp_path, kafka=KafkaSettings(bootstrap_servers="127.0.0.1:1"))
    with console_for(away) as client:
        streams = [socket.create_connection(client.host.split(":")) for _ in range(20)]
        head = f"GET /stream HTTP/1.1\r\nHost: {client.host}\r\nCookie: {client.cookie}\r\n\r\n"
        for stream in streams:
            stream.sendall(head.encode())
            assert b"event-stream" in stream.recv(4096)
        ended = time.monotonic()
    assert time.monotonic() - ended < 5
    for stream in streams:
        stream.close()


def run_console(home, *options):
    """Start the command; return its process and what it prints up to the URL."""
    away = ["--set=kafka.bootstrap_servers=127.0.0.1:1", f"--set=home={home}"]
    command = [sys.executable, "-u", "-m", "jobs.cli", *away, "console", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    printed = []
    while "?token=" not in "".join(printed[-1:]):
        printed.append(process.stdout.readline())
        assert printed[-1], printed
    return process, "".join(printed)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_prints_the_url_and_ends_when_it_is_told_to(tmp_path: Path, number):
    process, printed = run_console(tmp_path)
    with process, socket.socket() as stream:
        url = re.fullmatch(r"console: http://127\.0\.0\.1:(\d+)/\?token=[\w-]{43}\n", printed)
        stream.connect(("127.0.0.1", int(url[1])))
        process.send_signal(number)
        assert process.wait(10) == 0


def test_a_host_that_others_reach_is_warned_of(tmp_path: Path):
    process, printed = run_console(tmp_path, "--host", "0.0.0.0")  # noqa: S104
    with process:
        assert printed.startswith("--host 0.0.0.0: whoever reads the URL on the way may act")
        process.terminate()
        assert process.wait(10) == 0
