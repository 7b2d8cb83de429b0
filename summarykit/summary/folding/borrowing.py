"""Where a layer borrows its numbers, told so that copies which borrow at the same place are alike."""

from __future__ import annotations

from collections.abc import Iterator

from summarykit.records import LayerRecord
from summarykit.summary.data import SummaryData, also

#: How many levels up the two places meet, and how far the owner stands behind the layer where they do.
Reference = tuple[int, int]


def meeting(data: SummaryData, one: int, other: int) -> int:
    """Return the innermost layer that two layers are both in, or the one that the other is in."""
    layers, depth = data.layers, data.columns.depth
    while one != other:
        if depth[one] >= depth[other]:
            one = layers[one].parent
        else:
            other = layers[other].parent
    return one


def reference(data: SummaryData, layer: int, owner: int) -> Reference:
    """Return where *owner* stands as seen from *layer*.

    Equal for layers of two copies when both borrow from one place outside, and when each borrows inside its own copy.
    """
    depth, top = data.columns.depth, meeting(data, layer, owner)
    return depth[layer] - depth[top], owner - top


def owners(data: SummaryData, layer: LayerRecord) -> Iterator[int]:
    """Yield the layers that a layer borrows from: the one it is another place of, or the owners of its tensors."""
    if layer.alias_of >= 0:
        yield layer.alias_of
        return
    for index in range(layer.first_tensor, layer.end_tensor):
        tensor = data.tensors[index]
        if tensor.owner != index and tensor.facts.kind == "parameter":
            yield data.tensors[tensor.owner].layer


def borrowed_from(data: SummaryData, layer: LayerRecord, path: str) -> str | None:
    """Return the paths a layer borrows from, None where it borrows nothing.

    *path* is what its row is called, ``blocks.0–11.head`` for twelve of them; what each borrows inside its own block is
    then called ``blocks.0–11.body``.
    """
    told: str | None = None
    for owner in owners(data, layer):
        told = also(told, seen_from(data, layer, path, owner))
    return told


def seen_from(data: SummaryData, layer: LayerRecord, path: str, owner: int) -> str:
    """Return what *owner* is called by a row called *path* that stands for *layer* and its copies."""
    top = data.layers[meeting(data, layer.id, owner)]
    inside = data.layers[owner].path[len(top.path) :]
    if not top.path:
        return inside
    return ".".join(path.split(".")[: top.path.count(".") + 1]) + inside
