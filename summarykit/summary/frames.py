"""The pandas frames: the columns that ``summary/columns/`` specifies, with the same dtypes whatever the values are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from summarykit._util.gc_pause import gc_paused
from summarykit.summary.columns.calls import CALL_COLUMNS, CallRows
from summarykit.summary.columns.folded import FOLDED_COLUMNS, FoldedRows
from summarykit.summary.columns.layer_values import LayerRows
from summarykit.summary.columns.layers import LAYER_COLUMNS
from summarykit.summary.columns.memory import MEMORY_COLUMNS, memory_rows
from summarykit.summary.columns.spec import ColumnSpec, Dtype, Lookup, Rows, Values
from summarykit.summary.columns.tensors import TENSOR_COLUMNS, TensorRows
from summarykit.summary.data import SummaryData
from summarykit.summary.memory import memory

if TYPE_CHECKING:
    from summarykit.summary.diff.comparison import Comparison


#: The order of empty columns, by dtype.
_GAPS = {"int64": 1, "Int64": 1, "float64": 1, "object": 2, "bool": 3}


def layers_frame(data: SummaryData) -> pd.DataFrame:
    """Return one row a layer, in the order of ``named_modules()``; columns as in ``docs/columns.md``."""
    # Without a forward pass the empty columns come numbers first. That order is in files people have, so it stays.
    specs = LAYER_COLUMNS if data.flows else sorted(LAYER_COLUMNS, key=lambda spec: spec.of_run and _GAPS[spec.dtype])
    return _frame(specs, LayerRows(data), len(data.layers), ran=bool(data.flows))


def tensors_frame(data: SummaryData) -> pd.DataFrame:
    """Return one row for each place where a layer holds a tensor; columns as in ``docs/columns.md``."""
    return _frame(TENSOR_COLUMNS, TensorRows(data), len(data.tensors))


def calls_frame(data: SummaryData) -> pd.DataFrame:
    """Return one row a call of the run, in the order the calls began; columns as in ``docs/columns.md``."""
    return _frame(CALL_COLUMNS, CallRows(data), len(data.run.calls))


def folded_frame(data: SummaryData) -> pd.DataFrame:
    """Return one row a row of the folded tree; columns as in ``docs/columns.md``."""
    rows = FoldedRows(data)
    return _frame(FOLDED_COLUMNS, rows, len(rows.rows), ran=bool(data.flows))


def memory_frame(data: SummaryData, tokens: int | None, bytes_per_parameter: int | None) -> pd.DataFrame:
    """Return one row a figure of memory; columns as in ``docs/columns.md``."""
    config = dict(data.records.config)
    rows = memory_rows(memory(data.tensors, data.run, config, tokens=tokens, bytes_per_parameter=bytes_per_parameter))
    return _frame(MEMORY_COLUMNS, rows, len(rows))


def changes_frame(comparison: Comparison) -> pd.DataFrame:
    """Return one row a change, in the order of the model after; columns as in ``docs/columns.md``."""
    from summarykit.summary.columns.changes import CHANGE_COLUMNS

    return _frame(CHANGE_COLUMNS, comparison, len(comparison.changes), ran=comparison.with_macs)


def _frame(specs: Sequence[ColumnSpec[Rows]], rows: Rows, size: int, *, ran: bool = True) -> pd.DataFrame:
    with gc_paused():
        return pd.DataFrame(
            {
                spec.name: _series(spec.dtype, spec.values(rows)) if ran or not spec.of_run else _gaps(spec.dtype, size)
                for spec in specs
                if spec.values
            },
            copy=False,
        )


def _series(dtype: Dtype, values: Values) -> pd.Series[Any]:
    """Return *values* as a column of *dtype*, whatever they are; numbers beyond 64 bits as exact Python ints."""
    if isinstance(values, Lookup):
        indices = np.asarray(values.indices)
        if dtype == "Int64":
            return _integers_with_gaps(values.table).take(indices).reset_index(drop=True)
        return _column(_array(dtype, values.table)[indices])
    return _integers_with_gaps(values) if dtype == "Int64" else _column(_array(dtype, values))


def _array(dtype: Dtype, values: Sequence[Any]) -> np.ndarray:
    try:
        return np.fromiter(values, dtype, len(values))
    except OverflowError:
        return np.fromiter(values, object, len(values))


def _integers_with_gaps(values: Sequence[Any]) -> pd.Series[Any]:
    gaps = np.array([value is None for value in values], dtype=bool)
    try:
        numbers = np.array([value or 0 for value in values], dtype=np.int64)
    except OverflowError:
        return _column(np.fromiter(values, object, len(values)))
    return pd.Series(pd.arrays.IntegerArray(numbers, gaps), copy=False)


def _gaps(dtype: Dtype, size: int) -> pd.Series[Any]:
    """Return a column of *dtype* where every value is missing; False for a column of True and False."""
    if dtype == "Int64":
        return pd.Series(pd.arrays.IntegerArray(np.zeros(size, np.int64), np.ones(size, bool)), copy=False)
    return _column(np.full(size, False if dtype == "bool" else None, dtype))


def _column(values: np.ndarray) -> pd.Series[Any]:
    """Return a column that takes over *values* in their dtype."""
    return pd.Series(values, dtype=values.dtype, copy=False)
