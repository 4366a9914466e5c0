"""Job: [conversations] + [profiles] [recommendations] → [conversations] [events] [candidates].

Run: spark-submit jobs/converse.py --config careerstream.toml
"""

from pathlib import Path

from pyspark.sql import SparkSession

from jobs.runtime.entrypoint import run_job
from jobs.runtime.streaming_query import RunningJob, start_query
from streaming.contract.access.principals import CONVERSE
from streaming.contract.topics import CONVERSATIONS, PROFILES, RECOMMENDATIONS
from streaming.conversation.conversation_operator import JOB, ConversationOperator, converse
from streaming.errors import SettingsError
from streaming.kafka.spark_io import read_stream, require_rights, write_stream
from streaming.lake import tables
from streaming.privacy.pseudonyms import pseudonyms_of
from streaming.profiles.state_shards import shards
from streaming.serving.batch_versions import WorkerBatchVersionLog
from streaming.serving.bundles import Bundle, BundleStore
from streaming.serving.champion import current_versions_file, serving_folder
from streaming.serving.hot_swap import HotSwap
from streaming.settings import Settings
from streaming.spark.scheduling import HOT_POOL, scheduling_pool
from streaming.spark.session import shares_folder, start_workers
from streaming.spark.tuning import usable
from training.registry.model_registry import champion


def start(spark: SparkSession, settings: Settings) -> RunningJob:
    """Start answering what candidates say.

    Raises:
        BrokerError: no broker answers, or it refuses what the job does.
        ModelError: there is no champion.
        SettingsError: the workers do not see the driver's files.
    """
    require_rights(settings.kafka, CONVERSE)
    champion(settings)  # fails early, and with the command that makes one
    if not shares_folder(spark, settings.checkpoints):
        raise SettingsError(
            f"the job {JOB} needs a folder for checkpoints that its workers see, and they do not "
            f"see {settings.checkpoints}; set `checkpoints` to a shared path"
        )
    start_workers(spark)
    tables.create(spark, settings, tables.POSTINGS)
    checkpoint = Path(settings.checkpoints, JOB).absolute()
    log = WorkerBatchVersionLog(
        checkpoint, serving_folder(settings), current_versions_file(settings)
    )
    current = HotSwap(BundleStore(spark, settings, log.uncommitted), _no_warm_up, _no_news)
    pseudonyms = pseudonyms_of(settings.privacy)
    operator = ConversationOperator(log.task_bundle, usable(settings.spark.tuned), pseudonyms)
    messages = read_stream(spark, settings.kafka, CONVERSATIONS, PROFILES, RECOMMENDATIONS)
    with scheduling_pool(spark, HOT_POOL):
        state = shards(spark, str(checkpoint), pseudonyms)
        answered = converse(messages, state, operator)
        query = start_query(write_stream(answered, settings.kafka), JOB, settings)
    return RunningJob((query,), (current.stop,))


def _no_warm_up(_: Bundle) -> None:
    """The first turn loads the model; the hot path keeps its own workers warm."""


def _no_news() -> None:
    """Nothing is published when a new model serves."""


if __name__ == "__main__":
    run_job(JOB, start, scores=True)
