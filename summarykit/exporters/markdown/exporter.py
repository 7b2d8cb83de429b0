"""Markdown, for pull requests and documentation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, BinaryIO, ClassVar

from summarykit.exporters.base import Options, exporter
from summarykit.exporters.markdown.escaping import MOST_CHARACTERS, characters, code, escape, html_code, kind
from summarykit.exporters.markdown.project import project_comment
from summarykit.exporters.markdown.shorten import FEWER_GROUPS, shorten_diff, shorten_report
from summarykit.exporters.markdown.tables import in_columns
from summarykit.exporters.rendering import render
from summarykit.exporters.view import ReportView, build_view
from summarykit.exporters.view.build import MOST_GROUPS, MOST_ROWS, ran
from summarykit.exporters.view.diff import build_diff_view
from summarykit.expression import group_digits
from summarykit.summary.data import SummaryData
from summarykit.summary.diff import Comparison, ProjectChanges

#: The largest number of layers in the Markdown of a notebook.
NOTEBOOK_ROWS = 30


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
        most_rows=MOST_ROWS if options.templates else 0,  # the built-in template has no tree
        most_groups=most,
        selection=options.selection,
        columns=columns,
    )


@exporter("markdown")
class MarkdownExporter:
    """Names are always code spans, so that no host makes a mention or a link of them."""

    suffixes: ClassVar[tuple[str, ...]] = (".md", ".markdown")

    def write(self, data: SummaryData, out: BinaryIO, options: Options) -> None:
        """Write the report as UTF-8."""
        out.write(_report(data, options, MOST_GROUPS).encode("utf-8"))

    def write_comparison(self, comparison: Comparison, out: BinaryIO, options: Options) -> None:
        """Write the comment on a pull request as UTF-8."""
        view = build_diff_view(comparison, title=options.title, source=options.source, fold=options.fold)
        values_of_views = ({"diff": shorter, "inside": False} for shorter in shorten_diff(view))
        texts = (_render("markdown/diff.md.j2", values, options) for values in values_of_views)
        out.write(_first_that_fits(texts).encode("utf-8"))

    def write_project(self, changes: ProjectChanges, out: BinaryIO, options: Options) -> None:
        """Write one comment on all models as UTF-8."""
        out.write(project_comment(changes, partial(_render, options=options), options).encode("utf-8"))


def brief(data: SummaryData, options: Options) -> str:
    """Return the report for a notebook: with the largest layers only."""
    return _report(data, options, NOTEBOOK_ROWS)


def _report(data: SummaryData, options: Options, most: int) -> str:
    """Return the report, shortened to what a comment may have."""
    return _first_that_fits(
        _render("markdown/report.md.j2", {"report": view}, options) for view in _views(data, options, most)
    )


def _views(data: SummaryData, options: Options, most: int) -> Iterator[ReportView]:
    view = _view(data, options, most)
    yield view
    yield from shorten_report(view, (_view(data, options, few) for few in FEWER_GROUPS if few < most))


def _first_that_fits(texts: Iterable[str]) -> str:
    """Return the first of *texts* that is short enough for a comment, or else the last."""
    for text in texts:
        if characters(text) <= MOST_CHARACTERS:
            break
    return text


def _render(template: str, values: Mapping[str, Any], options: Options) -> str:
    helpers: dict[str, Callable[..., Any]] = {
        "code": code,
        "grouped": group_digits,
        "html_code": html_code,
        "kind": kind,
    }
    return in_columns(render(template, values, escape, folders=options.templates, helpers=helpers))
