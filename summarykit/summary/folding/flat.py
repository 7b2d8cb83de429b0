"""A flat list of layers, those of one kind at the same place of repeated blocks together."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from summarykit.summary.data import SummaryData
from summarykit.summary.folding.naming import is_number, own_name, spans, word_of


class LayerGroup(NamedTuple):
    """Layers of one kind at the same place of repeated blocks: ``layer4.0–2.conv2``."""

    path: str
    layers: tuple[int, ...]


def fold_flat(data: SummaryData, kinds: Sequence[int], include: Sequence[bool]) -> tuple[LayerGroup, ...]:
    """Return the layers that are *include*, those of one kind and path pattern together.

    The pattern of ``layer4.0.conv2`` is ``layer#.#.conv2``: blocks may differ elsewhere. Layers come in the
    order of their first copy; a group whose numbers form no full grid is split by its first number.
    """
    by_pattern: dict[object, list[int]] = {}
    for layer, pattern in zip(data.layers, patterns(data), strict=True):
        if include[layer.id]:
            by_pattern.setdefault((pattern, kinds[layer.id]), []).append(layer.id)
    groups = [group for layers in by_pattern.values() for group in as_grids(layers, data)]
    return tuple(sorted(groups, key=lambda group: group.layers[0]))


def patterns(data: SummaryData, *, parts: bool = False) -> list[int]:
    """Return a number for each layer, equal for layers whose paths differ in nothing but their numbers.

    What a layer itself is called counts as a number only where it is nothing else: ``conv1`` is not ``conv2``; of
    *parts*, those with layers inside, as in the paths of these: ``block1`` is like ``block2``.
    """
    numbers: dict[object, int] = {}
    result: list[int] = []
    above: list[int] = []
    for layer in data.layers:
        name = own_name(layer, data)
        around = above[layer.parent] if layer.parent >= 0 else -1
        word = word_of(name)
        itself = (around, "", True) if is_number(name) else (around, name, False)
        result.append(numbers.setdefault(itself, len(numbers)))
        holder = itself if word is None else (around, word, True)
        above.append(numbers.setdefault(holder, len(numbers)))
    if parts:
        for layer in data.layers[1:]:
            result[layer.parent] = above[layer.parent]
    return result


def as_grids(
    layers: Sequence[int], data: SummaryData, join: Callable[[Iterable[str]], str] = spans
) -> Iterable[LayerGroup]:
    """Yield *layers* of one pattern as groups whose numbers are every combination of what stands in each place.

    *join* writes the names that stand in one place.
    """
    if len(layers) == 1:
        yield LayerGroup(data.layers[layers[0]].path, tuple(layers))
        return
    paths = [data.layers[layer].path.split(".") for layer in layers]
    choices = [set(part) for part in zip(*paths, strict=True)]
    if math.prod(map(len, choices)) == len(layers):
        parts = [join(names) if len(names) > 1 else part for names, part in zip(choices, paths[0], strict=True)]
        yield LayerGroup(".".join(parts), tuple(layers))
        return
    first = next(place for place, names in enumerate(choices) if len(names) > 1)
    by_name: dict[str, list[int]] = {}
    for layer, path in zip(layers, paths, strict=True):
        by_name.setdefault(path[first], []).append(layer)
    for part in by_name.values():
        yield from as_grids(part, data, join)
