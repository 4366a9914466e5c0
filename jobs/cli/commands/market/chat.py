"""careerstream chat: talk with the job converse as a candidate."""

import sys
import time
import uuid
from collections.abc import Iterator
from typing import Annotated, Any, Self

import orjson
import typer

from jobs.cli.commands.invocation import Json, known_candidate, print_json, settings_of
from jobs.runtime.terminal import console
from streaming.errors import BrokerError, InputError
from streaming.settings import KafkaSettings

MAX_SHOWN = 10
LIST_SECONDS = 5.0
"""How long a new list is waited for, once the answer has come."""


def chat(
    context: typer.Context,
    candidate: Annotated[str, typer.Argument(help="Candidate id.")],
    say: Annotated[
        list[str] | None,
        typer.Option(
            help="Say this instead of reading lines; may be repeated.", show_default=False
        ),
    ] = None,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds to wait for an answer.")] = 30.0,
    as_json: Json = False,
) -> None:
    """Talk as a candidate: wishes, feedback, questions, undo. The job converse answers.

    Without --say it reads a line at a time; an empty line or Ctrl-D ends it.
    """
    kafka, known = settings_of(context).kafka, known_candidate(context, candidate)
    if say and not all(text.strip() for text in say):
        raise InputError("there is nothing to say in an empty text; give --say some words")
    talked = []
    with _Conversation(kafka, candidate, known, timeout) as conversation:
        if not as_json:
            _print_list(conversation)
        for text in say or _lines():
            answer, milliseconds = conversation.say(text)
            listed = conversation.new_list(answer)
            spent = {"milliseconds": milliseconds, "list_milliseconds": listed}
            talked.append({"said": text, "answer": answer, **spent})
            if not as_json:
                console.print(answer["text"], markup=False)
                _print_list(conversation)
    if as_json:
        print_json(talked)


def _lines() -> Iterator[str]:
    prompt = "> " if sys.stdin.isatty() else ""
    while True:
        try:
            line = input(prompt)
        except (EOFError, KeyboardInterrupt):
            return
        if not line.strip():
            return
        yield line


class _Conversation:
    """Sends turns and waits for their answers."""

    def __init__(self, kafka: KafkaSettings, candidate: str, known: str, timeout: float) -> None:
        from jobs.console.market_clock import MarketClock  # noqa: PLC0415 - the console takes time to load
        from streaming.contract.topics import CONVERSATIONS, POSTINGS  # noqa: PLC0415
        from streaming.kafka.topic_reader import read_latest  # noqa: PLC0415
        from streaming.kafka.topic_writer import TopicWriter  # noqa: PLC0415

        self._kafka, self._candidate, self._timeout = kafka, candidate, timeout
        self._known = known  # under which lists and answers stand
        self._starts: dict[int, int] = {}
        self._list_starts: dict[int, int] = {}
        self._said_at = 0.0
        self._clock, self._topic = MarketClock(), CONVERSATIONS
        self._titles = {
            key: orjson.loads(record.value).get("title", key)
            for key, record in read_latest(kafka, POSTINGS).items()
        }
        self._writer: TopicWriter[str] = TopicWriter(kafka, CONVERSATIONS, lambda *_: None)

    def __enter__(self) -> Self:
        self.newest()
        return self

    def __exit__(self, *_: object) -> None:
        self._writer.close(deliver=False)

    def newest(self) -> dict[str, Any]:
        """Return the newest list of the candidate, or that for everybody."""
        from streaming.contract.topics import RECOMMENDATIONS  # noqa: PLC0415
        from streaming.kafka.topic_reader import read_latest  # noqa: PLC0415

        own = {self._known, "*"}
        found = read_latest(self._kafka, RECOMMENDATIONS, lambda key: key in own)
        lists = {key: orjson.loads(record.value) for key, record in found.items()}
        listed: dict[str, Any] = lists.get(self._known) or lists.get("*") or {"items": []}
        if listed.get("as_of"):
            self._clock.see(listed["as_of"])
        return listed

    def title(self, posting_id: str) -> str:
        """Return the title of a posting."""
        return str(self._titles.get(posting_id, posting_id))

    def say(self, text: str) -> tuple[dict[str, Any], float]:
        """Send a turn; return its answer, and after how many milliseconds it came.

        Raises:
            BrokerError: there is no broker, or no answer.
        """
        from streaming.contract.conversation import Speaker, Turn  # noqa: PLC0415
        from streaming.contract.records import to_json  # noqa: PLC0415
        from streaming.contract.topics import RECOMMENDATIONS  # noqa: PLC0415
        from streaming.kafka.topic_reader import end_offsets  # noqa: PLC0415

        listed = self.newest()
        turn = Turn(
            turn_id=f"chat-{uuid.uuid4().hex}",
            candidate_id=self._candidate,
            speaker=Speaker.CANDIDATE,
            said_at=self._clock.now(),
            text=text,
            recommendation_id=listed.get("recommendation_id"),
            shown=[item["posting_id"] for item in listed["items"][:MAX_SHOWN]],
        )
        started = time.monotonic()
        self._starts = end_offsets(self._kafka, self._topic)
        self._list_starts = end_offsets(self._kafka, RECOMMENDATIONS)
        self._said_at = 1000 * time.time()
        self._writer.send(self._candidate, to_json(turn), self._candidate)
        self._writer.flush()
        while time.monotonic() < started + self._timeout:
            if answer := self._answer_to(turn.turn_id):
                return answer, round(1000 * (time.monotonic() - started), 1)
            time.sleep(0.05)
        raise BrokerError(
            f"no answer within {self._timeout:g} s; is the job converse running?"
            ' (converse.with_up = "yes" runs it with `careerstream up`)'
        )

    def new_list(self, answer: dict[str, Any]) -> float | None:
        """Wait for the list that an answer's effects bring.

        Returns:
            Milliseconds from the turn to that list on its topic, by the broker's time; None where
            nothing was changed, or no list has come in `LIST_SECONDS`.
        """
        from streaming.contract.topics import RECOMMENDATIONS  # noqa: PLC0415
        from streaming.kafka.topic_reader import read_messages  # noqa: PLC0415

        deadline = time.monotonic() + LIST_SECONDS
        while answer["effects"] and time.monotonic() < deadline:
            for record in read_messages(self._kafka, RECOMMENDATIONS, self._list_starts):
                if record.key == self._known.encode() and record.value is not None:
                    return round(float(record.timestamp) - self._said_at, 1)
            time.sleep(0.05)
        return None

    def _answer_to(self, turn_id: str) -> dict[str, Any] | None:
        from streaming.kafka.topic_reader import read_messages  # noqa: PLC0415

        for record in read_messages(self._kafka, self._topic, self._starts):
            if record.key == self._known.encode() and record.value is not None:
                value: dict[str, Any] = orjson.loads(record.value)
                if value.get("answers") == turn_id:
                    return value
        return None


def _print_list(conversation: _Conversation) -> None:
    for number, item in enumerate(conversation.newest()["items"][:MAX_SHOWN], start=1):
        console.print(f"{number:>3}  {conversation.title(item['posting_id'])}", markup=False)
