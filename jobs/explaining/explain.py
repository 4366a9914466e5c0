"""An explanation: a past list made again, with its rules and counterfactuals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from pyspark.sql import SparkSession

from jobs.explaining.candidate_history import CandidateHistory
from jobs.explaining.counterfactuals import Searcher, list_without_event, moves
from jobs.explaining.recorded_inputs import (
    read_history,
    read_profile,
    read_recommendation,
    recorded_bundle,
)
from jobs.explaining.replay import Replay, canonical, replay
from jobs.explaining.rules import DEPTH, MEANINGS, UNCHANGEABLE, ListRules
from streaming.contract.records import MAX_ID_LENGTH, Recommendation
from streaming.errors import InputError, quote
from streaming.profiles.fold import Document
from streaming.serving.bundles import Bundle
from streaming.serving.catalogue import Catalogue
from streaming.serving.exploration.shuffling import model_order
from streaming.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Questions:
    """What is asked about a list beside its replay."""

    without: str | None = None
    """Id of an event to leave out."""
    why_not: str | None = None
    """Id of a posting that is not in the list."""

    def check(self) -> None:
        """Raise an InputError if an id cannot be one."""
        for option, value in (("--without", self.without), ("--why-not", self.why_not)):
            if value is not None and not 1 <= len(value) <= MAX_ID_LENGTH:
                raise InputError(
                    f"{option} {quote(value)} is no id: it has {len(value)} characters, and ids "
                    f"have 1 to {MAX_ID_LENGTH}"
                )


@dataclass(frozen=True, eq=False)
class ReplayedList:
    """A list made again, and what it was made from."""

    profile: Document
    bundle: Bundle
    catalogue: Catalogue
    replayed: Replay

    @property
    def in_model_order(self) -> Mapping[str, Any]:
        """The list as it would be if it had not been shuffled, to compare it with others."""
        value = self.replayed.value
        if not value.get("shuffle", {}).get("shuffled"):
            return value
        return {**value, "items": model_order(value["items"], value["recommendation_id"])}

    def rules(self) -> ListRules:
        """Return the rules of the list."""
        ranker, folder = self.bundle.ranker(), self.bundle.prepared_path()
        [longer] = ranker.rank([self.profile], [self.profile["as_of"]], folder, DEPTH)
        listed = [item["posting_id"] for item in self.in_model_order["items"]]
        return ListRules(self.catalogue, self.profile, listed, longer, self.replayed.size)

    def without(self, history: CandidateHistory, event_id: str) -> dict[str, Any]:
        """Return the list without an event, and what moves."""
        value = list_without_event(history, event_id, self.bundle, self.replayed.size)
        made: dict[str, Any] = orjson.loads(canonical(value))
        moved = moves(self.in_model_order, made)
        return {"event_id": event_id, "recommendation": made, "places": self._titled(moved)}

    def why_not(self, history: CandidateHistory | str, posting_id: str) -> dict[str, Any]:
        """Say why a posting is not in the list, and what would bring it in.

        `history` is a text where there is none: why.

        Raises:
            InputError: the catalogue of the list does not hold the posting.
        """
        if posting_id not in self.catalogue.rows:
            raise InputError(
                f"posting {quote(posting_id)} is not in catalogue {self.catalogue.version}, of "
                "which the list was made; is the id right, or did it come later?"
            )
        why = self.rules().why_not(posting_id)
        [titled] = self._titled([{"posting_id": posting_id}])
        answer = titled | {
            "rules": [{"rule": rule.value, "meaning": MEANINGS[rule]} for rule in why.rules],
            "place": why.place,
            "score": why.score,
            "last_score": why.last_score,
        }
        if not why.rules:
            return answer | {"search": None, "not_searched": "it is in the list"}
        if UNCHANGEABLE & set(why.rules):
            return answer | {"search": None, "not_searched": "no change of a profile opens it"}
        if isinstance(history, str):
            return answer | {"search": None, "not_searched": history}
        as_of, size = self.profile["as_of"], self.replayed.size
        searcher = Searcher(history, as_of, self.bundle, self.catalogue, size)
        search = searcher.search(posting_id, why.rules)
        return answer | {"search": search.report(), "not_searched": None}

    def places(self) -> list[dict[str, Any]]:
        """Return the items of the list, with titles and employers."""
        items = orjson.loads(self.replayed.replayed)["items"]
        return self._titled(items)

    def _titled(self, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Add title and employer to rows with a posting id."""
        at = [self.catalogue.rows[row["posting_id"]] for row in rows]
        texts = self.catalogue.table.select(["title", "employer"]).take(at).to_pylist()
        return [{**row, **text} for row, text in zip(rows, texts, strict=True)]


def explain(
    spark: SparkSession, settings: Settings, recommendation_id: str, questions: Questions
) -> dict[str, Any]:
    """Make a past list again from the recorded versions, and explain it.

    Returns:
        `recommendation`, `replay`, `places`, `left_out`, and for questions `without`, `why_not`.

    Raises:
        InputError: the list, its profile, its catalogue, the event or the posting is not there.
        ModelError: the model is gone.
    """
    questions.check()
    made = read_recommendation(spark, settings, recommendation_id)
    profile = read_profile(spark, settings, made)
    with recorded_bundle(spark, settings, made) as bundle:
        replayed = replay(profile, bundle, made, list_sizes(settings, made))
        whole = ReplayedList(profile, bundle, bundle.catalogue(), replayed)
        answer = {
            "recommendation": orjson.loads(replayed.recorded),
            "replay": replayed.report(),
            "places": whole.places(),
            "left_out": whole.rules().left_out(),
        }
        if questions.without is not None:
            history = _history(spark, settings, made, profile)
            answer["without"] = whole.without(history, questions.without)
        if questions.why_not is not None:
            known: CandidateHistory | str
            try:
                known = _history(spark, settings, made, profile)
            except InputError as error:
                known = str(error)
            answer["why_not"] = whole.why_not(known, questions.why_not)
        return answer


def _history(
    spark: SparkSession, settings: Settings, made: Recommendation, profile: Document
) -> CandidateHistory:
    if not made.personal:
        raise InputError(
            f"recommendation {made.recommendation_id} is the list of anonymous visitors, who have "
            "no profile that could be changed"
        )
    return read_history(spark, settings, profile)


def list_sizes(settings: Settings, made: Recommendation) -> list[int]:
    """Return the sizes that a list may have been made with: that of now, and its own."""
    sizes = (settings.recommend.list_size, len(made.items))
    return list(dict.fromkeys(size for size in sizes if size))
