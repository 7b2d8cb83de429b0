"""The Memory sheet: bytes to store, run and train the model, computed from inputs that can be changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from summarykit.exporters.excel.cells.labels import label, quiet
from summarykit.exporters.excel.cells.live_cells import MOST_COUNTED, Record, live_words
from summarykit.exporters.excel.cells.row_height import row_height
from summarykit.exporters.excel.markup import Formula
from summarykit.exporters.view.words import visible
from summarykit.expression import Value, excel_formula, names_in, numbers
from summarykit.expression.nodes import Name, Node, Number, Product, Sum
from summarykit.summary.data import SummaryData
from summarykit.summary.memory import Memory, MemoryRow
from summarykit.summary.memory.rows import total

#: Where a formula looks its names up; rows of one scope share them.
WEIGHTS, BUFFERS, TRAINABLE, AT_INFERENCE, TRAIN, CACHE = "weights", "buffers", "learned", "run", "train", "cache"
_ORDER = (WEIGHTS, BUFFERS, TRAINABLE, AT_INFERENCE, TRAIN, CACHE)
#: Of numbers in one format.
_BY_FORMAT = {
    WEIGHTS: ("Weights in {}", "The model's own numbers."),
    BUFFERS: ("Buffers in {}", "Stored and not learned."),
    TRAINABLE: ("Learned in {}", "Training keeps a gradient for each, and so do optimizers."),
}
#: Of everything else a formula asks for: what it is called, and what it is.
_TITLES = {
    (WEIGHTS, "parameters"): ("Parameters", "All weights together."),
    (WEIGHTS, "packed"): ("Packed weights, bytes", "Several numbers share a byte."),
    (BUFFERS, "packed"): ("Packed buffers, bytes", "Several numbers share a byte."),
    (TRAINABLE, "packed"): ("Packed, learned, bytes", "Several numbers share a byte."),
    (TRAINABLE, "parameters"): ("Learned in training", "All numbers that training changes."),
    (TRAINABLE, "tensors"): ("Tensors that are learned", "Adam keeps a step counter for each."),
    (TRAINABLE, "bytes_per_parameter"): ("Your own optimizer, bytes", "For each number that is learned."),
    (AT_INFERENCE, "activations"): (
        "Activations in a run, bytes",
        "What lives at once at most, each freed after its last use.",
    ),
    (TRAIN, "activations"): ("Activations in training, bytes", "All results of a run, kept until the backward pass."),
    (CACHE, "tokens"): ("Tokens kept in the cache", "Of one sequence; 0 leaves the cache out."),
    (CACHE, "layers"): ("Cache: layers", "Those that keep keys and values."),
    (CACHE, "full_layers"): ("Cache: layers without a window", "They keep every token."),
    (CACHE, "window_layers"): ("Cache: layers with a window", "They keep no more tokens than it has."),
    (CACHE, "window"): ("Cache: tokens in the window", ""),
    (CACHE, "key_value_heads"): ("Cache: heads", "Of keys and values, in each layer."),
    (CACHE, "head_dim"): ("Cache: numbers per head", "In a key, and in a value."),
    (CACHE, "kv_lora_rank"): ("Cache: compressed numbers", "That keys and values are made from, in each layer."),
    (CACHE, "qk_rope_head_dim"): ("Cache: numbers for the position", "In each layer."),
    (CACHE, "bytes_per_number"): ("Cache: bytes per number", "2 is 16-bit."),
}

Place = tuple[str, str]  #: a scope and a name in it


class Line(NamedTuple):
    """A count, and the bytes of each if it counts stored values."""

    place: Place
    number: int
    each: int | None


Lines = Mapping[Place, Line]


def scope_of(row: MemoryRow, table: str) -> str:
    """Return the scope of the names in a row's formula."""
    first = row.key.partition(".")[0]
    if first in (WEIGHTS, BUFFERS, CACHE):
        return first
    return TRAINABLE if first in ("gradients", "optimizer") else table


def formula_with_inputs(row: MemoryRow) -> tuple[Node, dict[str, int]]:
    """Return a row's formula with the bytes of numbers as names, to be changed, and the bytes of each."""
    sizes: dict[str, int] = {}
    if row.key.startswith(f"{WEIGHTS}."):  # "at 16 bits" means 2 bytes, whatever is changed
        return row.formula.tree, sizes
    return _with_sizes(row.formula.tree, sizes), sizes


def _with_sizes(node: Node, sizes: dict[str, int]) -> Node:
    match node:
        case Product(factors=(Name(name=name), Number(value=size))):
            sizes[name] = size
            return Product((node.factors[0], Name(each(name))))
        case Product(factors=factors):
            return Product(tuple(_with_sizes(factor, sizes) for factor in factors))
        case Sum(terms=terms):
            return Sum(tuple(_with_sizes(term, sizes) for term in terms))
    return node


def each(name: str) -> str:
    """Return the name of the bytes that each of the numbers *name* takes."""
    return f"bytes of {name}"


def collect_inputs(rows: Iterable[tuple[str, MemoryRow]]) -> dict[Place, Line]:
    """Return the inputs of all rows, each with its scope; the tokens of a cache go before its other lines."""
    lines: dict[Place, Line] = {}
    for scope, row in rows:
        bindings = dict(row.bindings)
        _, sizes = formula_with_inputs(row)
        for name in names_in(row.formula.tree):
            value = bindings[name]
            assert isinstance(value, int)
            lines.setdefault((scope, name), Line((scope, name), value, sizes.get(name)))
    return dict(sorted(lines.items(), key=lambda item: (_ORDER.index(item[0][0]), item[0] != (CACHE, "tokens"))))


def cells_of(scope: str, row: MemoryRow, lines: Lines) -> dict[str, str]:
    """Return the cells of a row's names and of the bytes of each."""
    numbers = {place: at for at, place in enumerate(lines)}
    cells: dict[str, str] = {}
    for name in names_in(row.formula.tree):
        at = numbers[scope, name]
        cells[name] = f"{{ref:assumed[{at}].count}}"
        cells[each(name)] = f"{{ref:assumed[{at}].each}}"
    return cells


def line_records(lines: Lines, parameters: int, source: str, *, live: bool) -> list[Record]:
    """Return the rows of the inputs; *source* is the cell of all *parameters*, empty where nothing may follow it."""
    numbers = {place: at for at, place in enumerate(lines)}
    records: list[Record] = []
    for line in lines.values():
        title, about = _title_and_words(line)
        record: Record = {"what": title, "words": about, "count": line.number, "each": line.each}
        record |= {"count_look": "input", "each_look": "" if line.each is None else "eachof"}
        if not live:
            records.append(record | {"count_look": "given", "each_look": "given"})
            continue
        if source_cell := source if _is_all(line, lines, parameters) else _source_of(line, lines, numbers):
            record |= {"count": Formula(f"={source_cell}", line.number), "count_look": "linked"}
        twin = lines.get((WEIGHTS, line.place[1]))
        if line.place[0] == TRAINABLE and twin and line.each is not None and twin.each == line.each:
            where = f"={{ref:assumed[{numbers[twin.place]}].each}}"
            record |= {"each": Formula(where, line.each), "each_look": "linkedeach"}
        records.append(record)
    return records


def _is_all(line: Line, lines: Lines, parameters: int) -> bool:
    """Return whether a line holds all parameters of the model, in one format."""
    others = [other for other in lines.values() if other.place[0] == WEIGHTS and other.each is not None]
    return others == [line] and line.number == parameters


def _source_of(line: Line, lines: Lines, numbers: Mapping[Place, int]) -> str:
    """Return what a count follows: the weights where all of them are learned, or the sum of its formats."""
    scope, name = line.place
    twin = lines.get((WEIGHTS, name))
    if scope == TRAINABLE and twin and twin.each is not None and twin.number == line.number:
        return f"{{ref:assumed[{numbers[twin.place]}].count}}"
    formats = [other for other in lines.values() if other.place[0] == scope and other.each is not None]
    formats = [other for other in formats if other.place[1] != "tensors"]
    if name == "parameters" and formats and sum(other.number for other in formats) == line.number:
        return "+".join(f"{{ref:assumed[{numbers[other.place]}].count}}" for other in formats)
    return ""


def _title_and_words(line: Line) -> tuple[str, str]:
    scope, name = line.place
    if line.place in _TITLES:
        return _TITLES[line.place]
    if scope in _BY_FORMAT and line.each is not None:
        title, about = _BY_FORMAT[scope]
        return title.format(visible(name)), about
    return label(name), ""


WHAT_WIDTH, WORDS_WIDTH, ABOUT_WIDTH = 36, 44, 58
#: What is said of rows whose own sentence tells numbers, which a change would make wrong.
_ABOUT = {
    "weights.32": "If each number took 4 bytes.",
    "weights.16": "If each number took 2 bytes.",
    "weights.8": "If each number took 1 byte.",
    "cache.token": "What one more token adds, in all layers.",
    "cache": "For as many tokens as stand above: 0 unless you change it.",
    "optimizer.own": "As many bytes for each number that is learned as stand above.",
}


class Table(NamedTuple):
    """A table of the Memory sheet; the cells of its rows, by the rows' keys."""

    id: str
    title: str
    rows: tuple[MemoryRow, ...]
    sums: bool = False  #: its rows add up figures of other tables

    @property
    def places(self) -> dict[str, str]:
        """The cell of each row's bytes, by the name that sums have for it."""
        return {row.key.replace(".", "_"): f"{{ref:{self.id}[{at}].bytes}}" for at, row in enumerate(self.rows)}


class MemorySheet(NamedTuple):
    """What the Memory sheet shows."""

    live: bool
    tables: tuple[Table, ...]
    records: Mapping[str, list[Record]]  #: the rows of each table, and of the inputs as ``assumed``
    activations: str  #: the cell with the activations of a run, empty without


def memory_sheet(data: SummaryData, source: str) -> MemorySheet | None:
    """Return the Memory sheet; None for a model without parameters. *source* is the live cell of all parameters."""
    if not data.totals.parameters:
        return None
    tables = _tables(data.memory)
    live = max(row.bytes for table in tables for row in table.rows) <= MOST_COUNTED
    lines = collect_inputs((scope_of(row, table.id), row) for table in tables if not table.sums for row in table.rows)
    records = {table.id: _records(table, tables, lines, live=live) for table in tables}
    records["assumed"] = line_records(lines, data.totals.parameters, source, live=live)
    for record in (record for table_records in records.values() for record in table_records):
        record["height"] = row_height(
            (record["what"], WHAT_WIDTH), (_value(record["words"]), WORDS_WIDTH), (record.get("about"), ABOUT_WIDTH - 6)
        )
    places = list(lines)
    at = places.index((AT_INFERENCE, "activations")) if (AT_INFERENCE, "activations") in lines else -1
    activations = f"{{ref:assumed[{at}].count}}" if at >= 0 else ""
    return MemorySheet(live, tables, records, activations)


def _tables(memory: Memory) -> tuple[Table, ...]:
    cache = memory.cache
    run = (*memory.run, *((cache.row_for(0),) if cache else ()))
    says = memory.run_total.sentence.source
    return (
        Table("hold", "To hold the weights", memory.formats),
        *((Table("token", "The cache of keys and values", (cache.per_token,)),) if cache else ()),
        Table("run", "To run", run),
        Table("runs", "", (total("run", "To run", run, says),), sums=True),
        Table("train", "To train", memory.train),
        Table("optimizer", "Of these, one optimizer", memory.optimizers),
        Table("trains", "To train, with each optimizer", memory.train_totals, sums=True),
    )


def _records(table: Table, tables: Sequence[Table], lines: Lines, *, live: bool) -> list[Record]:
    places = {one.id: one.places for one in tables}
    below = {"runs": ("run",), "trains": ("train", "optimizer")}.get(table.id, ())
    sums = {name: cell for one in below for name, cell in places[one].items()}
    return [_record(table, row, lines, sums, live=live) for row in table.rows]


def _record(table: Table, row: MemoryRow, lines: Lines, sums: Mapping[str, str], *, live: bool) -> Record:
    bindings: dict[str, Value] = dict(row.bindings)
    tree: Node
    if table.sums:
        tree, cells = row.formula.tree, dict(sums)
    else:
        tree, sizes = formula_with_inputs(row)
        cells = cells_of(scope_of(row, table.id), row, lines)
        bindings |= {each(name): size for name, size in sizes.items()}
    words = numbers(tree, bindings)  # of one byte each it says "× 1", as the cell that may be changed to 2
    record: Record = {
        "what": row.label,
        "words": quiet(words),
        "bytes": row.bytes,
        "mb": row.bytes / 10**6,
        "difference": 0,
        "about": _ABOUT.get(row.key) or quiet(row.sentence.say(dict(row.bindings))),
        "look": "sum" if table.sums else "",
        "about_look": "light" if table.sums else "",
    }
    if not live:
        return record
    return record | {
        "words": live_words(tree, bindings, cells, words),
        "bytes": Formula(f"={excel_formula(tree, bindings, cells)}", row.bytes),
        "mb": Formula("={this:bytes}/10^6", row.bytes / 10**6),
        "difference": Formula(f"={{this:bytes}}-{row.bytes}", 0),
    }


def _value(text: object) -> object:
    return text.value if isinstance(text, Formula) else text
