"""Reads the postings that are to be rewritten, from files or from their topic."""

from collections.abc import Iterator
from pathlib import Path

from infra.simulator.taxonomy_export import embedded_taxonomy
from streaming.contract.records import Posting
from streaming.errors import InputError
from streaming.importing import ReadOptions, Row, SourceFile, read_rows
from streaming.kafka.topic_reader import read_postings
from streaming.language.writing.facts.vocabulary import Vocabulary
from streaming.settings import KafkaSettings


def read_posting_file(file: Path, options: ReadOptions) -> Iterator[Posting]:
    """Yield the postings of a file; rows that are none are left out.

    Raises:
        InputError: the file cannot be read.
    """
    source = SourceFile(file, options.encoding)
    for result in read_rows(Posting, source, options):
        if isinstance(result, Row) and isinstance(result.record, Posting):
            yield result.record


def read_posting(kafka: KafkaSettings, posting_id: str) -> Posting:
    """Return a posting from its topic.

    Raises:
        InputError: there is none of that id.
        BrokerError: no broker answers.
    """
    found = read_postings(kafka, {posting_id})
    if posting_id not in found:
        raise InputError(
            f"there is no posting {posting_id} on its topic; is the id right? A file is written"
            " anew with --file FILE"
        )
    return Posting.model_validate(found[posting_id])


def vocabulary() -> Vocabulary:
    """Return the skills and places that facts are looked for with, without a lake."""
    return Vocabulary.of(embedded_taxonomy())
