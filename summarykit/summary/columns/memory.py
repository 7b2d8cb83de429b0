"""The columns of ``summary.memory()``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from summarykit.expression import numbers
from summarykit.summary.columns.spec import ColumnSpec
from summarykit.summary.memory import Memory, MemoryRow


class MemoryTableRow(NamedTuple):
    """One row of ``summary.memory()``: a figure of memory, and the table it is in."""

    table: str
    row: MemoryRow


MemoryRows = list[MemoryTableRow]


def memory_rows(memory: Memory) -> MemoryRows:
    """Return all figures of *memory*, table by table."""
    return list(_rows(memory))


def _rows(memory: Memory) -> Iterator[MemoryTableRow]:
    cache = (memory.cache.per_token,) if memory.cache else ()
    tables = {
        "formats": memory.formats,
        "run": (*memory.run, *cache, memory.run_total),
        "train": memory.train,
        "optimizers": memory.optimizers,
        "totals": memory.train_totals,
    }
    for table, rows in tables.items():
        for row in rows:
            yield MemoryTableRow(table, row)


#: In the order of the frame.
MEMORY_COLUMNS: tuple[ColumnSpec[MemoryRows], ...] = (
    ColumnSpec(
        name="table",
        dtype="object",
        meaning="`formats`, `run`, `train`, `optimizers` or `totals`.",
        values=lambda rows: [each.table for each in rows],
    ),
    ColumnSpec(
        name="what",
        dtype="object",
        meaning="What takes the memory.",
        values=lambda rows: [each.row.label for each in rows],
    ),
    ColumnSpec(
        name="formula",
        dtype="object",
        meaning="Its bytes in numbers.",
        values=lambda rows: [numbers(row.formula.tree, dict(row.bindings)) for _, row in rows],
    ),
    ColumnSpec(
        name="bytes",
        dtype="int64",
        meaning="The result.",
        unit="bytes",
        values=lambda rows: [each.row.bytes for each in rows],
    ),
    ColumnSpec(
        name="explanation",
        dtype="object",
        meaning="Why, in words.",
        values=lambda rows: [row.sentence.say(dict(row.bindings)) for _, row in rows],
    ),
)
