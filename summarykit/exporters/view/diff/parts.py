"""The size of what a row is about: the formula of a layer, those of a few, or a total and a number of layers."""

from __future__ import annotations

from collections.abc import Sequence

from summarykit.exporters.view.words import count_noun
from summarykit.expression import Words, concat
from summarykit.summary.data import SummaryData
from summarykit.summary.diff import ChangeGroup, Comparison

#: The formulas of at most so many layers are added up in one line.
_MOST_FORMULAS = 3


def type_of(data: SummaryData, layer: int) -> str:
    """Return the class of a layer; empty for none."""
    return data.records.types[data.layers[layer].type].name if layer >= 0 else ""


def is_whole(group: ChangeGroup) -> bool:
    """Return whether a group is about layers with everything inside them."""
    return group.told[0].changes != (group.first,)


def inside(comparison: Comparison, group: ChangeGroup) -> tuple[list[int], list[int]]:
    """Return the layers with parameters that the first change of a group is about, before and after."""
    changes = group.told[0].changes
    before_after = (comparison.before, [c.before for c in changes]), (comparison.after, [c.after for c in changes])
    one, other = ([n for n in ids if n >= 0 and data.layers[n].explanation >= 0] for data, ids in before_after)
    return one, other


def adds(data: SummaryData, layers: Sequence[int]) -> int:
    """Return what *layers* add to the total."""
    return sum(data.columns.adds[layer] for layer in layers)


def equation(data: SummaryData, layers: Sequence[int]) -> str:
    """Return the formula of *layers* with its result; "–" if they have no parameters, or there are no layers."""
    holders = [layer for layer in layers if layer >= 0 and data.layers[layer].explanation >= 0]
    if len(holders) < 2:
        return _equation(data, holders[0]) if holders else "–"
    total = adds(data, holders)
    sizes = [size for layer in holders if (size := data.columns.own[layer]) is not None]
    if len(holders) > _MOST_FORMULAS or len(sizes) < len(holders) or total != sum(sizes):  # some count elsewhere
        return Words(count_noun(total, "parameter"), " in ", count_noun(len(holders), "layer"))
    formulas = [
        data.texts(data.layers[layer]).numbers or Words(size) for layer, size in zip(holders, sizes, strict=True)
    ]
    return Words(concat(" + ", formulas), " = ", total)


def _equation(data: SummaryData, layer: int) -> str:
    own = data.columns.own[layer]
    if own is None:
        return "not known yet"
    return data.texts(data.layers[layer]).equation or Words(own)
