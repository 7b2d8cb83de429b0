"""``judge()``: whether a model keeps a limit, and if not, which layers make it so."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from summarykit.errors import BudgetError
from summarykit.summary.budget.limits import Limit, Quantity
from summarykit.summary.data import SummaryData
from summarykit.summary.diff import Comparison
from summarykit.summary.folding import Folding, as_grids
from summarykit.summary.lock import LockChange
from summarykit.summary.patterns import fits_anything, near_misses
from summarykit.summary.selection import Selection, choose

#: So many layers are named of those that break a limit.
_MOST_CONTRIBUTORS = 3


class Outcome(StrEnum):
    """How a limit and a model stand to each other."""

    WITHIN = "within"
    OVER = "over"
    UNKNOWN = "unknown"  #: the amount is not known, and so the limit is not kept for certain
    NO_BASE = "no base"  #: it limits an increase, and there is nothing to hold the model against


class Contributor(NamedTuple):
    """Layers of one kind at the same place of repeated blocks that make an amount what it is."""

    path: str  #: ``"layer4.0–2.conv2"``
    layer: int  #: id of the first of them
    times: int
    amount: int  #: of all of them; how much it grew where there is a base
    grew: bool


class Verdict(NamedTuple):
    """One limit held against one model."""

    limit: Limit
    outcome: Outcome
    found: int | None  #: how much there is; None where that is not known
    before: int | None  #: in the base; None without one, and where it is not known
    most: int | None  #: how much there may be; None where the base does not tell
    reason: str  #: why it is not known, in words
    largest: tuple[Contributor, ...]  #: who makes it so, for a limit that is not kept

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong; a limit on an increase from nothing is none."""
        return self.outcome in {Outcome.WITHIN, Outcome.NO_BASE}


class ModelCheck(NamedTuple):
    """One model held against its limits and its lock."""

    name: str
    data: SummaryData
    base: SummaryData | None  #: what increases are counted from
    new: bool  #: bases were given, and this model has none
    verdicts: tuple[Verdict, ...]
    lock: LockChange | None  #: None where the lock was not asked for

    @property
    def ok(self) -> bool:
        """Whether every limit is kept and the lock, where it was asked for, fits."""
        return all(verdict.ok for verdict in self.verdicts) and (self.lock is None or self.lock.same)


def judge(limit: Limit, data: SummaryData, base: SummaryData | None = None) -> Verdict:
    """Return whether the model of *data* keeps *limit*; an increase is counted from *base*.

    Raises:
        BudgetError: The pattern of the limit fits nothing in the model.

    """
    if limit.pattern is not None and not fits_anything(data, limit.pattern):
        near = near_misses(data, limit.pattern)
        hint = f"did you mean {' or '.join(map(repr, near))}?" if near else "a pattern fits whole paths, or classes"
        raise BudgetError(f"{limit.key}: no layer fits {limit.pattern!r}", hint=hint)
    actual, reason = amount(limit, data)
    before, why = amount(limit, base) if base else (None, "")
    if limit.increase and base is None:
        return Verdict(limit, Outcome.NO_BASE, actual, None, None, "", ())
    if limit.increase and why:
        return Verdict(limit, Outcome.UNKNOWN, actual, None, None, f"of the base: {why}", ())
    most = math.floor(_most(limit, before or 0))
    outcome = Outcome.UNKNOWN if reason else Outcome.WITHIN
    if actual is not None and actual > most:  # what is known of it is too much already
        outcome = Outcome.OVER
    if outcome is not Outcome.OVER:
        return Verdict(limit, outcome, None if reason else actual, before, most, reason, ())
    newly_over = base is not None and before is not None and before <= most
    grew = _largest(_growth(limit, Comparison(base, data)) if base and newly_over else ())
    return Verdict(limit, outcome, actual, before, most, reason, grew or _largest(_parts(limit, data)))


def _most(limit: Limit, before: int) -> Fraction:
    """Return how much there may be."""
    if not limit.increase:
        return limit.most
    return before + (before * limit.most if limit.share else limit.most)


def amount(limit: Limit, data: SummaryData) -> tuple[int | None, str]:
    """Return how much of the limited quantity there is at least, and why it may be more, in words.

    Each tensor counts once, at the layer where it comes first.
    """
    totals = data.totals
    if limit.quantity is Quantity.MACS and totals.macs is None:
        error = data.trace.error
        return None, f"the forward fails: {error}" if error else "no forward was watched; say what the model is given"
    if limit.quantity is Quantity.ACTIVE:
        return totals.active_parameters, data.experts.reason
    reason = ""
    if limit.quantity is not Quantity.MACS and (unknown := _unknown(limit, data)):
        reason = f"{unknown} parameters have no size until the first input"
    if limit.pattern is None:
        return getattr(totals, limit.quantity), reason
    selection = _selection(limit, data)
    return sum(value for value, inside in zip(_values(limit, data), selection, strict=True) if inside), reason


def _unknown(limit: Limit, data: SummaryData) -> int:
    """Return how many of the limited parameters have no size yet."""
    if not data.totals.unknown:
        return 0
    selection = _selection(limit, data)
    return sum(
        tensor.facts.numel is None
        and tensor.facts.kind == "parameter"
        and tensor.owner == at
        and selection[tensor.layer]
        for at, tensor in enumerate(data.tensors)
    )


def _selection(limit: Limit, data: SummaryData) -> Sequence[bool]:
    """Return for each layer whether the limit speaks of it."""
    if limit.pattern is None:
        return [True] * len(data.layers)
    return choose(data, Selection(only=(limit.pattern,))).matches


def _values(limit: Limit, data: SummaryData) -> Sequence[int]:
    """Return how much of the quantity each layer has of itself."""
    if limit.quantity is Quantity.MACS:
        return [flow.macs for flow in data.flows]
    name = {Quantity.TRAINABLE: "trainable", Quantity.BYTES: "bytes"}.get(limit.quantity, "adds")
    values: list[int] = getattr(data.columns, name)
    return values


def _parts(limit: Limit, data: SummaryData) -> Iterator[Contributor]:
    """Yield what the amount consists of; experts as what one token uses of them."""
    if limit.quantity is Quantity.ACTIVE and data.experts.routed:
        yield from _active(data)
        return
    selection, values = _selection(limit, data), _values(limit, data)
    for group in Folding(data, apart=[int(inside) for inside in selection]).working_groups:
        if selection[group.layers[0]]:
            yield Contributor(
                group.path, group.layers[0], len(group.layers), sum(values[layer] for layer in group.layers), grew=False
            )


def _active(data: SummaryData) -> Iterator[Contributor]:
    """Yield what one token uses: of experts its share, of all else the whole."""
    inside = [False] * len(data.layers)
    for experts in data.experts.routed:
        uses = {layer: parameters // experts.experts * experts.per_token for layer, parameters in experts.held}
        for group in as_grids(list(uses), data):
            amount = sum(uses[layer] for layer in group.layers)
            yield Contributor(group.path, group.layers[0], len(group.layers), amount, grew=False)
        for at in uses:
            inside[at] = True
    for layer in data.layers:
        inside[layer.id] = inside[layer.id] or (layer.parent >= 0 and inside[layer.parent])
    for group in Folding(data, apart=[int(within) for within in inside]).working_groups:
        if not inside[group.layers[0]]:
            amount = sum(data.columns.adds[layer] for layer in group.layers)
            yield Contributor(group.path, group.layers[0], len(group.layers), amount, grew=False)


def _growth(limit: Limit, comparison: Comparison) -> Iterator[Contributor]:
    """Yield what grew since the base."""
    selection = _selection(limit, comparison.after)
    name = Quantity.PARAMETERS if limit.quantity is Quantity.ACTIVE else limit.quantity
    for group in comparison.groups:
        changes = [change for change in group.changes if change.after >= 0 and selection[change.after]]
        if changes:
            yield Contributor(
                group.path, changes[0].after, len(changes), sum(getattr(c.change, name) for c in changes), grew=True
            )


def _largest(contributors: Iterator[Contributor] | tuple[()]) -> tuple[Contributor, ...]:
    """Return the largest of them; ties keep the order of the model."""
    return tuple(
        sorted((part for part in contributors if part.amount > 0), key=lambda part: -part.amount)[:_MOST_CONTRIBUTORS]
    )
