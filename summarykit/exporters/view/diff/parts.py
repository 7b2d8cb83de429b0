"""How large what a row tells is: the formula of a layer, those of a few, or how much stands in how many."""

from __future__ import annotations

from collections.abc import Sequence

from summarykit.exporters.view.words import count_noun
from summarykit.expression import Words, concat
from summarykit.summary.data import SummaryData
from summarykit.summary.diff import ChangeGroup, Comparison

#: The formulas of so many layers are added up in one line.
_MOST_FORMULAS = 3


def type_of(data: SummaryData, layer: int) -> str:
    """Return the class of a layer; empty for none."""
    return data.records.types[data.layers[layer].type].name if layer >= 0 else ""


def is_whole(group: ChangeGroup) -> bool:
    """Return whether a group tells of layers with what is inside them."""
    return group.told[0].changes != (group.first,)


def inside(comparison: Comparison, group: ChangeGroup) -> tuple[list[int], list[int]]:
    """Return the layers with parameters that one of a group is about, before and after."""
    changes = group.told[0].changes
    sides = (comparison.before, [c.before for c in changes]), (comparison.after, [c.after for c in changes])
    one, other = ([n for n in told if n >= 0 and data.layers[n].explanation >= 0] for data, told in sides)
    return one, other


def adds(data: SummaryData, layers: Sequence[int]) -> int:
    """Return what *layers* add to the total."""
    return sum(data.columns.adds[layer] for layer in layers)


def equation(data: SummaryData, layers: Sequence[int]) -> str:
    """Return why *layers* hold as many parameters as they do; "–" where they hold none, or there are none."""
    held = [layer for layer in layers if layer >= 0 and data.layers[layer].explanation >= 0]
    if len(held) < 2:
        return _equation(data, held[0]) if held else "–"
    total = adds(data, held)
    sizes = [size for layer in held if (size := data.columns.own[layer]) is not None]
    if len(held) > _MOST_FORMULAS or len(sizes) < len(held) or total != sum(sizes):  # some count elsewhere
        return Words(count_noun(total, "parameter"), " in ", count_noun(len(held), "layer"))
    formulas = [data.texts(data.layers[layer]).numbers or Words(size) for layer, size in zip(held, sizes, strict=True)]
    return Words(concat(" + ", formulas), " = ", total)


def _equation(data: SummaryData, layer: int) -> str:
    own = data.columns.own[layer]
    if own is None:
        return "not known yet"
    return data.texts(data.layers[layer]).equation or Words(own)
