"""``ProjectChanges``: what changed in each of the models that a project names."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from summarykit.summary.data import SummaryData
from summarykit.summary.diff.comparison import Comparison


class ModelState(StrEnum):
    """What became of one model."""

    FAILED = "failed"  #: it cannot be built, or its base cannot be read
    CHANGED = "changed"
    NEW = "new"  #: it is named now, and has no base
    REMOVED = "removed"  #: it has a base, and is no longer named
    SAME = "same"


@dataclass(frozen=True)
class ModelChange:
    """One model of a project, before and after."""

    name: str
    comparison: Comparison | None = None  #: None where it failed or was removed
    before: SummaryData | None = None  #: what a removed model was
    error: str = ""  #: why it failed

    @property
    def state(self) -> ModelState:
        """What became of it."""
        if self.error:
            return ModelState.FAILED
        if self.comparison is None:
            return ModelState.REMOVED
        if self.comparison.new:
            return ModelState.NEW
        return ModelState.SAME if self.comparison.same else ModelState.CHANGED

    @property
    def ok(self) -> bool:
        """Whether it was built, keeps its limits, and its changes add up."""
        comparison = self.comparison
        return not self.error and (
            comparison is None or (comparison.checks.ok and all(verdict.ok for verdict in comparison.verdicts))
        )


@dataclass(frozen=True)
class ProjectChanges:
    """All models of a project, before and after."""

    models: tuple[ModelChange, ...]  #: in the order of the project, those that were removed last
    notes: tuple[str, ...] = ()  #: what to know beside them

    @property
    def same(self) -> bool:
        """Whether nothing changed in any, and all could be built."""
        return all(model.state is ModelState.SAME for model in self.models)

    @property
    def ok(self) -> bool:
        """Whether all were built, keep their limits, and their changes add up."""
        return all(model.ok for model in self.models)
