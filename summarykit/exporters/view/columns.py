"""The columns of tables of layers in words; ``summary/columns/layers.py`` specifies them."""

from __future__ import annotations

from collections.abc import Sequence

from summarykit.exporters.view.values import Column
from summarykit.exporters.view.words import GRADE_WORDS, shape_words, share
from summarykit.expression import concat, group_digits
from summarykit.records import Evidence
from summarykit.summary.columns import REPORT_COLUMNS, Cell, RowContext, Shapes, Share


def columns_of(keys: Sequence[str]) -> tuple[Column, ...]:
    """Return the columns of these names, in order."""
    specs = [REPORT_COLUMNS[key] for key in keys]
    return tuple(Column(spec.name, spec.heading, spec.short_heading or spec.heading, spec.align) for spec in specs)


def cell_of(key: str, row: RowContext) -> Cell:
    """Return the value of one column in a row."""
    cell = REPORT_COLUMNS[key].cell
    return cell(row) if cell else None


def cells_of(keys: Sequence[str], row: RowContext) -> tuple[str, ...]:
    """Return the values of these columns in a row, in words."""
    return tuple(in_words(cell_of(key, row)) for key in keys)


def in_words(cell: Cell) -> str:
    """Return a value as text: digits grouped, a share in percent, a grade as its sign."""
    if isinstance(cell, Share):
        return share(*cell)
    if isinstance(cell, Shapes):
        return concat(", ", map(shape_words, cell.shapes))
    if isinstance(cell, Evidence):
        return GRADE_WORDS[cell][1]
    return group_digits(cell) if isinstance(cell, int) else cell or ""
