"""The dialogue: from a turn of a candidate to its answer and its effects.

`reply` is a pure function of what is remembered of the candidate, the turn, and the market, so that
a turn that is processed again says and does the same. Every effect is an ordinary message: events,
and the stated part with what was said. To undo sends the same events and entries, taken back.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import orjson

from streaming.contract.conversation import Speaker
from streaming.contract.records import SCHEMA_VERSION, EventKind, SaidField
from streaming.contract.topics import CANDIDATES, CONVERSATIONS, EVENTS, PROFILES, Topic
from streaming.conversation.intents import Intent, IntentKind, intent_of
from streaming.conversation.question import (
    PLACES,
    Ask,
    Question,
    Rank,
    best_question,
    with_entry,
)
from streaming.conversation.sentences import FIELDS, SENTENCES, choice, language_of
from streaming.conversation.wishes_said import Entry, entries_of
from streaming.language.understanding import understand
from streaming.language.vocabulary import Vocabulary
from streaming.names import comparable
from streaming.profiles.stated_parts import StatedParts
from streaming.serving.catalogue import Catalogue
from streaming.serving.ranker import Profile
from streaming.wishes.hard_wish_reasons import wish_name

Document = dict[str, Any]
Outgoing = tuple[Topic, str, bytes]
"""A message: topic, key, value."""
SOURCE = "conversation"
MAX_UNDO = 20
"""Turns that can be taken back."""
MAX_ANSWERED = 200
"""Turns that are known to be answered."""
MAX_REPEATED = 10
"""The newest of these, whose answers are sent again where the turn is."""
_KINDS = {
    IntentKind.DISMISS: (EventKind.DISMISS, "dismissed"),
    IntentKind.MORE_LIKE: (EventKind.SAVE, "saved"),
    IntentKind.APPLIED: (EventKind.APPLY, "applied"),
}


@dataclass(frozen=True)
class ServingMarket:
    """What a dialogue needs of the model and the catalogue that serve."""

    catalogue: Catalogue
    vocabulary: Vocabulary
    rank: Rank
    ask: Ask = best_question


@dataclass
class Memory:
    """What is remembered of a candidate between two turns; `document` is the state's JSON."""

    profile: Document | None = None
    listed: Document | None = None
    """The newest list: recommendation_id and items."""
    said: list[Document] = field(default_factory=list)
    """What was said here, also where no profile has it yet."""
    done: list[Document] = field(default_factory=list)
    """The last turns with effects, oldest first: events and said."""
    answered: dict[str, Any] = field(default_factory=dict)
    """By turn the messages that it was answered with; null where another run sent them."""
    asked: Document | None = None
    """The question that waits for an answer."""
    asked_fields: list[str] = field(default_factory=list)
    focus: str | None = None
    """The posting that was spoken of last."""

    @classmethod
    def of(cls, document: str | None) -> "Memory":
        """Read what the state keeps; None: nothing."""
        return cls(**orjson.loads(document)) if document else cls()

    def forget(self) -> None:
        """Remember nothing: the candidate was erased."""
        self.__dict__.update(Memory().__dict__)

    def document(self) -> str:
        """Return what the state keeps."""
        return orjson.dumps(self.__dict__).decode()


@dataclass
class _Effects:
    text: str
    events: list[Document] = field(default_factory=list)
    said: list[Document] = field(default_factory=list)
    undoable: bool = True


def reply(memory: Memory, turn: Document, market: ServingMarket) -> list[Outgoing]:
    """Answer a turn (`conversation.Turn`), and remember it.

    Returns:
        The answer on `conversations`, before its effects on `events` and `candidates`. A turn that
        was answered before has the same answer again.
    """
    if turn["turn_id"] in memory.answered:
        sent = memory.answered[turn["turn_id"]] or []
        topics = {topic.name: topic for topic in (CONVERSATIONS, EVENTS, CANDIDATES)}
        return [(topics[topic], turn["candidate_id"], value.encode()) for topic, value in sent]
    messages = _Reply(memory, turn, market).messages()
    memory.answered[turn["turn_id"]] = [
        (topic.name, value.decode()) for topic, _, value in messages
    ]
    turns = list(memory.answered)
    for old in turns[:-MAX_REPEATED]:
        memory.answered[old] = None
    for old in turns[:-MAX_ANSWERED]:
        del memory.answered[old]
    return messages


class _Reply:
    def __init__(self, memory: Memory, turn: Document, market: ServingMarket) -> None:
        self.memory, self.turn, self.market = memory, turn, market
        self.language = language_of(turn["text"], turn.get("language"))
        self.words = SENTENCES[self.language]
        stated = (memory.profile or {}).get("stated")
        self.parts = StatedParts.of(stated) if stated else StatedParts(None)
        self.parts = StatedParts(self.parts.saved, self.parts.adding(memory.said))

    def messages(self) -> list[Outgoing]:
        effects = self._effects(intent_of(self.turn["text"]))
        self.parts = StatedParts(self.parts.saved, self.parts.adding(effects.said))
        self.memory.said = list(self.parts.said)
        if effects.undoable and (effects.events or effects.said):
            done = {"events": effects.events, "said": effects.said, "text": effects.text}
            self.memory.done = [*self.memory.done, done][-MAX_UNDO:]
        text = effects.text
        if question := self._question():
            text = f"{text} {question}" if text else question
        answer = {
            "schema_version": SCHEMA_VERSION,
            "turn_id": self._id("answer"),
            "candidate_id": self.turn["candidate_id"],
            "speaker": Speaker.CAREERSTREAM.value,
            "said_at": self.turn["said_at"],
            "text": text,
            "language": self.language,
            "answers": self.turn["turn_id"],
            "effects": [
                *(event["event_id"] for event in effects.events),
                *map(_named, effects.said),
            ],
        }
        sent = [(CONVERSATIONS, answer), *((EVENTS, event) for event in effects.events)]
        if effects.said:
            sent.append((CANDIDATES, self._candidate()))
        key = self.turn["candidate_id"]
        return [(topic, key, orjson.dumps(value)) for topic, value in sent]

    def _effects(self, intent: Intent) -> _Effects:
        if intent.kind is IntentKind.WHAT_IF and intent.words:
            return self._what_if(intent.words)
        plain = {
            IntentKind.UNDO: self._undo,
            IntentKind.PROFILE: self._profile_text,
            IntentKind.SKIP: self._skip,
            IntentKind.STATEMENT: self._statement,
            IntentKind.WHAT_IF: self._statement,
        }
        if intent.kind in plain:
            return plain[intent.kind]()
        posting_id = self._posting(intent)
        if posting_id is None:
            return _Effects(self.words["which"])
        self.memory.focus = posting_id
        return self._about(posting_id, intent.kind)

    def _about(self, posting_id: str, kind: IntentKind) -> _Effects:
        if kind is IntentKind.WHY:
            return self._why(posting_id)
        if kind is IntentKind.BLOCK_EMPLOYER:
            return self._block(posting_id)
        event_kind, sentence = _KINDS[kind]
        text = self.words[sentence].format(title=self._title(posting_id))
        return _Effects(text, events=[self._event(posting_id, event_kind)])

    def _skip(self) -> _Effects:
        self.memory.asked = None
        return _Effects(self.words["skipped"])

    def _statement(self) -> _Effects:
        text, stated = self.turn["text"], self._stated()
        entries = entries_of(understand(text, self.market.vocabulary), text, stated)
        asked, self.memory.asked = self.memory.asked, None
        if asked and not entries:
            entries = _answers_to(asked, text, stated)
        if not entries:
            return _Effects(self.words["not understood"])
        texts = [self._entry_text(entry) for entry in entries]
        noted = self.words["noted"].format(self.words["semicolon"].join(texts))
        return _Effects(noted, said=[self._saying(entry) for entry in entries])

    def _undo(self) -> _Effects:
        if not self.memory.done:
            return _Effects(self.words["nothing to undo"])
        last = self.memory.done.pop()
        return _Effects(
            self.words["undone"].format(last["text"].rstrip(".。")),
            events=[event | {"withdrawn": True} for event in last["events"]],
            said=[one | {"withdrawn": True} for one in last["said"]],
            undoable=False,
        )

    def _why(self, posting_id: str) -> _Effects:
        title = self._title(posting_id)
        for item in (self.memory.listed or {}).get("items", ()):
            if item["posting_id"] == posting_id:
                reasons = " ".join(reason["text"] for reason in item["reasons"])
                return _Effects(self.words["why"].format(title=title, reasons=reasons))
        return _Effects(self.words["why not"].format(title=title))

    def _block(self, posting_id: str) -> _Effects:
        employer = self._row(posting_id).get("employer")
        if not employer:
            text = self.words["no employer"].format(title=self._title(posting_id))
            return _Effects(text)
        said = [self._saying((SaidField.BLOCKED_EMPLOYERS, employer, False))]
        return _Effects(self.words["blocked"].format(employer=employer), said=said)

    def _what_if(self, skill: str) -> _Effects:
        now, then = self._as_if(), with_entry(self._as_if(), SaidField.SKILLS.value, skill)
        before, after = self.market.rank([now, then], PLACES)
        known = {item["posting_id"] for item in before}
        new = [item["posting_id"] for item in after if item["posting_id"] not in known]
        if not new:
            return _Effects(self.words["what if same"].format(skill=skill))
        titles = self.words["comma"].join(map(self._title, new[:3]))
        text = self.words["what if"].format(
            skill=skill, count=len(new), size=len(after), titles=titles
        )
        return _Effects(text)

    def _question(self) -> str | None:
        """Ask the question that would change the list most, if too little is known."""
        if self.memory.asked is not None:
            return None
        asked = self.memory.asked_fields
        catalogue, rank = self.market.catalogue, self.market.rank
        question = self.market.ask(self._as_if(), catalogue, rank, asked, self.language)
        if question is None:
            return None
        self.memory.asked = {"field": question.field, "answers": list(question.answers)}
        self.memory.asked_fields = [*asked, question.field]
        return question_text(question, self.language)

    def _profile_text(self) -> _Effects:
        stated = self._stated()
        texts = [
            f"{name}: {self.words['comma'].join(self._shown(entry) for entry in stated[key])}"
            for key, name in FIELDS[self.language].items()
            if stated.get(key)
        ]
        if events := len((self.memory.profile or {}).get("events", ())):
            texts.append(self.words["events"].format(events))
        if not texts:
            return _Effects(self.words["profile empty"])
        return _Effects(self.words["profile"].format(self.words["semicolon"].join(texts)))

    def _posting(self, intent: Intent) -> str | None:
        items = (self.memory.listed or {}).get("items", ())
        shown: Sequence[str] = self.turn.get("shown") or [item["posting_id"] for item in items]
        if intent.place is None:
            only = shown[0] if intent.kind is IntentKind.WHY and shown else None
            return self.memory.focus or only
        place = intent.place - 1 if intent.place > 0 else len(shown) - 1
        return shown[place] if 0 <= place < len(shown) else None

    def _event(self, posting_id: str, kind: EventKind) -> Document:
        event = {
            "schema_version": SCHEMA_VERSION,
            "event_id": self._id(kind.value, posting_id),
            "candidate_id": self.turn["candidate_id"],
            "posting_id": posting_id,
            "kind": kind.value,
            "event_time": self.turn["said_at"],
            "source": SOURCE,
        }
        if self.turn.get("recommendation_id"):
            event["recommendation_id"] = self.turn["recommendation_id"]
        return event

    def _saying(self, entry: Entry) -> Document:
        name, value, removes = entry
        saying = {
            "turn_id": self.turn["turn_id"],
            "said_at": self.turn["said_at"],
            "field": str(name),
            "must" if name == SaidField.MUST else "value": value,
        }
        return saying | ({"removes": True} if removes else {})

    def _candidate(self) -> Document:
        """Return the merged whole: what the site saved, and all that was said."""
        own = {"schema_version": SCHEMA_VERSION, "candidate_id": self.turn["candidate_id"]}
        return own | (self.parts.document() or {})

    def _stated(self) -> Document:
        return self.parts.document() or {}

    def _as_if(self) -> Profile:
        """Return the profile with all that was said until now."""
        profile = self.memory.profile or {
            "schema_version": SCHEMA_VERSION,
            "candidate_id": self.turn["candidate_id"],
            "version": 0,
            "offsets": {},
            "as_of": self.turn["said_at"],
            "events": [],
            "applied": [],
            "dismissed": [],
        }
        stated = self.parts.document()
        return profile | ({"stated": stated} if stated else {})

    def _row(self, posting_id: str) -> Document:
        row = self.market.catalogue.rows.get(posting_id)
        return {} if row is None else self.market.catalogue.table.slice(row, 1).to_pylist()[0]

    def _title(self, posting_id: str) -> str:
        return self._row(posting_id).get("title") or posting_id

    def _entry_text(self, entry: Entry) -> str:
        name, value, removes = entry
        if name == SaidField.MUST:
            return self._shown(value)
        sentence = self.words["removed" if removes else "added"]
        return sentence.format(field=FIELDS[self.language][str(name)], entry=value)

    def _shown(self, entry: Any) -> str:
        if isinstance(entry, str):
            return entry
        if "field" in entry:
            sentence = self.words["must not" if entry.get("excluded") else "must"]
            return sentence.format(entry=wish_name(entry["value"], self.language))
        return str(entry.get("title") or entry.get("employer") or "")

    def _id(self, *parts: str) -> str:
        text = "\0".join((self.turn["candidate_id"], self.turn["turn_id"], *parts))
        return f"{SOURCE}-{blake2b(text.encode(), digest_size=12).hexdigest()}"


def question_text(question: Question, language: str) -> str:
    """Return a question in words."""
    return SENTENCES[language][f"ask {question.field}"].format(
        choice([*question.answers], language)
    )


def _answers_to(asked: Document, text: str, stated: Document) -> list[Entry]:
    """Return the answers of a question that a text names; a short text is an answer of its own."""
    said = comparable(text)
    named = [answer for answer in asked["answers"] if comparable(answer) in said]
    own = text.strip(" .!。，,")  # noqa: RUF001 - Chinese
    if not named and 0 < len(own) <= MAX_OWN_ANSWER:
        named = [own]
    held = stated.get(asked["field"]) or ()
    return [(asked["field"], answer, False) for answer in named if answer not in held]


MAX_OWN_ANSWER = 40
"""Characters of an answer that names none of those that were offered."""


def _named(saying: Document) -> str:
    entry = saying["must"]["value"] if saying["field"] == SaidField.MUST.value else saying["value"]
    sign = "-" if bool(saying.get("removes")) != bool(saying.get("withdrawn")) else "+"
    return f"{sign}{saying['field']}: {entry}"


def remember(memory: Memory, topic: Topic, value: Document) -> None:
    """Take note of a profile or a list of the candidate, if it is newer."""
    if topic is PROFILES:
        if memory.profile is None or value["version"] > memory.profile["version"]:
            memory.profile = value
    elif memory.listed is None or value["profile_version"] >= memory.listed["profile_version"]:
        names = ("recommendation_id", "profile_version")
        items = [{"posting_id": i["posting_id"], "reasons": i["reasons"]} for i in value["items"]]
        memory.listed = {name: value[name] for name in names} | {"items": items}
