import numpy as np
import pytest
import torch

from training.data.dataset import DISMISS, EVENT_KINDS, Dataset
from training.model.examples import (
    Examples,
    collate,
    draw_examples,
    full_softmax,
    sampled_softmax,
    validation_examples,
)
from training.model.features import STEP_KINDS
from training.model.loss import batch_loss
from training.model.network import EncoderDecoder
from training.model.training_data import TrainingData

SKILL = STEP_KINDS.index("skill")


@pytest.fixture(scope="module")
def drawn(training_data, small_preset) -> list[Examples]:
    return [
        draw_examples(
            training_data, training_data.shard(number), small_preset, np.random.default_rng(number)
        )
        for number in range(len(training_data.examples))
    ]


def each(examples: Examples):
    """Yield rows, kinds, time features, targets and time of each example."""
    for place in range(len(examples)):
        own = slice(*examples.starts[place : place + 2])
        targets = examples.targets[slice(*examples.target_starts[place : place + 2])]
        yield (
            examples.rows[own],
            examples.kinds[own],
            examples.time_features[own],
            targets,
            examples.times[place],
        )


def test_as_many_are_drawn_as_were_counted(training_data, drawn):
    assert tuple(map(len, drawn)) == training_data.examples


def test_examples_never_look_ahead(training_data, small_preset, drawn):
    postings = len(training_data.opens)
    for rows, kinds, features, targets, time in (one for part in drawn for one in each(part)):
        assert 1 <= len(targets) <= small_preset.training.steps
        assert len(rows) >= 1
        assert not set(rows[rows < postings].tolist()) & set(targets.tolist())
        assert len(set(targets.tolist())) == len(targets)
        assert time <= training_data.cut
        assert ((rows >= postings) == (kinds >= len(EVENT_KINDS))).all()
        assert (features[rows >= postings] == 0).all()


def test_examples_are_what_candidates_did(market_dataset, training_data, small_preset, drawn):
    """Each history with its next postings is a piece of some candidate's own, in plain Python."""
    dataset = Dataset.read(market_dataset)
    cut = training_data.cut
    pieces = set()
    for candidate in range(len(dataset)):
        first, last = dataset.starts[candidate : candidate + 2]
        events = [
            (int(dataset.postings[event]), int(dataset.kinds[event]))
            for event in range(first, last)
            if dataset.times[event] <= cut
        ]
        for end in range(len(events)):
            known, ahead = {posting for posting, _ in events[:end]}, []
            for posting, kind in events[end:]:
                if posting not in known and kind != DISMISS:
                    ahead.append(posting)
                known.add(posting)
            history = events[max(0, end - small_preset.model.most_events) : end]
            pieces.add((tuple(history), tuple(ahead[: small_preset.training.steps])))
            pieces.add(((), tuple(ahead[: small_preset.training.steps])))
    for rows, kinds, _, targets, _ in (one for part in drawn for one in each(part)):
        is_event = kinds < len(EVENT_KINDS)
        history = tuple(zip(rows[is_event].tolist(), kinds[is_event].tolist(), strict=True))
        described = not history and (kinds == SKILL).all() and len(targets) == 1
        assert described or (history, tuple(targets.tolist())) in pieces


def test_described_examples_state_what_the_target_asks_for(training_data, drawn):
    found = 0
    for rows, kinds, _, targets, _ in (one for part in drawn for one in each(part)):
        asked = slice(*training_data.requirement_starts[targets[0] : targets[0] + 2])
        own = set(training_data.requirement_rows[asked].tolist())
        found += bool((kinds == SKILL).all()) and set(rows.tolist()) <= own
    assert found >= 0.1 * sum(map(len, drawn))


def test_validation_comes_after_the_cut(training_data, small_preset):
    parts = [
        validation_examples(training_data, training_data.shard(number), small_preset)
        for number in range(len(training_data.examples))
    ]
    assert sum(map(len, parts))
    for rows, _, _, targets, time in (one for part in parts for one in each(part)):
        assert time > training_data.cut
        assert not set(rows.tolist()) & set(targets.tolist())


def test_a_batch_says_the_same_as_its_examples(training_data, drawn):
    examples = drawn[0].take(np.arange(5))
    batch = collate(examples, full_softmax(training_data.seen))
    rows = batch.rows.numpy()
    for place, (own, kinds, features, targets, time) in enumerate(each(examples)):
        length = int(batch.lengths[place])
        assert rows[batch.steps[place, :length]].tolist() == own.tolist()
        assert batch.kinds[place, :length].tolist() == kinds.tolist()
        assert np.array_equal(batch.time_features[place, :length], features)
        assert batch.rows[batch.targets[place][batch.real[place]]].tolist() == targets.tolist()
        assert int(batch.times[place]) == time


def test_taken_and_joined_again_examples_are_the_same(drawn):
    whole = Examples.join(drawn[:3])
    again = Examples.join([whole.take(np.arange(2)), whole.take(np.arange(2, len(whole)))])
    for one, other in zip(each(whole), each(again), strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_a_sampled_softmax_is_near_the_full_one(training_data: TrainingData, small_preset, drawn):
    torch.manual_seed(0)
    seen, rng = training_data.seen, np.random.default_rng(0)
    model = EncoderDecoder(small_preset.model, len(seen)).eval()
    examples = drawn[0].take(np.arange(min(32, len(drawn[0]))))

    def loss(competitors) -> float:
        batch = collate(examples, competitors)
        vectors = model.posting_vectors(
            *(torch.from_numpy(getattr(training_data, name)[batch.rows]) for name in
              ("text", "words", "fields", "ids"))
        )  # fmt: skip
        opens = torch.from_numpy(training_data.opens[competitors.rows])
        expires = torch.from_numpy(training_data.expires[competitors.rows])
        return float(batch_loss(model, batch, vectors, opens, expires).loss)

    with torch.inference_mode():
        full, half = loss(full_softmax(seen)), len(seen) // 2
        rivals = [sampled_softmax(seen, half, examples, rng) for _ in range(20)]
        corrected = np.mean([loss(each) for each in rivals])
        plain = np.mean([loss(full_softmax(each.rows)) for each in rivals])
    assert abs(corrected - full) < abs(plain - full)
