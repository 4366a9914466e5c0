"""Logs as text for people, or as one JSON object a line with query and batch ids."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Literal

import orjson

from streaming.timestamps import format_timestamp

TEXT_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
BATCH_FIELDS = ("query", "query_id", "run_id", "batch_id", "rows", "seconds")
"""Fields of a line that describe its batch."""
_batch: ContextVar[dict[str, Any] | None] = ContextVar("batch", default=None)


@contextmanager
def batch_context(query: str, batch_id: int) -> Iterator[None]:
    """Add the batch to all lines that are logged within the block."""
    token = _batch.set({"query": query, "batch_id": batch_id})
    try:
        yield
    finally:
        _batch.reset(token)


class JsonFormatter(logging.Formatter):
    """Formats a record of a job as a JSON object on one line."""

    def __init__(self, job: str) -> None:
        super().__init__()
        self._job = job

    def format(self, record: logging.LogRecord) -> str:
        """Return time, level, logger, job, message, batch, and the stack trace if there is one."""
        batch_fields = {name: vars(record)[name] for name in BATCH_FIELDS if name in vars(record)}
        line: dict[str, Any] = {
            "time": format_timestamp(datetime.fromtimestamp(record.created, tz=UTC)),
            "level": record.levelname,
            "logger": record.name,
            "job": self._job,
            "message": record.getMessage(),
            **(_batch.get() or {}),
            **batch_fields,
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()


def configure(log_format: Literal["text", "json"], job: str) -> None:
    """Send the log of a job to standard error. Only the JSON format has a line for every batch."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        JsonFormatter(job) if log_format == "json" else logging.Formatter(TEXT_FORMAT)
    )
    logging.basicConfig(level="INFO", handlers=[handler], force=True)
    logging.getLogger("batches").setLevel("INFO" if log_format == "json" else "WARNING")
    for verbose in ("py4j", "kafka"):
        logging.getLogger(verbose).setLevel("WARNING")
