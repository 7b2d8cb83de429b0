"""Where a layer borrows its numbers, told so that copies which borrow at the same place are alike."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from summarykit.records import LayerRecord, TensorRecord
from summarykit.summary.data import SummaryData, path_list
from summarykit.summary.folding.naming import own_name

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
    paths = [seen_from(data, layer, path, owner) for owner in owners(data, layer)]
    return path_list(paths) if paths else None


def seen_from(data: SummaryData, layer: LayerRecord, path: str, owner: int) -> str:
    """Return what *owner* is called by a row called *path* that stands for *layer* and its copies."""
    top = data.layers[meeting(data, layer.id, owner)]
    inside = data.layers[owner].path[len(top.path) :]
    if not top.path:
        return inside
    return ".".join(path.split(".")[: top.path.count(".") + 1]) + inside


def borrowed_whole(data: SummaryData) -> Sequence[int]:
    """Return for each layer the one that it has all numbers of, each at the same place inside; -1 for none.

    The other one holds these numbers and no more, so the two are the same in all that is learned. Linear time.
    """
    layers = data.layers
    holds = [layer.explanation >= 0 or (layer.alias_of >= 0 and data.columns.total[layer.id] > 0) for layer in layers]
    parts = [0] * len(layers)  # parameters of its own, and layers right inside that hold some
    for layer in reversed(layers):
        if layer.explanation >= 0 and layer.alias_of < 0:
            parts[layer.id] += sum(tensor.facts.kind == "parameter" for tensor in _own(data, layer))
        if holds[layer.id] and layer.parent >= 0:
            parts[layer.parent] += 1
            holds[layer.parent] = True
    origins: defaultdict[int, set[int]] = defaultdict(set)
    whole = [-1] * len(layers)
    for layer in reversed(layers):
        if data.columns.counted[layer.id]:
            continue  # it has numbers of its own, and so has what is around it
        origins[layer.id].update(_origins(data, layer))
        if len(origins[layer.id]) == 1:
            (origin,) = origins[layer.id]
            whole[layer.id] = origin if layer.alias_of >= 0 or parts[origin] == parts[layer.id] else -1
        if holds[layer.id] and layer.parent >= 0:
            origins[layer.parent].add(_above(data, layer, whole[layer.id]))
    return whole


def _own(data: SummaryData, layer: LayerRecord) -> Sequence[TensorRecord]:
    return data.tensors[layer.first_tensor : layer.end_tensor]


def _origins(data: SummaryData, layer: LayerRecord) -> Iterator[int]:
    """Yield where a layer's own numbers stand under the names that they have in it; -1 for those that do not."""
    if layer.alias_of >= 0:
        yield layer.alias_of
        return
    for index, tensor in enumerate(_own(data, layer), layer.first_tensor):
        if tensor.facts.kind == "parameter":
            owner = data.tensors[tensor.owner]
            yield owner.layer if tensor.owner != index and owner.name == tensor.name else -1


def _above(data: SummaryData, layer: LayerRecord, origin: int) -> int:
    """Return what holds *origin* under the name that *layer* has; -1 where nothing does."""
    if origin < 0 or own_name(data.layers[origin], data) != own_name(layer, data):
        return -1
    return data.layers[origin].parent
