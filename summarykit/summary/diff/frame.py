"""The changes as a pandas frame of a fixed schema; ``docs/columns.md`` has each column."""

from __future__ import annotations

import pandas as pd

from summarykit._util.gc_pause import gc_paused
from summarykit.summary.data import SummaryData
from summarykit.summary.diff.comparison import Comparison
from summarykit.summary.frames import maybe_numbers, texts, whole_numbers


def changes_frame(comparison: Comparison) -> pd.DataFrame:
    """Return one row a change, in the order of the model after; columns as in ``docs/columns.md``."""
    before, after, changes = comparison.before, comparison.after, comparison.changes
    old, new = [change.before for change in changes], [change.after for change in changes]
    amounts = [change.change for change in changes]
    with gc_paused():
        return pd.DataFrame(
            {
                "state": texts(str(change.states[0]) for change in changes),
                "states": texts(tuple(map(str, change.states)) for change in changes),
                "path": texts(_path(after, layer) for layer in new),
                "path_before": texts(_path(before, layer) for layer in old),
                "type": texts(_type(after, layer) for layer in new),
                "type_before": texts(_type(before, layer) for layer in old),
                "formula": texts(_formula(after, layer) for layer in new),
                "formula_before": texts(_formula(before, layer) for layer in old),
                "adds_to_total": whole_numbers([_adds(after, layer) for layer in new]),
                "adds_to_total_before": whole_numbers([_adds(before, layer) for layer in old]),
                "parameters": whole_numbers([amount.parameters for amount in amounts]),
                "trainable": whole_numbers([amount.trainable for amount in amounts]),
                "bytes": whole_numbers([amount.bytes for amount in amounts]),
                "buffers": whole_numbers([amount.buffers for amount in amounts]),
                "macs": maybe_numbers([amount.macs if comparison.with_macs else None for amount in amounts]),
                "settings": texts(tuple(map(tuple, change.settings)) for change in changes),
                "dtypes": texts(change.dtypes for change in changes),
            }
        )


def _path(data: SummaryData, layer: int) -> str | None:
    return data.layers[layer].path if layer >= 0 else None


def _type(data: SummaryData, layer: int) -> str | None:
    return data.records.types[data.layers[layer].type].name if layer >= 0 else None


def _formula(data: SummaryData, layer: int) -> str | None:
    return data.texts(data.layers[layer]).equation if layer >= 0 else None


def _adds(data: SummaryData, layer: int) -> int:
    return data.columns.adds[layer] if layer >= 0 else 0
