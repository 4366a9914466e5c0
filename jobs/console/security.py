"""Who may use the page: a token opens a session, and requests of other pages are refused.

The console has no users and no passwords. Whoever knows the URL that it printed may use it. A page
of somebody else, open in the same browser, must not: the cookie is not sent with its requests, and
Host and Origin are checked all the same.
"""

import ipaddress
import secrets
from http.cookies import SimpleCookie

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from jobs.console.sessions import Session, Sessions
from streaming.loopback import is_loopback

SAFE_METHODS = {"GET", "HEAD"}
PUBLIC = "/static/"
"""Paths of files that anybody may read: script and style."""
MAX_BODY = 64 * 1024
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-frame-options": "DENY",
    "cache-control": "no-store",
}
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class Guard:
    """Refuses what is not from a page of ours; gives each request its session."""

    def __init__(self, app: ASGIApp, *, token: str, sessions: Sessions, host: str) -> None:
        self._app, self._token, self._sessions, self._host = app, token, sessions, host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request, added = Request(scope), dict(HEADERS)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(added)
            await send(message)

        refusal = self._fault(request)
        if refusal is None and not request.url.path.startswith(PUBLIC):
            session, cookie = self._session(request)
            added |= {"set-cookie": cookie} if cookie else {}
            request.state.session = session
            if session is None:
                refusal = _refuse("open the URL that `careerstream console` prints")
        await (refusal or self._app)(scope, receive, send_with_headers)

    def _fault(self, request: Request) -> Response | None:
        if not self._is_ours(request.headers.get("host", "")):
            return _refuse("the console answers under its own address only", 421)
        own, origin = f"http://{request.headers['host']}", request.headers.get("origin")
        if request.method in SAFE_METHODS:
            foreign = origin not in {None, own} or _is_in_a_foreign_frame(request)
            return _refuse("another page may not read this") if foreign else None
        if origin != own:
            return _refuse("another page may not send this")
        if request.headers.get("content-type", "").partition(";")[0] != "application/json":
            return _refuse("send JSON", 415)
        length = request.headers.get("content-length", "")
        if not length.isdecimal() or int(length) > MAX_BODY:
            return _refuse(f"send at most {MAX_BODY} bytes, and say how many", 413)
        return None

    def _is_ours(self, host: str) -> bool:
        """Return whether a Host header names us.

        A name that leads to this address may belong to somebody else, who then reads answers under
        it (DNS rebinding). An address cannot.
        """
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
        name = name.strip("[]").lower()
        if is_loopback(self._host):
            return name in LOOPBACK or name == self._host
        return name in {*LOOPBACK, self._host.lower()} or _is_address(name)

    def _session(self, request: Request) -> tuple[Session | None, str]:
        """Return the session of a request and, for a new one, the cookie that names it."""
        # Browsers send cookies of one port to every port of a host.
        name = f"careerstream-console-{request.url.port or 80}"
        session = self._sessions.find(request.cookies.get(name, ""))
        given = request.query_params.get("token", "")
        if session is not None or not given:
            return session, ""
        if not secrets.compare_digest(given.encode(), self._token.encode()):
            return None, ""
        session = self._sessions.open()
        cookie = SimpleCookie({name: session.id})
        cookie[name] |= {"path": "/", "httponly": True, "samesite": "Strict"}
        return session, cookie[name].OutputString()


def _is_in_a_foreign_frame(request: Request) -> bool:
    """Return whether a frame of another page asks, which sends no Origin; a link may lead here."""
    site = request.headers.get("sec-fetch-site", "none")
    linked = request.headers.get("sec-fetch-dest") == "document"
    return site not in {"same-origin", "none"} and not linked


def _refuse(reason: str, status: int = 403) -> Response:
    return PlainTextResponse(f"refused: {reason}\n", status)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
