"""Memory for the weights, for inference and for training, as tables."""

from __future__ import annotations

from summarykit.exporters.view.values import MemoryLine, MemoryTable
from summarykit.exporters.view.words import size_words
from summarykit.expression import group_digits, numbers
from summarykit.summary.data import SummaryData
from summarykit.summary.memory import MemoryRow


def memory_tables(data: SummaryData) -> tuple[MemoryTable, ...]:
    """Return the tables on memory; none for a model without parameters."""
    if not data.totals.parameters:
        return ()
    memory = data.memory
    cache = (memory.cache.per_token,) if memory.cache else ()
    return (
        MemoryTable("Weights", tuple(_line(row) for row in memory.formats)),
        MemoryTable("To run", (*map(_line, memory.run), _line(memory.run_total, total=True), *map(_line, cache))),
        MemoryTable("To train", tuple(_line(row) for row in (*memory.train, *memory.optimizers))),
        MemoryTable("To train, together", tuple(_line(row, total=True) for row in memory.train_totals)),
    )


def _line(row: MemoryRow, *, total: bool = False) -> MemoryLine:
    bindings = dict(row.bindings)
    return MemoryLine(
        label=row.label,
        formula=numbers(row.formula.tree, bindings),
        size=size_words(row.bytes),
        bytes=row.bytes,
        text=group_digits(row.bytes),
        sentence=row.sentence.say(bindings),
        total=total,
    )
