"""The baselines by name."""

from training.benchmark.baselines.content import FIELDS, ONE_TEXT, has_content
from training.benchmark.baselines.item_knn import ITEM_KNN
from training.benchmark.baselines.matrix_factorisation import ALS
from training.benchmark.baselines.popular import MOST_POPULAR, RECENT_POPULAR
from training.benchmark.protocols.training_view import Fit, TrainingView


def baselines(training: TrainingView) -> dict[str, Fit]:
    """Return the builders of those baselines that the data allow; bare ids have no content."""
    found: dict[str, Fit] = {
        "most-popular": MOST_POPULAR,
        "recent-popular": RECENT_POPULAR,
        "item-knn": ITEM_KNN,
        "als": ALS,
    }
    if has_content(training):
        found["one-text"] = ONE_TEXT
    if training.postings is not None:
        found["fields"] = FIELDS
    return found
