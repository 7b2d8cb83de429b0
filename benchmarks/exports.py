"""Each export against its floor: the least work that puts the same content into a file of that kind."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from functools import partial
from io import BytesIO

import openpyxl
from jinja2 import Environment
from timing import Times, interleaved
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


def export(name: str, records: object) -> bytes:
    out = BytesIO()
    exporter = built_in()[name]()
    exporter.write(SummaryData(records), out, Options())
    return out.getvalue()


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
