"""The first sheet of the workbook: one page to sign."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from summarykit.exporters.excel.cells.labels import quiet
from summarykit.exporters.excel.cells.live_cells import literal
from summarykit.exporters.excel.cells.page_setup import tallest
from summarykit.exporters.excel.cells.row_height import height, on_one_line, shorten
from summarykit.exporters.excel.sheets.compute import ComputeSheet
from summarykit.exporters.excel.sheets.formulas import FormulaSheet
from summarykit.exporters.excel.values import (
    BlockChart,
    CheckRow,
    OtherCount,
    OverviewPage,
    ProblemRow,
    RankedRow,
    SizeRow,
    StoryRow,
)
from summarykit.exporters.view.build import facts
from summarykit.exporters.view.checks import AGREEING
from summarykit.exporters.view.story import story_sum
from summarykit.exporters.view.values import ReportView, Rich
from summarykit.exporters.view.words import visible
from summarykit.expression import Figure, Words, concat
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
#: What follows the number of changed cells in the live sentence.
TAIL = " changed by you"
#: What the workbook says in its own words of a check, by the check's name.
_CLAIMS = {"compute": "The formulas of multiplications agree with what the run counted"}


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
) -> OverviewPage:
    """Return what the sheet shows beside the view itself."""
    totals = data.totals
    parameters = totals.parameters
    each = totals.bytes / parameters if parameters else 4.0
    story = _story(data, view)
    return OverviewPage(
        live=live,
        title=shorten(view.title, _TITLE),
        source=shorten(view.source, _SOURCE),
        sentence=plain(view.sentence),
        below=_below(data, view),
        one_line=quiet(view.one_line) if len(view.one_line) <= _SUM and not story else "",
        problems=_problems(view),
        story=story,
        sizes=_sizes(parameters),
        each=each,
        each_format="0.0##" if each != int(each) else "0",
        size_format=_size_format(totals.bytes),
        size=totals.bytes / 10**6,
        learned=totals.trainable,
        counts=tuple(OtherCount(line.label, line.value, line.number, plain(line.basis)) for line in view.counts),
        macs_label="Multiplications per run" if data.run.ok else "Multiplications until it failed",
        peak=(data.trace.peak_inference or 0) / 10**6,
        to_change=_to_change(data, compute, formulas=bool(sheet.blocks)),
        agreement=_agreement(view.agreement),
        agreement_text=quiet(view.agreement),
        blocks=_blocks(view, parameters),
        chart=_chart(view) if live and len(view.blocks) > 1 else None,
        largest=tuple(_largest(data, view, folding, sheet)),
        checks=tuple(
            CheckRow(line.ok, _CLAIMS.get(check.slug, line.claim), quiet(line.detail))
            for check, line in zip(data.checks.list, view.checks, strict=True)
        ),
    )


def _blocks(view: ReportView, parameters: int) -> tuple[RankedRow, ...]:
    """Return the blocks of the model, the largest first."""
    names = on_one_line([block.label for block in view.blocks], _ONE_LINE)
    return tuple(
        RankedRow(
            name, block.type, block.copies if block.type else "", block.value, _fraction(block.value, parameters), ""
        )
        for name, block in zip(names, view.blocks, strict=True)
    )


def fit_page(overview: OverviewPage, height_of: Callable[[OverviewPage], float]) -> OverviewPage:
    """Return the page with less on it if all of it would be printed too small to read.

    Args:
        overview: The page with everything on it.
        height_of: Returns the height in points of the sheet that shows it.

    """
    space = tallest(_SMALLEST)
    while (over := height_of(overview) - space) > 0:
        fewer = _fewer(overview.largest, over)
        if len(fewer) < _AT_LEAST and (shorter := _without_least(overview)):
            overview = shorter
        elif overview.largest:
            overview = overview._replace(largest=fewer)
        else:
            break
    return overview


def _fewer(rows: tuple[RankedRow, ...], points: float) -> tuple[RankedRow, ...]:
    """Return the first of these lines, without the last ones that take so many points."""
    while rows and points > 0:
        points -= height(rows[-1].name, _NAME, least=_LINE)
        rows = rows[:-1]
    return rows


def _without_least(overview: OverviewPage) -> OverviewPage | None:
    """Return the page without its least important part, None if all parts are needed.

    That is a sum of many lines, then the chart of a table, then the sum, then words that Formulas has.
    """
    if len(overview.one_line) > _SHORT_SUM:
        return overview._replace(one_line="")
    if overview.chart:
        return overview._replace(chart=None)
    if overview.one_line:
        return overview._replace(one_line="")
    return overview._replace(story=()) if overview.story else None


def _chart(view: ReportView) -> BlockChart:
    height_of = round(_AROUND + _BAR * len(view.blocks), 2)
    parts = (f"{shorten(block.label)} {quiet(block.text)} ({block.share})" for block in view.blocks)
    alt = f"Bars of the parameters of each block, the largest first: {', '.join(parts)}."
    return BlockChart(height_of, round(height_of / 2.54 * 72 + 4, 1), visible(alt))


def _to_change(data: SummaryData, compute: ComputeSheet | None, *, formulas: bool) -> str:
    """Return the sheets with yellow cells, in words."""
    names = [
        *(["Formulas"] if formulas else []),
        *(["Compute"] if compute else []),
        *(["Memory"] if data.totals.parameters else []),
    ]
    return f"{', '.join(names[:-1])} or {names[-1]}" if len(names) > 1 else "".join(names)


def _problems(view: ReportView) -> tuple[ProblemRow, ...]:
    """Return the problems, the most serious first, and how many more there are."""
    first = view.problems if len(view.problems) <= _MOST_PROBLEMS else view.problems[: _MOST_PROBLEMS - 1]
    rows = tuple(ProblemRow(problem.look, problem.title, plain(problem.text)) for problem in first)
    more = view.problems[len(first) :]
    if not more:
        return rows
    text = f"{len(more)} more to know; the HTML and Markdown reports have all."
    return (*rows, ProblemRow(more[0].look, "And more", text))


def _story(data: SummaryData, view: ReportView) -> tuple[StoryRow, ...]:
    """Return the count of a small model in words, a row a layer and one for the total; Formulas has them too."""
    if not 0 < len(view.story) <= _MOST_WORDS:
        return ()
    lines = [
        StoryRow(
            shorten(" ".join(filter(None, (line.name, line.type)))),
            " ".join(filter(None, (plain(line.text), quiet(line.equation)))),
        )
        for line in view.story
    ]
    return (*lines, StoryRow("Total", quiet(Words(story_sum(data), "."))))


def _below(data: SummaryData, view: ReportView) -> str:
    """Return the line under the large number: "parameters (124.4 million), 497.8 MB in float32, ..."."""
    word = "parameter" if view.total_value == 1 else "parameters"
    first = Words(f"{word} (", view.rounded, ")") if view.rounded else word
    return quiet(concat(", ", [first, *facts(data, "learned in training")]))


def _sizes(parameters: int) -> tuple[SizeRow, ...]:
    """Return the size of all parameters in the usual number formats."""
    formats = (("at 32-bit", "4", 4.0), ("at 16-bit", "2", 2.0), ("at 8-bit", "1", 1.0), ("at 4-bit", "0.5", 0.5))
    return tuple(SizeRow(label, text, parameters * size / 10**6) for label, text, size in formats)


def _size_format(size: int) -> str:
    """Return how megabytes are written, so that a small model has digits to show."""
    digits = 1 if size >= 10**8 else 2 if size >= 10**6 else 4 if size >= 10**4 else 6
    return "#,##0." + "0" * digits


def _fraction(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _agreement(sentence: Words) -> str:
    """Return the sentence on what was checked as a formula; empty where it has no figure that a change can reach.

    That figure is live, and every number is in the reader's style.
    """
    live = [part for part in sentence.parts if isinstance(part, Figure) and part.counts == AGREEING]
    if not live:
        return ""
    parts = [_live_part(part) for part in sentence.parts]
    count = "{ref:banner.changed}"
    tail = f'IF({count}>0,"; "&FIXED({count},0)&{literal(TAIL)},"")'
    return "=" + "&".join([*parts, tail])


def _live_part(part: str | int) -> str:
    if isinstance(part, str):
        return literal(part)
    return "FIXED({ref:totals.check},0)" if isinstance(part, Figure) else f"FIXED({part},0)"


def _largest(data: SummaryData, view: ReportView, folding: Folding, sheet: FormulaSheet) -> Iterator[RankedRow]:
    """Yield the largest layers, folded, and where they stand in Formulas; nothing where the blocks say the same."""
    adds = data.columns.adds

    def size(group: LayerGroup) -> int:
        return adds[group.layers[0]] * len(group.layers)

    groups = sorted((group for group in folding.groups if size(group)), key=lambda group: -size(group))[:_LARGEST]
    if {group.path or view.title for group in groups} <= {block.label for block in view.blocks}:
        return
    names = on_one_line([group.path or view.title for group in groups], _ONE_LINE)
    for name, group in zip(names, groups, strict=True):
        kind = data.records.types[data.layers[group.layers[0]].type].name
        fraction = _fraction(size(group), data.totals.parameters)
        place = sheet.places.get(group.layers[0], "")
        yield RankedRow(name, kind, len(group.layers), size(group), fraction, place)
