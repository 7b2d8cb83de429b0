"""Each export against its floor: the least work that puts the same content into a file of that kind."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from functools import partial
from io import BytesIO

import openpyxl
from jinja2 import Environment
from openpyxl.cell import WriteOnlyCell
from timing import Times, interleaved, timed
from torch import nn

import summarykit
from summarykit.exporters.base import Options, built_in
from summarykit.exporters.view import build_view
from summarykit.summary.data import SummaryData

#: Format, and what its floor does.
FLOORS = {
    "markdown": "Jinja2 writes the same lines",
    "html": "Jinja2 writes the same lines",
    "excel": "openpyxl, write-only, writes the same cells",
    "json": "json.dumps of the same columns",
}


def compare(model: nn.Module, rounds: int) -> Times:
    """Return the times of each export ("html") and of its floor ("html floor"), the summary made before.

    Each export starts from the records alone, so that folding and texts are part of its time.
    """
    records = summarykit.summarize(model).data.records
    tasks: dict[str, Callable[[], object]] = {"view": lambda: build_view(SummaryData(records))}
    for name in FLOORS:
        tasks[name] = partial(export, name, records)
        tasks[f"{name} floor"] = _floor(name, export(name, records))
    return interleaved(tasks, rounds)


def export(name: str, records: object, *, fold: bool = True) -> bytes:
    out = BytesIO()
    exporter = built_in()[name]()
    exporter.write(SummaryData(records), out, Options(fold=fold))
    return out.getvalue()


#: Exports of the largest model, and whether they show every row.
LARGE = {
    "markdown": ("markdown", True),
    "html": ("html", True),
    "excel": ("excel", True),
    "json": ("json", True),
    "markdown, unfolded": ("markdown", False),
    "html, unfolded": ("html", False),
    "text, unfolded": ("text", False),
}
UNFOLDED, UNFOLDED_FLOOR, TO_EXCEL = (
    "excel, unfolded",
    "openpyxl, write-only, the same values and styles",
    "DataFrame.to_excel of `.layers`",
)


def large(model: nn.Module, rounds: int) -> Times:
    """Return the times of the exports of a large model, the summary made before."""
    records = summarykit.summarize(model).data.records
    tasks = {task: partial(export, name, records, fold=fold) for task, (name, fold) in LARGE.items()}
    return interleaved(tasks, rounds)


def unfolded(model: nn.Module) -> Times:
    """Return the times, of one round, of the workbook with every row, its floor, and pandas' own of the same frame."""
    summary = summarykit.summarize(model)
    frame = summary.layers
    made = export("excel", summary.data.records, fold=False)
    floor = _styled_workbook(made)
    tasks: dict[str, Callable[[], object]] = {
        UNFOLDED: partial(export, "excel", summary.data.records, fold=False),
        UNFOLDED_FLOOR: floor,
        TO_EXCEL: lambda: frame.to_excel(BytesIO(), index=False),
    }
    times = Times()
    for name, task in tasks.items():
        times.add(name, timed(task))
    return times


def _styled_workbook(made: bytes) -> Callable[[], object]:
    """Return what writes the values of *made* with openpyxl, each cell with its font, fill, border, format, indent.

    No heights, widths, outlines, links, rules or panes: less than is in the file.
    """
    with warnings.catch_warnings(action="ignore"):
        book = openpyxl.load_workbook(BytesIO(made))
    sheets = [[[(cell.value, getattr(cell, "_style", None)) for cell in row] for row in sheet] for sheet in book]

    def write() -> bytes:
        copy = openpyxl.Workbook(write_only=True)
        for table in ("_fonts", "_fills", "_borders", "_alignments", "_protections", "_number_formats"):
            setattr(copy, table, getattr(book, table))
        for rows in sheets:
            sheet = copy.create_sheet()
            for row in rows:
                cells = []
                for value, style in row:
                    cell = WriteOnlyCell(sheet, value)
                    if style is not None:
                        cell._style = style
                    cells.append(cell)
                sheet.append(cells)
        out = BytesIO()
        copy.save(out)
        return out.getvalue()

    return write


def _floor(name: str, made: bytes) -> Callable[[], object]:
    if name == "json":
        columns = json.loads(made)
        return lambda: json.dumps(columns, sort_keys=True, separators=(",", ":")).encode()
    if name == "excel":
        with warnings.catch_warnings(action="ignore"):  # of extensions, which concern no cell
            book = openpyxl.load_workbook(BytesIO(made))
        sheets = [[[cell.value for cell in row] for row in sheet] for sheet in book]
        return partial(_plain_workbook, sheets)
    lines = made.decode().splitlines()
    template = Environment().from_string("{% for line in lines %}{{ line }}\n{% endfor %}")
    return lambda: template.render(lines=lines).encode()


def _plain_workbook(sheets: list[list[list[object]]]) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    for rows in sheets:
        sheet = book.create_sheet()
        for row in rows:
            sheet.append(row)
    out = BytesIO()
    book.save(out)
    return out.getvalue()
