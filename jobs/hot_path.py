"""The jobs update_profiles and recommend as one query, without the topic between them.

A profile is scored by the batch that made it. Batches, state and checkpoint are those of
`update_profiles`, so that either can go on where the other stopped. Profiles that came to the topic
in another way are not scored here: `careerstream recommend --all` does that.

Run: spark-submit jobs/hot_path.py --config careerstream.toml
"""

from pyspark.sql import DataFrame, SparkSession

from jobs.lifecycle import Running
from jobs.main import run_job
from jobs.recommend import Recommender, start_recommending
from jobs.update_profiles import folding
from streaming.kafka import require_topics, write_batch
from streaming.profiles import JOB
from streaming.recommending import with_lists
from streaming.serving import Bundle
from streaming.settings import Settings
from streaming.topics import CANDIDATES, DEAD_LETTERS, EVENTS, PROFILES, RECOMMENDATIONS


def start(spark: SparkSession, settings: Settings) -> Running:
    """Start folding, and scoring what was folded."""
    require_topics(settings.kafka, EVENTS, CANDIDATES, PROFILES, RECOMMENDATIONS, DEAD_LETTERS)

    def publish(batch: DataFrame, bundle: Bundle, recommender: Recommender) -> None:
        messages = with_lists(batch, bundle, settings.recommend.size, recommender.observed)
        write_batch(messages, settings.kafka)

    return start_recommending(folding(spark, settings), publish, JOB, settings)


if __name__ == "__main__":
    run_job("hot_path", start)
