"""Whether a checkpoint of one model loads into another, as ``load_state_dict`` would answer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from summarykit.expression import Value
from summarykit.records import Shape, TensorFacts
from summarykit.summary.data import SummaryData
from summarykit.summary.diff.keys import same_reader_facts
from summarykit.summary.diff.matching import Matching
from summarykit.summary.diff.state_dict import Names, saved_shape, state_names

_COUNTER = "num_batches_tracked"
_TRACKS = "track_running_stats"


class ShapeChange(NamedTuple):
    """A name of both whose shape differs; None for a size that is not known until the first input."""

    name: str
    before: Shape | None
    after: Shape | None


class DtypeChange(NamedTuple):
    """A name of both whose number format differs: the values are converted when they are loaded."""

    name: str
    before: str
    after: str


class Checkpoint(NamedTuple):
    """What becomes of a checkpoint of the model before that is loaded into the model after."""

    loads: bool | None  #: ``load_state_dict(strict=True)`` raises nothing; None where that is not known
    loads_loosely: bool | None  #: ``strict=False`` raises nothing
    names: int  #: names that a checkpoint has
    reshaped: tuple[ShapeChange, ...]
    missing: tuple[str, ...]  #: the model asks for them, the checkpoint has them not
    unexpected: tuple[str, ...]  #: the checkpoint has them, the model knows nothing of them
    untouched: int  #: numbers that keep their initial values where it is loaded with ``strict=False``
    renamed: tuple[tuple[str, str], ...]  #: names of one tensor, saved and asked for
    converted: tuple[DtypeChange, ...]
    misplaced: tuple[str, ...]  #: names that load without error, into another layer than they come from
    merged: tuple[str, ...]  #: names of different saved tensors that load into one: the last one wins
    reason: str  #: why it is not known

    @property
    def silently_wrong(self) -> bool:
        """Whether ``strict=False`` raises nothing and leaves the model other than the checkpoint."""
        return bool(self.loads_loosely) and bool(self.missing or self.unexpected or self.misplaced or self.merged)


def make_checkpoint(matching: Matching) -> Checkpoint:
    """Return whether checkpoints of the model before load into the model after.

    Follows ``torch.nn.Module.load_state_dict`` and ``_load_from_state_dict``: names must be equal, and shapes, but
    for a model that is still lazy, which takes any, and a single number, which takes a list of one.
    """
    before, after = matching.before.data, matching.after.data
    have = state_names(before)
    want = have if same_reader_facts(before, after) else state_names(after)
    reason = have.reason or want.reason
    if reason:
        return Checkpoint(None, None, 0, (), (), (), 0, (), (), (), (), reason)
    old = {name: before.tensors[entry.tensor].facts for name, entry in have.entries.items()}
    new = {name: after.tensors[entry.tensor].facts for name, entry in want.entries.items()}
    missing = tuple(name for name in new if name not in old and not _fills_in(before, after, have, want, name))
    unexpected_names = tuple(name for name in old if name not in new or want.entries[name].has_dot)
    both = [name for name in new if name in old]
    unfit = [name for name in both if not fits(old[name], new[name])]
    shape_changes = tuple(ShapeChange(name, saved_shape(old[name]), saved_shape(new[name])) for name in unfit)
    dtype_changes = tuple(
        DtypeChange(name, old[name].dtype, new[name].dtype) for name in both if old[name].dtype != new[name].dtype
    )
    return Checkpoint(
        loads=not (missing or unexpected_names or shape_changes),
        loads_loosely=not shape_changes,
        names=len(old),
        reshaped=shape_changes,
        missing=missing,
        unexpected=unexpected_names,
        untouched=_count_untouched(after, want, set(both)),
        renamed=_find_renames(matching, have, want, unexpected_names),
        converted=dtype_changes,
        misplaced=tuple(name for name in both if _elsewhere(matching, have, want, name)),
        merged=_find_merges(before, after, have, want, both),
        reason="",
    )


def fits(source: TensorFacts, target: TensorFacts) -> bool:
    """Return whether a saved tensor can be copied into the one that a model holds."""
    shape, target_shape = saved_shape(source), saved_shape(target)
    if target_shape is None:
        return True
    if shape is None:
        return False
    return shape == target_shape or (not target_shape and shape == (1,))


def _fills_in(before: SummaryData, after: SummaryData, have: Names, want: Names, name: str) -> bool:
    """Return whether PyTorch fills in what a checkpoint lacks: the counter that norms did not have at first.

    As ``torch.nn.modules.batchnorm._NormBase`` does where no norm was saved at its place.
    """
    prefix = name.removesuffix(_COUNTER)
    if prefix == name or prefix not in want.places:
        return False
    tracks = _setting(after, want.places[prefix], _TRACKS)
    source = have.places.get(prefix)
    return tracks is True and (source is None or _setting(before, source, _TRACKS) is None)


def _setting(data: SummaryData, layer: int, name: str) -> Value:
    return dict(data.records.settings[data.layers[layer].settings]).get(name)


def _count_untouched(data: SummaryData, want: Names, names: set[str]) -> int:
    """Return the numbers that nothing is loaded into, by none of their names."""
    owners = {data.tensors[entry.tensor].owner for entry in want.entries.values()}
    owners -= {data.tensors[want.entries[name].tensor].owner for name in names}
    return sum(data.tensors[owner].facts.numel or 0 for owner in owners)


def _find_renames(
    matching: Matching, have: Names, want: Names, unexpected_names: tuple[str, ...]
) -> tuple[tuple[str, str], ...]:
    """Return old and new names of tensors of matched layers, where the tensor would fit."""
    before, after = matching.before.data, matching.after.data
    new: dict[tuple[int, str], str] = {}
    for name, entry in want.entries.items():
        tensor = after.tensors[entry.tensor]
        if name not in have.entries:
            new.setdefault((tensor.layer, tensor.name), name)
    pairs = []
    for name in unexpected_names:
        tensor = before.tensors[have.entries[name].tensor]
        layer = matching.to_after[tensor.layer]
        other = new.pop((layer, tensor.name), None) if layer not in matching.successors else None
        if other is not None and fits(tensor.facts, after.tensors[want.entries[other].tensor].facts):
            pairs.append((name, other))
    return tuple(pairs)


def _elsewhere(matching: Matching, have: Names, want: Names, name: str) -> bool:
    """Return whether what is saved under *name* belongs to another layer than the one that asks for it."""
    before, after = matching.before.data, matching.after.data
    one, other = before.tensors[have.entries[name].tensor], after.tensors[want.entries[name].tensor]
    if one.owner != have.entries[name].tensor or not fits(one.facts, other.facts):
        return False
    went = _itself(after, matching.to_after[one.layer])
    came = _itself(before, matching.to_before[other.layer])
    return (went, came) != (-1, -1) and went != other.layer and came != one.layer


def _itself(data: SummaryData, layer: int) -> int:
    """Return the first place of a module, by any of its places."""
    return data.layers[layer].alias_of if layer >= 0 and data.layers[layer].alias_of >= 0 else layer


def _find_merges(
    before: SummaryData, after: SummaryData, have: Names, want: Names, names: Iterable[str]
) -> tuple[str, ...]:
    """Return the names of tensors that were different ones when saved, and are one in the model after."""
    into: dict[int, dict[str, int]] = {}
    for name in names:
        owner = after.tensors[want.entries[name].tensor].owner
        into.setdefault(owner, {})[name] = before.tensors[have.entries[name].tensor].owner
    return tuple(name for sources in into.values() if len(set(sources.values())) > 1 for name in sources)
