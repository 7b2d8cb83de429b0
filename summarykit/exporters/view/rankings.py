"""The largest parts of a model, by each measure and in each grouping: by block, by part of a block, by class."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from summarykit.exporters.view.blocks import Measure, all_blocks, by_bytes, by_macs, by_parameters, rank_blocks
from summarykit.exporters.view.values import Block, Ranking
from summarykit.exporters.view.words import per_mille, share, size_words
from summarykit.expression import group_digits
from summarykit.summary.data import SummaryData
from summarykit.summary.folding import Folding
from summarykit.summary.folding.parts import parts

#: What a layer is grouped by: its name and its class.
_Key = tuple[str, str]


def rankings(data: SummaryData, folding: Folding, title: str) -> tuple[Ranking, ...]:
    """Return every ranking with more than one group."""
    return tuple(ranking for ranking in _all(data, folding, title) if len(ranking.blocks) > 1)


def _all(data: SummaryData, folding: Folding, title: str) -> Iterator[Ranking]:
    classes = [data.records.types[layer.type].name for layer in data.layers]
    within = parts(data, folding.rows)
    groupings: dict[str, list[_Key]] = {
        "part": [(part or title, kind) for part, kind in zip(within, classes, strict=True)],
        "class": [(kind, "") for kind in classes],
    }
    measures: list[tuple[str, Measure, Callable[[int], str]]] = [("parameters", by_parameters(data), group_digits)]
    if data.totals.macs:
        measures.append(("macs", by_macs(data), group_digits))
    if data.totals.bytes:
        measures.append(("bytes", by_bytes(data), size_words))
    for name, measure, words in measures:
        blocks = all_blocks(data, folding, title, measure, words)
        yield Ranking("block", name, words(measure.total), rank_blocks(blocks, measure.total, words))
        for by, keys in groupings.items():
            groups = _group_blocks(keys, measure, words)
            yield Ranking(by, name, words(measure.total), rank_blocks(groups, measure.total, words))


def _group_blocks(keys: Sequence[_Key], measure: Measure, words: Callable[[int], str]) -> tuple[Block, ...]:
    """Return one block for all layers of one key that are not zero."""
    sizes: dict[_Key, list[int]] = {}
    for key, size in zip(keys, measure.own, strict=True):
        if size:
            sizes.setdefault(key, []).append(size)
    largest = max(map(sum, sizes.values()), default=0)
    return tuple(_block(key, values, measure.total, largest, words) for key, values in sizes.items())


def _block(key: _Key, sizes: list[int], total: int, largest: int, words: Callable[[int], str]) -> Block:
    label, kind = key
    value, copies = sum(sizes), len(sizes)
    equal = copies > 1 and min(sizes) == max(sizes)
    return Block(
        name=label,
        short=label,
        label=label,
        type=kind,
        copies=copies,
        each=value // copies,
        value=value,
        text=words(value),
        product=f"{group_digits(copies)} × {words(sizes[0])}" if equal else "",
        share=share(value, total),
        per_mille=per_mille(value, total),
        bar=per_mille(value, largest),
    )
