"""The Tensors sheet: a table to filter and sort, one row a tensor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import NamedTuple

from summarykit.exporters.excel.cells.labels import quiet
from summarykit.exporters.excel.cells.lazy_rows import MadeRows
from summarykit.exporters.excel.cells.live_blocks import WIDEST, number_width
from summarykit.exporters.excel.cells.row_height import between, row_height
from summarykit.exporters.excel.values import SheetColumn
from summarykit.exporters.view.rows import tensor_line
from summarykit.exporters.view.selection import as_asked
from summarykit.exporters.view.words import GRADE_WORDS, count_noun, shape_words, visible
from summarykit.expression import Words
from summarykit.summary.data import SummaryData
from summarykit.summary.folding import Folding
from summarykit.summary.selection import Chosen, Selection, choose

#: A model with more tensors than this is shown folded, so that the file stays small.
MOST_UNFOLDED = 5_000
#: Excel holds 1,048,576 rows; some stand above and below the table.
MOST_ROWS = 1_048_500

_PATH, _NAME, _TYPE, _SHAPE, _FORMAT, _KIND, _CHECK, _NOTE = 34, 12, 16, 14, 17, 20, 28, 44


class Held(NamedTuple):
    """One row: a tensor, and how many like it."""

    tensor: int  #: index of the first
    times: int
    path: str  #: what its layer's row is called


class TensorSheet(NamedTuple):
    """What the Tensors sheet shows, and how wide its columns are."""

    rows: MadeRows[Held]
    columns: tuple[SheetColumn, ...]
    folded: bool  #: equal tensors stand in one row, with a column for their number
    told: str  #: what is left out or folded although it was not asked for, in a sentence
    tensors: int  #: places where a layer holds one, of those the sum of copies speaks of
    bytes: int


def tensor_sheet(data: SummaryData, folding: Folding, selection: Selection, *, fold: bool) -> TensorSheet | None:
    """Return one row for each place where a layer holds a tensor, or one for equal ones; None where there is none.

    What is left out has a row at the end, so that *Counted in total* still adds up to the total.
    """
    count = len(data.tensors)
    if not count:
        return None
    chosen = choose(data, selection)
    folded = count > (MOST_UNFOLDED if fold else MOST_ROWS)
    held = _folded(data, folding, chosen) if folded else _each(data, chosen)
    too_many = Words("More tensors than a sheet has rows: those of repeated layers stand in one.")
    told = Words() if fold or not folded else too_many
    if len(held) > MOST_ROWS:
        held = sorted(sorted(held, key=lambda each: -_counted(data, each))[: MOST_ROWS - 1])
        told = Words("More tensors than a sheet has rows: the largest are shown.")
    shown = sum(each.times for each in held)
    rest = _rest(data, held, count - shown)
    if rest and not told:
        told = Words(count_noun(count - shown, "tensor"), f" not shown{_because(selection)}.")
    folded = any(each.times > 1 for each in held)
    columns = _columns(data, held, folded=folded)
    rows = MadeRows(held, lambda each: _with_height(_row(data, each), columns), rest)
    bytes_held = data.totals.bytes + data.totals.buffer_bytes
    return TensorSheet(rows, columns, folded, quiet(told), count, bytes_held)


def _because(selection: Selection) -> str:
    return f" ({asked})" if (asked := as_asked(selection)) else ""


def _each(data: SummaryData, chosen: Chosen) -> list[Held]:
    layers = data.layers
    return [
        Held(index, 1, layers[tensor.layer].path)
        for index, tensor in enumerate(data.tensors)
        if chosen.lists(tensor.layer)
    ]


def _folded(data: SummaryData, folding: Folding, chosen: Chosen) -> list[Held]:
    rows = (Folding(data, apart=chosen.apart) if chosen.apart else folding).rows
    return [
        Held(index, row.times, row.path)
        for row in rows
        if chosen.lists(row.layer)
        for index in range(data.layers[row.layer].first_tensor, data.layers[row.layer].end_tensor)
    ]


def _counted(data: SummaryData, held: Held) -> int:
    """Return what a row adds to the total: nothing where its numbers are counted elsewhere."""
    tensor = data.tensors[held.tensor]
    if tensor.owner != held.tensor or tensor.facts.kind != "parameter":
        return 0
    return (tensor.facts.numel or 0) * held.times


def _bytes(data: SummaryData, held: Held) -> int:
    tensor = data.tensors[held.tensor]
    return tensor.facts.bytes * held.times if tensor.owner == held.tensor else 0


def _with_height(row: dict[str, object], columns: Sequence[SheetColumn]) -> Mapping[str, object]:
    return row | {"height": row_height(*((row[column.key], column.width) for column in columns))}


def _row(data: SummaryData, held: Held) -> dict[str, object]:
    tensor = data.tensors[held.tensor]
    facts, line = tensor.facts, tensor_line(data, held.tensor, held.path)
    word, sign, _ = GRADE_WORDS[tensor.evidence]
    unsaved = "" if facts.persistent or facts.kind == "parameter" else "not saved with the model"
    return {
        "path": visible(f"{held.path}.{tensor.name}" if held.path else tensor.name),
        "name": visible(tensor.name),
        "type": visible(data.records.types[data.layers[tensor.layer].type].name),
        "shape": quiet(line.shape),
        "times": held.times,
        "numel": facts.numel,
        "counted": _counted(data, held),
        "dtype": facts.dtype,
        "bytes": _bytes(data, held),
        "kind": line.kind,
        "check": f"{sign} {word}" if facts.kind == "parameter" and facts.numel is not None else "",
        "note": "; ".join(filter(None, (visible(line.note), unsaved))),
        "look": "" if facts.kind == "parameter" else "aside",
    }


def _rest(data: SummaryData, held: Sequence[Held], missing: int) -> list[Mapping[str, object]]:
    """Return the last row: what all tensors that are not shown add to the totals."""
    if not missing:
        return []
    sums = {
        "counted": data.totals.parameters - sum(_counted(data, each) for each in held),
        "bytes": data.totals.bytes + data.totals.buffer_bytes - sum(_bytes(data, each) for each in held),
    }
    texts = dict.fromkeys(("name", "type", "shape", "dtype", "kind", "check", "note"), "")
    said = quiet(Words(count_noun(missing, "tensor"), " not shown"))
    return [{"path": said, **texts, "numel": None, "times": missing, **sums, "look": "aside"}]


def _columns(data: SummaryData, held: Sequence[Held], *, folded: bool) -> tuple[SheetColumn, ...]:
    tensors, facts = data.tensors, data.distinct_facts
    paths = max((len(each.path) + len(tensors[each.tensor].name) for each in held), default=0)
    names = max((len(tensors[each.tensor].name) for each in held), default=0)
    types = max(len(kind.name) for kind in data.records.types)
    shapes = max((len(shape_words(fact.shape)) for fact in facts), default=0)
    numels = number_width([fact.numel or 0 for fact in facts], 17)
    text, after = "line text", "line text after"
    copies = [SheetColumn("times", "Copies", "headright", "line times", 10)] if folded else []
    notes = any(_has_note(data, each) for each in held)
    note = [SheetColumn("note", "Note", "after", f"{after} muted", _NOTE)] if notes else []
    total = number_width([data.totals.parameters], 19)
    size = number_width([data.totals.bytes + data.totals.buffer_bytes], 14)
    return tuple(
        chain(
            [
                SheetColumn("path", "Tensor", "", text, between(_PATH, paths + 4, WIDEST)),
                SheetColumn("name", "Name", "", text, between(_NAME, names + 2, 28)),
                SheetColumn("type", "Type", "", text, between(_TYPE, types + 2, 40)),
                SheetColumn("shape", "Shape", "", text, between(_SHAPE, shapes + 1, 32)),
            ],
            copies,
            [
                SheetColumn("numel", "Numbers in it", "headright", "line count", numels),
                SheetColumn("counted", "Counted in total", "headright", "line count", total),
                SheetColumn("dtype", "Number format", "after", after, _FORMAT),
                SheetColumn("bytes", "Bytes", "headright", "line count", size),
                SheetColumn("kind", "In training", "after", after, _KIND),
                SheetColumn("check", "Check", "", text, _CHECK),
            ],
            note,
        )
    )


def _has_note(data: SummaryData, held: Held) -> bool:
    tensor = data.tensors[held.tensor]
    unsaved = tensor.facts.kind != "parameter" and not tensor.facts.persistent
    return tensor.owner != held.tensor or tensor.facts.numel is None or unsaved
