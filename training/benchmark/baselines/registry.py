"""The baselines by name."""

from training.benchmark.baselines.content import FIELDS, ONE_TEXT, has_content
from training.benchmark.baselines.item_knn import ITEM_KNN
from training.benchmark.baselines.matrix_factorisation import ALS
from training.benchmark.baselines.popular import MOST_POPULAR, RECENT_POPULAR
from training.benchmark.protocols.training_view import Fit, TrainingView


def baselines(training: TrainingView) -> dict[str, Fit]:
    """Return the baselines that the data allow; bare ids have no content."""
    chosen: dict[str, Fit] = {
        "most-popular": MOST_POPULAR,
        "recent-popular": RECENT_POPULAR,
        "item-knn": ITEM_KNN,
        "als": ALS,
    }
    if has_content(training):
        chosen["one-text"] = ONE_TEXT
    if training.postings is not None:
        chosen["fields"] = FIELDS
    return chosen
