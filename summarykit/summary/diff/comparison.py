"""``Comparison``: two models, which layer is which, what changed, and whether it adds up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from summarykit._util.gc_pause import gc_paused
from summarykit.summary.checks import Check
from summarykit.summary.data import SummaryData, Totals
from summarykit.summary.diff.changes import Amounts, Change, SettingChange, State, all_changes, changed_settings
from summarykit.summary.diff.checkpoint import Checkpoint, make_checkpoint
from summarykit.summary.diff.grouping import ChangeGroup, change_groups
from summarykit.summary.diff.matching import Matching, match
from summarykit.summary.diff.subtrees import ChangeWithParts, group_subtrees

if TYPE_CHECKING:
    from summarykit.summary.budget import Verdict


class ComparisonChecks(NamedTuple):
    """What makes a comparison believable. ``ok`` is False when one check fails."""

    ok: bool
    list: tuple[Check, ...]


class Reason(NamedTuple):
    """A setting that changed in the same way on one or more layers."""

    setting: SettingChange
    layers: tuple[int, ...]  #: ids in the model after


@dataclass(frozen=True)
class Comparison:
    """What changed from one model to another; made on first use, from the records of both alone."""

    before: SummaryData
    after: SummaryData
    verdicts: tuple[Verdict, ...] = ()  #: whether the model after keeps its limits, where it has any
    new: bool = False  #: there was no such model: before is one that holds nothing
    base_note: str = ""  #: what a reader has to know of the model before

    @cached_property
    def matching(self) -> Matching:
        """Which layer is which."""
        return match(self.before, self.after)

    @property
    def with_macs(self) -> bool:
        """Whether both were watched to the end, so that multiply-adds can be compared."""
        return self.before.macs is not None and self.after.macs is not None

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """Every layer that is not as it was."""
        with gc_paused():
            return all_changes(self.matching, with_macs=self.with_macs)

    @cached_property
    def groups(self) -> tuple[ChangeGroup, ...]:
        """The changes, one by one, alike ones of repeated blocks together."""
        return change_groups(self.matching, self.one_by_one)

    @cached_property
    def told(self) -> tuple[ChangeGroup, ...]:
        """The changes as they are told: a part that changed as a whole once, and alike ones together."""
        with gc_paused():
            return change_groups(self.matching, tuple(group_subtrees(self.matching, self.changes)))

    @property
    def one_by_one(self) -> tuple[ChangeWithParts, ...]:
        """Every change for itself."""
        return tuple(ChangeWithParts(change, (change,)) for change in self.changes)

    @cached_property
    def totals(self) -> Totals:
        """By how much each total changed; multiply-adds only where both models were watched."""
        pairs = zip(self.after.totals, self.before.totals, strict=True)
        return Totals._make(None if one is None or other is None else one - other for one, other in pairs)

    @cached_property
    def change(self) -> Amounts:
        """The difference of the totals."""
        totals = self.totals
        return Amounts(totals.parameters, totals.trainable, totals.bytes, totals.buffers, totals.macs or 0)

    @cached_property
    def config(self) -> tuple[SettingChange, ...]:
        """What changed in the model's own config."""
        return changed_settings(self.before.records.config, self.after.records.config)

    @cached_property
    def reasons(self) -> tuple[Reason, ...]:
        """The settings that changed, those that move most parameters first, then in the order of the model."""
        by_setting: dict[SettingChange, list[Change]] = {}
        for change in self.changes:
            for setting in change.settings:
                by_setting.setdefault(setting, []).append(change)
        weights = {setting: sum(abs(c.change.parameters) for c in changes) for setting, changes in by_setting.items()}
        settings = sorted(by_setting, key=lambda setting: -weights[setting])
        return tuple(Reason(setting, tuple(change.after for change in by_setting[setting])) for setting in settings)

    @cached_property
    def checkpoint(self) -> Checkpoint:
        """Whether checkpoints of the model before load into the model after."""
        with gc_paused():
            return make_checkpoint(self.matching)

    @property
    def same(self) -> bool:
        """Whether nothing differs that a summary tells of, names of saved tensors included."""
        return not self.changes and not self.config and not self.checkpoint.missing

    @cached_property
    def changed(self) -> int:
        """Layers that are new, removed or not as they were; not those that only multiply otherwise."""
        return sum(change.states != (State.COMPUTE,) for change in self.changes)

    @cached_property
    def unchanged(self) -> int:
        """Layers with parameters that are as they were."""
        changed_ids = {c.after for c in self.changes if c.states != (State.COMPUTE,)}
        return sum(
            layer.explanation >= 0 and layer.alias_of < 0 and layer.id not in changed_ids for layer in self.after.layers
        )

    @cached_property
    def unrelated(self) -> bool:
        """Whether both have layers inside, and none in common: two models that share a name at most."""
        any_match = any(other >= 0 for other in self.matching.to_after[1:])
        return not any_match and min(len(self.before.layers), len(self.after.layers)) > 1

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """What to know beside the changes."""
        return (*([self.base_note] if self.base_note else []), *_notes(self))

    @cached_property
    def checks(self) -> ComparisonChecks:
        """Whether the changes add up to the difference of the totals, and every layer is told of."""
        changes = self.changes
        sums = Amounts(*map(sum, zip(*(change.change for change in changes), strict=True))) if changes else None
        results = [
            _equal(name, f"The changes of {words} add up to the difference of the totals", one, other)
            for name, words, one, other in zip(
                Amounts._fields, _WORDS, sums or (0,) * len(_WORDS), self.change, strict=True
            )
            if name != "macs" or self.with_macs
        ]
        results += [self._every_layer()]
        results += [
            check._replace(slug=f"{side}-{check.slug}", claim=f"{check.claim} ({side})")
            for side, data in (("before", self.before), ("after", self.after))
            for check in data.checks.list
            if not check.ok
        ]
        return ComparisonChecks(all(check.ok for check in results), tuple(results))

    def _every_layer(self) -> Check:
        """Check that every layer of either model is matched once, new or removed."""
        to_after = self.matching.to_after
        match_count = sum(other >= 0 for other in to_after)
        pairs = {(change.before, change.after) for change in self.changes}
        alone = [pair for pair in pairs if min(pair) < 0 or to_after[pair[0]] != pair[1]]
        count = 2 * match_count + sum((one >= 0) + (other >= 0) for one, other in alone)
        every = len(self.before.layers) + len(self.after.layers)
        return _equal("layers", "Every layer of both is matched once, new or removed", count, every)


_WORDS = ("parameters", "parameters that learn", "bytes", "buffers", "multiply-adds")


def _equal(slug: str, claim: str, found: int, expected: int, problems: Sequence[str] = ()) -> Check:
    return Check(slug, found == expected, claim, found, expected, tuple(problems))


def _notes(comparison: Comparison) -> list[str]:
    before, after = comparison.before, comparison.after
    if comparison.new:
        return []
    notes = []
    kinds = [data.records.types[data.layers[0].type] for data in (before, after)]
    if kinds[0].name != kinds[1].name:
        notes.append(f"before is a {kinds[0].name}, after is a {kinds[1].name}")
    if comparison.unrelated:
        notes.append("the two have no layer in common: they are different models")
    if before.records.torch != after.records.torch and before.records.torch and after.records.torch:
        notes.append(f"read with torch {before.records.torch} before, torch {after.records.torch} after")
    if (before.macs is None) != (after.macs is None):
        notes.append(f"only the model {'before' if after.macs is None else 'after'} was watched: no multiply-adds")
    if comparison.with_macs and before.run.inputs != after.run.inputs:
        notes.append("the two were given different inputs: multiply-adds differ for that reason too")
    return notes
