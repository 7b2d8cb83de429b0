"""The first sheet of the workbook: one page to sign."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from summarykit.exporters.excel.cells.labels import plainly, quiet
from summarykit.exporters.excel.cells.page_setup import tallest
from summarykit.exporters.excel.cells.row_height import height, on_one_line, shorten
from summarykit.exporters.excel.sheets.compute import ComputeSheet
from summarykit.exporters.excel.sheets.formulas import FormulaSheet
from summarykit.exporters.view.values import ReportView, Rich
from summarykit.exporters.view.words import visible
from summarykit.summary.data import SummaryData
from summarykit.summary.folding import Folding, LayerGroup

#: So many of the largest layers are named; fewer, but hardly fewer than these, where the page is full.
_LARGEST, _AT_LEAST = 8, 2
#: Of such a line: the width of a name in characters, the height in points.
_NAME, _LINE = 34, 15.5
#: A layer's name on one line; in full it stands where its row links to.
_ONE_LINE = 36
#: The size of the smallest text, in points.
_SMALLEST = 10
#: A name within a sentence, and the total as one sum: longer ones would fill the page.
_IN_TEXT, _SUM, _SHORT_SUM = 120, 600, 220
#: A title is in full on its row of Layers.
_TITLE, _SOURCE = 100, 400
#: Of the layers in words, and of what must be known first: more would make the page too small to read.
_MOST_WORDS, _MOST_PROBLEMS = 8, 4
_BAR, _AROUND = 0.45, 1.2  # centimetres: of a bar with its gap, of the chart's title and margins
_NUMBER = re.compile(r"(\d[\d,]*)")


class BlockChart(NamedTuple):
    """The chart of the blocks: how tall it is, and what it shows in words."""

    height: float  #: centimetres
    points: float  #: of the row it stands in
    alt: str


def plain(rich: Rich) -> str:
    """Return a sentence as text of a cell; only its own numbers are regrouped, and long names shortened."""
    return "".join(shorten(visible(piece.text), _IN_TEXT) if piece.code else quiet(piece.text) for piece in rich)


def overview_values(
    data: SummaryData,
    view: ReportView,
    folding: Folding,
    sheet: FormulaSheet,
    compute: ComputeSheet | None,
    *,
    live: bool,
) -> Mapping[str, Any]:
    """Return what the sheet shows beside the view itself."""
    totals = data.totals
    parameters = totals.parameters
    each = totals.bytes / parameters if parameters else 4.0
    chart = _chart(view) if live and len(view.blocks) > 1 else None
    problems, told = _problems(view), _story(view)
    return {
        "live": live,
        "title": shorten(view.title, _TITLE),
        "source": shorten(view.source, _SOURCE),
        "sentence": plain(view.sentence),
        "below": _below(view),
        "one_line": quiet(view.one_line) if len(view.one_line) <= _SUM and not told else "",
        "problems": problems,
        "story": told,
        "sizes": _sizes(parameters, each),
        "each": each,
        "each_format": "0.0##" if each != int(each) else "0",
        "size_format": _size_format(totals.bytes),
        "size": totals.bytes / 10**6,
        "learned": totals.trainable,
        "counts": tuple((line.label, line.value, line.number, plain(line.basis)) for line in view.counts),
        "macs_label": "Multiplications per run" if data.run.ok else "Multiplications until it failed",
        "peak": (data.trace.peak_inference or 0) / 10**6,
        "to_change": _to_change(data, compute, formulas=bool(sheet.blocks)),
        "agreement": _agreement(view.agreement, sheet.agreeing),
        "blocks": tuple(
            (name, block.type, block.copies if block.type else "", block.value, _fraction(block.value, parameters), "")
            for name, block in zip(on_one_line([b.label for b in view.blocks], _ONE_LINE), view.blocks, strict=True)
        ),
        "chart": chart,
        "largest": tuple(_largest(data, view, folding, sheet)),
        "checks": tuple((check.ok, plainly(check.claim), quiet(check.detail)) for check in view.checks),
    }


def fit_page(overview: Mapping[str, Any], tall: Callable[[Mapping[str, Any]], float]) -> Mapping[str, Any]:
    """Return what is shown on the page, less of it where all together would be printed too small to read.

    Args:
        overview: What would be shown.
        tall: Returns the height in points of the sheet that shows it.

    """
    room = tallest(_SMALLEST)
    while (over := tall(overview) - room) > 0:
        fewer = _fewer(overview["largest"], over)
        if len(fewer) < _AT_LEAST and (least := _dispensable(overview)):
            overview = {**overview, least: "" if least == "one_line" else ()}
        elif overview["largest"]:
            overview = {**overview, "largest": fewer}
        else:
            break
    return overview


def _fewer(rows: Sequence[Sequence[Any]], points: float) -> Sequence[Sequence[Any]]:
    """Return the first of these lines, without the last ones that take so many points."""
    while rows and points > 0:
        points -= height(rows[-1][0], _NAME, least=_LINE)
        rows = rows[:-1]
    return rows


def _dispensable(overview: Mapping[str, Any]) -> str:
    """Return what the page can do without first: a sum of many lines, the chart of a table, words that Formulas has."""
    if len(overview["one_line"]) > _SHORT_SUM:
        return "one_line"
    return next((name for name in ("chart", "one_line", "story") if overview[name]), "")


def _chart(view: ReportView) -> BlockChart:
    tall = round(_AROUND + _BAR * len(view.blocks), 2)
    parts = (f"{shorten(block.label)} {quiet(block.text)} ({block.share})" for block in view.blocks)
    alt = f"Bars of the parameters of each block, the largest first: {', '.join(parts)}."
    return BlockChart(tall, round(tall / 2.54 * 72 + 4, 1), visible(alt))


def _to_change(data: SummaryData, compute: ComputeSheet | None, *, formulas: bool) -> str:
    """Return the sheets with yellow cells, in words."""
    names = [
        *(["Formulas"] if formulas else []),
        *(["Compute"] if compute else []),
        *(["Memory"] if data.totals.parameters else []),
    ]
    return f"{', '.join(names[:-1])} or {names[-1]}" if len(names) > 1 else "".join(names)


def _problems(view: ReportView) -> tuple[tuple[str, str, str], ...]:
    """Return look, title and text of what a reader must know first, the gravest first, and how many more there are."""
    told = view.problems if len(view.problems) <= _MOST_PROBLEMS else view.problems[: _MOST_PROBLEMS - 1]
    rows = tuple((problem.look, problem.title, plain(problem.text)) for problem in told)
    more = len(view.problems) - len(told)
    where = f"{more} more to know; the HTML and Markdown reports have all."
    return (*rows, (view.problems[len(told)].look, "And more", where)) if more else rows


def _story(view: ReportView) -> tuple[tuple[str, str], ...]:
    """Return the count of a small model in words, a row a layer and one for the total; Formulas has them too."""
    if len(view.story) > _MOST_WORDS:
        return ()
    lines = [
        (shorten(f"{line.name} {line.type}".strip()), f"{plain(line.text)} {quiet(line.equation)}".strip())
        for line in view.story
    ]
    return (*lines, ("Total", quiet(view.story_total.removeprefix("Total ")))) if lines else ()


def _below(view: ReportView) -> str:
    """Return what stands under the large number: "parameters (124.4 million), 497.8 MB in float32, ..."."""
    word = "parameter" if view.total_value == 1 else "parameters"
    return plainly(", ".join([f"{word} ({view.rounded})" if view.rounded else word, *view.facts]))


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
    if {group.path or view.title for group in found} <= {block.label for block in view.blocks}:
        return
    names = on_one_line([group.path or view.title for group in found], _ONE_LINE)
    for name, group in zip(names, found, strict=True):
        kind = data.records.types[data.layers[group.layers[0]].type].name
        fraction = _fraction(size(group), data.totals.parameters)
        place = sheet.places.get(group.layers[0], "")
        yield name, kind, len(group.layers), size(group), fraction, place
