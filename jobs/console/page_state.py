"""The state of the market's page, made from the live topics for what a session has chosen."""

import asyncio
import logging
from collections.abc import Collection, Coroutine
from typing import Any

from jobs.console import views
from jobs.console.live.live_topics import LiveTopics
from jobs.console.market_clock import MarketClock
from jobs.console.sessions import Session
from jobs.console.subscribers import Subscribers
from streaming.contract.topics import (
    MATCHES,
    PLANS,
    POSTINGS,
    PROFILES,
    RECOMMENDATIONS,
    REWRITES,
    Topic,
)
from streaming.errors import CareerstreamError, InputError

log = logging.getLogger(__name__)

RECENT_CANDIDATES = 8
MAX_MISSING = 10_000
"""Keys without a value that are remembered, so that a topic is not searched for them again."""


class PageState:
    """Makes what a page shows. Its methods belong to the event loop."""

    def __init__(self, live: LiveTopics, clock: MarketClock, subscribers: Subscribers) -> None:
        self._live, self._clock, self._subscribers = live, clock, subscribers
        self._missing: set[tuple[str, str]] = set()
        self._searches: set[asyncio.Task[None]] = set()

    def parts(self, session: Session, wanted: Collection[str]) -> dict[str, Any]:
        """Return some parts of the state of a session's page (`subscribers.PARTS`)."""
        made = {name: getattr(self, f"_{name}")(session) for name in wanted}
        return made | {"answered": self._answered(session)}

    def knows(self, candidate_id: str) -> bool:
        """Return whether a candidate has a profile or a list in memory."""
        return any(
            self._live.value(topic, candidate_id) is not None
            for topic in (PROFILES, RECOMMENDATIONS)
        )

    async def search(self, candidate_id: str) -> bool:
        """Return whether a candidate has a profile or a list anywhere on the topics."""
        for topic in (PLANS, RECOMMENDATIONS, PROFILES):
            if not self._live.is_complete(topic):
                await asyncio.to_thread(self._live.look_up, topic, {candidate_id})
        return self.knows(candidate_id)

    async def search_posting(self, posting_id: str) -> bool:
        """Return whether a posting stands anywhere on its topic; also read what there is of it."""
        for topic in (POSTINGS, MATCHES, REWRITES):
            if self._live.value(topic, posting_id) is None and not self._live.is_complete(topic):
                await asyncio.to_thread(self._live.look_up, topic, {posting_id})
        return self._posting(posting_id) is not None

    def stated(self, session: Session) -> dict[str, Any]:
        """Return the stated part of the session's candidate; empty where nothing is stated.

        Raises:
            InputError: the candidate has no profile.
        """
        profile = self._value(PROFILES, session)
        if profile is None:
            raise InputError("this candidate has no profile yet; it comes after the first record")
        return profile.get("stated") or {}

    def _candidate(self, session: Session) -> dict[str, Any]:
        recent = self._live.recent_keys(PROFILES, RECENT_CANDIDATES)
        return {"id": session.candidate_id, "recent": sorted(recent)}

    def _conversation(self, session: Session) -> dict[str, Any]:
        own = session.candidate_id
        turns = [] if own is None else self._live.conversations.of(own)
        return {"candidate_id": own, "turns": turns}

    def _status(self, session: Session) -> dict[str, Any]:
        del session
        no_lists = not self._live.recent_keys(RECOMMENDATIONS, 1)
        return {
            "trouble": self._live.trouble,
            "behind": self._live.behind,
            "no_lists": no_lists and not self._live.behind,
        }

    def _list(self, session: Session) -> dict[str, Any] | None:
        recommendation = self._value(RECOMMENDATIONS, session)
        if recommendation is None:
            return None
        self._fetch(session, views.posting_ids(recommendation, None))
        moment = self._clock.moment_of(recommendation["as_of"])
        view = views.list_view(recommendation, self._posting, moment)
        session.remember(view["recommendation_id"], [i["posting_id"] for i in view["items"]])
        return view

    def _matches(self, session: Session) -> dict[str, Any] | None:
        if session.posting_id is None:
            return None
        match = self._live.value(MATCHES, session.posting_id)
        rewrite = self._live.value(REWRITES, session.posting_id)
        return {
            "posting_id": session.posting_id,
            "posting": views.posting_view(self._posting(session.posting_id)),
            "match": None if match is None else views.match_view(match),
            "rewrite": None if rewrite is None else views.rewrite_view(rewrite),
            "none_published": not self._live.recent_keys(MATCHES, 1),
        }

    def _plan(self, session: Session) -> dict[str, Any]:
        plan, profile = self._value(PLANS, session), self._value(PROFILES, session)
        return {
            "candidate_id": session.candidate_id,
            "goal": ((profile or {}).get("stated") or {}).get("goal"),
            "plan": None if plan is None else views.plan_view(plan),
            "none_published": not self._live.recent_keys(PLANS, 1),
        }

    def _profile(self, session: Session) -> dict[str, Any] | None:
        profile = self._value(PROFILES, session)
        if profile is None:
            return None
        self._fetch(session, views.posting_ids(None, profile))
        return views.profile_view(profile, self._posting)

    def _answered(self, session: Session) -> list[str]:
        recommendation, profile = (
            self._value(topic, session) for topic in (RECOMMENDATIONS, PROFILES)
        )
        return views.answered(session.events, recommendation, profile)

    def _value(self, topic: Topic, session: Session) -> dict[str, Any] | None:
        if session.candidate_id is None:
            return None
        return self._live.value(topic, session.candidate_id)

    def _posting(self, posting_id: str) -> dict[str, Any] | None:
        return self._live.value(POSTINGS, posting_id)

    def _fetch(self, session: Session, posting_ids: set[str]) -> None:
        """Search the whole topic for postings that are not in memory, beside everything else."""
        if self._live.is_complete(POSTINGS):
            return
        absent = {
            each
            for each in posting_ids
            if self._posting(each) is None and (POSTINGS.name, each) not in self._missing
        }
        if not absent:
            return
        if len(self._missing) > MAX_MISSING:
            self._missing.clear()
        self._missing |= {(POSTINGS.name, each) for each in absent}
        self._start(self._search_postings(session, absent))

    async def _search_postings(self, session: Session, posting_ids: set[str]) -> None:
        try:
            await asyncio.to_thread(self._live.look_up, POSTINGS, posting_ids)
        except CareerstreamError as error:
            log.warning("postings cannot be looked up: %s", error)
            self._missing -= {(POSTINGS.name, each) for each in posting_ids}
            return
        self._subscribers.session_changed(session)

    def _start(self, search: Coroutine[Any, Any, None]) -> None:
        # The loop itself keeps only a weak reference to a task.
        task = asyncio.get_running_loop().create_task(search)
        self._searches.add(task)
        task.add_done_callback(self._searches.discard)
