"""``PlaceTable``: where each layer stands, for those whose own code must be read."""

from __future__ import annotations

from torch import nn

from summarykit.formulas.source import ModuleContext
from summarykit.reading.layer_kinds import Kind


class PlaceTable:
    """The layers of a walk in its order: module, parent, path and kind, a column each; it appends to them."""

    def __init__(self) -> None:
        self.modules: list[nn.Module] = []
        self.parents: list[int] = []
        self.paths: list[str] = []
        self.kinds: list[Kind] = []
        self._sites: dict[int, ModuleContext] = {}

    def site(self, number: int) -> ModuleContext:
        """Return where a layer stands; its ancestors' sites are made with it, none twice."""
        chain = []
        while number >= 0 and number not in self._sites:
            chain.append(number)
            number = self.parents[number]
        above = self._sites.get(number)
        for below in reversed(chain):
            above = self._sites[below] = ModuleContext(self.modules[below], self._name(below), above, self.kinds[below])
        assert above is not None
        return above

    def _name(self, number: int) -> str:
        parent, path = self.parents[number], self.paths[number]
        above = self.paths[parent] if parent >= 0 else ""
        return path[len(above) + 1 :] if above else path
