"""Parameters, MACs and bytes by block: ranked blocks, the total in one line, the first sentence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from summarykit.exporters.view.values import Block, Piece, Rich
from summarykit.exporters.view.words import block_name, count_noun, per_mille, share
from summarykit.expression import Words
from summarykit.summary.data import SummaryData
from summarykit.summary.folding import FoldedRow, Folding, is_number
from summarykit.summary.totals import added_up


class Measure(NamedTuple):
    """A count that blocks are ranked by: one number a layer, which adds up along the tree."""

    own: Sequence[int]  #: of the layer itself
    inside: Sequence[int]  #: with everything inside
    total: int


class Part(NamedTuple):
    """The row of a block: with everything inside it, or only with its own parameters."""

    row: FoldedRow
    itself: bool


LARGEST = 8
#: A block with a larger share than this is replaced by its parts: one bar alone shows little.
_DOMINANT = 0.8
_MOST_PARTS = 12


def by_parameters(data: SummaryData) -> Measure:
    """Return the parameters of each layer, each counted once."""
    return Measure(data.columns.adds, data.columns.counted, data.totals.parameters)


def by_macs(data: SummaryData) -> Measure:
    """Return the MACs of each layer in one forward pass."""
    flows = data.flows
    return Measure([flow.macs for flow in flows], [flow.macs_total for flow in flows], data.totals.macs or 0)


def by_bytes(data: SummaryData) -> Measure:
    """Return the bytes of the parameters of each layer, each counted once."""
    own = data.columns.bytes
    return Measure(own, added_up(data.layers, own), data.totals.bytes)


def all_blocks(
    data: SummaryData, folding: Folding, title: str, measure: Measure, words: Callable[[int], str] = Words
) -> tuple[Block, ...]:
    """Return the parts of the model in order. A part that has nearly everything is replaced by its own parts."""
    parts = main_blocks(folding, measure)
    largest = max((_value(measure, part) for part in parts), default=0)
    return tuple(_block(data, part, measure, largest, title, words) for part in parts)


def rank_blocks(blocks: tuple[Block, ...], total: int, words: Callable[[int], str] = Words) -> tuple[Block, ...]:
    """Return the largest blocks, sorted, and the rest as "Other (n)"."""
    by_size = sorted(blocks, key=lambda block: -block.value)
    top, rest = by_size[:LARGEST], by_size[LARGEST:]
    if len(rest) == 1:
        top, rest = by_size, []
    if rest:
        value = sum(block.value for block in rest)
        largest = max(top[0].value, value)
        top = [block._replace(bar=per_mille(block.value, largest)) for block in top]
        label = f"Other ({len(rest)})"
        top.append(
            Block(
                "", label, label, "", 1, value, value, words(value), "", share(value, total),
                per_mille(value, total), per_mille(value, largest),
            )
        )  # fmt: skip
    return tuple(top)


def whole_sum(blocks: tuple[Block, ...], total: int) -> Rich:
    """Return the total as a sum over the blocks, as pieces; empty where there is only one block."""
    if not 1 < len(blocks) <= _MOST_PARTS:
        return ()
    names = [block.short for block in blocks]
    pieces = []
    for number, block in enumerate(blocks):
        pieces.append(Piece(Words(" + " if number else "", block.product or block.text, " ")))
        pieces.append(Piece(block.short if names.count(block.short) == 1 else block.label, code=True))
    return (*pieces, Piece(Words(" = ", total)))


def one_line(blocks: tuple[Block, ...], total: int) -> Words:
    """Return the total as a sum over the blocks, as one text."""
    return Words(*(piece.text for piece in whole_sum(blocks, total)))


def first_sentence(data: SummaryData, folding: Folding, blocks: tuple[Block, ...]) -> Rich:
    """Return the sentence that says where most parameters are and which layer is the largest."""
    total = data.totals.parameters
    if not total:
        return (Piece(_no_total(data)),)
    adds = data.columns.adds
    sizes = [(sum(adds[layer] for layer in group.layers), group) for group in folding.groups]
    size, group = max(sizes, key=lambda pair: pair[0])
    times = len(group.layers)
    each = Words(times, " × ", size // times) if times > 1 else Words(size)
    kind = data.records.types[data.layers[group.layers[0]].type].name
    largest = (*_name_pieces(group.path or data.model_name, kind), Piece(Words(", ", each, ".")))
    top = max(blocks, key=lambda block: block.value)
    if len(folding.groups) == 1:
        return (Piece("All are in "), *largest)
    if len(blocks) < 2 or top.label == group.path:
        return (Piece(f"{share(size, total)} are in "), *largest)
    return (Piece(f"{top.share} are in "), *_name_pieces(top.label, top.type), Piece("; the largest: "), *largest)


def _no_total(data: SummaryData) -> Words:
    """Return why there is nothing to count; weights whose size is hidden are no proof that there are none."""
    if data.totals.unknown:
        return Words("No size is known until the first input.")
    if opaque := len(data.records.opaque_layers):
        return Words("The weights of ", count_noun(opaque, "layer"), " are packed, and their number is not known.")
    return Words("Its layers hold no numbers." if data.totals.layers else "This model has no parameters.")


def _name_pieces(path: str, kind: str) -> Rich:
    """Return a name as code, with its type where the name is only a number."""
    return (Piece(path, code=True), Piece(f" ({kind})")) if is_number(path) else (Piece(path, code=True),)


def main_blocks(folding: Folding, measure: Measure) -> list[Part]:
    """Return the parts that are shown as blocks: those of the model, a dominant one replaced by its parts."""
    parts = _inside(folding, measure, folding.rows[0])
    while parts:
        sizes = [_value(measure, part) for part in parts]
        largest = max(range(len(parts)), key=sizes.__getitem__)
        inner = [] if parts[largest].itself else _inside(folding, measure, parts[largest].row)
        fits = len(inner) > 0 and len(parts) + len(inner) - 1 <= _MOST_PARTS
        is_repeat = parts[largest].row.copies > 1 and len(parts) > 1
        if is_repeat or not fits or sizes[largest] < _DOMINANT * measure.total:
            break
        parts[largest : largest + 1] = inner
    return [_repeats(folding, measure, part) for part in parts]


def _repeats(folding: Folding, measure: Measure, part: Part) -> Part:
    """Return the repeated block that *part* only wraps, ``layers.0–31`` for ``layers``, or *part* itself."""
    inner = part
    while inner.row.copies == 1 and not inner.itself:
        below = _inside(folding, measure, inner.row)
        if len(below) != 1:
            return part
        (inner,) = below
    return part if inner.itself else inner


def _inside(folding: Folding, measure: Measure, row: FoldedRow) -> list[Part]:
    """Return the parts of a row that add up to it: its own share, and its children that are not zero."""
    rows = folding.rows
    inner = [Part(row, True)] if measure.own[row.layer] else []
    at = folding.position(row) + 1
    while at < row.end:
        if measure.inside[rows[at].layer]:
            inner.append(Part(rows[at], False))
        at = rows[at].end
    return inner


def _value(measure: Measure, part: Part) -> int:
    each = measure.own if part.itself else measure.inside
    return each[part.row.layer] * part.row.times


def _block(
    data: SummaryData, part: Part, measure: Measure, largest: int, title: str, words: Callable[[int], str]
) -> Block:
    row, value, total = part.row, _value(measure, part), measure.total
    each = value // row.times
    kind = data.records.types[data.layers[row.layer].type].name
    beside_others = part.itself and value < measure.inside[row.layer] * row.times
    return Block(
        name=row.path,
        short=block_name(row.path, kind) if row.path else title,
        label=f"{row.path or title}{' (itself)' if beside_others else ''}",
        type=kind,
        copies=row.times,
        each=each,
        value=value,
        text=words(value),
        product=Words(row.times, " × ", words(each)) if row.times > 1 else "",
        share=share(value, total),
        per_mille=per_mille(value, total),
        bar=per_mille(value, largest),
    )


def layers_fact(data: SummaryData) -> Words:
    """Return "107 layers with parameters in 286 modules"."""
    totals = data.totals
    return Words(count_noun(totals.layers, "layer"), " with parameters in ", count_noun(totals.modules, "module"))
