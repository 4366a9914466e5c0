"""Logs for people or for programs: text, or one JSON object a line with query and batch ids."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Literal

import orjson

from streaming.timestamps import to_text

TEXT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
BATCH_FIELDS = ("query", "query_id", "run_id", "batch_id", "rows", "seconds")
"""What a line may say of the batch it belongs to."""
_batch: ContextVar[dict[str, Any] | None] = ContextVar("batch", default=None)


@contextmanager
def within_batch(query: str, batch_id: int) -> Iterator[None]:
    """Have all lines logged inside say which batch they belong to."""
    token = _batch.set({"query": query, "batch_id": batch_id})
    try:
        yield
    finally:
        _batch.reset(token)


class JsonLines(logging.Formatter):
    """Writes a record as a JSON object on a line of its own.

    Args:
        job: said in each line.
    """

    def __init__(self, job: str) -> None:
        super().__init__()
        self._job = job

    def format(self, record: logging.LogRecord) -> str:
        """Return the line: time, level, logger, job, message, batch, and the trace if any."""
        told = {name: vars(record)[name] for name in BATCH_FIELDS if name in vars(record)}
        line: dict[str, Any] = {
            "time": to_text(datetime.fromtimestamp(record.created, tz=UTC)),
            "level": record.levelname,
            "logger": record.name,
            "job": self._job,
            "message": record.getMessage(),
            **(_batch.get() or {}),
            **told,
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()


def configure(shape: Literal["text", "json"], job: str) -> None:
    """Send the log of a job to standard error.

    As JSON every batch has a line; people are spared them.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(job) if shape == "json" else logging.Formatter(TEXT))
    logging.basicConfig(level="INFO", handlers=[handler], force=True)
    logging.getLogger("batches").setLevel("INFO" if shape == "json" else "WARNING")
    for chatty in ("py4j", "kafka"):
        logging.getLogger(chatty).setLevel("WARNING")
