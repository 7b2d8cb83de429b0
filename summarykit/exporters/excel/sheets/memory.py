"""The Memory sheet: what it takes to hold, to run and to train the model, live over what is assumed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from summarykit.exporters.excel.cells.labels import quiet
from summarykit.exporters.excel.cells.live_cells import MOST_COUNTED, Record, live_words
from summarykit.exporters.excel.cells.row_height import row_height
from summarykit.exporters.excel.markup import Formula
from summarykit.exporters.excel.sheets.memory_inputs import (
    AT_INFERENCE,
    Lines,
    cells_of,
    collect_inputs,
    each,
    formula_with_inputs,
    line_records,
    scope_of,
)
from summarykit.expression import Value, excel_formula, numbers
from summarykit.expression.nodes import Node
from summarykit.summary.data import SummaryData
from summarykit.summary.memory import Memory, MemoryRow
from summarykit.summary.memory.rows import total

WHAT_WIDTH, WORDS_WIDTH, ABOUT_WIDTH = 36, 44, 58
#: What is said of rows whose own sentence tells numbers, which a change would make wrong.
_ABOUT = {
    "weights.32": "If each number took 4 bytes.",
    "weights.16": "If each number took 2 bytes.",
    "weights.8": "If each number took 1 byte.",
    "cache.token": "What one more token adds, in all layers.",
    "cache": "For as many tokens as stand above: 0 unless you change it.",
    "optimizer.own": "As many bytes for each number that is learned as stand above.",
}


class Table(NamedTuple):
    """A table of the Memory sheet; the cells of its rows, by the rows' keys."""

    id: str
    title: str
    rows: tuple[MemoryRow, ...]
    sums: bool = False  #: its rows add up figures of other tables

    @property
    def places(self) -> dict[str, str]:
        """The cell of each row's bytes, by the name that sums have for it."""
        return {row.key.replace(".", "_"): f"{{ref:{self.id}[{at}].bytes}}" for at, row in enumerate(self.rows)}


class MemorySheet(NamedTuple):
    """What the Memory sheet shows."""

    live: bool
    tables: tuple[Table, ...]
    records: Mapping[str, list[Record]]  #: the rows of each table, and of the inputs as ``assumed``
    activations: str  #: the cell with the activations of a run, empty without


def memory_sheet(data: SummaryData, source: str) -> MemorySheet | None:
    """Return the Memory sheet; None for a model without parameters. *source* is the live cell of all parameters."""
    if not data.totals.parameters:
        return None
    tables = _tables(data.memory)
    live = max(row.bytes for table in tables for row in table.rows) <= MOST_COUNTED
    lines = collect_inputs((scope_of(row, table.id), row) for table in tables if not table.sums for row in table.rows)
    records = {table.id: _records(table, tables, lines, live=live) for table in tables}
    records["assumed"] = line_records(lines, data.totals.parameters, source, live=live)
    for record in (record for table_records in records.values() for record in table_records):
        record["height"] = row_height(
            (record["what"], WHAT_WIDTH), (_value(record["words"]), WORDS_WIDTH), (record.get("about"), ABOUT_WIDTH - 6)
        )
    places = list(lines)
    at = places.index((AT_INFERENCE, "activations")) if (AT_INFERENCE, "activations") in lines else -1
    activations = f"{{ref:assumed[{at}].count}}" if at >= 0 else ""
    return MemorySheet(live, tables, records, activations)


def _tables(memory: Memory) -> tuple[Table, ...]:
    cache = memory.cache
    run = (*memory.run, *((cache.row_for(0),) if cache else ()))
    says = memory.run_total.sentence.source
    return (
        Table("hold", "To hold the weights", memory.formats),
        *((Table("token", "The cache of keys and values", (cache.per_token,)),) if cache else ()),
        Table("run", "To run", run),
        Table("runs", "", (total("run", "To run", run, says),), sums=True),
        Table("train", "To train", memory.train),
        Table("optimizer", "Of these, one optimizer", memory.optimizers),
        Table("trains", "To train, with each optimizer", memory.train_totals, sums=True),
    )


def _records(table: Table, tables: Sequence[Table], lines: Lines, *, live: bool) -> list[Record]:
    places = {one.id: one.places for one in tables}
    below = {"runs": ("run",), "trains": ("train", "optimizer")}.get(table.id, ())
    sums = {name: cell for one in below for name, cell in places[one].items()}
    return [_record(table, row, lines, sums, live=live) for row in table.rows]


def _record(table: Table, row: MemoryRow, lines: Lines, sums: Mapping[str, str], *, live: bool) -> Record:
    bindings: dict[str, Value] = dict(row.bindings)
    tree: Node
    if table.sums:
        tree, cells = row.formula.tree, dict(sums)
    else:
        tree, sizes = formula_with_inputs(row)
        cells = cells_of(scope_of(row, table.id), row, lines)
        bindings |= {each(name): size for name, size in sizes.items()}
    words = numbers(tree, bindings)  # of one byte each it says "× 1", as the cell that may be changed to 2
    record: Record = {
        "what": row.label,
        "words": quiet(words),
        "bytes": row.bytes,
        "mb": row.bytes / 10**6,
        "difference": 0,
        "about": _ABOUT.get(row.key) or quiet(row.sentence.say(dict(row.bindings))),
        "look": "sum" if table.sums else "",
        "about_look": "light" if table.sums else "",
    }
    if not live:
        return record
    return record | {
        "words": live_words(tree, bindings, cells, words),
        "bytes": Formula(f"={excel_formula(tree, bindings, cells)}", row.bytes),
        "mb": Formula("={this:bytes}/10^6", row.bytes / 10**6),
        "difference": Formula(f"={{this:bytes}}-{row.bytes}", 0),
    }


def _value(text: object) -> object:
    return text.value if isinstance(text, Formula) else text
