"""The workbook on what changed: Overview, Changes, Checkpoints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import BinaryIO

from summarykit._util.gc_pause import gc_paused
from summarykit.exporters.base import Options
from summarykit.exporters.excel.cells.labels import plain_note, quiet
from summarykit.exporters.excel.cells.page_setup import paper
from summarykit.exporters.excel.cells.row_height import height
from summarykit.exporters.excel.markup import write_workbook
from summarykit.exporters.excel.sheets.changes import ChangeSheet, change_sheet
from summarykit.exporters.excel.values import Amounts, DiffWorkbookValues, NumberFormats
from summarykit.exporters.rendering import render
from summarykit.exporters.view.diff import build_diff_view
from summarykit.exporters.view.diff.build import numbers_of, what_of
from summarykit.exporters.view.diff.values import DiffView
from summarykit.exporters.view.words import visible
from summarykit.summary.diff import Comparison

#: What the workbook calls a total in its own way.
_LABELS = {"trainable": "Learned in training", "macs": "Multiplications per run", "bytes": "Size in bytes"}
#: So many rows stand on the Changes sheet; the others are one row.
MOST_ROWS = 5_000


def write_excel_diff(comparison: Comparison, out: BinaryIO, options: Options, *, fill_cache: bool = True) -> None:
    """Write the workbook; *fill_cache* is False only in tests, which let LibreOffice compute what formulas show."""
    with gc_paused():
        view = build_diff_view(
            comparison, title=options.title, source=options.source, fold=options.fold, most_rows=MOST_ROWS
        )
        totals = (comparison.before.totals, comparison.after.totals)
        largest = max(abs(number or 0) for total in totals for number in total)
        sheet = change_sheet(view.rows, largest, has_macs=view.has_macs)
        values = _values(comparison, view, sheet)
        records: dict[str, Sequence[Mapping[str, object]]] = {
            "changes": sheet.rows,
            "names": [
                {"word": line.word, "name": visible(line.name), "text": visible(line.text)}
                for line in view.checkpoint.names
            ],
        }
        markup = render(
            "excel/diff.xml.j2",
            values._asdict(),
            _escape,
            folders=options.templates,
            helpers={"height": height, "quiet": quiet},
        )
        write_workbook(markup, records, out, fill_cache=fill_cache)


def _values(comparison: Comparison, view: DiffView, sheet: ChangeSheet) -> DiffWorkbookValues:
    change = Amounts(*(getattr(comparison.change, name) for name in Amounts._fields))
    numbers = map(quiet, numbers_of(comparison, trainable="learned in training", macs="multiplications"))
    return DiffWorkbookValues(
        diff=view,
        overview=NumberFormats(size_format="#,##0", each_format="0"),
        live=sheet.live,
        widths=" ".join(map(str, sheet.widths)),
        paper=paper(sheet.widths, titles=2),
        change=change,
        unlisted=Amounts(
            change.parameters - sum(row.change_value for row in view.rows),
            change.bytes - sum(row.bytes_value for row in view.rows),
            change.macs - sum(row.macs_value for row in view.rows),
        ),
        headline=quiet(what_of(comparison).with_first(str.upper)),
        numbers=" · ".join(filter(None, (view.budget, *numbers))),
        labels=tuple(_LABELS.get(line.key, line.label) for line in view.totals),
        unchanged=quiet(view.unchanged),
        broken=tuple(map(plain_note, view.broken)),
        loading="; ".join(plain_note(part) for part in (view.checkpoint.text, *view.checkpoint.details)),
        why=tuple(plain_note(reason) for reason in (*view.why, *view.why_more)),
    )


def _escape(text: str) -> str:
    return escape(text, quote=True)
