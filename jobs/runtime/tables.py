"""Tables for the terminal that more than one command prints."""

from collections.abc import Collection, Mapping
from typing import Any

import rich.table
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement

from jobs.runtime.terminal import UNLIMITED

COMPARED_MODELS = {
    "challenger": "",
    "champion": "champion/",
    "most popular": "baselines/most-popular/",
}
"""Column of the comparison, and the prefix of its values in a report."""
_NARROWEST = 10
_FRAME = 3
"""Characters of a column's padding and line."""


class Table(rich.table.Table):
    """A table that cuts nothing: it folds texts, and keeps whole what a user may copy.

    `whole` names the columns of ids and paths, which are not folded. If they leave too little room
    for the other columns, the table is wider than the terminal, unless it fills the screen.
    """

    def __init__(self, *headers: str, whole: Collection[str] = (), **options: Any) -> None:
        columns = (
            rich.table.Column(header, overflow="fold", no_wrap=header in whole)
            for header in headers
        )
        super().__init__(*columns, **options)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if console.is_alt_screen:  # the ends of longer lines could not be seen
            for column in self.columns:
                column.no_wrap = False
        else:
            needed = self._needed_width(console, options.update(width=UNLIMITED))
            options = options.update(width=max(options.max_width, needed))
        return super().__rich_console__(console, options)

    def _needed_width(self, console: Console, options: ConsoleOptions) -> int:
        needed = 1
        for column in self.columns:
            cells = (column.header, *column.cells)
            width = max(Measurement.get(console, options, cell).maximum for cell in cells)
            needed += _FRAME + (width if column.no_wrap else min(width, _NARROWEST))
        return needed


def recommendation_table(
    recommendation: Mapping[str, Any], postings: Mapping[str, Mapping[str, Any]]
) -> Table:
    """Lay out a value of the topic `recommendations`, with values of `postings` by id.

    An unknown posting shows as `?`.
    """
    model = f"{recommendation['model_name']} {recommendation['model_version']}"
    catalogue, as_of = recommendation["catalogue_version"], recommendation["as_of"]
    table = Table(
        "#", "posting", "title", "employer", "score", "why", whole=("posting",),
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
