"""Which layers share a row of the Formulas sheet, and which input of a row is the output of another.

Identical layers share a row. A link between two rows must hold for every copy: the input size of each ``mlp.2`` is
the output size of an ``mlp.0``. A row is split if the link holds for some copies only, or if one copy follows another
(the input of the second of two equal layers is the output of the first).
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import NamedTuple

from summarykit.exporters.excel.cells.live_cells import inputs_of
from summarykit.summary.chains import Link, chains, traced_links
from summarykit.summary.data import SummaryData
from summarykit.summary.folding import Folding, LayerGroup, as_grids

#: A setting of a layer: its id and the name of the input.
Place = tuple[int, str]
#: With more rows than this, equal layers share rows, and links that would split them are dropped.
MOST_ROWS = 1_000
#: The same limit for work: along a long chain one row is split off at a time, and each split visits every layer.
MOST_LOOKS = 250_000


class Arrangement(NamedTuple):
    """The rows of the Formulas sheet, in the order of the model."""

    rows: tuple[LayerGroup, ...]
    links: Mapping[Place, Place]  #: of the first layer of each row, to the first layer of another
    proven: bool  #: every size in the model follows from the layers before it: an exact ``nn.Sequential``


def arrange(data: SummaryData, folding: Folding) -> Arrangement:
    """Return the rows and their links."""
    candidates, sequential, first = _candidates(data)
    groups = folding.groups
    unsplit_rows = rows = [group for group in groups if data.layers[group.layers[0]].alias_of < 0]
    looks, each = 0, sum(len(row.layers) for row in unsplit_rows)
    while (parts := _split_rows(rows, candidates, data)) != rows:
        rows, looks = parts, looks + each
        if len(rows) > MOST_ROWS + len(unsplit_rows) or looks > MOST_LOOKS:
            rows = unsplit_rows
            break
    links = _links(rows, candidates)
    aliases = [group for group in groups if data.layers[group.layers[0]].alias_of >= 0]
    in_order = tuple(sorted([*rows, *aliases], key=lambda row: row.layers[0]))
    return Arrangement(in_order, links, _proven(data, rows, links.keys() & sequential, first))


class _Origin(NamedTuple):
    """The source of the input of one copy."""

    takes: str
    gives: str
    row: int
    steps: int  #: how many copies of its own row lie between


class _Candidates(NamedTuple):
    """Links between layers, before layers are grouped into rows."""

    links: Mapping[Place, Place]
    sequential: frozenset[Place]  #: those that the order of an ``nn.Sequential`` proves
    first: int  #: the layer that takes the input of the whole model, -1 where that is not proven


def _candidates(data: SummaryData) -> _Candidates:
    """Return each proven link."""
    inputs = [inputs_of(why) for why in data.records.explanations]
    candidates: dict[Place, Place] = {}

    def add(links: Iterable[Link]) -> None:
        for link in links:
            layer, source = data.layers[link.layer], data.layers[link.source]
            if source.alias_of >= 0:
                source = data.layers[source.alias_of]
            if layer.alias_of >= 0 or layer.id == source.id:
                continue
            if link.takes in inputs[layer.explanation] and link.gives in inputs[source.explanation]:
                candidates.setdefault((layer.id, link.takes), (source.id, link.gives))

    first = -1
    for chain in chains(data):
        add(chain.links)
        first = chain.first if chain.root == 0 else first
    sequential = frozenset(candidates)
    add(traced_links(data))
    return _Candidates(candidates, sequential, first)


def _origins(rows: Sequence[LayerGroup], candidates: Mapping[Place, Place]) -> list[list[_Origin | None]]:
    """Return for each copy in each row which row, and which of its settings, its input follows; None for no link."""
    row_of = {layer: number for number, row in enumerate(rows) for layer in row.layers}
    takes = {layer: (name, *source) for (layer, name), source in candidates.items()}
    origins: dict[int, _Origin | None] = {}
    for layer in row_of:
        chain = [layer]  # of copies in one row that follow each other
        while chain[-1] not in origins and chain[-1] in takes and row_of[takes[chain[-1]][1]] == row_of[layer]:
            chain.append(takes[chain[-1]][1])
        for copy in reversed(chain):
            if copy not in origins:
                origins[copy] = _origin(copy, row_of, takes, origins)
    return [[origins[layer] for layer in row.layers] for row in rows]


def _origin(
    layer: int,
    row_of: Mapping[int, int],
    takes: Mapping[int, tuple[str, int, str]],
    origins: Mapping[int, _Origin | None],
) -> _Origin | None:
    """Return what one copy follows; of a copy of its own row that it follows it is *origins* already."""
    if layer not in takes:
        return None
    name, source, gives = takes[layer]
    if row_of[source] != row_of[layer]:
        return _Origin(name, gives, row_of[source], 0)
    before = origins[source]
    return before._replace(steps=before.steps + 1) if before else _Origin(name, gives, row_of[layer], 1)


def _split_rows(rows: list[LayerGroup], candidates: Mapping[Place, Place], data: SummaryData) -> list[LayerGroup]:
    """Return the rows, those in parts whose copies follow different rows or each other."""
    result: list[LayerGroup] = []
    for row, origins in zip(rows, _origins(rows, candidates), strict=True):
        parts: dict[_Origin | None, list[int]] = {}
        for layer, origin in zip(row.layers, origins, strict=True):
            parts.setdefault(origin, []).append(layer)
        if len(parts) == 1:
            result.append(row)
        else:
            result += [part for layers in parts.values() for part in as_grids(layers, data)]
    return result


def _links(rows: list[LayerGroup], candidates: Mapping[Place, Place]) -> dict[Place, Place]:
    """Return the links that hold for all copies of a row; no circle of them can be, since there is none of layers."""
    links: dict[Place, Place] = {}
    firsts = [row.layers[0] for row in rows]
    for row, origins in zip(rows, _origins(rows, candidates), strict=True):
        origin = origins[0]
        if origin is not None and len(set(origins)) == 1 and not origin.steps:
            links[row.layers[0], origin.takes] = (firsts[origin.row], origin.gives)
    return links


def _proven(data: SummaryData, rows: Sequence[LayerGroup], links: Container[Place], first: int) -> bool:
    """Return whether every layer's input is that of the model or linked, so that no change can leave one behind.

    A run's links do not prove that: what operators do with a layer's result is not among them, such as a sum.
    """
    if first < 0:
        return False
    for row in rows:
        why = data.explanation(data.layers[row.layers[0]])
        if why is None or why.takes is None:
            return False
        if first not in row.layers and (row.layers[0], why.takes) not in links:
            return False
    return True
