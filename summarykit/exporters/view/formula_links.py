"""Which layers share a row of the Formulas sheet, and which input of a row is the output of another.

Identical layers share a row. A link between two rows must hold for each pair of copies: the copies of ``mlp.2``
each take what the same copy of ``mlp.0`` gives. Where it holds otherwise (the second of two equal layers in
a row takes what the first one gives) the layers get rows of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from summarykit.expression import Expression, Unanswerable, Value, excel_formula, excel_inputs
from summarykit.records import Explanation
from summarykit.summary.chains import chains
from summarykit.summary.data import SummaryData
from summarykit.summary.folding import Folding, LayerGroup

#: A setting of a layer: its id and the name of the input.
Place = tuple[int, str]
#: Room for the few characters that go around a formula, of the 8,192 that Excel takes.
MAX_FORMULA = 8_100
#: With more rows than this, equal layers stay together and what would need rows of their own is not linked.
MOST_ROWS = 1_000


class Arrangement(NamedTuple):
    """The rows of the Formulas sheet, in the order of the model."""

    rows: tuple[LayerGroup, ...]
    links: Mapping[Place, Place]  #: of the first layer of each row, to the first layer of another
    proven: bool  #: every size in the model follows from the layers before it: an exact ``nn.Sequential``


def arrange(data: SummaryData, folding: Folding) -> Arrangement:
    """Return the rows and their links."""
    wanted, first = _wanted(data)
    rows = [group for group in folding.groups if data.layers[group.layers[0]].alias_of < 0]
    kept = rows
    while True:
        links, torn = _parallel(rows, wanted)
        if not torn:
            break
        rows = [part for row in rows for part in (_singles(row, data) if row.layers[0] in torn else (row,))]
        if len(rows) > MOST_ROWS + len(kept):
            rows = kept
            links, _ = _parallel(rows, wanted)
            break
    aliases = [group for group in folding.groups if data.layers[group.layers[0]].alias_of >= 0]
    ordered = tuple(sorted([*rows, *aliases], key=lambda row: row.layers[0]))
    return Arrangement(ordered, links, _proven(data, rows, links, first))


@lru_cache(maxsize=4096)
def _cells_of(formula: Expression, bindings: tuple[tuple[str, Value], ...]) -> tuple[str, ...] | None:
    held = dict(bindings)
    try:
        names = excel_inputs(formula.tree, held)
        text = excel_formula(formula.tree, held, dict.fromkeys(names, "{this:in00}"))
    except (Unanswerable, KeyError):
        return None
    return names if len(text) < MAX_FORMULA else None


def is_live(why: Explanation) -> bool:
    """Return whether a spreadsheet can work the formula out."""
    return why.formula is not None and why.value is not None and _cells_of(why.formula, why.bindings) is not None


def inputs_of(why: Explanation) -> tuple[str, ...]:
    """Return the inputs of a live formula, none where there is no such."""
    if why.formula is None or why.value is None:
        return ()
    return _cells_of(why.formula, why.bindings) or ()


def _wanted(data: SummaryData) -> tuple[dict[Place, Place], int]:
    """Return each proven link, and the layer that takes the input of the whole model, -1 where that is not proven."""
    inputs = [inputs_of(why) for why in data.records.explanations]
    found: dict[Place, Place] = {}
    first = -1
    for chain in chains(data):
        if chain.root == 0:
            first = chain.first
        for link in chain.links:
            layer, source = data.layers[link.layer], data.layers[link.source]
            if source.alias_of >= 0:
                source = data.layers[source.alias_of]
            if layer.alias_of >= 0 or layer.id == source.id:
                continue
            if link.takes in inputs[layer.explanation] and link.gives in inputs[source.explanation]:
                found.setdefault((layer.id, link.takes), (source.id, link.gives))
    return found, first


def _parallel(rows: Sequence[LayerGroup], wanted: Mapping[Place, Place]) -> tuple[dict[Place, Place], set[int]]:
    """Return the links that hold copy by copy, and the first layers of the rows that stand in the way of others."""
    where = {layer: (row, copy) for row in rows for copy, layer in enumerate(row.layers)}
    takes: dict[int, set[str]] = {}
    for layer, name in wanted:
        takes.setdefault(where[layer][0].layers[0], set()).add(name)
    links: dict[Place, Place] = {}
    torn: set[int] = set()
    for row in rows:
        for name in sorted(takes.get(row.layers[0], ())):
            sources = [wanted.get((layer, name)) for layer in row.layers]
            held = [source for source in sources if source is not None]
            beside = {where[source][0].layers for source, _ in held}
            gives = {given for _, given in held}
            aligned = [where[source][1] for source, _ in held] == list(range(len(row.layers)))
            if len(beside) == len(gives) == 1 and aligned and len(*beside) == len(row.layers):
                links[row.layers[0], name] = held[0]
            else:
                torn.update(layers[0] for layers in (row.layers, *beside) if len(layers) > 1)
    return links, torn


def _singles(row: LayerGroup, data: SummaryData) -> tuple[LayerGroup, ...]:
    return tuple(LayerGroup(data.layers[layer].path, (layer,)) for layer in row.layers)


def _proven(data: SummaryData, rows: Sequence[LayerGroup], links: Mapping[Place, Place], first: int) -> bool:
    """Return whether every layer's input is that of the model or linked, so that no change can leave one behind."""
    if first < 0:
        return False
    for row in rows:
        why = data.explanation(data.layers[row.layers[0]])
        if why is None or why.takes is None:
            return False
        if first not in row.layers and (row.layers[0], why.takes) not in links:
            return False
    return True
