"""What a reader asked to see of a model: how deep, which layers, in which order; no total depends on it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from summarykit.summary.data import SummaryData
from summarykit.summary.patterns import matching

#: By what rows can be sorted.
ORDERS = ("model", "size", "name", "type", "macs")
_DIGITS = re.compile(r"([0-9]+)")


class Selection(NamedTuple):
    """What a reader chose of the tables of a report."""

    depth: int | None = None  #: rows deeper in the model are left out; None for none
    only: tuple[str, ...] = ()  #: patterns for what is shown, with everything inside; all where there are none
    exclude: tuple[str, ...] = ()  #: patterns for what is left out, with everything inside
    columns: tuple[str, ...] = ()  #: names of columns, in order; those of the format where there are none
    sort: str = "model"

    @property
    def leaves_out(self) -> bool:
        """Whether rows may be left out."""
        return self.depth is not None or bool(self.only or self.exclude)


class RowFilter(NamedTuple):
    """Which layers a selection shows; one entry a layer, none where it leaves nothing out."""

    selection: Selection
    matches: Sequence[bool] = ()  #: asked for: by *only*, and not taken away by *exclude*
    visible_layers: Sequence[bool] = ()  #: picked or around something picked, and not too deep
    apart: Sequence[int] = ()  #: layers that are to be shown otherwise have another number

    def shows(self, layer: int) -> bool:
        """Return whether a layer has a row; the model itself always has."""
        return not self.visible_layers or self.visible_layers[layer]

    def asked_for(self, layer: int) -> bool:
        """Return whether a layer is shown because a pattern of *only* names it or something around it."""
        return bool(self.selection.only) and self.matches[layer]

    def around(self, layer: int) -> bool:
        """Return whether a layer is shown only because it holds something that was asked for."""
        return bool(self.visible_layers) and not self.matches[layer]

    def lists(self, layer: int) -> bool:
        """Return whether a layer stands in a flat list."""
        return not self.visible_layers or (self.visible_layers[layer] and self.matches[layer])


EVERYTHING = RowFilter(Selection())


def choose(data: SummaryData, selection: Selection) -> RowFilter:
    """Return which layers *selection* shows; in linear time."""
    if not selection.leaves_out:
        return RowFilter(selection)
    layers, depth = data.layers, data.columns.depth
    only = _with_inside(data, matching(data, selection.only)) if selection.only else [True] * len(layers)
    without = _with_inside(data, matching(data, selection.exclude)) if selection.exclude else [False] * len(layers)
    matches = [inside and not out for inside, out in zip(only, without, strict=True)]
    around = list(matches)
    for layer in reversed(layers):
        if around[layer.id] and layer.parent >= 0:
            around[layer.parent] = True
    most = len(layers) if selection.depth is None else selection.depth
    visible_layers = [inside and depth[index] <= most for index, inside in enumerate(around)]
    visible_layers[0] = True
    holds = [False] * len(layers)
    for layer in layers[1:]:
        holds[layer.parent] = True
    apart = [
        (4 if inner and depth[index] == most else 0) + (2 if visible else 0) + pick
        for index, (inner, visible, pick) in enumerate(zip(holds, visible_layers, matches, strict=True))
    ]
    return RowFilter(selection, matches, visible_layers, apart)


def _with_inside(data: SummaryData, flags: list[bool]) -> list[bool]:
    """Return the layers *flags* and all those inside them; the model itself says nothing of what is inside it."""
    for layer in data.layers[1:]:
        if layer.parent:
            flags[layer.id] = flags[layer.id] or flags[layer.parent]
    return flags


class SortKey(NamedTuple):
    """What a row is sorted by."""

    layer: int  #: id of the first layer it stands for
    name: str
    parameters: int  #: of all copies
    macs: int


def sorted_by(data: SummaryData, sort: str, rows: Iterable[SortKey]) -> list[int]:
    """Return the positions of *rows* in the order asked for.

    Ties keep the order of the model, and so do all rows that would be sorted by a run where there was none.
    """
    items = list(rows)
    types = data.records.types
    keys: dict[str, Callable[[SortKey], Any]] = {
        "size": lambda row: -row.parameters,
        "macs": lambda row: -row.macs,
        "name": lambda row: natural(row.name),
        "type": lambda row: natural(types[data.layers[row.layer].type].name),
    }
    key = keys.get(sort)
    order = range(len(items))
    return sorted(order, key=lambda at: key(items[at])) if key else list(order)


def natural(name: str) -> tuple[tuple[int, str], ...]:
    """Return what sorts names as people do: ``h.2`` before ``h.10``, capitals aside."""
    parts = _DIGITS.split(name)
    return tuple(_number(part) if at % 2 else (0, part.casefold()) for at, part in enumerate(parts))


def _number(digits: str) -> tuple[int, str]:
    """Return what sorts numbers of any length, which ``int`` does not take."""
    significant = digits.lstrip("0")
    return len(significant), significant
