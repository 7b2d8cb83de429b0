"""The columns of layers: ``…_values`` of all layers at once for the frame, ``…_cell`` of one row of a report."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from summarykit.records import LayerRecord, Shape, TensorRecord
from summarykit.summary.columns.spec import Cell, Lookup, RowContext, Shapes, Share
from summarykit.summary.data import SummaryData
from summarykit.summary.flows import LayerFlow
from summarykit.summary.texts import closed_form


@dataclass(frozen=True)
class LayerRows:
    """The rows of ``summary.layers``, and what several of its columns need."""

    data: SummaryData

    @property
    def layers(self) -> tuple[LayerRecord, ...]:
        """One record a row."""
        return self.data.layers

    @cached_property
    def paths(self) -> list[str]:
        """The path of each layer."""
        return [layer.path for layer in self.layers]

    @cached_property
    def types(self) -> Sequence[int]:
        """Which of the records' types each layer has."""
        return array("q", [layer.type for layer in self.layers])

    @cached_property
    def explanations(self) -> Sequence[int]:
        """Which of the records' explanations each layer has; -1 without parameters."""
        return array("q", [layer.explanation for layer in self.layers])

    @cached_property
    def parameter_facts(self) -> dict[str, Sequence[int]]:
        """For ``weight`` and ``bias``, which of the distinct facts each layer's parameter of that name has, or -1."""
        facts: dict[str, list[int]] = {name: [-1] * len(self.layers) for name in ("weight", "bias")}
        for tensor, number in zip(self.data.tensors, self.data.fact_numbers, strict=True):
            if tensor.name in facts and tensor.facts.kind == "parameter":
                facts[tensor.name][tensor.layer] = number
        return {name: array("q", numbers) for name, numbers in facts.items()}

    @cached_property
    def called_flows(self) -> list[LayerFlow | None]:
        """What flowed through each layer; None for one that was not called, and at the second place of a module."""
        return [flow if flow.calls else None for flow in self.data.flows]

    @cached_property
    def computes(self) -> Sequence[int]:
        """Which of the run's computes explains each call of a layer; -1 for none."""
        return array("q", [self.data.compute_of(flow) if flow else -1 for flow in self.called_flows])


# ---------------------------------------------------------------- of all layers, for the frame


def shape_values(name: str) -> Callable[[LayerRows], Lookup]:
    """Return the shape of each layer's parameter *name*."""
    return lambda rows: Lookup([*(facts.shape for facts in rows.data.distinct_facts), None], rows.parameter_facts[name])


def numel_values(name: str) -> Callable[[LayerRows], Lookup]:
    """Return the elements of each layer's parameter *name*."""
    return lambda rows: Lookup([*(facts.numel for facts in rows.data.distinct_facts), None], rows.parameter_facts[name])


def text_values(field: str) -> Callable[[LayerRows], Lookup]:
    """Return one text of each layer's explanation."""
    return lambda rows: Lookup(
        [getattr(text, field) or None for text in rows.data.explanation_texts], rows.explanations
    )


def type_values(field: str) -> Callable[[LayerRows], Lookup]:
    """Return a name of each layer's class."""
    return lambda rows: Lookup([getattr(kind, field) for kind in rows.data.records.types], rows.types)


def parent_values(rows: LayerRows) -> list[str | None]:
    """Return the path of the layer that each one is in."""
    return [rows.paths[layer.parent] if layer.parent >= 0 else None for layer in rows.layers]


def frozen_values(rows: LayerRows) -> list[int]:
    """Return the parameters counted at each layer that training does not change."""
    columns = rows.data.columns
    return [adds - trainable for adds, trainable in zip(columns.adds, columns.trainable, strict=True)]


def closed_formula_values(rows: LayerRows) -> list[str | None]:
    """Return the closed formula of each container."""
    closed_formula = {layer: closed_form(check) for layer, check in rows.data.closed_forms.items()}
    return [closed_formula.get(layer) for layer in range(len(rows.layers))]


def evidence_values(rows: LayerRows) -> Lookup:
    """Return the grade of each layer's count."""
    return Lookup([*(str(why.evidence) for why in rows.data.records.explanations), None], rows.explanations)


def macs_evidence_values(rows: LayerRows) -> Lookup:
    """Return the grade of each layer's multiply-accumulates."""
    return Lookup([*(str(why.evidence) for why in rows.data.run.computes), None], rows.computes)


# ---------------------------------------------------------------- of one row of a report


def type_cell(field: str) -> Callable[[RowContext], Cell]:
    """Return a name of the class."""
    return lambda row: str(getattr(row.data.records.types[row.layer.type], field))


def _parameter(name: str, row: RowContext) -> TensorRecord | None:
    tensors = row.data.tensors[row.layer.first_tensor : row.layer.end_tensor]
    return next((tensor for tensor in tensors if tensor.name == name and tensor.facts.kind == "parameter"), None)


def shape_cell(name: str) -> Callable[[RowContext], Cell]:
    """Return the shape of the parameter *name*."""

    def cell(row: RowContext) -> Cell:
        tensor = _parameter(name, row)
        return Shapes((tensor.facts.shape,)) if tensor else ""

    return cell


def numel_cell(name: str) -> Callable[[RowContext], Cell]:
    """Return the elements of the parameter *name* of one copy."""

    def cell(row: RowContext) -> Cell:
        tensor = _parameter(name, row)
        return tensor.facts.numel if tensor else None

    return cell


def own_cell(row: RowContext) -> Cell:
    """Return the parameters of the layers themselves."""
    own = row.data.columns.own[row.layer.id]
    if row.layer.explanation < 0:
        return None
    return "not known yet" if own is None else own * row.times


def frozen_cell(row: RowContext) -> Cell:
    """Return the parameters counted here that training does not change."""
    columns, layer = row.data.columns, row.layer
    return (columns.adds[layer.id] - columns.trainable[layer.id]) * row.times


def share_cell(row: RowContext) -> Cell:
    """Return the part of the model's parameters that is counted here and inside."""
    return Share(row.of_all_copies(row.data.columns.counted), row.data.totals.parameters)


def formula_value_cell(row: RowContext) -> Cell:
    """Return the result of the formula for one copy."""
    why = row.data.explanation(row.layer)
    return why.value if why else None


def closed_formula_cell(row: RowContext) -> Cell:
    """Return the closed formula of a container."""
    check = row.data.closed_forms.get(row.layer.id)
    return closed_form(check) if check else ""


def check_cell(row: RowContext) -> Cell:
    """Return the grade, which is shown as its sign."""
    why = row.data.explanation(row.layer)
    return why.evidence if why else ""


def evidence_cell(row: RowContext) -> Cell:
    """Return the grade in words."""
    why = row.data.explanation(row.layer)
    return str(why.evidence) if why else ""


def flow_cell(cell: Callable[[LayerFlow], Cell], *, additive: bool = False) -> Callable[[RowContext], Cell]:
    """Return a cell that reads a layer's flow; empty without a run, and at the second place of a module."""

    def of_row(row: RowContext) -> Cell:
        if not row.data.flows or row.layer.alias_of >= 0:
            return None
        value = cell(row.data.flows[row.layer.id])
        return value * row.times if additive and isinstance(value, int) else value

    return of_row


def macs_evidence_cell(row: RowContext) -> Cell:
    """Return the grade of the multiply-accumulates in words."""
    if not row.data.flows:
        return None
    number = row.data.compute_of(row.data.flows[row.layer.id])
    return str(row.data.run.computes[number].evidence) if number >= 0 else ""


def macs_formula_cell(row: RowContext) -> Cell:
    """Return the multiply-accumulates of one call in numbers, with the result."""
    if not row.data.flows:
        return None
    return row.data.compute_texts[row.data.compute_of(row.data.flows[row.layer.id])].equation


def each_layer(cell: Callable[[RowContext], Cell]) -> Callable[[LayerRows], list[object]]:
    """Return the *values* of a column from its *cell*: every layer on its own, a shape as a tuple, a grade in words.

    Simple; columns that every frame has look their values up in tables, which is faster.
    """
    return lambda rows: [_plain(cell(RowContext(rows.data, layer, 1, layer.path))) for layer in rows.layers]


def _plain(cell: Cell) -> int | float | str | tuple[Shape | None, ...] | None:
    if isinstance(cell, Shapes):
        return cell.shapes
    if isinstance(cell, Share):
        return cell.part / cell.whole if cell.whole else 0.0
    return str(cell) if isinstance(cell, str) else cell
