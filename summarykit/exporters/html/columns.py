"""The columns of the page: those it always has behind its switches, and other requested ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from summarykit.exporters.html.cells import Cell, Texts, exact
from summarykit.exporters.view.columns import cell_of, in_words
from summarykit.records import LayerRecord
from summarykit.summary.columns import REPORT_COLUMNS, RowContext, Share
from summarykit.summary.data import SummaryData

#: Columns that are in every row, in order: the script's key and the label of the switch.
_ALWAYS = {
    "type": ("type", "Type"), "formula": ("formula", "Formula"), "parameters": ("own", "In this layer"),
    "total": ("inside", "With everything inside"), "share": ("share", "Share"),
}  # fmt: skip
_OF_A_RUN = {"output_shapes": ("output", "Output"), "macs_total": ("macs", "Multiply-adds")}
#: Columns that the script adds when they are switched on.
_ON_DEMAND = {
    "weight_shape": ("weight", "Weight shape"), "bias_shape": ("bias", "Bias shape"),
    "dtype": ("format", "Number format"), "bytes": ("bytes", "Bytes"), "trainable": ("trainable", "Trainable"),
    "evidence": ("evidence", "Evidence"),
}  # fmt: skip


class PageColumn(NamedTuple):
    """A column of the page's table, beside the first."""

    key: str  #: its name in the address, and its class
    label: str
    shown: bool  #: at first
    number: bool
    always: bool  #: it is in every row, visible or not
    at: int  #: its place among the cells of a row if it was requested and is not in every row; else -1


def page_columns(names: Sequence[str], *, ran: bool) -> tuple[PageColumn, ...]:
    """Return the columns of the page, those of *names* visible; the usual ones without names.

    After a forward pass there is no space for a layer's own parameters; an opened row has them.
    """
    always = _ALWAYS | (_OF_A_RUN if ran else {})
    usual = names or [name for name in always if not (ran and name == "parameters")]
    own = [_own(name, key, label, usual, names, always=True) for name, (key, label) in always.items()]
    on_demand = [_own(name, key, label, usual, names, always=False) for name, (key, label) in _ON_DEMAND.items()]
    others = [
        PageColumn(f"c-{name}", REPORT_COLUMNS[name].heading or "Check", True, _right(name), always=False, at=at)
        for at, name in enumerate(names)
        if name not in always | _ON_DEMAND
    ]
    return tuple(own + sorted([*on_demand, *others], key=lambda column: column.at if column.at >= 0 else len(names)))


def _own(name: str, key: str, label: str, usual: Sequence[str], names: Sequence[str], *, always: bool) -> PageColumn:
    visible = name in usual
    at = names.index(name) if visible and not always else -1
    return PageColumn(key, label, visible, _right(name), always, at)


def _right(name: str) -> bool:
    return REPORT_COLUMNS[name].align == "right"


def switches(data: SummaryData, columns: Sequence[PageColumn]) -> dict[str, Cell]:
    """Return the columns to switch: key, label, whether visible at first, whether a number.

    With requested columns also whether every layer's name in PyTorch is its path.
    """
    cells: list[Cell] = [[column.key, column.label, int(column.shown), int(column.number)] for column in columns]
    has_extra = any(column.key.startswith("c-") for column in columns)
    plain = has_extra and all(layer.path == layer.raw_path for layer in data.layers)
    return {"switches": cells} | ({"plain": 1} if plain else {})


def selected_facts(
    data: SummaryData, columns: Sequence[PageColumn], layer: LayerRecord, texts: Texts
) -> dict[str, Cell]:
    """Return the cells of requested columns for one copy of a layer, for the script.

    A number that adds up is itself, a share is a pair, anything else a list with the number of its text.
    """
    facts: dict[str, Cell] = {}
    for column in columns:
        if column.key.startswith("c-"):
            key = column.key[2:]
            one, two = (cell_of(key, RowContext(data, layer, times, layer.path)) for times in (1, 2))
            if isinstance(one, Share):
                facts[column.key] = [exact(one.part), exact(one.whole)]
            elif isinstance(one, int) and isinstance(two, int) and two == 2 * one:
                facts[column.key] = exact(one)
            else:
                facts[column.key] = [texts.number(in_words(one))]
    return facts
