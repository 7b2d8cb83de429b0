"""Identical repeats once, with their number: in the tree, and in a flat list of layers.

Only siblings whose names count up fold (``layers.0`` … ``layers.31``, ``block1`` … ``block4``): any other name means
something. Two copies are identical when type, tensors, explanation and everything inside are; where a copy borrows
numbers, it does so at the same place: the very same one, or the one beside it in its own copy. Blocks need not stand
side by side, ``layers.0–2,4–6``; layers with nothing inside do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from summarykit.summary.data import SummaryData
from summarykit.summary.folding.flat import LayerGroup, as_grids, fold_flat
from summarykit.summary.folding.kinds import own_kinds, separate_kinds, structures
from summarykit.summary.folding.naming import is_number, own_name
from summarykit.summary.folding.shared_tensors import borrowed_from, borrowed_whole, seen_from
from summarykit.summary.folding.tree import FoldedRow, fold_tree, members

__all__ = [
    "FoldedRow",
    "Folding",
    "LayerGroup",
    "as_grids",
    "borrowed_from",
    "borrowed_whole",
    "is_number",
    "members",
    "own_name",
    "seen_from",
]


@dataclass(frozen=True)
class Folding:
    """The folded forms of one summary; where *fold* is False every layer stands alone."""

    data: SummaryData
    fold: bool = True
    apart: Sequence[int] = field(default=(), repr=False)  #: layers with other numbers never stand in one row

    @cached_property
    def _kinds(self) -> Sequence[int]:
        """Of each layer in itself."""
        return separate_kinds(own_kinds(self.data), self.apart) if self.fold else range(len(self.data.layers))

    @cached_property
    def _working_kinds(self) -> Sequence[int]:
        """Of each layer and what flows through it; what holds parameters where does not depend on a run."""
        if not (self.data.flows and self.fold):
            return self._kinds
        return separate_kinds(own_kinds(self.data, with_flows=True), self.apart)

    @cached_property
    def structures(self) -> Sequence[int]:
        """A number for each layer, equal for layers that are identical inside and out, in a run too."""
        return structures(self.data, self._working_kinds)

    @cached_property
    def rows(self) -> tuple[FoldedRow, ...]:
        """The tree in pre-order, repeats folded."""
        return fold_tree(self.data, self.structures)

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
