"""Excel: a workbook whose counts are live, to be changed and followed, beside what PyTorch counted."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from typing import Any, BinaryIO, ClassVar

from openpyxl.utils import get_column_letter

from summarykit.exporters.base import Options, exporter
from summarykit.exporters.rendering import render
from summarykit.exporters.view import ReportView, build_view
from summarykit.exporters.view.fitting import height, shortened
from summarykit.exporters.view.formulas import (
    CHECK_WIDTH,
    INPUT_WIDTH,
    NOTE_WIDTH,
    WORDS_WIDTH,
    FormulaSheet,
    formula_sheet,
)
from summarykit.exporters.view.labels import quiet
from summarykit.exporters.view.layer_rows import layer_sheet
from summarykit.exporters.view.values import Rich
from summarykit.exporters.view.words import visible
from summarykit.exporters.workbook import write_workbook
from summarykit.garbage import no_collection
from summarykit.summary.data import SummaryData
from summarykit.summary.folding import Folding, LayerGroup

#: Excel shows 15 digits. A model of more has numbers in its cells, and nothing to change.
MOST_COUNTED = 10**15 - 1
_LARGEST = 8
_NUMBER = re.compile(r"(\d[\d,]*)")
#: The fewest columns of inputs, so that the type of a layer without any has room.
_FEWEST_INPUTS = 3
#: Characters across a landscape page.
_FITS_A4 = 195


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
        layers = layer_sheet(data, folding, view.title)
        values = {
            "report": view,
            "overview": _overview(data, view, folding, sheet, live=live),
            "formulas": _formulas(data, sheet, live=live),
            "layers": {
                "folded": layers.folded,
                "notes": layers.notes,
                "widths": _widths(layers.widths),
                "paper": _paper(layers.widths),
            },
        }
        helpers: dict[str, Callable[..., object]] = {"height": height, "quiet": quiet}
        markup = render("excel/report.xml.j2", values, _escape, folders=options.templates, helpers=helpers)
        write_workbook(markup, {**sheet.records, "layers": layers.rows}, out, fill_cache=fill_cache)


def _escape(text: str) -> str:
    return escape(text, quote=True)


def _fits(data: SummaryData) -> bool:
    values = [why.value or 0 for why in data.records.explanations]
    return max(data.totals.parameters, *values, 0) <= MOST_COUNTED


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
        "problems": tuple((problem.look, problem.title, plain(problem.text)) for problem in view.problems),
        "story": _story(view),
        "sizes": _sizes(parameters, each),
        "each": each,
        "each_format": "0.0##" if each != int(each) else "0",
        "size_format": _size_format(totals.bytes),
        "size": totals.bytes / 10**6,
        "learned": totals.trainable,
        "agreement": _agreement(view.agreement, sheet.agreeing),
        "blocks": tuple(
            (shortened(block.label), block.type, block.copies, block.value, _fraction(block.value, parameters), "")
            for block in view.blocks
        ),
        "largest": tuple(_largest(data, view, folding, sheet)),
        "checks": tuple((check.ok, check.claim, quiet(check.detail)) for check in view.checks),
    }


def _story(view: ReportView) -> tuple[tuple[str, str], ...]:
    """Return the count of a small model in words, a row a layer and one for the total."""
    lines = [
        (shortened(f"{line.name} {line.type}".strip()), f"{plain(line.text)} {quiet(line.equation)}".strip())
        for line in view.story
    ]
    return (*lines, ("Total", quiet(view.story_total.removeprefix("Total ")))) if lines else ()


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


def _agreement(text: str, agreeing: int) -> str:
    """Return the sentence on what was checked as a formula: its first number is live, all are in the reader's style.

    Empty where the sentence tells of no agreement.
    """
    number, *rest = _NUMBER.split(text)[1:] or [""]
    if number.replace(",", "") != str(agreeing) or not text.startswith(number):
        return ""
    parts = [f"FIXED({part.replace(',', '')},0)" if at % 2 else f'"{part}"' for at, part in enumerate(rest)]
    changed = "{ref:banner.changed}"
    tail = f'IF({changed}>0,"; "&FIXED({changed},0)&" changed by you","")'
    return "=" + "&".join(["FIXED({ref:totals.check},0)", *parts, tail])


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
        yield shortened(group.path or view.title), kind, len(group.layers), size(group), fraction, place


def _formulas(data: SummaryData, sheet: FormulaSheet, *, live: bool) -> Mapping[str, Any]:
    inputs = max((len(block.inputs) for block in sheet.blocks), default=0)
    columns = ["words", "copies", "by", "torch", "difference", "check", "counted"]
    columns += ["training"] if sheet.fixed else []
    columns += ["note"] if sheet.notes else []
    first = 3 + max(inputs, _FEWEST_INPUTS) + 1  # #, Layer, the inputs, a spacer
    widths = [5, sheet.path_width, *[INPUT_WIDTH] * max(inputs, _FEWEST_INPUTS), 2]
    widths += [WORDS_WIDTH, 10, 14, 14, 12, CHECK_WIDTH, 16, *[13] * sheet.fixed, *[NOTE_WIDTH] * sheet.notes]
    last = sheet.blocks[-1] if sheet.blocks else None
    return {
        "live": live,
        "blocks": sheet.blocks,
        "last": f"{last.id}[{last.rows - 1}]" if last else "",
        "first": sheet.blocks[0].id if sheet.blocks else "",
        "inputs": max(inputs, _FEWEST_INPUTS),
        "at": {name: get_column_letter(first + i) for i, name in enumerate(columns)},
        "right": get_column_letter(first + len(columns) - 1),
        "widths": _widths(widths),
        "paper": _paper(widths),
        "linked": sheet.linked,
        "proven": sheet.proven,
        "notes": sheet.notes,
        "fixed": sheet.fixed,
        "layers": sheet.layers,
        "agreeing": sheet.agreeing,
        "partly": _partly_fixed(data, sheet),
    }


def _widths(widths: Sequence[int]) -> str:
    return " ".join(map(str, widths))


def _paper(widths: Sequence[int]) -> str:
    """Return the paper on which a sheet of these widths, shrunk to fit, is still to be read (8 points)."""
    return "A4" if sum(widths) <= _FITS_A4 else "A3"


def _partly_fixed(data: SummaryData, sheet: FormulaSheet) -> int:
    """Return the fixed parameters of layers that also learn: no change of theirs is taken off them."""
    columns = data.columns
    return sum(a - t for a, t in zip(columns.adds, columns.trainable, strict=True) if t)
