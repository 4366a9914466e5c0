"""Names and pronouns that are exchanged in free texts hardly change a list.

The model is trained on a market whose people state both, so that it could learn from them.

The bound, which docs/fairness.md states: at least 90 of 100 postings stay in their lists, and no
list loses more than 3 of its 10 postings.
"""

import numpy as np
import pytest

from infra.simulator import Market, MarketConfig
from streaming.settings import TrainingSettings
from training.data.dataset import Dataset
from training.fitting.fit import fit
from training.ranking.encoder_decoder_ranker import EncoderDecoderRanker

CONFIG = MarketConfig(
    candidates=200, postings=200, events_per_candidate=8, days=20, occupations=6, seed=3
)
NAMES = {"female": ("Anna", "she", "her"), "male": ("Ben", "he", "his")}
SIZE = 10
LEAST_KEPT, MOST_LOST = 0.9, 3


def introduced(record, sex):
    """Return a stated part whose background begins with a name and pronouns."""
    name, subject, possessive = NAMES[sex]
    text = f"{name} is a colleague we value; {subject} likes {possessive} work."
    return record | {"background": f"{text} {record.get('background', '')}"}


class NamedMarket(Market):
    """A market in which every second person is a woman, and says so."""

    def candidates(self):
        """Yield stated parts with names."""
        for number, record in enumerate(super().candidates()):
            yield introduced(record, ("female", "male")[number % 2])


@pytest.fixture(scope="module")
def lists(market_writer, tmp_path_factory):
    """Lists of the same people as women and as men."""
    folder = market_writer(NamedMarket(CONFIG))
    settings = TrainingSettings(preset="published", processes=1, epochs=3, seed=5)
    ranker = EncoderDecoderRanker.load(fit(folder, tmp_path_factory.mktemp("run"), settings).folder)
    catalogue = Dataset.read(folder).catalogue
    prepared = tmp_path_factory.mktemp("prepared")
    ranker.prepare(catalogue, prepared)
    records = list(Market(CONFIG).candidates())
    moment = max(record["updated_at"] for record in records)
    made = {}
    for sex in NAMES:
        profiles = [
            {
                "candidate_id": record["candidate_id"],
                "version": 1,
                "as_of": moment,
                "stated": introduced(record, sex),
                "events": [],
                "applied": [],
                "dismissed": [],
            }
            for record in records
        ]
        ranked = ranker.rank(profiles, [moment] * len(profiles), prepared, SIZE)
        made[sex] = [[item["posting_id"] for item in items] for items in ranked]
    return made


def test_lists_keep_their_postings(lists):
    pairs = list(zip(lists["female"], lists["male"], strict=True))
    kept = np.array([len(set(own) & set(other)) / len(own) for own, other in pairs])
    lost = np.array([len(set(own) - set(other)) for own, other in pairs])
    print(f"kept {kept.mean():.4f}, most lost {lost.max()}, same order "  # noqa: T201 - for -s
          f"{np.mean([own == other for own, other in pairs]):.3f}")  # fmt: skip
    assert all(len(own) == SIZE for own, _ in pairs)
    assert kept.mean() >= LEAST_KEPT
    assert lost.max() <= MOST_LOST
