"""`careerstream recommend --all`: scores every current profile once."""

from pyspark.sql import SparkSession

from streaming.contract.topics import PROFILES
from streaming.kafka.spark_io import read_batch, write_batch
from streaming.metrics.scoring_counters import ScoringCounters
from streaming.serving.anonymous_list import AnonymousListPublisher
from streaming.serving.bundles import BundleStore
from streaming.serving.scoring import recommend
from streaming.settings import Settings


def recommend_all(spark: SparkSession, settings: Settings) -> int:
    """Score every profile on its topic with the newest champion and catalogue; publish the lists.

    Returns:
        The number of profiles.

    Raises:
        ModelError: there is no champion.
        BrokerError: no broker answers.
    """
    store, counters = BundleStore(spark, settings), ScoringCounters.create(spark)
    profiles = read_batch(spark, settings.kafka, PROFILES)
    with store.lease(store.newest_versions()) as bundle:
        write_batch(
            recommend(profiles, bundle, settings.recommend.list_size, counters), settings.kafka
        )
        anonymous_list = AnonymousListPublisher(spark, settings)
        anonymous_list.publish_if_due(lambda: bundle, counters.newest_as_of.value)
    return counters.profiles.value
