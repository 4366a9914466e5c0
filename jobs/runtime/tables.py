"""Tables for the terminal that more than one command prints."""

from collections.abc import Mapping
from typing import Any

from rich.table import Table

COMPARED_METRICS = ("hr@1", "hr@5", "hr@10", "ndcg@10", "mrr", "coverage")
COMPARED_MODELS = {
    "challenger": "",
    "champion": "champion/",
    "most popular": "baselines/most-popular/",
}
"""Column of the comparison, and the prefix of its values in a report."""


def recommendation_table(
    recommendation: Mapping[str, Any], postings: Mapping[str, Mapping[str, Any]]
) -> Table:
    """Lay out a value of the topic `recommendations`, with values of `postings` by id.

    An unknown posting shows as `?`.
    """
    model = f"{recommendation['model_name']} {recommendation['model_version']}"
    catalogue, as_of = recommendation["catalogue_version"], recommendation["as_of"]
    table = Table(
        "#", "posting", "title", "employer", "score", "why",
        title=f"{recommendation['candidate_id']}, "
        f"profile version {recommendation['profile_version']}",
        caption=f"{model}, catalogue {catalogue}, as of {as_of}",
    )  # fmt: skip
    for item in recommendation["items"]:
        posting = postings.get(item["posting_id"], {})
        table.add_row(
            str(item["rank"]),
            item["posting_id"],
            posting.get("title", "?"),
            posting.get("employer") or "-",
            f"{item['score']:.3f}",
            "\n".join(reason["text"] for reason in item["reasons"]),
        )
    return table


def comparison_table(report: Mapping[str, Any]) -> Table:
    """Lay out the metrics of challenger, champion and baseline from a promotion's report."""
    table = Table("metric", *COMPARED_MODELS)
    for metric in COMPARED_METRICS:
        row = [report.get(f"{prefix}{metric}") for prefix in COMPARED_MODELS.values()]
        if row[0] is not None:
            table.add_row(metric, *("-" if value is None else f"{value:.4f}" for value in row))
    return table
