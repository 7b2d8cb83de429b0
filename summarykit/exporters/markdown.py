"""Markdown, for pull requests and documentation."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO, ClassVar

from markupsafe import Markup

from summarykit.exporters.base import Options, exporter
from summarykit.exporters.rendering import render
from summarykit.exporters.view import ReportView, build_view
from summarykit.exporters.view.build import MOST_GROUPS, ran
from summarykit.exporters.view.difference import build_diff_view, in_less_room
from summarykit.expression import grouped
from summarykit.summary.comparing import Comparison
from summarykit.summary.data import SummaryData

#: A notebook keeps at most so many layers.
NOTEBOOK_ROWS = 30
#: A comment on GitHub may have 65,536; what is added around it needs room as well.
MOST_CHARACTERS = 60_000

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
        out.write(_rendered("markdown/report.md.j2", {"report": _view(data, options)}, options).encode("utf-8"))

    def write_comparison(self, comparison: Comparison, out: BinaryIO, options: Options) -> None:
        """Write the comment on a pull request as UTF-8."""
        view = build_diff_view(comparison, title=options.title, source=options.source, fold=options.fold)
        for shorter in in_less_room(view):
            text = _rendered("markdown/diff.md.j2", {"diff": shorter}, options)
            if len(text) <= MOST_CHARACTERS:
                break
        out.write(text.encode("utf-8"))


def brief(data: SummaryData, options: Options) -> str:
    """Return the report as a notebook keeps it beside the others: with the largest layers alone."""
    return _rendered("markdown/report.md.j2", {"report": _view(data, options, NOTEBOOK_ROWS)}, options)


def _rendered(template: str, values: Mapping[str, Any], options: Options) -> str:
    helpers: dict[str, Callable[..., Any]] = {"code": code, "grouped": grouped, "kind": kind}
    return render(template, values, escape, folders=options.templates, helpers=helpers)
