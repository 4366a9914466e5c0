"""The pages and what they ask for: a Starlette application."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any

import orjson
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from jobs.console.actions import Actions
from jobs.console.live.live_topics import LiveTopics
from jobs.console.market_clock import MarketClock
from jobs.console.operator_page import Operator
from jobs.console.page_state import PageState
from jobs.console.sessions import Session
from jobs.console.subscribers import MAX_SUBSCRIPTIONS, Subscribers
from jobs.console.texts import LANGUAGES, preferred_language, texts
from streaming.contract.topics import (
    CONVERSATIONS,
    MATCHES,
    PLANS,
    POSTINGS,
    PROFILES,
    RECOMMENDATIONS,
    REWRITES,
)
from streaming.errors import BrokerError, CareerstreamError, InputError
from streaming.privacy.access_log import record_access
from streaming.privacy.pseudonyms import is_pseudonym, known_as
from streaming.settings import Settings

FOLDER = Path(__file__).parent
THEMES = ("auto", "light", "dark")
ALIVE_SECONDS = 10.0
"""After so long without news a comment is sent, by which a lost browser is noticed."""
PARTS_OF_TOPICS = {
    CONVERSATIONS.name: "conversation",
    PLANS.name: "plan",
    PROFILES.name: "profile",
    RECOMMENDATIONS.name: "list",
}
"""Parts that follow the candidate of a session. The matches follow its posting."""
RECONNECT_MS = 1_000
NOBODY = "nobody is chosen: choose or make up a candidate first"

Handler = Callable[[Request], Awaitable[Response]]


@dataclass
class Console:
    """Everything behind the pages, and the handlers of their requests."""

    settings: Settings
    subscribers: Subscribers = field(default_factory=Subscribers)
    clock: MarketClock = field(default_factory=MarketClock)

    def __post_init__(self) -> None:
        self.live = LiveTopics(self.settings.kafka, self.clock, self._on_change)
        self.state = PageState(self.live, self.clock, self.subscribers)
        self.actions = Actions(self.settings.kafka, self.clock)
        self.operator = Operator(self.settings)
        self._templates = Environment(
            loader=FileSystemLoader(FOLDER / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def app(self) -> Starlette:
        """Return the application."""
        reads = {
            "/operator/report": self.operator.report,
            "/operator/dead-letters": self.operator.dead_letters,
            "/operator/models": self.operator.models,
        }
        posts = {
            "/candidate": self.choose,
            "/candidate/new": self.make_up,
            "/posting": self.choose_posting,
            "/events": self.act,
            "/say": self.say,
            "/goal": self.wish,
            "/preferences": self.prefer,
            "/operator/replay": self.replay,
        }
        return Starlette(
            routes=[
                Route("/", self._page("candidate")),
                Route("/operator", self._page("operator")),
                Route("/stream", self.stream),
                *(Route(path, _reading(read)) for path, read in reads.items()),
                *(Route(path, _answering(post), methods=["POST"]) for path, post in posts.items()),
                Mount("/static", StaticFiles(directory=FOLDER / "static")),
            ]
        )

    def start(self) -> None:
        """Begin to follow the topics."""
        self.live.start()

    def stop(self) -> None:
        """End all streams and connections."""
        self.subscribers.close()
        self.live.stop()
        self.actions.close()
        self.operator.close()

    async def stream(self, request: Request) -> Response:
        """Send the state of the session's page, and then what changes of it."""
        if len(self.subscribers) >= MAX_SUBSCRIPTIONS:
            return Response("too many pages are open", HTTPStatus.SERVICE_UNAVAILABLE)
        events = self._events(_session(request))
        return StreamingResponse(events, media_type="text/event-stream")

    async def choose(self, request: Request) -> dict[str, Any]:
        """Show a candidate of the topics from now on."""
        chosen = str((await _body(request)).get("candidate_id") or "").strip()
        known = known_as(self.settings.privacy, chosen)
        if not self.state.knows(known) and not await self.state.search(known):
            raise InputError(f"there is no profile and no list of candidate {chosen}")
        session = hashlib.sha256(_session(request).id.encode()).hexdigest()[:16]
        await asyncio.to_thread(record_access, self.settings, "console", [known], session)
        return self._show(request, chosen)

    async def choose_posting(self, request: Request) -> dict[str, Any]:
        """Show the matches of a posting from now on."""
        posting_id = str((await _body(request)).get("posting_id") or "").strip()
        if not await self.state.search_posting(posting_id):
            raise InputError(f"there is no open posting {posting_id} on its topic")
        session = _session(request)
        session.posting_id = posting_id
        self.subscribers.session_changed(session, "matches")
        return {"posting_id": posting_id}

    async def make_up(self, request: Request) -> dict[str, Any]:
        """Send what somebody states, and show that candidate from now on."""
        stated = await _body(request)
        self._require_broker()
        candidate_id = await asyncio.to_thread(self.actions.state, stated)
        return self._show(request, candidate_id)

    async def act(self, request: Request) -> dict[str, Any]:
        """Send an event of the session's candidate with an item that its page shows."""
        body, session = await _body(request), _session(request)
        if session.candidate_id is None:
            raise InputError(NOBODY)
        item = session.shown_item(str(body.get("recommendation_id")), str(body.get("posting_id")))
        if item is None:
            raise InputError("this posting is in none of the lists that were shown lately")
        self._require_broker()
        kind = str(body.get("kind"))
        own_id = self._own_id(session)
        event_id = await asyncio.to_thread(self.actions.do, own_id, kind, item)
        session.events.append(event_id)
        self.subscribers.candidate_changed(session.candidate_id, "answered")
        return {"event_id": event_id}

    async def say(self, request: Request) -> dict[str, Any]:
        """Send a turn of the session's candidate about the list that its page shows."""
        body, session = await _body(request), _session(request)
        if session.candidate_id is None:
            raise InputError(NOBODY)
        self._require_broker()
        text, shown = str(body.get("text") or ""), session.newest_list()
        turn_id = await asyncio.to_thread(self.actions.say, self._own_id(session), text, shown)
        return {"turn_id": turn_id}

    async def wish(self, request: Request) -> dict[str, Any]:
        """State a goal of the session's candidate; an empty one takes it back."""
        body, session = await _body(request), _session(request)
        if session.candidate_id is None:
            raise InputError(NOBODY)
        self._require_broker()
        goal, stated = str(body.get("goal") or "").strip(), self.state.stated(session)
        await asyncio.to_thread(self.actions.wish, session.candidate_id, stated, goal)
        return {"goal": goal}

    async def prefer(self, request: Request) -> dict[str, Any]:
        """Keep a language or colours for the session."""
        body, session = await _body(request), _session(request)
        language, theme = body.get("language"), body.get("theme")
        session.language = language if language in LANGUAGES else session.language
        session.theme = theme if theme in THEMES else session.theme
        return {}

    async def replay(self, request: Request) -> dict[str, Any]:
        """Send dead letters to their topics again."""
        keys = (await _body(request)).get("keys")
        if not isinstance(keys, list) or not keys:
            raise InputError("name the keys of the dead letters")
        outcomes = await asyncio.to_thread(self.operator.replay, frozenset(map(str, keys)))
        return {"outcomes": outcomes}

    def _show(self, request: Request, candidate_id: str) -> dict[str, Any]:
        session, known = _session(request), known_as(self.settings.privacy, candidate_id)
        with_pseudonyms = self.settings.privacy.pseudonyms == "yes"
        is_own = not (with_pseudonyms and is_pseudonym(candidate_id))
        session.choose(known, candidate_id if is_own else None)
        self.subscribers.session_changed(session)
        return {"candidate_id": known}

    def _own_id(self, session: Session) -> str:
        if session.own_id is None:
            raise InputError(
                "only the pseudonym of this candidate is known here; choose them by their own id"
            )
        return session.own_id

    def _page(self, name: str) -> Handler:
        async def page(request: Request) -> Response:
            session = _session(request)
            language = session.language or preferred_language(
                request.headers.get("accept-language", "")
            )
            own = texts(language)
            html = self._templates.get_template(f"{name}.html.j2").render(
                page=name,
                language=language,
                languages=LANGUAGES,
                theme=session.theme,
                themes=THEMES,
                t=own,
                texts=orjson.dumps(own).decode(),
            )
            return HTMLResponse(html)

        return page

    async def _events(self, session: Session) -> AsyncIterator[bytes]:
        yield f"retry: {RECONNECT_MS}\n\n".encode()
        with self.subscribers.subscribe(session) as subscription:
            while True:
                changed = await subscription.changes(ALIVE_SECONDS)
                if subscription.closed:
                    return
                if not changed:
                    yield b": alive\n\n"
                    continue
                parts = self.state.parts(session, changed - {"answered"})
                yield b"event: state\ndata: " + orjson.dumps(parts) + b"\n\n"

    def _on_change(self, topic: str, key: str) -> None:
        if not topic:
            self.subscribers.status_changed()
        elif topic in {MATCHES.name, POSTINGS.name, REWRITES.name}:
            self.subscribers.posting_changed(key, "matches")
        elif part := PARTS_OF_TOPICS.get(topic):
            self.subscribers.candidate_changed(key, part)

    def _require_broker(self) -> None:
        if self.live.trouble:
            raise BrokerError(self.live.trouble)


def _session(request: Request) -> Session:
    session: Session = request.state.session
    return session


async def _body(request: Request) -> dict[str, Any]:
    try:
        body = orjson.loads(await request.body())
    except ValueError as error:
        raise InputError(f"this is no JSON: {error}") from error
    if not isinstance(body, dict):
        raise InputError("send a JSON object")
    return body


def _reading(read: Callable[[], dict[str, Any]]) -> Handler:
    """Answer with what a function reads, which may take long."""

    async def handle(_: Request) -> dict[str, Any]:
        return await asyncio.to_thread(read)

    return _answering(handle)


def _answering(handle: Callable[[Request], Awaitable[dict[str, Any]]]) -> Handler:
    """Answer with JSON; an expected error is one line."""

    async def answer(request: Request) -> Response:
        try:
            return _json(await handle(request))
        except InputError as error:
            return _json({"error": str(error)}, HTTPStatus.UNPROCESSABLE_ENTITY)
        except CareerstreamError as error:
            return _json({"error": str(error)}, HTTPStatus.SERVICE_UNAVAILABLE)

    return answer


def _json(value: Any, status: int = HTTPStatus.OK) -> Response:
    return Response(orjson.dumps(value), status, media_type="application/json")
