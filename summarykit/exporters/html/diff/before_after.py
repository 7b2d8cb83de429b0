"""The details of a changed row: the layer before and after, its tensors, and changed layers inside."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from summarykit.exporters.html.diff.table_values import ChangeDetails, PartLine, Side, TensorPair
from summarykit.exporters.view.diff.parts import equation, type_of
from summarykit.exporters.view.diff.words import STATE_WORDS, setting_text, signed_count
from summarykit.exporters.view.rows import details_of, tensor_line
from summarykit.exporters.view.values import TensorLine
from summarykit.exporters.view.words import count_noun
from summarykit.expression import group_digits
from summarykit.records import LayerRecord, TensorRecord
from summarykit.summary.data import SummaryData
from summarykit.summary.diff import Change, Comparison
from summarykit.summary.diff.subtrees import ChangeWithParts

#: At most so many layers inside are listed.
MOST_PARTS = 12


class BeforeAfter:
    """Builds the details of changed rows, for one comparison."""

    def __init__(self, comparison: Comparison) -> None:
        self.comparison = comparison
        self.before, self.after = comparison.before, comparison.after

    def details(
        self, before: int, after: int, change: Change | None, with_parts: ChangeWithParts | None = None
    ) -> ChangeDetails:
        """Return the details of two corresponding layers, -1 for none; *with_parts* has changed layers inside."""
        before_after = self._side(self.before, before), self._side(self.after, after)
        inner = list(self._inner_changes(before, after, with_parts))
        return ChangeDetails(
            before=before_after[0],
            after=before_after[1],
            alike=bool(before_after[0] and before_after[1] and _content(before_after[0]) == _content(before_after[1])),
            tensors=tuple(self._tensors(before, after)),
            settings=tuple(setting_text(setting) for setting in change.settings) if change else (),
            parts=tuple(self._part((before, after), *each) for each in inner[:MOST_PARTS]),
            parts_left_out=f"{group_digits(len(inner) - MOST_PARTS)} more" if len(inner) > MOST_PARTS else "",
            macs=self._macs(before, after),
        )

    def _side(self, data: SummaryData, layer: int) -> Side | None:
        if layer < 0:
            return None
        record = data.layers[layer]
        details = details_of(data, record, record.path)
        text = _held_words(data, record)
        name = record.path
        if details is None:
            return Side(name, type_of(data, layer), text, None)
        return Side(name, type_of(data, layer), text, details._replace(tensors=()))

    def _tensors(self, before: int, after: int) -> Iterator[TensorPair]:
        """Yield the tensors of two layers by their names, those of the layer after first."""
        one, other = (dict(_tensors_of(data, layer)) for data, layer in ((self.before, before), (self.after, after)))
        for name in dict.fromkeys((*other, *one)):
            yield self._pair(name, one.get(name), other.get(name))

    def _pair(self, name: str, one: int | None, other: int | None) -> TensorPair:
        lines = _line(self.before, one), _line(self.after, other)
        words = _what_changed(*lines)
        kind = " → ".join(dict.fromkeys(f"{line.dtype}, {line.kind}" for line in lines if line))
        return TensorPair(
            name,
            lines[0].shape if lines[0] else "–",
            lines[1].shape if lines[1] else "–",
            words,
            kind,
            "; ".join(dict.fromkeys(line.note for line in lines if line and line.note)),
            self._in_checkpoints(one, other),
        )

    def _in_checkpoints(self, one: int | None, other: int | None) -> str:
        """Return what happens to a tensor's name on loading: "missing in them"; empty if it still loads."""
        for data, index in ((self.after, other), (self.before, one)):
            name = _saved_name(data, index)
            if name in self._loading_words:
                return self._loading_words[name]
        return ""

    @cached_property
    def _loading_words(self) -> dict[str, str]:
        """What happens on loading to names of checkpoints; names that simply load are left out."""
        if self.comparison.new:
            return {}  # there are none
        checkpoint = self.comparison.checkpoint
        words = dict.fromkeys(checkpoint.unexpected, "unexpected") | dict.fromkeys(
            checkpoint.missing, "missing in them"
        )
        words |= {each.name: "reshaped" for each in checkpoint.reshaped}
        words |= {new: "saved under another name" for _, new in checkpoint.renamed}
        words |= {old: "asked for under another name" for old, _ in checkpoint.renamed}
        return words | dict.fromkeys(checkpoint.misplaced, "loads into another layer")

    def _inner_changes(
        self, before: int, after: int, with_parts: ChangeWithParts | None
    ) -> Iterator[tuple[Change, int, int]]:
        """Yield the changed layers with parameters, without the first."""
        for change in with_parts.changes if with_parts else ():
            pair = change.before, change.after
            if pair != (before, after) and any(
                layer >= 0 and data.layers[layer].explanation >= 0
                for data, layer in zip((self.before, self.after), pair, strict=True)
            ):
                yield (change, *pair)

    def _part(self, around: tuple[int, int], change: Change, before: int, after: int) -> PartLine:
        """Return the line of a layer inside another, with its path from there."""
        side = after >= 0
        data, layer = (self.before, self.after)[side], (before, after)[side]
        path, above = data.layers[layer].path, data.layers[around[side]].path if around[side] >= 0 else ""
        formulas = equation(self.before, [before]), equation(self.after, [after])
        formula = formulas[side] if min(before, after) < 0 else " → ".join(dict.fromkeys(formulas))
        return PartLine(
            STATE_WORDS[change.states[0]],
            path.removeprefix(f"{above}."),
            type_of(data, layer),
            formula,
            signed_count(change.change.parameters),
        )

    def _macs(self, before: int, after: int) -> str:
        """Return the MACs of a layer with everything inside, before and after; empty if they are not known."""
        if not self.comparison.with_macs:
            return ""
        before_after = ((self.before, before), (self.after, after))
        one, other = (data.flows[layer].macs_total if layer >= 0 else 0 for data, layer in before_after)
        if not one and not other:
            return ""
        return (
            f"{group_digits(one)} → {group_digits(other)} multiply-adds"
            if one != other
            else f"{group_digits(one)} multiply-adds"
        )


def _content(side: Side) -> tuple[object, ...]:
    return side.type, side.held, side.details


def _held_words(data: SummaryData, layer: LayerRecord) -> str:
    """Return the parameters of a layer with everything inside, in words; empty if its own formula has all."""
    inside = data.columns.counted[layer.id]
    if layer.explanation >= 0 and inside == data.columns.adds[layer.id]:
        return ""
    return f"{count_noun(inside, 'parameter')} with everything inside" if inside else ""


def _tensors_of(data: SummaryData, layer: int) -> Iterator[tuple[str, int]]:
    if layer >= 0:
        record = data.layers[layer]
        yield from ((data.tensors[at].name, at) for at in range(record.first_tensor, record.end_tensor))


def _line(data: SummaryData, index: int | None) -> TensorLine | None:
    return None if index is None else tensor_line(data, index, data.layers[data.tensors[index].layer].path)


def _what_changed(one: TensorLine | None, other: TensorLine | None) -> str:
    """Return the change of a tensor in a word or two; empty for none."""
    if one is None or other is None:
        return "new" if one is None else "removed"
    words = ["reshaped"] if one.shape != other.shape else []
    words += ["other format"] if one.dtype != other.dtype else []
    words += [other.kind] if one.kind != other.kind else []
    words += ["shared"] if one.note != other.note else []
    return ", ".join(words)


def _saved_name(data: SummaryData, index: int | None) -> str:
    """Return the name of a tensor in a ``state_dict``; empty if it is not saved."""
    if index is None:
        return ""
    tensor: TensorRecord = data.tensors[index]
    if not tensor.facts.persistent:
        return ""
    place = data.layers[tensor.layer].raw_path
    return f"{place}.{tensor.name}" if place else tensor.name
