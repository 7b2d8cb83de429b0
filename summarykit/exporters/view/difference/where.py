"""Where the change is: by block, by what layers are within their blocks, by class; each adds up to the whole change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from summarykit.exporters.view.blocks import LARGEST
from summarykit.exporters.view.difference.parts import type_of
from summarykit.exporters.view.difference.table_values import ChangeBlocks
from summarykit.exporters.view.difference.words import percent, signed, signed_size
from summarykit.exporters.view.values import Block
from summarykit.exporters.view.words import per_mille, place
from summarykit.summary.comparing.joint import Both, Joint
from summarykit.summary.folding import FoldedRow
from summarykit.summary.folding.parts import parts
from summarykit.summary.totals import added_up

#: A block in which more than this share of all that changed is says little: its parts are shown in its place.
_DOMINANT = 0.8
_MOST_PARTS = 12


class _Measure(NamedTuple):
    change: list[int]  #: of each layer itself
    inside: list[int]  #: with everything inside
    moved: list[int]  #: likewise, what came and what went added up
    words: Callable[[int], str]
    total: int
    before: int


class _Part(NamedTuple):
    row: FoldedRow
    itself: bool


def where_it_changed(joint: Joint, title: str) -> tuple[ChangeBlocks, ...]:
    """Return where the change is, by each measure that changed; nothing where one block alone changed."""
    found = tuple(found for found in _all(joint, title) if found.blocks)
    return found if any(len(each.blocks) > 1 for each in found) else ()


def _all(joint: Joint, title: str) -> Iterator[ChangeBlocks]:
    one, other = joint.comparison.before, joint.comparison.after
    classes = [(type_of(one, before), type_of(other, after)) for before, after in joint.pairs]
    within = parts(joint.tree, joint.folding.rows)
    names = [(part or title, after or before) for part, (before, after) in zip(within, classes, strict=True)]
    measures: tuple[tuple[str, Both, Callable[[int], str]], ...] = (
        ("parameters", joint.parameters, signed),
        ("bytes", joint.bytes, signed_size),
        ("macs", joint.macs, signed),
    )
    for name, numbers, words in measures:
        measure = _measure(joint, numbers, words)
        yield ChangeBlocks("block", name, _ranked(_by_block(joint, measure, title), measure))
        yield ChangeBlocks("part", name, _ranked(_grouped(zip(names, measure.change, strict=True)), measure))
        yield ChangeBlocks("class", name, _ranked(_grouped(_by_class(classes, numbers)), measure))


def _measure(joint: Joint, numbers: Both, words: Callable[[int], str]) -> _Measure:
    change, layers = numbers.change, joint.tree.layers
    inside, moved = added_up(layers, change), added_up(layers, [abs(each) for each in change])
    return _Measure(change, inside, moved, words, inside[0], sum(numbers.before))


def _by_block(joint: Joint, measure: _Measure, title: str) -> list[Block]:
    """Return the parts of the tree in which something changed, opened until none holds nearly all of it."""
    found = _inside(joint, measure, joint.folding.rows[0])
    while found:
        sizes = [_moved(measure, part) for part in found]
        largest = max(range(len(found)), key=sizes.__getitem__)
        inner = [] if found[largest].itself else _inside(joint, measure, found[largest].row)
        fits = len(inner) > 0 and len(found) + len(inner) - 1 <= _MOST_PARTS
        folded = found[largest].row.copies > 1 and len(found) > 1
        if folded or not fits or sizes[largest] < _DOMINANT * measure.moved[0]:
            break
        found[largest : largest + 1] = inner
    return [_block(joint, measure, _repeats(joint, measure, part), title) for part in found]


def _repeats(joint: Joint, measure: _Measure, part: _Part) -> _Part:
    """Return the repeated blocks in which alone a part changed, ``layers.0–31`` for ``layers``, or the part itself."""
    inner = part
    while inner.row.copies == 1 and not inner.itself:
        below = _inside(joint, measure, inner.row)
        if len(below) != 1:
            return part
        (inner,) = below
    return part if inner.itself else inner


def _inside(joint: Joint, measure: _Measure, row: FoldedRow) -> list[_Part]:
    """Return what the change of a row is made of: its own, and that of the rows in it."""
    rows = joint.folding.rows
    found = [_Part(row, itself=True)] if measure.change[row.layer] else []
    at = joint.folding.position(row) + 1
    while at < row.end:
        if measure.moved[rows[at].layer]:
            found.append(_Part(rows[at], itself=False))
        at = rows[at].end
    return found


def _moved(measure: _Measure, part: _Part) -> int:
    each = abs(measure.change[part.row.layer]) if part.itself else measure.moved[part.row.layer]
    return each * part.row.times


def _block(joint: Joint, measure: _Measure, part: _Part, title: str) -> Block:
    row = part.row
    layer = joint.tree.layers[row.layer]
    value = (measure.change if part.itself else measure.inside)[row.layer] * row.times
    beside = part.itself and measure.moved[row.layer] != abs(measure.change[row.layer])
    label = f"{place(row.path, layer.parent, title)}{' (itself)' if beside else ''}"
    return _made(label, joint.tree.records.types[layer.type].name, row.times, value)


def _by_class(classes: Sequence[tuple[str, str]], numbers: Both) -> Iterator[tuple[tuple[str, str], int]]:
    """Yield classes and changes: of a layer of another class, what the one lost and the other gained."""
    for (one, other), before, after in zip(classes, numbers.before, numbers.after, strict=True):
        if one == other or not before:
            yield (other or one, ""), after - before
        else:
            yield (one, ""), -before
            yield (other, ""), after


def _grouped(changes: Iterable[tuple[tuple[str, str], int]]) -> list[Block]:
    """Return one block for all changes of one key."""
    found: dict[tuple[str, str], list[int]] = {}
    for key, change in changes:
        if change:
            found.setdefault(key, []).append(change)
    return [_made(*key, len(changes), sum(changes)) for key, changes in found.items()]


def _made(label: str, kind: str, copies: int, value: int) -> Block:
    return Block(label, label, label, kind, copies, value // copies, value, "", "", "", 0, 0)


def _ranked(blocks: Sequence[Block], measure: _Measure) -> tuple[Block, ...]:
    """Return the largest changes, sorted, and the rest as "Other (n)"; the longest bar is as long as may be."""
    by_size = sorted(blocks, key=lambda block: -abs(block.value))
    kept, rest = by_size[:LARGEST], by_size[LARGEST:]
    if len(rest) > 1:
        kept.append(_made(f"Other ({len(rest)})", "", 1, sum(block.value for block in rest))._replace(name=""))
    else:
        kept = by_size
    largest = max((abs(block.value) for block in kept), default=0)
    return tuple(
        block._replace(
            text=measure.words(block.value),
            share=percent(block.value, measure.before),
            bar=(-1 if block.value < 0 else 1) * per_mille(abs(block.value), largest),
        )
        for block in kept
    )
