"""Tables for the terminal that more than one command prints."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import rich.table
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.measure import Measurement
from rich.text import Text

from jobs.runtime.terminal import UNLIMITED, Paragraph, styled

COMPARED_MODELS = {
    "challenger": "",
    "champion": "champion/",
    "most popular": "baselines/most-popular/",
}
"""Column of the comparison, and the prefix of its values in a report."""
_NARROWEST = 10
_PADDING = 2
"""Characters beside the text of a column."""


class Table(rich.table.Table):
    """A table that cuts nothing: it folds texts, and keeps whole what a user may copy.

    `whole` names the columns of ids and paths, which are not folded. Where they or the number of
    columns leave too little room, each row becomes a paragraph, with the headers before the values.
    """

    def __init__(self, *headers: str, whole: Collection[str] = (), **options: Any) -> None:
        columns = (
            rich.table.Column(header, overflow="fold", no_wrap=header in whole)
            for header in headers
        )
        super().__init__(*columns, **options)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if options.max_width < UNLIMITED:  # the console breaks no line of a text itself
            options = options.update(no_wrap=False, overflow="fold")
        if self._needed_width(console, options.update(width=UNLIMITED)) <= options.max_width:
            return super().__rich_console__(console, options)
        return self._paragraphs(console)

    def _needed_width(self, console: Console, options: ConsoleOptions) -> int:
        frame = _PADDING + (self.box is not None)
        needed = int(self.box is not None)
        for column in self.columns:
            cells = (column.header, *column.cells)
            width = max(Measurement.get(console, options, cell).maximum for cell in cells)
            needed += frame + (width if column.no_wrap else min(width, _NARROWEST))
        return needed

    def _paragraphs(self, console: Console) -> Iterator[RenderableType]:
        """Yield each row as its values after their headers; a whole value has a line of its own."""
        for text in filter(None, (self.title, self.caption)):
            yield Paragraph(_as_text(console, text, "bold"), indent=0)
        for row in zip(*(column.cells for column in self.columns), strict=True):
            named = [
                (column, Text.assemble((str(column.header), "dim"), " ", _as_text(console, cell)))
                for column, cell in zip(self.columns, row, strict=True)
            ]
            yield from (
                text if not console.is_alt_screen else Paragraph(text)
                for column, text in named
                if column.no_wrap
            )
            parts = [text for column, text in named if not column.no_wrap]
            first, rest = ("  ", parts) if len(parts) < len(named) else ("", parts)
            yield Paragraph(first, styled(" │ ").join(rest))


def _as_text(console: Console, cell: object, style: str = "") -> Text:
    text = console.render_str(cell) if isinstance(cell, str) else cell
    if not isinstance(text, Text):
        raise TypeError(f"a cell is a text, not {type(cell).__name__}")
    joined = styled("; ").join(text.split("\n"))
    joined.stylize(style)
    return joined


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
    table = Table(
        "turns", "number", *COMPARED_MODELS, title="NDCG@10",
        caption="and the challenger's lead, with its 95 % interval",
    )  # fmt: skip
    for path in (key.removesuffix("turns") for key in report if key.endswith("turns")):
        number = f"{report[f'{path}turns']:,} of {report[f'{path}candidates']:,} candidates"
        table.add_row(
            path.rstrip("/").replace("-", " ") or "all",
            number,
            *(_quality(report, prefix, path) for prefix in COMPARED_MODELS.values()),
        )
    return table


def _quality(report: Mapping[str, Any], prefix: str, path: str) -> str:
    """Say how good a model's lists are, and how far the challenger is ahead of it."""
    quality = f"{report[f'{prefix}{path}ndcg@10']:.4f}"
    if not prefix:
        return quality
    ends = (report[f"{prefix}{path}lead/ndcg@10{end}"] for end in ("", "/low", "/high"))
    return quality + "\n{:+.4f} [{:+.4f}, {:+.4f}]".format(*ends)
