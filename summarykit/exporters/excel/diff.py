"""The workbook on what changed: Overview, Changes, Checkpoints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import BinaryIO

from summarykit._util.gc_pause import gc_paused
from summarykit.exporters.base import Options
from summarykit.exporters.excel.cells.labels import plain_note, plainly, quiet
from summarykit.exporters.excel.cells.page_setup import paper
from summarykit.exporters.excel.cells.row_height import height
from summarykit.exporters.excel.markup import write_workbook
from summarykit.exporters.excel.sheets.changes import change_sheet
from summarykit.exporters.rendering import render
from summarykit.exporters.view.diff import build_diff_view
from summarykit.exporters.view.words import visible
from summarykit.summary.diff import Comparison

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
        listed = [row.change_value for row in view.rows]
        values = {
            "diff": view,
            "overview": {"size_format": "#,##0", "each_format": "0"},  # what the shared styles ask for
            "live": sheet.live,
            "widths": " ".join(map(str, sheet.widths)),
            "paper": paper(sheet.widths, repeated=2),
            "change": comparison.change._asdict(),
            "unlisted": {
                "parameters": comparison.change.parameters - sum(listed),
                "bytes": comparison.change.bytes - sum(row.bytes_value for row in view.rows),
                "macs": comparison.change.macs - sum(row.macs_value for row in view.rows),
            },
            "broken": tuple(map(plain_note, view.broken)),
            "loading": "; ".join(plain_note(part) for part in (view.checkpoint.text, *view.checkpoint.details)),
            "why": tuple(plain_note(reason) for reason in (*view.why, *view.why_more)),
        }
        records: dict[str, Sequence[Mapping[str, object]]] = {
            "changes": sheet.rows,
            "names": [
                {"word": line.word, "name": visible(line.name), "text": visible(line.text)}
                for line in view.checkpoint.names
            ],
        }
        markup = render(
            "excel/diff.xml.j2",
            values,
            _escape,
            folders=options.templates,
            helpers={"height": height, "quiet": quiet, "plainly": plainly},
        )
        write_workbook(markup, records, out, fill_cache=fill_cache)


def _escape(text: str) -> str:
    return escape(text, quote=True)
