"""The audit of the champion: for whom its lists and matches are worse."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from pyspark.sql import SparkSession

from streaming.contract.reaches import Reach
from streaming.errors import InputError
from streaming.lake import tables
from streaming.lake.group_table import read_groups
from streaming.settings import Settings
from training.data.dataset import Dataset
from training.data.lake_export import export_dataset
from training.evaluation.prequential import EvaluationProtocol, evaluate_ranker, held_out_turns
from training.fairness.audit_figures import audit_figures
from training.fairness.figures import ENTRY, list_figures, match_entry, ranker_reaches
from training.fairness.group_rates import Figure
from training.fairness.groups import Groups
from training.registry.model_registry import champion, load

SCORE = "match score above the median"
DEFINITIONS = {
    "ndcg@10, hr@10": "quality of the lists before turns of candidates to new postings, after the "
    "events that the model was trained on",
    "exposure of pay quartile": "share of the exposure of these lists that goes to a quarter of "
    "the postings by pay, 4 the best paid; a posting at rank r counts 1 / log2(1 + r)",
    ENTRY: "selection rate: share of contactable candidates who are among the first ten of the "
    "match of any posting",
    SCORE: "scoring rate: share of contactable candidates whose best score in any match is above "
    "the median of all of them",
    "impact ratio": "the rate of a group divided by that of the group with the greatest rate "
    "(N.Y.C. Local Law 144 of 2021; 6 RCNY § 5-300)",
    "interval": "95 %, from resampled candidates; the group with the greatest rate stays the same",
    "unknown": "candidates who were assessed and whose group is unknown; they enter no rate",
}


def audit(spark: SparkSession, settings: Settings) -> dict[str, Any]:
    """Measure the champion for every audit group, on the newest version of the lake.

    Raises:
        InputError: there are no audit groups, or no events or postings.
        ModelError: there is no champion.
    """
    groups = Groups.of(read_groups(spark, settings))
    if not groups:
        raise InputError(
            "there are no audit groups; `careerstream import groups FILE` reads some into Δ groups"
        )
    reference = champion(settings)
    with TemporaryDirectory(prefix="careerstream-") as temporary:
        version = export_dataset(spark, settings, Path(temporary))
        dataset = Dataset.read(Path(temporary))
    ranker, protocol = load(settings, reference), EvaluationProtocol()
    turns = held_out_turns(dataset, reference.cut, protocol)
    quality = evaluate_ranker(ranker, dataset.catalogue, turns)
    figures = list_figures(quality, turns, dataset.catalogue) if len(turns) else {}
    figures |= match_figures(ranker_reaches(ranker, dataset, settings.match), dataset)
    fewest = settings.fairness.fewest
    return {
        "definitions": DEFINITIONS,
        "model": {"name": reference.name, "version": reference.version, "kind": reference.kind},
        "data": {**version, "groups_version": tables.version(spark, settings, tables.GROUPS)},
        "after": reference.cut,
        "threshold": settings.fairness.threshold,
        "fewest": fewest,
        "turns": len(turns),
        "rows": audit_figures(figures, groups.labels(dataset.candidate_ids), fewest),
    }


def match_figures(reaches: list[Reach], dataset: Dataset) -> dict[str, Figure]:
    """Return selection and score of contactable candidates in matches; none without any."""
    if not reaches:
        return {}
    places = {one: place for place, one in enumerate(dataset.candidate_ids)}
    best = np.array([max((p.score for p in one.postings), default=0.0) for one in reaches])
    owners = np.array([places[one.candidate_id] for one in reaches], dtype=np.int64)
    above = Figure.mean(best > np.median(best), owners)
    return {ENTRY: match_entry(reaches, places), SCORE: above}
