"""The columns a table of layers can have, by name: what each is called and what stands in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from summarykit.exporters.view.values import Column
from summarykit.exporters.view.words import GRADE_WORDS, shape_words, share
from summarykit.expression import concat, group_digits
from summarykit.records import LayerRecord
from summarykit.runs import Flow
from summarykit.summary.data import SummaryData
from summarykit.summary.flows import LayerFlow
from summarykit.summary.folding import borrowed_from
from summarykit.summary.texts import closed_form


class Share(NamedTuple):
    """A part of a whole."""

    part: int
    whole: int


Cell = str | int | Share | None


class RowContext(NamedTuple):
    """What a row is about: a layer, and how many like it."""

    data: SummaryData
    layer: LayerRecord
    times: int
    path: str


class ColumnSpec(NamedTuple):
    """A column that can be asked for."""

    column: Column
    cell: Callable[[RowContext], Cell]


def columns_of(keys: Sequence[str]) -> tuple[Column, ...]:
    """Return the columns of these names, in order."""
    return tuple(COLUMNS[key].column for key in keys)


def cells_of(keys: Sequence[str], subject: RowContext) -> tuple[str, ...]:
    """Return what stands in these columns, in words."""
    return tuple(in_words(COLUMNS[key].cell(subject)) for key in keys)


def in_words(cell: Cell) -> str:
    """Return a cell as text."""
    if isinstance(cell, Share):
        return share(*cell)
    return group_digits(cell) if isinstance(cell, int) else cell or ""


def _known(
    key: str, label: str, cell: Callable[[RowContext], Cell], align: str = "left", short: str = ""
) -> tuple[str, ColumnSpec]:
    return key, ColumnSpec(Column(key, label, short or label, align), cell)


def _count(key: str, label: str, cell: Callable[[RowContext], Cell], short: str = "") -> tuple[str, ColumnSpec]:
    return _known(key, label, cell, "right", short)


def _held(values: Sequence[int], subject: RowContext) -> int:
    """Return a number that adds up, of all copies."""
    return values[subject.layer.id] * subject.times


def _own(subject: RowContext) -> Cell:
    own = subject.data.columns.own[subject.layer.id]
    if subject.layer.explanation < 0:
        return None
    return "not known yet" if own is None else own * subject.times


def _frozen(subject: RowContext) -> Cell:
    columns, layer = subject.data.columns, subject.layer
    return (columns.adds[layer.id] - columns.trainable[layer.id]) * subject.times


def _share(subject: RowContext) -> Cell:
    return Share(_held(subject.data.columns.counted, subject), subject.data.totals.parameters)


def _shape(name: str) -> Callable[[RowContext], Cell]:
    def cell(subject: RowContext) -> Cell:
        return next((shape_words(shape) for found, shape, _ in _parameters(subject) if found == name), "")

    return cell


def _numel(name: str) -> Callable[[RowContext], Cell]:
    def cell(subject: RowContext) -> Cell:
        return next((numel for found, _, numel in _parameters(subject) if found == name), None)

    return cell


def _parameters(subject: RowContext) -> list[tuple[str, tuple[int, ...] | None, int | None]]:
    held = subject.data.tensors[subject.layer.first_tensor : subject.layer.end_tensor]
    return [(t.name, t.facts.shape, t.facts.numel) for t in held if t.facts.kind == "parameter"]


def _grade(words: bool) -> Callable[[RowContext], Cell]:
    """Return the sign of a layer's evidence, or the grade in words."""

    def cell(subject: RowContext) -> Cell:
        why = subject.data.explanation(subject.layer)
        return (str(why.evidence) if words else GRADE_WORDS[why.evidence][1]) if why else ""

    return cell


def _value(subject: RowContext) -> Cell:
    why = subject.data.explanation(subject.layer)
    return why.value if why else None


def _closed(subject: RowContext) -> Cell:
    check = subject.data.closed_forms.get(subject.layer.id)
    return closed_form(check) if check else ""


def _type(name: str) -> Callable[[RowContext], Cell]:
    return lambda subject: str(getattr(subject.data.records.types[subject.layer.type], name))


def _flow(cell: Callable[[LayerFlow], Cell], *, additive: bool = False) -> Callable[[RowContext], Cell]:
    """Return what a run tells of a layer; nothing without one, and at a second place of a module."""

    def of(subject: RowContext) -> Cell:
        if not subject.data.flows or subject.layer.alias_of >= 0:
            return None
        found = cell(subject.data.flows[subject.layer.id])
        return found * subject.times if additive and isinstance(found, int) else found

    return of


def _sizes(flows: Sequence[Flow]) -> str:
    return concat(", ", (shape_words(flow.shape) for flow in flows))


def _macs_grade(subject: RowContext) -> Cell:
    if not subject.data.flows:
        return None
    number = subject.data.compute_of(subject.data.flows[subject.layer.id])
    return str(subject.data.run.computes[number].evidence) if number >= 0 else ""


def _macs_formula(subject: RowContext) -> Cell:
    if not subject.data.flows:
        return None
    return subject.data.compute_texts[subject.data.compute_of(subject.data.flows[subject.layer.id])].equation


#: Numbers that add up are of all copies, with those of shared tensors where they come first; sizes are of one.
COLUMNS: Mapping[str, ColumnSpec] = dict(
    (
        _known("path", "Path", lambda s: s.path),
        _known("type", "Type", _type("name")),
        _known("qualified_type", "Class in full", _type("qualified")),
        _known("raw_path", "Name in PyTorch", lambda s: s.layer.raw_path),
        _count("depth", "Depth", lambda s: s.data.columns.depth[s.layer.id]),
        _count("times", "Copies", lambda s: s.times),
        _known("weight_shape", "Weight", _shape("weight")),
        _known("bias_shape", "Bias", _shape("bias")),
        _count("weight_numel", "Numbers in weight", _numel("weight"), "In weight"),
        _count("bias_numel", "Numbers in bias", _numel("bias"), "In bias"),
        _known("formula", "Formula", lambda s: s.data.texts(s.layer).numbers),
        _known("formula_names", "Formula in names", lambda s: s.data.texts(s.layer).formula),
        _known("formula_numbers", "Formula with its result", lambda s: s.data.texts(s.layer).equation),
        _count("formula_value", "By formula", _value),
        _known("closed_formula", "All inside, by formula", _closed),
        _known("explanation", "In words", lambda s: s.data.texts(s.layer).sentence),
        _count("parameters", "In this layer", _own),
        _count("adds_to_total", "Counted in total", lambda s: _held(s.data.columns.adds, s), "Counted"),
        _count("total", "With everything inside", lambda s: _held(s.data.columns.counted, s), "All inside"),
        _count("share", "Share", _share),
        _count("trainable", "Trainable", lambda s: _held(s.data.columns.trainable, s)),
        _count("frozen", "Frozen", _frozen),
        _count("buffers", "Stored, not learned", lambda s: _held(s.data.columns.buffers, s), "Buffers"),
        _count("bytes", "Bytes", lambda s: _held(s.data.columns.bytes, s)),
        _known("dtype", "Number format", lambda s: s.data.columns.dtype[s.layer.id], short="Format"),
        _known("check", "", _grade(words=False)),
        _known("evidence", "Evidence", _grade(words=True)),
        _known("shared_with", "Counted at", lambda s: borrowed_from(s.data, s.layer, s.path)),
        _count("calls", "Calls", _flow(lambda flow: len(flow.calls))),
        _known("call_status", "Why not called", _flow(lambda flow: flow.status)),
        _known("input_shapes", "Input", _flow(lambda flow: _sizes(flow.inputs))),
        _known("output_shapes", "Output", _flow(lambda flow: _sizes(flow.outputs))),
        _count("output_bytes", "Bytes of output", _flow(lambda flow: flow.output_bytes, additive=True)),
        _count("macs", "Multiply-adds", _flow(lambda flow: flow.macs, additive=True), "MACs"),
        _count("macs_total", "Multiply-adds inside", _flow(lambda flow: flow.macs_total, additive=True), "MACs inside"),
        _known("macs_formula", "Multiply-adds by formula", _macs_formula, short="MACs by formula"),
        _known("macs_evidence", "Evidence of multiply-adds", _macs_grade, short="MACs evidence"),
    )
)
