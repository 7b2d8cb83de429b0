"""Every column of every table, each specified once: frames, reports and the tables of the docs come from here."""

from summarykit.summary.columns.layers import LAYER_COLUMNS, REPORT_COLUMNS
from summarykit.summary.columns.spec import Cell, ColumnSpec, Lookup, RowContext, Shapes, Share, Values

__all__ = [
    "LAYER_COLUMNS",
    "REPORT_COLUMNS",
    "Cell",
    "ColumnSpec",
    "Lookup",
    "RowContext",
    "Shapes",
    "Share",
    "Values",
]
