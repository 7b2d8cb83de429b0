"""Markdown, for pull requests and documentation."""

from __future__ import annotations

import re
from typing import BinaryIO, ClassVar

from markupsafe import Markup

from summarykit.exporters.base import Options, exporter
from summarykit.exporters.rendering import render
from summarykit.exporters.view import ReportView, build_view
from summarykit.exporters.view.build import MOST_GROUPS, ran
from summarykit.expression import grouped
from summarykit.summary.data import SummaryData

#: A notebook keeps at most so many layers.
NOTEBOOK_ROWS = 30

# What can mean something to Markdown, or to HTML inside it, in the middle of a line.
_SIGNS = re.compile(r"([\\`*_\[\]#~@$])")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;"}
_HARMLESS_CODE = re.compile(r"[\w.,:/()–-]+( [\w.,:/()–-]+)*")


def escape(text: str) -> str:
    """Return *text* so that Markdown shows it as it stands, also inside a table."""
    return "".join(_ENTITIES.get(part, part) for part in _SIGNS.sub(r"\\\1", text))


def code(text: str) -> Markup:
    """Return a name as code: in backticks, or as entities where it holds signs that Markdown would read."""
    if _HARMLESS_CODE.fullmatch(text):
        return Markup(f"`{text}`")
    entities = "".join(c if c.isalnum() else f"&#{ord(c)};" for c in text)
    return Markup(f"<code>{entities}</code>")


def kind(text: str) -> str:
    """Return the name of a class: plain, or as code where it is no identifier."""
    return text if text.isidentifier() and "__" not in text else code(text)


def _view(data: SummaryData, options: Options, most: int = MOST_GROUPS) -> ReportView:
    columns = (
        "type",
        "weight_shape",
        "formula",
        "parameters",
        "check",
        *(("output_shapes", "macs") if ran(data) else ()),
    )
    return build_view(
        data,
        title=options.title,
        source=options.source,
        fold=options.fold,
        most_groups=most,
        selection=options.selection,
        columns=columns,
    )


@exporter("markdown")
class MarkdownExporter:
    """Names always stand in code spans, which keeps mentions and links from happening."""

    suffixes: ClassVar[tuple[str, ...]] = (".md", ".markdown")

    def write(self, data: SummaryData, out: BinaryIO, options: Options) -> None:
        """Write the report as UTF-8."""
        out.write(_rendered(_view(data, options), options).encode("utf-8"))


def brief(data: SummaryData, options: Options) -> str:
    """Return the report as a notebook keeps it beside the others: with the largest layers alone."""
    return _rendered(_view(data, options, NOTEBOOK_ROWS), options)


def _rendered(view: ReportView, options: Options) -> str:
    return render(
        "markdown/report.md.j2",
        {"report": view},
        escape,
        folders=options.templates,
        helpers={"code": code, "grouped": grouped, "kind": kind},
    )
