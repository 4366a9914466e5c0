"""The gate refuses sabotaged challengers and lets good ones through: real trainings and turns."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch

from infra.simulator import Market, MarketConfig
from streaming.settings import TrainingSettings
from tests.test_training.conftest import write_dataset
from training.data.dataset import Dataset, hold_back
from training.evaluation.prequential import EvaluationProtocol
from training.fitting.fit import fit
from training.ranking.encoder_decoder_ranker import EncoderDecoderRanker
from training.ranking.most_popular import MostPopularRanker
from training.registry.model_registry import ModelRef
from training.registry.packaging import ENCODER_DECODER, MOST_POPULAR
from training.registry.promotion import measure
from training.registry.promotion_gate import Verdict, gate

SEEDS = [3, *(pytest.param(seed, marks=pytest.mark.nightly) for seed in range(4, 23))]
"""One with every run of the tests, and twenty in the long one."""


@dataclass(frozen=True)
class Trained:
    """A market with its newest events held back, and a model that has not seen these."""

    whole: Dataset
    known: Dataset
    folder: Path
    ranker: EncoderDecoderRanker
    seed: int

    def verdict(self, ranker, champion=None) -> Verdict:
        """Ask the gate about a challenger that says it is an encoder-decoder."""
        reigning = ENCODER_DECODER if champion else MOST_POPULAR
        refs = [
            ModelRef(
                name="m", version=version, kind=kind, run_id="r", cut=self.known.counts.made_at
            )
            for version, kind in (("2", ENCODER_DECODER), ("1", reigning))
        ]
        champion = champion or MostPopularRanker(self.known.counts)
        return gate(
            measure(
                (refs[0], ranker),
                (refs[1], champion),
                self.whole,
                EvaluationProtocol(draws=500),
            )
        )


def train(folder: Path, seed: int) -> EncoderDecoderRanker:
    settings = TrainingSettings(preset="published", processes=1, epochs=3, seed=seed)
    return EncoderDecoderRanker.load(fit(folder, folder / "run", settings).folder)


@pytest.fixture(scope="module", params=SEEDS)
def trained(request, tmp_path_factory) -> Trained:
    seed = request.param
    market = Market(
        MarketConfig(
            candidates=500, postings=300, events_per_candidate=4, days=30, occupations=8, seed=seed
        )
    )
    folder = write_dataset(
        tmp_path_factory.mktemp("market"),
        postings=list(market.postings()),
        events=[event for event in market.events() if event["kind"] != "impression"],
        stated=list(market.candidates()),
    )
    whole = Dataset.read(folder)
    hold_back(folder, 0.5)  # by then many have only stated something
    return Trained(whole, Dataset.read(folder), folder, train(folder, seed), seed)


def test_a_good_challenger_is_let_through(trained):
    verdict = trained.verdict(trained.ranker)
    assert verdict.passed, verdict.text


def test_shuffled_weights_are_refused(trained, tmp_path):
    """Words are compared without weights, which is enough to be better than the popular list."""
    trained.ranker.save(tmp_path)
    ruined = EncoderDecoderRanker.load(tmp_path)
    generator = torch.Generator().manual_seed(trained.seed)
    shuffled = {
        name: value.flatten()[torch.randperm(value.numel(), generator=generator)].view_as(value)
        for name, value in ruined.model.state_dict().items()
    }
    ruined.model.load_state_dict(shuffled)
    ruined.save(tmp_path)
    verdict = trained.verdict(EncoderDecoderRanker.load(tmp_path), champion=trained.ranker)
    assert not verdict.passed, verdict.text


def test_one_that_repeats_the_popular_list_is_refused(trained):
    assert not trained.verdict(MostPopularRanker(trained.known.counts)).passed


class ForgetsStatements:
    """Ranks well for candidates with events, and for the others the least popular first."""

    def __init__(self, ranker, counts):
        self.ranker, self.popular = ranker, MostPopularRanker(counts)

    def prepare(self, catalogue, folder):
        for name, own in (("ranker", self.ranker), ("popular", self.popular)):
            (folder / name).mkdir()
            own.prepare(catalogue, folder / name)

    def rank(self, profiles, as_of, folder, size):
        lists = self.ranker.rank(profiles, as_of, folder / "ranker", size)
        worst = self.popular.rank(profiles, as_of, folder / "popular", 10_000)
        pairs = zip(profiles, lists, worst, strict=True)
        return [own if profile["events"] else all_[-size:] for profile, own, all_ in pairs]


def test_one_that_fails_for_people_who_only_stated_something_is_refused(trained):
    forgetful = ForgetsStatements(trained.ranker, trained.known.counts)
    for champion in (None, trained.ranker):
        verdict = trained.verdict(forgetful, champion)
        assert not verdict.passed, verdict.text
        assert "candidates who only stated something get worse lists" in verdict.text


def test_one_trained_on_shuffled_events_is_refused(trained, tmp_path):
    """Text alone makes it better than the popular list, but not as good as the other."""
    for name in ("postings.parquet", "stated.parquet", "version.json"):
        shutil.copy(trained.folder / name, tmp_path)
    events = pq.read_table(trained.folder / "events.parquet")
    order = np.random.default_rng(trained.seed).permutation(events.num_rows)
    place = events.schema.get_field_index("posting_id")
    shuffled = events.column("posting_id").take(order)
    pq.write_table(events.set_column(place, "posting_id", shuffled), tmp_path / "events.parquet")
    verdict = trained.verdict(train(tmp_path, trained.seed), champion=trained.ranker)
    assert not verdict.passed, verdict.text
