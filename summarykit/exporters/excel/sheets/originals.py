"""The original value of every cell that can be changed, to compare with when the reviewed file is read.

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

INPUT, LINK = "input", "linked"
#: What a cell is, by its look.
_KINDS = {"input": INPUT, "eachof": INPUT, "linked": LINK, "linkedeach": LINK}


def originals(formulas: FormulaSheet, compute: ComputeSheet | None, memory: MemorySheet | None) -> list[Record]:
    """Return a row for each cell of these sheets that may be changed, and for each that follows another."""
    rows = [*_block_cells("Formulas", formulas.blocks, formulas.records)]
    if compute:
        rows += _block_cells("Compute", compute.blocks, compute.records)
    if memory:
        rows += _memory_cells(memory.records["assumed"])
    return rows


def _block_cells(
    sheet: str, blocks: Iterable[FormulaBlock], records: Mapping[str, Sequence[Record]]
) -> Iterator[Record]:
    for block in blocks:
        for at, record in enumerate(records[block.id]):
            for column in block.inputs:
                kind = _KINDS.get(str(record[f"{column.key}_look"]))
                if kind is None:
                    continue
                row = f"{{ref:{block.id}[{at}]."
                yield {
                    "kind": kind,
                    "sheet": sheet,
                    "layer": record["path"],
                    "name": "".join(column.code),
                    "label": " ".join(column.label),
                    "original": _value(record[column.key]),
                    "now": Formula(f"={row}{column.key}}}", _value(record[column.key])),
                    "copies": record["copies"],
                    "count": _value(record["by"]),
                    "becomes": Formula(f"={row}by}}", _value(record["by"])),
                    "number": record["number"],
                    "row": Formula(f"={row}number}}", _value(record["number"])),
                }


def _memory_cells(records: Iterable[Record]) -> Iterator[Record]:
    for at, record in enumerate(records):
        for key, more in (("count", ""), ("each", ", bytes for each")):
            kind = _KINDS.get(str(record[f"{key}_look"]))
            if kind is not None:
                value = _value(record[key])
                now = Formula(f"={{ref:assumed[{at}].{key}}}", value)
                label = f"{record['what']}{more}"
                yield {"kind": kind, "sheet": "Memory", "label": label, "original": value, "now": now}


def _value(value: object) -> str | int | float:
    """Return the value of a cell, also if it has a formula."""
    text = value.value if isinstance(value, Formula) else value
    return text if isinstance(text, str | int | float) else ""
