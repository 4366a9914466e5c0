"""Trains the model that serves while matches are verified: its probabilities differ by person."""

from collections.abc import Sequence
from itertools import islice

from jobs.verify.message_generator import messages
from streaming.contract.records import Candidate, Event, Posting
from streaming.contract.topics import CANDIDATES, EVENTS
from streaming.settings import Settings
from training.data.dataset import Dataset
from training.data.file_dataset import event_table, posting_table, stated_table, write_tables
from training.fitting.fit import fit
from training.registry.model_registry import set_champion
from training.registry.registration import TrainedModel, register_model

MESSAGES = 1_500
"""So many are trained on, in an epoch: how good the model is does not matter here."""


def train_champion(settings: Settings, postings: Sequence[tuple[str, bytes]], seed: int) -> None:
    """Train on other messages like those that are sent, and make the model champion.

    Raises:
        TrainingError: a training process died.
    """
    folder = settings.home / "verify-training"
    ids = [posting_id for posting_id, _ in postings]
    sent = islice(messages(seed + 1, posting_ids=ids), MESSAGES)
    good = [(own.topic, own.value) for own in sent if own.value and not own.reason]
    events = [Event.model_validate_json(value) for topic, value in good if topic is EVENTS]
    stated = [Candidate.model_validate_json(value) for topic, value in good if topic is CANDIDATES]
    write_tables(
        folder / "dataset",
        posting_table([Posting.model_validate_json(value).model_dump() for _, value in postings]),
        event_table([own.model_dump() for own in {own.event_id: own for own in events}.values()]),
        stated_table(
            [own.model_dump() for own in {own.candidate_id: own for own in stated}.values()]
        ),
    )
    training = settings.training.model_copy(update={"epochs": 1, "processes": 1})
    fitted = fit(folder / "dataset", folder / "run", training)
    catalogue = Dataset.read(folder / "dataset").catalogue
    trained = TrainedModel(ranker=fitted.ranker, catalogue=catalogue, cut=None)
    set_champion(settings, register_model(settings, trained), reason="verify", forced=True)
