"""The Compute sheet: MACs of the layers in one run, one block for each kind, computed from cells to change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from summarykit.exporters.excel.cells.live_blocks import (
    CHECK_WIDTH,
    NOTE_WIDTH,
    FormulaBlock,
    Geometry,
    fit_rows,
    geometry,
    input_columns,
    make_block,
    number_width,
)
from summarykit.exporters.excel.cells.live_cells import (
    AGREES,
    MOST_COUNTED,
    NOT_EQUAL,
    NOTHING,
    Comparison,
    Record,
    is_live,
    live_cells,
)
from summarykit.exporters.excel.markup import Formula
from summarykit.exporters.excel.sheets.formula_rows import reason_text
from summarykit.exporters.view.words import visible
from summarykit.records import Evidence, LayerType
from summarykit.runs import ComputeExplanation, operator_names
from summarykit.summary.checks import CHECKED_GRADES
from summarykit.summary.data import SummaryData
from summarykit.summary.folding import Folding, LayerGroup, as_grids

DIFFERS = f"{NOT_EQUAL} formula and run differ"
NOT_CHECKED = "– counted, not checked"
NOT_COUNTED = "– not counted"
COUNT_ONLY = "The run counted these multiplications; no formula is known that would explain them."


class Work(NamedTuple):
    """Equal layers with equal MACs, and the number of calls of each."""

    group: LayerGroup
    calls: int
    why: ComputeExplanation | None
    macs: int  #: of one call
    operators: str  #: names of those that ran in such a call: "addmm, mm"


class ComputeSheet(NamedTuple):
    """What the Compute sheet shows."""

    live: bool
    blocks: tuple[FormulaBlock, ...]
    records: Mapping[str, list[Record]]  #: the rows of each block, by its id
    total: int  #: MACs of all rows
    layers: int
    agreeing: int  #: layers whose formula agrees with the run
    notes: bool
    geometry: Geometry


#: What makes rows one kind: class, the formula's text, and what it is about.
_Kind = tuple[LayerType, str, str]
_WorkRows = list[tuple[int, Work]]


def compute_sheet(data: SummaryData, folding: Folding, title: str) -> ComputeSheet | None:
    """Return the Compute sheet; None without a run or without MACs."""
    total = sum(call.macs for call in data.run.calls)
    if not total:
        return None
    kinds, counts_only = _sorted_by_kind(data, _works(data, folding))
    live = 2 * total <= MOST_COUNTED
    blocks: list[FormulaBlock] = []
    records: dict[str, list[Record]] = {}
    for number, (kind, rows) in enumerate(kinds.items()):
        whys = [work.why for _, work in rows if work.why is not None]
        inputs = input_columns(whys)
        keys = {name: records_of_block.key for name, records_of_block in inputs.items()}
        name = f"work{number}"
        reason = "" if kind[2] else whys[0].reason
        about = kind[2] or reason_text(_as_sentence(reason))
        records[name] = [
            _record(at, work, title, reason, live=live) | _formula_cells(work, keys, live=live) for at, work in rows
        ]
        blocks.append(make_block(name, kind[0].name, about, len(rows), tuple(inputs.values())))
    if counts_only:
        records["counts"] = [
            _record(at, work, title, "", live=live) | _count_cells(data, work, live=live) for at, work in counts_only
        ]
        blocks.append(make_block("counts", "Counted only", COUNT_ONLY, len(counts_only), heading="Operations"))
    every = [work for rows in [*kinds.values(), counts_only] for _, work in rows]
    notes = any(record["note"] for records_of_block in records.values() for record in records_of_block)
    return ComputeSheet(
        live=live,
        blocks=tuple(blocks),
        records=records,
        total=total,
        layers=sum(len(work.group.layers) for work in every),
        agreeing=sum(len(work.group.layers) for work in every if _status(work) == AGREES),
        notes=notes,
        geometry=geometry(blocks, records, fit_rows(records), _columns(total, notes=notes)),
    )


def _columns(total: int, *, notes: bool) -> dict[str, int]:
    """Return the columns right of the words, with their widths."""
    count, twice = number_width([total], 16), number_width([2 * total], 16)
    numbers = {"copies": 10, "calls": 10, "by": count, "known": count, "difference": count, "check": CHECK_WIDTH}
    return numbers | {"together": max(count, 18), "flops": twice} | ({"note": NOTE_WIDTH} if notes else {})


def _works(data: SummaryData, folding: Folding) -> Iterator[Work]:
    """Yield the rows in model order; different calls, and MACs that no call explains, have separate rows."""
    computes = data.run.computes
    for group in folding.working_groups:
        if not data.flows[group.layers[0]].macs:
            continue
        by_calls: dict[tuple[tuple[int, int], ...], list[int]] = {}
        for layer in group.layers:
            by_calls.setdefault(_calls(data, layer), []).append(layer)
        for calls, layers in by_calls.items():
            for part in [group] if len(by_calls) == 1 else as_grids(layers, data):
                rest = data.flows[layers[0]].macs
                for number, times in calls:
                    names = _operators(data, layers[0], number)
                    yield Work(part, times, computes[number], computes[number].counted, names)
                    rest -= times * computes[number].counted
                if rest:
                    yield Work(part, 1, None, rest, "")


def _calls(data: SummaryData, layer: int) -> tuple[tuple[int, int], ...]:
    """Return the numbers of what explains a layer's calls, each with how many calls it explains."""
    numbers = Counter(data.run.calls[call].compute for call in data.flows[layer].calls)
    return tuple((number, times) for number, times in numbers.items() if number >= 0)


def _operators(data: SummaryData, layer: int, number: int) -> str:
    """Return the names of the operators that ran in the calls of a layer that have this explanation."""
    calls = (data.run.calls[call] for call in data.flows[layer].calls)
    return next((operator_names(call.operators) for call in calls if call.compute == number), "")


def _sorted_by_kind(data: SummaryData, works: Iterator[Work]) -> tuple[dict[_Kind, _WorkRows], _WorkRows]:
    """Return the numbered rows of each kind, and those without a formula."""
    kinds: dict[_Kind, _WorkRows] = {}
    counts_only: _WorkRows = []
    for number, work in enumerate(works, 1):
        why = work.why
        if why is None or why.formula is None or why.value is None:
            counts_only.append((number, work))
            continue
        kind = data.records.types[data.layers[work.group.layers[0]].type]
        kinds.setdefault((kind, why.formula.source, why.about), []).append((number, work))
    return kinds, counts_only


def _record(number: int, work: Work, title: str, reason: str, *, live: bool) -> Record:
    """Return the cells that each row has; *reason* is the reason that its block shows for all rows."""
    copies = len(work.group.layers)
    together = copies * work.calls * work.macs
    own_reason = work.why.reason if work.why else ""
    return {
        "number": number,
        "path": visible(work.group.path or title),
        "copies": copies,
        "calls": work.calls,
        "together": together,
        "flops": Formula("=2*{this:together}", 2 * together) if live else 2 * together,
        "note": "" if own_reason == reason else reason_text(own_reason),
        "look": "",
    }


def _formula_cells(work: Work, keys: Mapping[str, str], *, live: bool) -> Record:
    why = work.why
    assert why is not None
    assert why.value is not None
    cells = live_cells(why, Comparison(work.macs, _status(work), DIFFERS), keys, {}, live=live)
    if not live or not is_live(why):
        return cells
    offset = work.macs - why.value
    each = f"({{this:by}}{offset:+d})" if offset else "{this:by}"
    together = len(work.group.layers) * work.calls * work.macs
    formula = f"=IF(ISNUMBER({{this:by}}),{{this:copies}}*{{this:calls}}*{each},0)"
    return cells | {"together": Formula(formula, together)}


def _count_cells(data: SummaryData, work: Work, *, live: bool) -> Record:
    """Return the cells of a row that has no formula: the count, and the operations that were counted."""
    kind = data.records.types[data.layers[work.group.layers[0]].type].name
    together = len(work.group.layers) * work.calls * work.macs
    return {
        "type": visible(kind),
        "words": visible(work.operators),
        "by": NOTHING,
        "known": work.macs,
        "difference": NOTHING,
        "check": NOT_CHECKED,
        "together": Formula("={this:copies}*{this:calls}*{this:known}", together) if live else together,
    }


def _status(work: Work) -> str:
    why = work.why
    if why is None or why.value is None:
        return NOT_CHECKED
    if why.evidence is Evidence.INFERRED:
        return NOT_COUNTED
    if why.evidence is Evidence.DISAGREES:
        return DIFFERS
    return AGREES if why.evidence in CHECKED_GRADES and why.value == work.macs else NOT_CHECKED


def _as_sentence(reason: str) -> str:
    return f"{reason[:1].upper()}{reason[1:]}." if reason else ""
