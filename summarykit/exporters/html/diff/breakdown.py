"""The change by block, by part of a block and by class; each breakdown adds up to the whole change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from summarykit.exporters.html.diff.table_values import ChangeBlocks
from summarykit.exporters.view.blocks import LARGEST, Measure, Part, main_blocks
from summarykit.exporters.view.diff.parts import type_of
from summarykit.exporters.view.diff.words import percent, signed_count, signed_size
from summarykit.exporters.view.values import Block
from summarykit.exporters.view.words import per_mille, place
from summarykit.summary.diff.merged_tree import Both, Joint
from summarykit.summary.folding.parts import parts
from summarykit.summary.totals import added_up


class _Measure(NamedTuple):
    change: list[int]  #: of each layer itself
    inside: list[int]  #: with everything inside
    movement: list[int]  #: likewise, of absolute changes
    words: Callable[[int], str]
    total: int
    before: int


def change_breakdown(merged_tree: Joint, title: str) -> tuple[ChangeBlocks, ...]:
    """Return the breakdowns for each measure that changed; none if only one block changed."""
    rankings = tuple(ranking for ranking in _all(merged_tree, title) if ranking.blocks)
    return rankings if any(len(ranking.blocks) > 1 for ranking in rankings) else ()


def _all(merged_tree: Joint, title: str) -> Iterator[ChangeBlocks]:
    one, other = merged_tree.comparison.before, merged_tree.comparison.after
    classes = [(type_of(one, before), type_of(other, after)) for before, after in merged_tree.pairs]
    within = parts(merged_tree.tree, merged_tree.folding.rows)
    names = [(part or title, after or before) for part, (before, after) in zip(within, classes, strict=True)]
    measures: tuple[tuple[str, Both, Callable[[int], str]], ...] = (
        ("parameters", merged_tree.parameters, signed_count),
        ("bytes", merged_tree.bytes, signed_size),
        ("macs", merged_tree.macs, signed_count),
    )
    for name, numbers, words in measures:
        measure = _measure(merged_tree, numbers, words)
        yield ChangeBlocks("block", name, _rank(_by_block(merged_tree, measure, title), measure))
        yield ChangeBlocks("part", name, _rank(_group_changes(zip(names, measure.change, strict=True)), measure))
        yield ChangeBlocks("class", name, _rank(_group_changes(_by_class(classes, numbers)), measure))


def _measure(merged_tree: Joint, numbers: Both, words: Callable[[int], str]) -> _Measure:
    change, layers = numbers.change, merged_tree.tree.layers
    inside, movement = added_up(layers, change), added_up(layers, [abs(each) for each in change])
    return _Measure(change, inside, movement, words, inside[0], sum(numbers.before))


def _by_block(merged_tree: Joint, measure: _Measure, title: str) -> list[Block]:
    """Return the changed parts of the tree as blocks, split as the blocks of a model are."""
    sizes = Measure([abs(each) for each in measure.change], measure.movement, measure.movement[0])
    return [_block(merged_tree, measure, part, title) for part in main_blocks(merged_tree.folding, sizes)]


def _block(merged_tree: Joint, measure: _Measure, part: Part, title: str) -> Block:
    row = part.row
    layer = merged_tree.tree.layers[row.layer]
    value = (measure.change if part.itself else measure.inside)[row.layer] * row.times
    beside = part.itself and measure.movement[row.layer] != abs(measure.change[row.layer])
    label = f"{place(row.path, layer.parent, title)}{' (itself)' if beside else ''}"
    return _plain_block(label, merged_tree.tree.records.types[layer.type].name, row.times, value)


def _by_class(classes: Sequence[tuple[str, str]], numbers: Both) -> Iterator[tuple[tuple[str, str], int]]:
    """Yield class and change of each layer; a layer whose class changed counts for both classes."""
    for (one, other), before, after in zip(classes, numbers.before, numbers.after, strict=True):
        if one == other or not before:
            yield (other or one, ""), after - before
        else:
            yield (one, ""), -before
            yield (other, ""), after


def _group_changes(changes: Iterable[tuple[tuple[str, str], int]]) -> list[Block]:
    """Return one block for all changes of one key."""
    by_key: dict[tuple[str, str], list[int]] = {}
    for key, change in changes:
        if change:
            by_key.setdefault(key, []).append(change)
    return [_plain_block(*key, len(changes), sum(changes)) for key, changes in by_key.items()]


def _plain_block(label: str, kind: str, copies: int, value: int) -> Block:
    return Block(label, label, label, kind, copies, value // copies, value, "", "", "", 0, 0)


def _rank(blocks: Sequence[Block], measure: _Measure) -> tuple[Block, ...]:
    """Return the largest changes, sorted, and the rest as "Other (n)"; the longest bar has full length."""
    by_size = sorted(blocks, key=lambda block: -abs(block.value))
    top, rest = by_size[:LARGEST], by_size[LARGEST:]
    if len(rest) > 1:
        top.append(_plain_block(f"Other ({len(rest)})", "", 1, sum(block.value for block in rest))._replace(name=""))
    else:
        top = by_size
    largest = max((abs(block.value) for block in top), default=0)
    return tuple(
        block._replace(
            text=measure.words(block.value),
            share=percent(block.value, measure.before),
            bar=(-1 if block.value < 0 else 1) * per_mille(abs(block.value), largest),
        )
        for block in top
    )
