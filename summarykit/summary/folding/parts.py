"""What a layer is within its block: ``mlp.down_proj`` of ``model.layers.7.mlp.down_proj``."""

from __future__ import annotations

from collections.abc import Sequence

from summarykit.summary.data import SummaryData
from summarykit.summary.folding.naming import is_number, own_name
from summarykit.summary.folding.tree import FoldedRow, members


def parts(data: SummaryData, rows: Sequence[FoldedRow]) -> list[str]:
    """Return what each layer is called within the innermost numbered block that it is in.

    A name that is only a number tells nothing: ``features.3`` is a part of ``features``. ``block2`` counts as a number
    where it was folded with its neighbours.
    """
    copies = {layer for row, found in zip(rows, members(rows), strict=True) if row.copies > 1 for layer in found}
    found: list[str] = []
    for layer in data.layers:
        name = own_name(layer, data)
        around = found[layer.parent] if layer.parent > 0 else ""
        above = data.layers[layer.parent] if layer.parent > 0 else None
        if is_number(name):
            found.append(around)
        elif above is None or above.id in copies or is_number(own_name(above, data)):
            found.append(name)
        else:
            found.append(f"{around}.{name}" if around else name)
    return found
