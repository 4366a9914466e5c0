"""From a trained encoder-decoder to the preset `best()`: the content score, and the blend."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from training.content_ranker.blended_ranker import BestRanker, Blend
from training.content_ranker.co_visitation import KINDRED, Habits
from training.content_ranker.conditional_logit import Learned, learn
from training.content_ranker.content_examples import make
from training.content_ranker.profile_features import Steps
from training.content_ranker.text_features import Wording
from training.content_ranker.text_index import Overview
from training.data.dataset import Dataset, HeldOut
from training.fitting.determinism import repeatable
from training.model.time_encoding import freshness_at, micros
from training.ranking.batch_invariant_ops import one_thread
from training.ranking.encoder_decoder_ranker import NeuralRanker

_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0)
BLENDS = (*(Blend(1.0, share) for share in _SHARES), Blend(0.0, 1.0))
"""What is compared: ever more of the encoder-decoder beside the content score, then it alone."""
_UNTRIED = Blend(1.0, 1.0)
_MOST_CASES = 1_000
_TEN = 10


@dataclass(frozen=True, eq=False)
class TrainedContent:
    """A finished ranker, and what was chosen on the way."""

    ranker: BestRanker
    learned: Learned
    lessons: int
    reached: Mapping[Blend, float]
    """Blend to NDCG@10 on the validation part; empty where there was nobody to ask."""
    cases: int
    seconds: float
    """All of it took."""

    def choices(self) -> dict[str, Any]:
        """Name what was chosen, for the parameters of the run."""
        return {**asdict(self.ranker.blend), "pull": self.learned.pull, "lessons": self.lessons}

    def reports(self) -> dict[str, float]:
        """Name what was reached, for the metrics of the run."""
        return {
            **{
                f"blend/{blend.content:g}_content_{blend.encoder_decoder:g}_encoder-decoder": value
                for blend, value in self.reached.items()
            },
            **{f"pull/{pull:g}": value for pull, value in self.learned.reached.items()},
            "blend/cases": float(self.cases),
            "content_seconds": self.seconds,
        }


@repeatable()
def train_content(neural: NeuralRanker, dataset: Dataset, seed: int) -> TrainedContent:
    """Train the content score beside an encoder-decoder, and choose the blend.

    The content score learns from the training part alone. What either counts is chosen on the
    validation part: on what people turned to after the cut, from what was known of them just then.

    Args:
        neural: trained on the same data with the same cut.
        dataset: all of it.
        seed: of the lessons and of the cases.
    """
    began = time.monotonic()
    train, _ = dataset.split(neural.preset.training.validation_split)
    wording = Wording.of(dataset.catalogue)
    postings = dataset.catalogue.table.to_pylist()
    said = wording.say(postings, wording.texts_of(postings), KINDRED)
    lessons = make(train, wording, said, seed)
    learned = learn(lessons)
    overview = Overview(wording, Habits.of(train, said))
    untried = BestRanker(neural, overview, learned.weights, _UNTRIED)
    cases = _cases(dataset, train.counts.made_at, seed)
    reached = _compare(untried, dataset, cases) if cases else {}
    best = max(reached, key=lambda blend: reached[blend]) if reached else _UNTRIED
    ranker = BestRanker(neural, overview, learned.weights, best)
    return TrainedContent(
        ranker=ranker,
        learned=learned,
        lessons=len(lessons.numbers),
        reached=reached,
        cases=len(cases),
        seconds=time.monotonic() - began,
    )


def _cases(dataset: Dataset, cut: str | None, seed: int) -> list[HeldOut]:
    """Draw what people with events turned to after the cut, as they were known just then."""
    found = []
    for event in np.random.default_rng(seed).permutation(dataset.turns(cut)).tolist():
        held = dataset.before(event)
        catalogue = dataset.catalogue
        target = catalogue.rows[held.targets[0]]
        speaks = Steps.read(held.profile, catalogue.rows).speaks
        if speaks and catalogue.eligible(held.profile, held.as_of)[target]:
            found.append(held)
        if len(found) == _MOST_CASES:
            break
    return found


def _compare(ranker: BestRanker, dataset: Dataset, cases: Sequence[HeldOut]) -> dict[Blend, float]:
    """Measure NDCG@10 of each blend."""
    with TemporaryDirectory(prefix="careerstream-") as temporary:
        folder = Path(temporary)
        ranker.prepare(dataset.catalogue, folder)
        gains = np.array(list(_gains(ranker, dataset, cases, folder)))
    return dict(zip(BLENDS, gains.mean(axis=0).tolist(), strict=True))


def _gains(
    ranker: BestRanker, dataset: Dataset, cases: Sequence[HeldOut], folder: Path
) -> Iterator[list[float]]:
    """Yield for each case what each blend gains."""
    catalogue, weighing = dataset.catalogue, ranker.weighing(folder)
    prepared = ranker.opened(folder)
    for held in cases:
        allowed = catalogue.eligible(held.profile, held.as_of)
        target, moment = catalogue.rows[held.targets[0]], micros(held.as_of)
        with one_thread():
            [first] = ranker.neural.first_steps([(held.profile, held.as_of)], prepared)
            fresh = freshness_at(catalogue.opens, moment)
            known = prepared.vectors @ first.query + first.taste @ fresh
            content = weighing.scores(Steps.read(held.profile, catalogue.rows), moment)
        yield [
            _gain(blend.content * content + blend.encoder_decoder * known, allowed, target)
            for blend in BLENDS
        ]


def _gain(scores: np.ndarray, allowed: np.ndarray, target: int) -> float:
    """NDCG@10 of one target; equal scores count against it."""
    ahead = int((scores[allowed] >= scores[target]).sum()) - 1
    return float(1 / np.log2(2 + ahead)) if ahead < _TEN else 0.0
