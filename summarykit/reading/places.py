"""``PlaceTable``: where each layer stands, for those whose own code must be read."""

from __future__ import annotations

from torch import nn

from summarykit.formulas.source import Site
from summarykit.reading.kinds import Kind


class PlaceTable:
    """The layers of a walk in its order, with parent, path and kind."""

    def __init__(self) -> None:
        #: Module, parent, path and kind of each layer; the walk appends to it.
        self.rows: list[tuple[nn.Module, int, str, Kind]] = []
        self._sites: dict[int, Site] = {}

    def site(self, number: int) -> Site:
        """Return where a layer stands; its ancestors' sites are made with it, none twice."""
        chain = []
        while number >= 0 and number not in self._sites:
            chain.append(number)
            number = self.rows[number][1]
        above = self._sites.get(number)
        for below in reversed(chain):
            above = self._sites[below] = Site(self.rows[below][0], self._name(below), above, self.rows[below][3])
        assert above is not None
        return above

    def _name(self, number: int) -> str:
        _, parent, path, _ = self.rows[number]
        above = self.rows[parent][2] if parent >= 0 else ""
        return path[len(above) + 1 :] if above else path
