"""How well people of one language find postings of another, on a simulated market.

Each way trains the same preset on the same market of Chinese and English postings. People of
another market of the same kind, who have stated something and done nothing, get lists over the
postings of either language. A list is a hit where one of its first ten postings is of the
occupation that the person looks for.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc

from infra.simulator import Market, MarketConfig
from infra.simulator.taxonomy_export import embedded_taxonomy
from streaming.contract.records import SCHEMA_VERSION, Candidate, Event, EventKind, Posting, Record
from streaming.serving.catalogue import Catalogue
from streaming.serving.ranker import Ranker
from streaming.settings import TrainingSettings
from streaming.taxonomy.concept import Taxonomy
from training.data.dataset import Dataset, add_taxonomy
from training.data.file_dataset import event_table, posting_table, stated_table, write_tables
from training.evaluation.bootstrap import column_intervals
from training.fitting.fit import fit
from training.text.pretrained import BUNDLED

LANGUAGES = ("zh", "en")
PLACES = 10
METRICS = ("hr@10", "precision@10")
_DRAWS = 1000
OnProgress = Callable[[str, float], None]
Records = Iterable[Mapping[str, Any]]


@dataclass(frozen=True)
class LanguagesPlan:
    """What is measured."""

    candidates: int = 400
    postings: int = 3_000
    people: int = 300
    """Who get lists."""
    epochs: int | None = None
    seed: int = 7


@dataclass(frozen=True)
class _Way:
    text_encoder: str | None
    taxonomy: Taxonomy | None


def ways() -> dict[str, _Way]:
    """Return what is compared, by name."""
    return {
        "word vectors": _Way(None, None),
        "word vectors and taxonomy": _Way(None, embedded_taxonomy()),
        "language model": _Way(BUNDLED, None),
        "language model and taxonomy": _Way(BUNDLED, embedded_taxonomy()),
    }


def measure_languages(plan: LanguagesPlan, folder: Path, on_progress: OnProgress) -> dict[str, Any]:
    """Train each way in a folder and ask for lists.

    Returns:
        By WAY/same/METRIC and WAY/other/METRIC estimates with their intervals, people resampled;
        METRIC is hr@10 or precision@10, the share of the ten that are of the occupation.
    """
    market, others = (_market(plan, seed) for seed in (plan.seed, plan.seed + 1))
    dataset = folder / "dataset"
    write_market(market, dataset)
    catalogue = Dataset.read(dataset).catalogue
    languages = catalogue.table.column("language")
    catalogues = {
        language: Catalogue.of(catalogue.table.filter(pc.equal(languages, language)), 0)
        for language in LANGUAGES
    }
    as_of = _newest(market)
    people = list(others.candidates())[: plan.people]
    wanted, of_postings = others.occupation_of_candidates(), market.occupation_of_postings()
    report: dict[str, Any] = {"people": len(people), "postings": len(catalogue)}
    for number, (name, way) in enumerate(ways().items()):
        on_progress(f"training: {name}", number / len(ways()))
        add_taxonomy(dataset, way.taxonomy)
        started = time.monotonic()
        settings = TrainingSettings(
            processes=1, epochs=plan.epochs, seed=plan.seed, text_encoder=way.text_encoder
        )
        ranker = fit(dataset, folder / f"run-{number}", settings).ranker
        report[f"{name}/seconds"] = time.monotonic() - started
        hits = {
            language: _hits(
                ranker, catalogues[language], folder / f"{number}-{language}", people, as_of
            )
            for language in LANGUAGES
        }
        for side in ("same", "other"):
            values = [
                _metrics(
                    hits[_language(person, side)][row], wanted[person["candidate_id"]], of_postings
                )
                for row, person in enumerate(people)
            ]
            found = column_intervals(np.array(values), draws=_DRAWS, seed=plan.seed)
            for metric, interval in zip(METRICS, found, strict=True):
                report |= interval.flat(f"{name}/{side}/{metric}")
    return report


def _market(plan: LanguagesPlan, seed: int) -> Market:
    return Market(
        MarketConfig(
            candidates=plan.candidates, postings=plan.postings, share_chinese=0.5, seed=seed
        )
    )


def write_market(market: Market, folder: Path) -> None:
    """Write a market as a dataset folder."""
    shown = EventKind.IMPRESSION.value
    events = (each for each in market.events() if each["kind"] != shown)
    write_simulated(folder, market.postings(), events, market.candidates())


def write_simulated(folder: Path, postings: Records, events: Records, candidates: Records) -> None:
    """Write records of a market as a dataset folder."""
    write_tables(
        folder,
        posting_table([_value(Posting, each) for each in postings]),
        event_table([_value(Event, each) for each in events]),
        stated_table([_value(Candidate, each) for each in candidates]),
    )


def _value(kind: type[Record], value: Mapping[str, Any]) -> dict[str, Any]:
    return kind.model_validate({"schema_version": SCHEMA_VERSION} | dict(value)).model_dump()


def _newest(market: Market) -> str:
    return str(max(event["event_time"] for event in market.events()))


def _language(person: Mapping[str, Any], side: str) -> str:
    own = str(person["language"])
    other: str = LANGUAGES[1 - LANGUAGES.index(own)]
    return own if side == "same" else other


def _hits(
    ranker: Ranker,
    catalogue: Catalogue,
    folder: Path,
    people: list[dict[str, Any]],
    as_of: str,
) -> list[list[str]]:
    """Return the first postings of everybody's list."""
    folder.mkdir()
    ranker.prepare(catalogue, folder)
    profiles = [
        {
            "candidate_id": person["candidate_id"],
            "version": 1,
            "offsets": {},
            "as_of": as_of,
            "stated": person,
            "events": [],
            "applied": [],
            "dismissed": [],
        }
        for person in people
    ]
    lists = ranker.rank(profiles, [as_of] * len(people), folder, PLACES)
    return [[item["posting_id"] for item in own] for own in lists]


def _metrics(ids: list[str], wanted: str, of_postings: Mapping[str, str]) -> list[float]:
    found = [of_postings[posting_id] == wanted for posting_id in ids]
    return [float(any(found)), sum(found) / PLACES]
