"""Where the change is: by block, by what layers are within their blocks, by class; each adds up to the whole change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from summarykit.exporters.html.diff.table_values import ChangeBlocks
from summarykit.exporters.view.blocks import LARGEST, Measure, Part, main_blocks
from summarykit.exporters.view.diff.parts import type_of
from summarykit.exporters.view.diff.words import percent, signed_count, signed_size
from summarykit.exporters.view.values import Block
from summarykit.exporters.view.words import per_mille, place
from summarykit.summary.diff.merged_tree import Both, MergedTree
from summarykit.summary.folding.parts import parts
from summarykit.summary.totals import added_up


class _Measure(NamedTuple):
    change: list[int]  #: of each layer itself
    inside: list[int]  #: with everything inside
    moved: list[int]  #: likewise, what came and what went added up
    words: Callable[[int], str]
    total: int
    before: int


def where_it_changed(joint: MergedTree, title: str) -> tuple[ChangeBlocks, ...]:
    """Return where the change is, by each measure that changed; nothing where one block alone changed."""
    found = tuple(found for found in _all(joint, title) if found.blocks)
    return found if any(len(each.blocks) > 1 for each in found) else ()


def _all(joint: MergedTree, title: str) -> Iterator[ChangeBlocks]:
    one, other = joint.comparison.before, joint.comparison.after
    classes = [(type_of(one, before), type_of(other, after)) for before, after in joint.pairs]
    within = parts(joint.tree, joint.folding.rows)
    names = [(part or title, after or before) for part, (before, after) in zip(within, classes, strict=True)]
    measures: tuple[tuple[str, Both, Callable[[int], str]], ...] = (
        ("parameters", joint.parameters, signed_count),
        ("bytes", joint.bytes, signed_size),
        ("macs", joint.macs, signed_count),
    )
    for name, numbers, words in measures:
        measure = _measure(joint, numbers, words)
        yield ChangeBlocks("block", name, _ranked(_by_block(joint, measure, title), measure))
        yield ChangeBlocks("part", name, _ranked(_grouped(zip(names, measure.change, strict=True)), measure))
        yield ChangeBlocks("class", name, _ranked(_grouped(_by_class(classes, numbers)), measure))


def _measure(joint: MergedTree, numbers: Both, words: Callable[[int], str]) -> _Measure:
    change, layers = numbers.change, joint.tree.layers
    inside, moved = added_up(layers, change), added_up(layers, [abs(each) for each in change])
    return _Measure(change, inside, moved, words, inside[0], sum(numbers.before))


def _by_block(joint: MergedTree, measure: _Measure, title: str) -> list[Block]:
    """Return the parts of the tree in which something changed, opened as those of a model are."""
    sizes = Measure([abs(each) for each in measure.change], measure.moved, measure.moved[0])
    return [_block(joint, measure, part, title) for part in main_blocks(joint.folding, sizes)]


def _block(joint: MergedTree, measure: _Measure, part: Part, title: str) -> Block:
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
