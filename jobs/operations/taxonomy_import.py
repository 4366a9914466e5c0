"""Files of a taxonomy → Δ occupations and Δ skills."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pyspark.sql import SparkSession

from streaming.importing.reject_file import RejectFile
from streaming.lake.taxonomy_tables import write_taxonomy
from streaming.settings import Settings
from streaming.taxonomy.concept import ConceptKind, Taxonomy
from streaming.taxonomy.files import TaxonomyFiles

UNDERSTOOD = ("zh", "en")
"""Languages in which postings and profiles are understood."""


@dataclass(frozen=True)
class TaxonomySummary:
    """What an import did."""

    taxonomy: Taxonomy
    rows: int
    rejected: int
    rejects: Path | None
    languages: Sequence[str]
    """Of the labels, the most frequent first."""
    versions: dict[str, int]
    """By table the version that holds it."""

    def count(self, kind: ConceptKind) -> int:
        """Return the number of concepts of a kind."""
        return len(self.taxonomy.of_kind(kind))

    @property
    def labels(self) -> int:
        """Number of names."""
        return sum(len(concept.labels) for concept in self.taxonomy.concepts)


def import_taxonomy(
    spark: SparkSession, settings: Settings, read: TaxonomyFiles
) -> TaxonomySummary:
    """Write a taxonomy that was read, and the rows that are not part of it to HOME/rejected."""
    with _reject_file(settings, read) as rejects:
        for _, row in read.rejected:
            rejects.write(row)
        path = rejects.path
    versions = write_taxonomy(spark, settings, read.taxonomy)
    return TaxonomySummary(
        read.taxonomy, read.rows, len(read.rejected), path, read.languages, versions
    )


def _reject_file(settings: Settings, read: TaxonomyFiles) -> RejectFile:
    first = read.rejected[0][0] if read.rejected else Path("taxonomy")
    return RejectFile(settings, first, "taxonomy")
