"""Tables for the terminal that more than one command prints."""

from collections.abc import Mapping
from typing import Any

from rich.table import Table

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
    """Lay out NDCG@10 and leads of a promotion's report, a row for each segment of the turns."""
    leads = {f"lead on {name}": prefix for name, prefix in COMPARED_MODELS.items() if prefix}
    table = Table("turns", "number", "of candidates", *COMPARED_MODELS, *leads, title="NDCG@10")
    for path in (key.removesuffix("turns") for key in report if key.endswith("turns")):
        table.add_row(
            path.rstrip("/").replace("-", " ") or "all",
            f"{report[f'{path}turns']:,}",
            f"{report[f'{path}candidates']:,}",
            *(f"{report[f'{prefix}{path}ndcg@10']:.4f}" for prefix in COMPARED_MODELS.values()),
            *(
                "{:+.4f} [{:+.4f}, {:+.4f}]".format(
                    *(report[f"{prefix}{path}lead/ndcg@10{end}"] for end in ("", "/low", "/high"))
                )
                for prefix in leads.values()
            ),
        )
    return table
