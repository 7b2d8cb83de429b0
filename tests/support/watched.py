"""How tests watch a run: a model and its inputs in, its record and paths out."""

from typing import NamedTuple

from torch import nn

from summarykit.reading import trace
from summarykit.runs import CallRecord, RunRecord
from support import oracle


class Watched(NamedTuple):
    """A record, and the path of every layer."""

    record: RunRecord
    paths: list[str]

    @property
    def calls(self) -> dict[str, CallRecord]:
        """The last call of each layer, by path."""
        return {self.paths[call.layer]: call for call in self.record.calls if call.layer >= 0}

    @property
    def order(self) -> list[str]:
        return [self.paths[call.layer] for call in self.record.calls if call.layer >= 0]

    @property
    def uncalled(self) -> dict[str, str]:
        return {self.paths[one.layer]: one.status for one in self.record.uncalled}

    @property
    def failed_at(self) -> str | None:
        return None if self.record.failed_at < 0 else self.paths[self.record.failed_at]

    @property
    def macs(self) -> int:
        return self.record.calls[0].macs_total


def watch(model: nn.Module, *args: object, how: str = "fake", seconds: float = 60, **kwargs: object) -> Watched:
    """Watch a run of *model*, its layers numbered in the order of ``modules()``."""
    numbers: dict[int, int] = {}
    paths = []
    for path, module in oracle.places(model):
        if id(module) not in numbers:
            numbers[id(module)] = len(paths)
            paths.append(path)
    return Watched(trace.run(model, args, kwargs, layer_numbers=numbers, how=how, seconds=seconds), paths)
