"""The record of a run as JSON and back; flows and operators stand once, calls hold their numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from summarykit.expression import parse, parse_sentence
from summarykit.records import Evidence, Shape, make_records
from summarykit.runs import CallRecord, ComputeExplanation, Flow, Operator, RunRecord, UncalledLayer
from summarykit.summary.plain import plain_bindings, read_bindings, read_optional, read_text

_PLAIN = ("how", "ok", "inputs_from", "peak_inference", "peak_training", "error", "failed_at")
_OF_CALLS = ("layer", "caller", "macs", "macs_total", "output_bytes", "done", "compute")


class _Table:
    """Values by number, each once."""

    def __init__(self) -> None:
        self.numbers: dict[Any, int] = {}

    def number(self, value: Any) -> int:
        return self.numbers.setdefault(value, len(self.numbers))

    def all(self, values: Iterable[Any]) -> list[int]:
        return [self.number(value) for value in values]


def run_document(run: RunRecord) -> dict[str, Any]:
    """Return *run* as JSON has it."""
    flows, operators, lists = _Table(), _Table(), _Table()

    def list_number(table: _Table, values: Iterable[Any]) -> int:
        """Return the number of a list of numbers: calls that are alike share theirs."""
        return lists.number(tuple(table.all(values)))

    columns = {
        "inputs": [list_number(flows, call.inputs) for call in run.calls],
        "outputs": [list_number(flows, call.outputs) for call in run.calls],
        "operators": [list_number(operators, call.operators) for call in run.calls],
        "approximate": [lists.number(call.approximate) for call in run.calls],
        "fed_by": [lists.number(steps_back(call.fed_by, index)) for index, call in enumerate(run.calls)],
        **{field: [getattr(call, field) for call in run.calls] for field in _OF_CALLS},
    }
    return {
        **{field: getattr(run, field) for field in _PLAIN},
        "calls": columns,
        "inputs": flows.all(run.inputs),
        "met": flows.all(run.met),
        "uncalled": [list(each) for each in run.uncalled],
        "reasons": list(run.reasons),
        "notes": list(run.notes),
        "uncounted": [list(each) for each in run.uncounted],
        "computes": [_compute(why) for why in run.computes],
        "flows": [[flow.name, list(flow.shape), flow.dtype, flow.bytes] for flow in flows.numbers],
        "operators": [_operator(operator) for operator in operators.numbers],
        "lists": [list(numbers) for numbers in lists.numbers],
    }


def steps_back(calls: Iterable[int], index: int) -> tuple[int, ...]:
    """Return calls as distances from the call *index*, which are alike in repeated blocks; 0 for none."""
    return tuple(index - call if call >= 0 else 0 for call in calls)


def _operator(operator: Operator) -> list[Any]:
    name, sizes, output, *rest = operator
    return [name, [list(shape) for shape in sizes], list(output), *rest]


def _compute(why: ComputeExplanation) -> dict[str, Any]:
    return {
        **why._asdict(),
        "formula": why.formula.source if why.formula else None,
        "bindings": plain_bindings(why.bindings),
        "sentence": why.sentence.source if why.sentence else None,
    }


def read_run(document: Mapping[str, Any], layers: int) -> RunRecord:
    """Return the run that was written as *document*, of a model with so many *layers*."""
    flows = [
        Flow(read_text(name), _shape(shape), read_text(kind), size) for name, shape, kind, size in document["flows"]
    ]
    operators = [
        Operator(name, tuple(map(_shape, sizes)), _shape(output), *rest)
        for name, sizes, output, *rest in document["operators"]
    ]
    lists = document["lists"]
    run = RunRecord(
        **{field: document[field] for field in _PLAIN},
        calls=_calls(document["calls"], lists, flows, operators),
        inputs=tuple(flows[number] for number in document["inputs"]),
        met=tuple(flows[number] for number in document["met"]),
        uncalled=tuple(UncalledLayer(int(layer), read_text(status)) for layer, status in document["uncalled"]),
        reasons=tuple(map(read_text, document["reasons"])),
        notes=tuple(map(read_text, document["notes"])),
        uncounted=tuple((read_text(name), int(times)) for name, times in document["uncounted"]),
        computes=tuple(map(_read_compute, document["computes"])),
    )
    _check_links(run, layers)
    return run


def _calls(
    columns: Mapping[str, Sequence[Any]], lists: Sequence[Sequence[int]], flows: list[Flow], operators: list[Operator]
) -> tuple[CallRecord, ...]:
    def look_up(column: str, table: Sequence[Any]) -> list[tuple[Any, ...]]:
        numbers = columns[column]
        by_number = {number: tuple(table[n] for n in lists[number]) for number in set(numbers)}
        return [by_number[number] for number in numbers]

    cells = {
        "inputs": look_up("inputs", flows),
        "outputs": look_up("outputs", flows),
        "operators": look_up("operators", operators),
        "approximate": look_up("approximate", range(1 << 31)),
    }
    fed_by = [lists[number] for number in columns["fed_by"]] if "fed_by" in columns else [()] * len(columns["layer"])
    cells["fed_by"] = [tuple(index - steps if steps else -1 for steps in back) for index, back in enumerate(fed_by)]
    rows = zip(*(cells.get(field, columns.get(field)) or () for field in CallRecord._fields), strict=True)
    return make_records(CallRecord, rows)


def _shape(sizes: Sequence[Any]) -> Shape:
    return tuple(map(int, sizes))


def _read_compute(why: Mapping[str, Any]) -> ComputeExplanation:
    return ComputeExplanation(
        **{
            **why,
            "formula": read_optional(parse, why["formula"]),
            "bindings": read_bindings(why["bindings"]),
            "sentence": read_optional(parse_sentence, why["sentence"]),
            "evidence": Evidence(why["evidence"]),
        }
    )


def _check_links(run: RunRecord, layers: int) -> None:
    """Refuse a run whose numbers point nowhere."""
    for index, call in enumerate(run.calls):
        ranges = (
            (call.layer, -1, layers),
            (call.caller, -1, index),
            (call.compute, -1, len(run.computes)),
            *((number, 0, len(run.reasons)) for number in call.approximate),
            *((number, -1, index) for number in call.fed_by),
        )
        if not all(low <= number < high for number, low, high in ranges):
            raise ValueError(f"call {index} points at something that is not there")
    if not -1 <= run.failed_at < layers or not all(0 <= each.layer < layers for each in run.uncalled):
        raise ValueError("the run names a layer that is not there")
