"""The Tensors sheet: a table to filter and sort, one row for each tensor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import NamedTuple

from summarykit.exporters.excel.cells.labels import quiet
from summarykit.exporters.excel.cells.lazy_rows import LazyRows
from summarykit.exporters.excel.cells.live_blocks import WIDEST, number_width
from summarykit.exporters.excel.cells.row_height import between, row_height
from summarykit.exporters.excel.values import SheetColumn
from summarykit.exporters.view.rows import tensor_line
from summarykit.exporters.view.selection import selection_text
from summarykit.exporters.view.words import GRADE_WORDS, count_noun, shape_words, visible
from summarykit.expression import Words
from summarykit.summary.data import SummaryData
from summarykit.summary.folding import Folding
from summarykit.summary.selection import RowFilter, Selection, choose

#: A model with more tensors than this is shown folded, so that the file stays small.
MOST_UNFOLDED = 5_000
#: Excel has 1,048,576 rows; some are above and below the table.
MOST_ROWS = 1_048_500

_PATH, _NAME, _TYPE, _SHAPE, _FORMAT, _KIND, _CHECK, _NOTE = 34, 12, 16, 14, 17, 20, 28, 44


class TensorRow(NamedTuple):
    """One row: a tensor, and how many like it."""

    tensor: int  #: index of the first
    times: int
    path: str  #: what its layer's row is called


class TensorSheet(NamedTuple):
    """What the Tensors sheet shows, and how wide its columns are."""

    rows: LazyRows[TensorRow]
    columns: tuple[SheetColumn, ...]
    has_copies: bool  #: equal tensors stand in one row, with a column for their number
    message: str  #: what is left out, or folded without being requested, in a sentence
    tensors: int  #: places where a layer holds one, of those the sum of copies speaks of
    bytes: int


def tensor_sheet(data: SummaryData, folding: Folding, selection: Selection, *, fold: bool) -> TensorSheet | None:
    """Return one row for each place where a layer holds a tensor, or one for equal ones; None if there is none.

    A last row has what is left out, so that *Counted in total* still adds up to the total.
    """
    count = len(data.tensors)
    if not count:
        return None
    row_filter = choose(data, selection)
    fold_rows = count > (MOST_UNFOLDED if fold else MOST_ROWS)
    listed_rows = _folded_rows(data, folding, row_filter) if fold_rows else _single_rows(data, row_filter)
    too_many = Words("More tensors than a sheet has rows: those of repeated layers stand in one.")
    message = Words() if fold or not fold_rows else too_many
    if len(listed_rows) > MOST_ROWS:
        listed_rows = sorted(sorted(listed_rows, key=lambda each: -_adds(data, each))[: MOST_ROWS - 1])
        message = Words("More tensors than a sheet has rows: the largest are shown.")
    tensors_in_rows = sum(each.times for each in listed_rows)
    rest = _rest(data, listed_rows, count - tensors_in_rows)
    if rest and not message:
        message = Words(count_noun(count - tensors_in_rows, "tensor"), f" not shown{_because(selection)}.")
    has_copies = any(each.times > 1 for each in listed_rows)
    columns = _columns(data, listed_rows, with_copies=has_copies)
    rows = LazyRows(listed_rows, lambda each: _with_height(_row(data, each), columns), rest)
    total_bytes = data.totals.bytes + data.totals.buffer_bytes
    return TensorSheet(rows, columns, has_copies, quiet(message), count, total_bytes)


def _because(selection: Selection) -> str:
    return f" ({text})" if (text := selection_text(selection)) else ""


def _single_rows(data: SummaryData, row_filter: RowFilter) -> list[TensorRow]:
    layers = data.layers
    return [
        TensorRow(index, 1, layers[tensor.layer].path)
        for index, tensor in enumerate(data.tensors)
        if row_filter.lists(tensor.layer)
    ]


def _folded_rows(data: SummaryData, folding: Folding, row_filter: RowFilter) -> list[TensorRow]:
    rows = (Folding(data, apart=row_filter.apart) if row_filter.apart else folding).rows
    return [
        TensorRow(index, row.times, row.path)
        for row in rows
        if row_filter.lists(row.layer)
        for index in range(data.layers[row.layer].first_tensor, data.layers[row.layer].end_tensor)
    ]


def _adds(data: SummaryData, row: TensorRow) -> int:
    """Return what a row adds to the total: 0 if its values are counted elsewhere."""
    tensor = data.tensors[row.tensor]
    if tensor.owner != row.tensor or tensor.facts.kind != "parameter":
        return 0
    return (tensor.facts.numel or 0) * row.times


def _bytes(data: SummaryData, row: TensorRow) -> int:
    tensor = data.tensors[row.tensor]
    return tensor.facts.bytes * row.times if tensor.owner == row.tensor else 0


def _with_height(row: dict[str, object], columns: Sequence[SheetColumn]) -> Mapping[str, object]:
    return row | {"height": row_height(*((row[column.key], column.width) for column in columns))}


def _row(data: SummaryData, row: TensorRow) -> dict[str, object]:
    tensor = data.tensors[row.tensor]
    facts, line = tensor.facts, tensor_line(data, row.tensor, row.path)
    word, sign, _ = GRADE_WORDS[tensor.evidence]
    persistence = "" if facts.persistent or facts.kind == "parameter" else "not saved with the model"
    return {
        "path": visible(f"{row.path}.{tensor.name}" if row.path else tensor.name),
        "name": visible(tensor.name),
        "type": visible(data.records.types[data.layers[tensor.layer].type].name),
        "shape": quiet(line.shape),
        "times": row.times,
        "numel": facts.numel,
        "counted": _adds(data, row),
        "dtype": facts.dtype,
        "bytes": _bytes(data, row),
        "kind": line.kind,
        "check": f"{sign} {word}" if facts.kind == "parameter" and facts.numel is not None else "",
        "note": "; ".join(filter(None, (visible(line.note), persistence))),
        "look": "" if facts.kind == "parameter" else "aside",
    }


def _rest(data: SummaryData, rows: Sequence[TensorRow], missing: int) -> list[Mapping[str, object]]:
    """Return the last row: what all tensors that are not shown add to the totals."""
    if not missing:
        return []
    sums = {
        "counted": data.totals.parameters - sum(_adds(data, each) for each in rows),
        "bytes": data.totals.bytes + data.totals.buffer_bytes - sum(_bytes(data, each) for each in rows),
    }
    texts = dict.fromkeys(("name", "type", "shape", "dtype", "kind", "check", "note"), "")
    label = quiet(Words(count_noun(missing, "tensor"), " not shown"))
    return [{"path": label, **texts, "numel": None, "times": missing, **sums, "look": "aside"}]


def _columns(data: SummaryData, rows: Sequence[TensorRow], *, with_copies: bool) -> tuple[SheetColumn, ...]:
    tensors, facts = data.tensors, data.distinct_facts
    paths = max((len(each.path) + len(tensors[each.tensor].name) for each in rows), default=0)
    names = max((len(tensors[each.tensor].name) for each in rows), default=0)
    types = max(len(kind.name) for kind in data.records.types)
    shapes = max((len(shape_words(fact.shape)) for fact in facts), default=0)
    numels = number_width([fact.numel or 0 for fact in facts], 17)
    text, after = "line text", "line text after"
    copies = [SheetColumn("times", "Copies", "headright", "line times", 10)] if with_copies else []
    notes = any(_has_note(data, each) for each in rows)
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


def _has_note(data: SummaryData, row: TensorRow) -> bool:
    tensor = data.tensors[row.tensor]
    not_saved = tensor.facts.kind != "parameter" and not tensor.facts.persistent
    return tensor.owner != row.tensor or tensor.facts.numel is None or not_saved
