"""The entry point of `spark-submit jobs/NAME.py --config FILE`: parse, run, stop."""

import argparse
import logging
from collections.abc import Callable
from pathlib import Path

from pyspark.sql import SparkSession

from jobs.runtime.health_monitor import monitored
from jobs.runtime.streaming_query import RunningJob, until_signalled
from jobs.runtime.terminal import errors_as_exit_codes
from streaming.logs import configure
from streaming.settings import Settings, load
from streaming.spark.session import session, stop

Start = Callable[[SparkSession, Settings], RunningJob]


def run_job(name: str, start: Start, *, scores: bool = False, archives: bool = False) -> None:
    """Run a streaming job until SIGTERM or Ctrl-C. For the arguments see `run_once`."""

    def run(spark: SparkSession, settings: Settings) -> None:
        with until_signalled() as signalled, monitored(name, spark, settings) as monitor:
            running = start(spark, settings)
            monitor.follow(running)
            logging.getLogger(name).info("running")
            try:
                running.wait(signalled)
            finally:
                running.stop(settings.jobs.shutdown_timeout_seconds)

    run_once(name, run, scores=scores, archives=archives)


def run_once(
    name: str,
    run: Callable[[SparkSession, Settings], object],
    *,
    scores: bool = False,
    archives: bool = False,
) -> None:
    """Run a job to its end with a session of its own.

    An expected error is one line on standard error, and the process exits with the error's code.

    `scores` says whether the session's workers rank postings, `archives` whether it writes to the
    lake while it scores.
    """
    arguments = _parse(name)
    with errors_as_exit_codes(f"careerstream {name}", debug=arguments.debug):
        settings = load(arguments.config, arguments.set)
        configure(settings.jobs.log_format, name)
        spark = session(settings, name, scores=scores, archives=archives)
        try:
            run(spark, settings)
        finally:
            stop(spark)


def _parse(name: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=name, description=f"The job {name}.")
    parser.add_argument("--config", type=Path, help="settings file (TOML)")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="one setting; repeatable"
    )
    parser.add_argument("--debug", action="store_true", help="show stack traces")
    return parser.parse_args()
