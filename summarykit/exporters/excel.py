"""Excel: a workbook whose counts are live, to be changed and followed, beside what PyTorch counted."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any, BinaryIO, ClassVar

from openpyxl.utils import get_column_letter

from summarykit.exporters.base import Options, exporter
from summarykit.exporters.rendering import render
from summarykit.exporters.view import ReportView, build_view
from summarykit.exporters.view.formulas import FormulaSheet, formula_sheet
from summarykit.exporters.view.labels import quiet
from summarykit.exporters.view.layer_rows import MOST_ROWS, layer_rows
from summarykit.exporters.view.values import Rich
from summarykit.exporters.view.words import visible
from summarykit.exporters.workbook import write_workbook
from summarykit.garbage import no_collection
from summarykit.summary.data import SummaryData
from summarykit.summary.folding import Folding, LayerGroup

#: Excel shows 15 digits. A model of more has numbers in its cells, and nothing to change.
MOST_COUNTED = 10**15 - 1
_LARGEST = 8
#: The fewest columns of inputs, so that the type of a layer without any has room.
_FEWEST_INPUTS = 3
_WIDEST_PATH = 56
#: Characters across a landscape page.
_FITS_A4 = 200


@exporter("excel")
class ExcelExporter:
    """Sheets: Overview, Formulas, Layers. Only text and numbers of the model enter; never its names in a formula."""

    suffixes: ClassVar[tuple[str, ...]] = (".xlsx",)

    def write(self, data: SummaryData, out: BinaryIO, options: Options) -> None:
        """Write the workbook."""
        write_excel(data, out, options)


def write_excel(data: SummaryData, out: BinaryIO, options: Options, *, fill_cache: bool = True) -> None:
    """Write the workbook; *fill_cache* is False only in tests, which let LibreOffice compute what formulas show."""
    with no_collection():
        view = build_view(data, title=options.title, source=options.source)
        folding = Folding(data)
        live = _fits(data)
        sheet = formula_sheet(data, folding, view.title, live=live)
        layers = layer_rows(data, folding, view.title)
        values = {
            "report": view,
            "overview": _overview(data, view, folding, sheet, live=live),
            "formulas": _formulas(data, sheet, live=live),
            "layers": _layers(data, layers),
        }
        markup = render(
            "excel/report.xml.j2", values, _escape, folders=options.templates, helpers={"height": height, "quiet": quiet}
        )
        write_workbook(markup, {**sheet.records, "layers": layers}, out, fill_cache=fill_cache)


def _escape(text: str) -> str:
    return escape(text, quote=True)


def _fits(data: SummaryData) -> bool:
    values = [why.value or 0 for why in data.records.explanations]
    return max(data.totals.parameters, *values, 0) <= MOST_COUNTED


def height(text: str, width: float, size: float = 11) -> float:
    """Return how many points high a merged cell of *width* characters must be; Excel fits only single cells itself."""
    characters = sum(1.0 if ord(character) < 0x2E80 else 2.0 for character in text)
    lines = math.ceil(characters * size / 11 * 1.02 / width) if text else 1
    return round(max(lines, 1) * size * 1.36 + 2, 1)


def plain(rich: Rich) -> str:
    """Return a sentence as text of a cell; only its own numbers are regrouped, never a name."""
    return "".join(visible(piece.text) if piece.code else quiet(piece.text) for piece in rich)


def _overview(
    data: SummaryData, view: ReportView, folding: Folding, sheet: FormulaSheet, *, live: bool
) -> Mapping[str, Any]:
    totals = data.totals
    parameters = totals.parameters
    each = totals.bytes / parameters if parameters else 4.0
    return {
        "live": live,
        "sentence": plain(view.sentence),
        "below": _below(view),
        "problems": tuple(
            (problem.look, problem.title, plain(problem.text)) for problem in view.problems
        ),
        "sizes": _sizes(parameters, each),
        "each": each,
        "each_format": "0.0##" if each != int(each) else "0",
        "size_format": _size_format(totals.bytes),
        "size": totals.bytes / 10**6,
        "learned": totals.trainable,
        "agree_words": "count agrees with PyTorch" if sheet.layers == 1 else "counts agree with PyTorch",
        "agreement_rest": _rest(data, sheet),
        "blocks": tuple((b.label, b.type, b.copies, b.value, _fraction(b.value, parameters), "") for b in view.blocks),
        "largest": tuple(_largest(data, view, folding, sheet)),
        "checks": tuple((check.ok, check.claim, quiet(check.detail)) for check in view.checks),
    }


def _below(view: ReportView) -> str:
    """Return what stands under the large number: "parameters (124.4 million), 497.8 MB in float32, ..."."""
    word = "parameter" if view.total_value == 1 else "parameters"
    return quiet(", ".join([f"{word} ({view.rounded})" if view.rounded else word, *view.facts]))


def _sizes(parameters: int, each: float) -> tuple[tuple[str, str, float], ...]:
    """Return label, bytes per number and size in MB for the usual number formats."""
    formats = (("at 32-bit", "4", 4.0), ("at 16-bit", "2", 2.0), ("at 8-bit", "1", 1.0), ("at 4-bit", "0.5", 0.5))
    return tuple((label, text, parameters * size / 10**6) for label, text, size in formats)


def _size_format(size: int) -> str:
    """Return how megabytes are written, so that a small model has digits to show."""
    digits = 1 if size >= 10**8 else 2 if size >= 10**6 else 4 if size >= 10**4 else 6
    return "#,##0." + "0" * digits


def _fraction(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _rest(data: SummaryData, sheet: FormulaSheet) -> str:
    """Return what is to be said of the layers whose count nothing checks."""
    sizes = [block.id for block in sheet.blocks if block.kind == "size"]
    copies = [record["copies"] for block in sizes for record in sheet.records[block]]
    bare = sum(number for number in copies if isinstance(number, int))
    if not bare:
        return ""
    return f"; {quiet(f'{bare:,}')} {'has' if bare == 1 else 'have'} no formula"


def _largest(
    data: SummaryData, view: ReportView, folding: Folding, sheet: FormulaSheet
) -> Iterator[tuple[str, str, int, int, float, str]]:
    """Yield the largest layers, folded, and where they stand in Formulas; nothing where the blocks say the same."""
    adds = data.columns.adds

    def size(group: LayerGroup) -> int:
        return adds[group.layers[0]] * len(group.layers)

    found = sorted((group for group in folding.groups if size(group)), key=lambda group: -size(group))[:_LARGEST]
    if {group.path or view.title for group in found} == {block.label for block in view.blocks}:
        return
    for group in found:
        kind = data.records.types[data.layers[group.layers[0]].type].name
        fraction = _fraction(size(group), data.totals.parameters)
        place = sheet.places.get(group.layers[0], "")
        yield group.path or view.title, kind, len(group.layers), size(group), fraction, place


def _formulas(data: SummaryData, sheet: FormulaSheet, *, live: bool) -> Mapping[str, Any]:
    inputs = max((len(block.inputs) for block in sheet.blocks), default=0)
    columns = ["words", "copies", "by", "torch", "difference", "check", "counted"]
    columns += ["training"] if sheet.fixed else []
    columns += ["note"] if sheet.notes else []
    first = 3 + max(inputs, _FEWEST_INPUTS) + 1  # #, Layer, the inputs, a spacer
    paths = [len(str(record["path"])) for rows in sheet.records.values() for record in rows]
    widths = [5, _path_width(paths, 34), *[10] * max(inputs, _FEWEST_INPUTS), 2, 44, 8, 14, 14, 12, 21, 16]
    widths += [13] * sheet.fixed + [44] * sheet.notes
    last = sheet.blocks[-1] if sheet.blocks else None
    return {
        "live": live,
        "blocks": sheet.blocks,
        "last": f"{last.id}[{last.rows - 1}]" if last else "",
        "first": sheet.blocks[0].id if sheet.blocks else "",
        "inputs": max(inputs, _FEWEST_INPUTS),
        "at": {name: get_column_letter(first + i) for i, name in enumerate(columns)},
        "right": get_column_letter(first + len(columns) - 1),
        "widths": " ".join(f"{width:g}" for width in widths),
        "paper": _paper(widths),
        "linked": sheet.linked,
        "proven": sheet.proven,
        "notes": sheet.notes,
        "fixed": sheet.fixed,
        "layers": sheet.layers,
        "agreeing": sheet.agreeing,
        "partly": _partly_fixed(data, sheet),
    }


def _layers(data: SummaryData, rows: list[dict[str, object]]) -> Mapping[str, Any]:
    folded, notes = len(data.layers) > MOST_ROWS, any(row["note"] for row in rows)
    names = [len(str(row["name"])) + 2 * int(str(row["indent"])) for row in rows]
    formulas = [len(str(row["formula"])) for row in rows]
    widths = [_path_width(names, 30), _path_width([len(str(row["path"])) for row in rows], 34), 24, *[8] * folded]
    widths += [20, 10, min(max([24, *formulas]) + 2, 44), 14, 14, 17, 10, *[44] * notes]
    return {"folded": folded, "notes": notes, "widths": " ".join(f"{width:g}" for width in widths), "paper": _paper(widths)}


def _path_width(lengths: list[int], least: int) -> int:
    """Return how wide a column of names is: no narrower than the page asks for, no wider than a screen bears."""
    return min(max([least, *(length + 3 for length in lengths)]), _WIDEST_PATH)


def _paper(widths: Sequence[float]) -> str:
    """Return the paper on which a sheet of these widths, shrunk to fit, is still to be read (8 points)."""
    return "A4" if sum(widths) <= _FITS_A4 else "A3"


def _partly_fixed(data: SummaryData, sheet: FormulaSheet) -> int:
    """Return the fixed parameters of layers that also learn: no change of theirs is taken off them."""
    columns = data.columns
    return sum(a - t for a, t in zip(columns.adds, columns.trainable, strict=True) if t)
