"""What every cell of a workbook that may be changed held at first, for who reads the reviewed file back.

Each row has a formula that names its cell: spreadsheets keep such a formula right when rows or sheets are moved, but
not when rows are sorted; so it has the number of the layer's row too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from summarykit.exporters.excel.cells.live_blocks import FormulaBlock
from summarykit.exporters.excel.cells.live_cells import Record
from summarykit.exporters.excel.markup import Formula
from summarykit.exporters.excel.sheets.compute import ComputeSheet
from summarykit.exporters.excel.sheets.formulas import FormulaSheet
from summarykit.exporters.excel.sheets.memory import MemorySheet

INPUT, LINKED = "input", "linked"
#: What a cell is, by its look.
_KINDS = {"input": INPUT, "eachof": INPUT, "linked": LINKED, "linkedeach": LINKED}


def originals(formulas: FormulaSheet, compute: ComputeSheet | None, memory: MemorySheet | None) -> list[Record]:
    """Return a row for each cell of these sheets that may be changed, and for each that follows another."""
    rows = [*_explained("Formulas", formulas.blocks, formulas.records)]
    if compute:
        rows += _explained("Compute", compute.blocks, compute.records)
    if memory:
        rows += _assumed(memory.records["assumed"])
    return rows


def _explained(sheet: str, blocks: Iterable[FormulaBlock], records: Mapping[str, Sequence[Record]]) -> Iterator[Record]:
    for block in blocks:
        for at, record in enumerate(records[block.id]):
            for made in block.inputs:
                kind = _KINDS.get(str(record[f"{made.key}_look"]))
                if kind is None:
                    continue
                row = f"{{ref:{block.id}[{at}]."
                yield {
                    "kind": kind,
                    "sheet": sheet,
                    "layer": record["path"],
                    "name": "".join(made.code),
                    "label": " ".join(made.label),
                    "original": _held(record[made.key]),
                    "now": Formula(f"={row}{made.key}}}", _held(record[made.key])),
                    "copies": record["copies"],
                    "count": _held(record["by"]),
                    "becomes": Formula(f"={row}by}}", _held(record["by"])),
                    "number": record["number"],
                    "row": Formula(f"={row}number}}", _held(record["number"])),
                }


def _assumed(records: Iterable[Record]) -> Iterator[Record]:
    for at, record in enumerate(records):
        for key, more in (("count", ""), ("each", ", bytes for each")):
            kind = _KINDS.get(str(record[f"{key}_look"]))
            if kind is not None:
                held = _held(record[key])
                now = Formula(f"={{ref:assumed[{at}].{key}}}", held)
                label = f"{record['what']}{more}"
                yield {"kind": kind, "sheet": "Memory", "label": label, "original": held, "now": now}


def _held(value: object) -> str | int | float:
    """Return what a cell shows: beside its formula, where it has one."""
    shown = value.value if isinstance(value, Formula) else value
    return shown if isinstance(shown, str | int | float) else ""
