"""``PlaceTable``: where each layer stands, for those whose own code must be read."""

from __future__ import annotations

from torch import nn

from summarykit.formulas.source import Site
from summarykit.reading.kinds import Kind


class PlaceTable:
    """The layers of a walk in its order, with parent, path and kind."""

    def __init__(self) -> None:
        self._rows: list[tuple[nn.Module, int, str, Kind]] = []
        self._sites: dict[int, Site] = {}

    def add(self, module: nn.Module, parent: int, path: str, kind: Kind) -> None:
        """Remember the next layer."""
        self._rows.append((module, parent, path, kind))

    def site(self, number: int) -> Site:
        """Return where a layer stands; its ancestors' sites are made with it, none twice."""
        chain = []
        while number >= 0 and number not in self._sites:
            chain.append(number)
            number = self._rows[number][1]
        above = self._sites.get(number)
        for below in reversed(chain):
            above = self._sites[below] = Site(self._rows[below][0], self._name(below), above, self._rows[below][3])
        assert above is not None
        return above

    def _name(self, number: int) -> str:
        _, parent, path, _ = self._rows[number]
        above = self._rows[parent][2] if parent >= 0 else ""
        return path[len(above) + 1 :] if above else path
