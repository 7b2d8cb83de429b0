"""Identical repeats once, with their number: in the tree, and in a flat list of layers.

Only numbered siblings fold (``layers.0`` … ``layers.31``): a name that is a word means something. Two copies
are identical when type, tensors, explanation and everything inside are; a copy that borrows a tensor from
elsewhere is told apart by its owner, so that a product is never wrong.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from summarykit.records import LayerRecord
from summarykit.summary.data import SummaryData
from summarykit.summary.flows import LayerFlow


class FoldedRow(NamedTuple):
    """One row of the folded tree; stands for ``times`` layers."""

    layer: int  #: id of the first copy
    depth: int
    name: str  #: ``layers``, or ``0–31`` for a folded row
    path: str  #: ``model.layers.0–31.mlp``
    copies: int  #: how many siblings this row stands for
    times: int  #: copies, times those of every row above
    end: int  #: its inside is ``rows[own position + 1 : end]``


class LayerGroup(NamedTuple):
    """Layers of one kind at the same place of repeated blocks: ``layer4.0–2.conv2``."""

    path: str
    layers: tuple[int, ...]


@dataclass(frozen=True)
class Folding:
    """The folded forms of one summary; where *fold* is False every layer stands alone."""

    data: SummaryData
    fold: bool = True

    @cached_property
    def _kinds(self) -> Sequence[int]:
        """Of each layer in itself."""
        return own_kinds(self.data) if self.fold else range(len(self.data.layers))

    @cached_property
    def _working_kinds(self) -> Sequence[int]:
        """Of each layer and what flows through it; what holds parameters where does not depend on a run."""
        return own_kinds(self.data, with_flows=True) if self.data.flows and self.fold else self._kinds

    @cached_property
    def rows(self) -> tuple[FoldedRow, ...]:
        """The tree in pre-order, repeats folded."""
        return fold_tree(self.data, self._working_kinds)

    @cached_property
    def _positions(self) -> dict[int, int]:
        return {row.layer: position for position, row in enumerate(self.rows)}

    def position(self, row: FoldedRow) -> int:
        """Return where *row* stands in ``rows``."""
        return self._positions[row.layer]

    @cached_property
    def groups(self) -> tuple[LayerGroup, ...]:
        """The layers that own parameters, as a flat list, folded by the pattern of their paths."""
        return fold_flat(self.data, self._kinds, [layer.explanation >= 0 for layer in self.data.layers])

    @cached_property
    def working_groups(self) -> tuple[LayerGroup, ...]:
        """The layers that own parameters or, in a run, multiply; as ``groups``."""
        if not self.data.flows:
            return self.groups
        pairs = zip(self.data.layers, self.data.flows, strict=True)
        works = [layer.explanation >= 0 or flow.macs > 0 for layer, flow in pairs]
        return fold_flat(self.data, self._working_kinds, works)


def own_kinds(data: SummaryData, *, with_flows: bool = False) -> list[int]:
    """Return a number for each layer, equal for layers alike in themselves: type, explanation, tensors, what flows."""
    numbers: dict[object, int] = {}
    tensors = data.tensors
    flows = [_flow_kind(data, flow) for flow in data.flows] if with_flows else [()] * len(data.layers)
    found = []
    for layer, flow in zip(data.layers, flows, strict=True):
        own = tuple(
            (t.name, id(t.facts), t.evidence, -1 if t.owner == index else t.owner)
            for index, t in enumerate(tensors[layer.first_tensor : layer.end_tensor], layer.first_tensor)
        )
        key = (layer.type, layer.explanation, layer.alias_of, own, flow)
        found.append(numbers.setdefault(key, len(numbers)))
    return found


def _flow_kind(data: SummaryData, flow: LayerFlow) -> tuple[object, ...]:
    """Return what makes layers alike in a run: how often they are called, with what, and what they multiply.

    A tensor inside another argument does not count: a cache is handed from layer to layer and grows on its way.
    """
    sizes = tuple(each for flows in (flow.inputs, flow.outputs) for each in flows if "." not in each.name)
    number = data.compute_of(flow)
    return (len(flow.calls), sizes, flow.macs, flow.macs_total, flow.status, flow.approximate, number)


def structures(data: SummaryData, kinds: Sequence[int]) -> list[int]:
    """Return a number for each layer, equal for layers that are identical inside and out; linear time."""
    numbers: dict[object, int] = {}
    found = [0] * len(data.layers)
    inside: list[list[tuple[str, int]]] = [[] for _ in data.layers]
    for layer in reversed(data.layers):
        key = (kinds[layer.id], *inside[layer.id])
        found[layer.id] = numbers.setdefault(key, len(numbers))
        if layer.parent >= 0:
            inside[layer.parent].append((own_name(layer, data), found[layer.id]))
    return found


def own_name(layer: LayerRecord, data: SummaryData) -> str:
    """Return the last part of a layer's path: its name within its parent."""
    above = data.records.layers[layer.parent].path if layer.parent >= 0 else ""
    return layer.path[len(above) + 1 :] if above else layer.path


def fold_tree(data: SummaryData, kinds: Sequence[int]) -> tuple[FoldedRow, ...]:
    """Return the tree in pre-order, each run of identical numbered siblings as one row."""
    same = structures(data, kinds)
    children: list[list[int]] = [[] for _ in data.layers]
    for layer in data.layers[1:]:
        children[layer.parent].append(layer.id)
    rows: list[FoldedRow] = []
    # An entry is a row to open, or the position of one whose inside is complete.
    stack: list[FoldedRow | int] = [FoldedRow(0, 0, "", "", 1, 1, 0)]
    while stack:
        entry = stack.pop()
        if isinstance(entry, int):
            rows[entry] = rows[entry]._replace(end=len(rows))
            continue
        stack.append(len(rows))
        rows.append(entry)
        runs = sibling_runs(children[entry.layer], data, same)
        stack += [folded_row(entry, run, data) for run in reversed(runs)]
    return tuple(rows)


def sibling_runs(siblings: Sequence[int], data: SummaryData, same: Sequence[int]) -> list[list[int]]:
    """Return *siblings* in runs of identical ones whose names count up."""
    runs: list[list[int]] = []
    previous = ""
    for layer in siblings:
        name = own_name(data.layers[layer], data)
        if runs and same[runs[-1][0]] == same[layer] and follows(previous, name):
            runs[-1].append(layer)
        else:
            runs.append([layer])
        previous = name
    return runs


def follows(before: str, name: str) -> bool:
    """Return whether *name* is the number after *before*."""
    return is_number(before) and is_number(name) and int(name) == int(before) + 1


def is_number(name: str) -> bool:
    """Return whether a name is a plain index: ``0``, ``17``."""
    return name.isascii() and name.isdigit() and len(name) < 16


def folded_row(above: FoldedRow, run: Sequence[int], data: SummaryData) -> FoldedRow:
    """Return the row that stands for a run of siblings."""
    first, last = (own_name(data.layers[layer], data) for layer in (run[0], run[-1]))
    name = first if len(run) == 1 else f"{first}–{last}"
    path = f"{above.path}.{name}" if above.path else name
    return FoldedRow(run[0], above.depth + 1, name, path, len(run), above.times * len(run), 0)


def fold_flat(data: SummaryData, kinds: Sequence[int], wanted: Sequence[bool]) -> tuple[LayerGroup, ...]:
    """Return the layers that are *wanted*, those of one kind and path pattern together.

    The pattern of ``layer4.0.conv2`` is ``layer4.#.conv2``: blocks may differ elsewhere. Layers come in the
    order of their first copy; a group whose numbers form no full grid is split by its first number.
    """
    found: dict[object, list[int]] = {}
    for layer, pattern in zip(data.layers, patterns(data), strict=True):
        if wanted[layer.id]:
            found.setdefault((pattern, kinds[layer.id]), []).append(layer.id)
    groups = [group for layers in found.values() for group in as_grids(layers, data)]
    return tuple(sorted(groups, key=lambda group: group.layers[0]))


def patterns(data: SummaryData) -> list[int]:
    """Return a number for each layer, equal for layers whose paths differ in nothing but their numbers."""
    numbers: dict[object, int] = {}
    found: list[int] = []
    for layer in data.layers:
        name = own_name(layer, data)
        above = found[layer.parent] if layer.parent >= 0 else -1
        found.append(numbers.setdefault((above, "#" if is_number(name) else name), len(numbers)))
    return found


def as_grids(layers: Sequence[int], data: SummaryData) -> Iterable[LayerGroup]:
    """Yield *layers* of one pattern as groups whose numbers are every combination of what stands in each place."""
    paths = [data.layers[layer].path.split(".") for layer in layers]
    varying = [i for i, part in enumerate(paths[0]) if is_number(part) and len({path[i] for path in paths}) > 1]
    choices = {i: sorted({int(path[i]) for path in paths}) for i in varying}
    if math.prod(len(found) for found in choices.values()) == len(layers):
        parts = [spans(choices[i]) if i in choices else part for i, part in enumerate(paths[0])]
        yield LayerGroup(".".join(parts), tuple(layers))
        return
    first = varying[0]
    split: dict[str, list[int]] = {}
    for layer, path in zip(layers, paths, strict=True):
        split.setdefault(path[first], []).append(layer)
    for part in split.values():
        yield from as_grids(part, data)


def spans(numbers: Sequence[int]) -> str:
    """Return sorted numbers as ranges: ``0–2``, ``0,3,5–7``."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1] = [runs[-1][0], number]
        else:
            runs.append([number])
    return ",".join("–".join(map(str, run)) for run in runs)
