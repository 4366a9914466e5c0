"""What a dialogue brings: lists before and after each answer, on simulated markets.

Some people of each market are kept out of training. Each of them says hello when nothing
is known of them. They answer three questions by what they really look for
(`Market.true_wishes`). Before the first and after each answer a list is made of the folded profile;
it is a hit where the posting that they turned to next is among its first ten. The same people are
asked in three ways: the questions that the product chooses; occupation, place and skills in this
order, with the product's likely answers; and these as a form, which offers no answers, so that
people name the skills that come to their mind first.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from infra.simulator import Market, MarketConfig
from infra.simulator.market import TrueWishes
from infra.simulator.taxonomy_export import embedded_taxonomy
from jobs.benchmark.languages import write_simulated
from jobs.benchmark.matches import MARKETS
from streaming.contract.records import EventKind
from streaming.contract.topics import EVENTS, PROFILES
from streaming.contract.value_decoder import read_value
from streaming.conversation.conversation_operator import catalogue_vocabulary
from streaming.conversation.dialogue import Memory, ServingMarket, remember, reply
from streaming.conversation.question import Question, Rank, likely_answers
from streaming.profiles.fold import Received, fold
from streaming.profiles.fold_inputs import received_event, received_stated_part
from streaming.serving.catalogue import Catalogue
from streaming.serving.ranker import Profile
from streaming.settings import TrainingSettings
from training.data.dataset import Dataset, add_taxonomy
from training.evaluation.bootstrap import Interval, column_intervals
from training.fitting.fit import fit

ANSWERS = 3
PLACES = 10
CHOSEN, FIXED, FORM = WAYS = ("chosen questions", "fixed questions", "form")
_HELD_OUT = 2
"""One person in so many is kept out of training."""
_CUT = 0.6
"""The share of the events, in the order of time, that is trained on."""
_FIXED = ("wishes", "places", "skills")
_NAMED_IN_A_FORM = 3
"""Skills."""
_DRAWS = 2000
_HELLO = {"en": "hello", "zh": "你好"}
RATIOS = {
    "gain": f"{CHOSEN}/0",
    "against fixed questions": f"{FIXED}/{ANSWERS}",
    "against a form": f"{FORM}/{ANSWERS}",
}
"""What the chosen questions are compared with after the last answer."""
_NONE = {"en": "none of these", "zh": "都不是"}
OnProgress = Callable[[str, float], None]


@dataclass(frozen=True)
class DialoguesPlan:
    """The size of the markets."""

    candidates: int = 1_000
    postings: int = 2_500
    people: int = 400
    """Who are talked to, of each market, at most."""
    epochs: int | None = None


@dataclass(frozen=True)
class _Person:
    candidate_id: str
    target: str
    """The posting that they turned to next."""
    moment: str
    wishes: TrueWishes


def measure_dialogues(plan: DialoguesPlan, folder: Path, on_progress: OnProgress) -> dict[str, Any]:
    """Train on each market in a folder, and talk to the people who were kept out.

    Returns:
        By WAY/N the HR@10 after N answers with its interval, people resampled. By `RATIOS` that of
        the chosen questions after the last answer over that before the first, and over those of the
        other ways. Each also for each market.
    """
    every: dict[str, list[list[float]]] = {}
    for number, options in enumerate(MARKETS):
        name = ", ".join(f"{key} {value}" for key, value in options.items())
        on_progress(f"market of {name}", number / len(MARKETS))
        config = MarketConfig(candidates=plan.candidates, postings=plan.postings, **options)
        every[name] = _hits(Market(config), folder / str(number), plan)
    report: dict[str, Any] = {"people": sum(map(len, every.values()))}
    for prefix, rows in (*every.items(), ("", [row for own in every.values() for row in own])):
        report |= _figures(f"{prefix}/" if prefix else "", np.array(rows))
    return report


def _figures(prefix: str, hits: np.ndarray) -> dict[str, float]:
    """Return estimates with intervals; hits are (people, ways x (answers + 1))."""
    names = [f"{way}/{answers}" for way in WAYS for answers in range(ANSWERS + 1)]
    found = column_intervals(hits, draws=_DRAWS, seed=7)
    report: dict[str, float] = {}
    for name, interval in zip(names, found, strict=True):
        report |= interval.flat(f"{prefix}{name}/hr@10")
    last = names.index(f"{CHOSEN}/{ANSWERS}")
    draws = np.random.default_rng(7).integers(len(hits), size=(_DRAWS, len(hits)))
    means = hits[draws].mean(axis=1)
    for name, other in RATIOS.items():
        place = names.index(other)
        ratios = means[:, last] / np.maximum(means[:, place], 1e-9)
        low, high = np.quantile(ratios, [0.025, 0.975])
        estimate = hits[:, last].mean() / max(hits[:, place].mean(), 1e-9)
        interval = Interval(float(estimate), float(low), float(high))
        report |= interval.flat(f"{prefix}{name}")
    return report


def _hits(market: Market, folder: Path, plan: DialoguesPlan) -> list[list[float]]:
    """Return for each person, by way and number of answers, whether the list holds the target."""
    events = [one for one in market.events() if one["kind"] != EventKind.IMPRESSION.value]
    cut = events[int(len(events) * _CUT)]["event_time"]
    held_out = sorted({one["candidate_id"] for one in events})[::_HELD_OUT]
    out = set(held_out)
    write_simulated(
        folder / "dataset",
        market.postings(),
        (e for e in events if e["event_time"] < cut and e["candidate_id"] not in out),
        (one for one in market.candidates() if one["candidate_id"] not in out),
    )
    add_taxonomy(folder / "dataset", embedded_taxonomy())
    catalogue = Dataset.read(folder / "dataset").catalogue
    settings = TrainingSettings(processes=1, epochs=plan.epochs)
    ranker = fit(folder / "dataset", folder / "run", settings).ranker
    prepared = folder / "prepared"
    prepared.mkdir()
    ranker.prepare(catalogue, prepared)

    def rank(profiles: Sequence[Profile], size: int) -> Any:
        return ranker.rank(profiles, [one["as_of"] for one in profiles], prepared, size)

    vocabulary = catalogue_vocabulary(catalogue.table.to_pylist())
    chosen = ServingMarket(catalogue, vocabulary, rank)
    fixed = replace(chosen, ask=fixed_question)
    ways = ((chosen, True), (fixed, True), (fixed, False))
    people = list(_people(market, events, cut, held_out))[: plan.people]
    return [
        [hit for served, offers in ways for hit in _talk(person, served, offers)]
        for person in people
    ]


def _people(
    market: Market, events: Sequence[Mapping[str, Any]], cut: str, held_out: Sequence[str]
) -> Iterator[_Person]:
    first: dict[str, Mapping[str, Any]] = {}
    for one in events:
        if one["event_time"] >= cut and one["kind"] != EventKind.HIRE.value:
            first.setdefault(one["candidate_id"], one)
    for candidate_id in held_out:
        event = first.get(candidate_id)
        if event is not None:
            wishes = market.true_wishes(candidate_id)
            yield _Person(candidate_id, event["posting_id"], event["event_time"], wishes)


def fixed_question(
    profile: Profile,
    catalogue: Catalogue,
    rank: Rank,
    asked: Sequence[str],
    language: str | None,
) -> Question | None:
    """Ask for occupation, place and skills in this order, whatever they would change."""
    field = next((one for one in _FIXED if one not in asked), None)
    if field is None:
        return None
    [listed] = rank([profile], 100)
    answers = likely_answers(profile, catalogue, listed, language)[field]
    return Question(field, tuple(answers.weights), 0.0)


def _talk(person: _Person, served: ServingMarket, offers: bool) -> Iterator[float]:
    """Talk to a person; yield for the list before and after each answer whether it is a hit."""
    memory, received, text = Memory(), list[Received](), _HELLO[person.wishes.language]
    for turn in range(ANSWERS + 1):
        value = {
            "schema_version": 1,
            "turn_id": f"turn-{turn}",
            "candidate_id": person.candidate_id,
            "speaker": "candidate",
            "said_at": person.moment,
            "text": text,
        }
        for topic, _, sent in reply(memory, value, served)[1:]:
            make = received_event if topic is EVENTS else received_stated_part
            document = read_value(sent, topic, person.moment)
            received.append(make(document, len(received), person.moment))
        profile = fold(None, received, person.candidate_id).profile
        if profile:
            remember(memory, PROFILES, profile)
        [items] = served.rank([profile or _nothing_known(person)], PLACES)
        yield float(person.target in {item["posting_id"] for item in items})
        text = answer_of(person, memory.asked, offers)


def _nothing_known(person: _Person) -> Profile:
    about = {"candidate_id": person.candidate_id, "version": 0, "as_of": person.moment}
    return {**about, "events": [], "applied": [], "dismissed": []}


def answer_of(person: _Person, asked: Mapping[str, Any] | None, offers: bool) -> str:
    """Answer a question by what a person really looks for; `offers`: from the offered answers."""
    wishes = person.wishes
    none = _NONE[wishes.language]
    if asked is None:
        return none
    if asked["field"] == "wishes":
        return wishes.occupation
    if asked["field"] == "places":
        return " ".join(wishes.places)
    if not offers:
        return ", ".join(wishes.skills[:_NAMED_IN_A_FORM])
    own = [skill for skill in asked["answers"] if skill in wishes.skills]
    return ", ".join(own or wishes.skills[:1])
