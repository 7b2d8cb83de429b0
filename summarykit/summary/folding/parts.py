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
    copies = {layer for row, names in zip(rows, members(rows), strict=True) if row.copies > 1 for layer in names}
    names: list[str] = []
    for layer in data.layers:
        name = own_name(layer, data)
        around = names[layer.parent] if layer.parent > 0 else ""
        above = data.layers[layer.parent] if layer.parent > 0 else None
        if is_number(name):
            names.append(around)
        elif above is None or above.id in copies or is_number(own_name(above, data)):
            names.append(name)
        else:
            names.append(f"{around}.{name}" if around else name)
    return names
