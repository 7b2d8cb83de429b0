"""The pandas frames: a fixed schema, one row a layer and one row a tensor; ``docs/columns.md`` has each column."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from summarykit._util.gc_pause import gc_paused
from summarykit.expression import numbers
from summarykit.summary.data import SummaryData
from summarykit.summary.folding import Folding, borrowed_from
from summarykit.summary.memory import memory
from summarykit.summary.texts import closed_form


def layers_frame(data: SummaryData) -> pd.DataFrame:
    """Return one row a layer, in the order of ``named_modules()``; columns as in ``docs/columns.md``."""
    with gc_paused():
        return pd.DataFrame(_layer_columns(data), copy=False)


def tensors_frame(data: SummaryData) -> pd.DataFrame:
    """Return one row for each place where a layer holds a tensor; columns as in ``docs/columns.md``."""
    with gc_paused():
        return pd.DataFrame(_tensor_columns(data), copy=False)


def _layer_columns(data: SummaryData) -> dict[str, pd.Series]:
    layers, columns, records = data.layers, data.columns, data.records
    paths = [layer.path for layer in layers]
    closed = {number: closed_form(check) for number, check in data.closed_forms.items()}
    facts = data.distinct_facts
    shapes, numels = [*(fact.shape for fact in facts), None], _maybe([*(fact.numel for fact in facts), None])
    weight, bias = _named(data, "weight"), _named(data, "bias")
    kind = np.fromiter((layer.type for layer in layers), np.int64, len(layers))
    why = np.fromiter((layer.explanation for layer in layers), np.int64, len(layers))
    texts = data.explanation_texts
    adds, trainable = _whole(columns.adds), _whole(columns.trainable)
    return {
        "path": _text(paths),
        "type": _looked_up([kind.name for kind in records.types], kind),
        "depth": _whole(columns.depth),
        "parent": _text(paths[layer.parent] if layer.parent >= 0 else None for layer in layers),
        "weight_shape": _looked_up(shapes, weight),
        "bias_shape": _looked_up(shapes, bias),
        "weight_numel": _taken(numels, weight),
        "bias_numel": _taken(numels, bias),
        "parameters": _maybe(columns.own),
        "adds_to_total": adds,
        "total": _whole(columns.total),
        "trainable": trainable,
        "frozen": adds - trainable,
        "buffers": _whole(columns.buffers),
        "bytes": _whole(columns.bytes),
        "dtype": _text(columns.dtype),
        "formula": _looked_up([text.formula for text in texts], why),
        "formula_numbers": _looked_up([text.equation for text in texts], why),
        "formula_value": _taken(_maybe([*(e.value for e in records.explanations), None]), why),
        "evidence": _looked_up([*(str(e.evidence) for e in records.explanations), None], why),
        "explanation": _looked_up([text.sentence or None for text in texts], why),
        "shared_with": _text(columns.shared_with),
        "qualified_type": _looked_up([kind.qualified for kind in records.types], kind),
        "raw_path": _text(layer.raw_path for layer in layers),
        "closed_formula": _text(map(closed.get, range(len(layers)))),
        **_flow_columns(data),
    }


def _flow_columns(data: SummaryData) -> dict[str, pd.Series]:
    """Return what flowed through each layer; without a run all is missing."""
    if not data.flows:
        return _no_flows(len(data.layers))
    flows = data.flows
    # A second place of a module, and a layer that was never called, have no sizes of their own.
    called = [flow if flow.calls else None for flow in flows]
    numbers = [data.compute_of(flow) if flow else -1 for flow in called]
    evidence = [*(str(why.evidence) for why in data.run.computes), None]
    return {
        "calls": _maybe([len(flow.calls) for flow in flows]),
        "input_shapes": _text(tuple(f.shape for f in flow.inputs) if flow else None for flow in called),
        "output_shapes": _text(tuple(f.shape for f in flow.outputs) if flow and flow.done else None for flow in called),
        "macs": _maybe([flow.macs for flow in flows]),
        "macs_total": _maybe([flow.macs_total for flow in flows]),
        "output_bytes": _maybe([flow.output_bytes if flow else None for flow in called]),
        "macs_formula": _text(data.compute_texts[number].equation for number in numbers),
        "macs_evidence": _text(evidence[number] for number in numbers),
        "call_status": _text(flow.status or None for flow in flows),
        "approximate": pd.Series([flow.approximate for flow in flows], dtype=bool),
    }


def _no_flows(size: int) -> dict[str, pd.Series]:
    numbers = ("calls", "macs", "macs_total", "output_bytes")
    texts = ("input_shapes", "output_shapes", "macs_formula", "macs_evidence", "call_status")
    missing = pd.arrays.IntegerArray(np.zeros(size, dtype=np.int64), np.ones(size, dtype=bool))
    return {
        **{name: pd.Series(missing.copy(), copy=False) for name in numbers},
        **{name: _column(np.full(size, None, dtype=object)) for name in texts},
        "approximate": _column(np.zeros(size, dtype=bool)),
    }


def calls_frame(data: SummaryData) -> pd.DataFrame:
    """Return one row a call of the run, in the order the calls began; columns as in ``docs/columns.md``."""
    calls, layers, run = data.run.calls, data.layers, data.run
    paths = [layers[call.layer].path if call.layer >= 0 else None for call in calls]
    types = [data.records.types[layers[call.layer].type].name if call.layer >= 0 else None for call in calls]
    texts = [data.compute_texts[call.compute] for call in calls]
    with gc_paused():
        return pd.DataFrame(
            {
                "path": _text(paths),
                "type": _text(types),
                "caller": _maybe([call.caller if call.caller >= 0 else None for call in calls]),
                "inputs": _text(tuple(flow.name for flow in call.inputs) for call in calls),
                "input_shapes": _text(tuple(flow.shape for flow in call.inputs) for call in calls),
                "input_dtypes": _text(tuple(flow.dtype for flow in call.inputs) for call in calls),
                "outputs": _text(tuple(flow.name for flow in call.outputs) for call in calls),
                "output_shapes": _text(tuple(flow.shape for flow in call.outputs) for call in calls),
                "output_dtypes": _text(tuple(flow.dtype for flow in call.outputs) for call in calls),
                "output_bytes": _whole([call.output_bytes for call in calls]),
                "macs": _whole([call.macs for call in calls]),
                "macs_total": _whole([call.macs_total for call in calls]),
                "macs_formula": _text(text.equation for text in texts),
                "explanation": _text(text.sentence or None for text in texts),
                "operators": _text(tuple(operator.name for operator in call.operators) for call in calls),
                "done": pd.Series([call.done for call in calls], dtype=bool),
                "approximate": _text("; ".join(run.reasons[n] for n in call.approximate) or None for call in calls),
            }
        )


def folded_frame(data: SummaryData) -> pd.DataFrame:
    """Return one row a row of the folded tree; columns as in ``docs/columns.md``."""
    rows = Folding(data).rows
    columns, whys = data.columns, data.records.explanations
    layers = [data.layers[row.layer] for row in rows]
    texts = [data.texts(layer) for layer in layers]
    return pd.DataFrame(
        {
            "path": _text(row.path for row in rows),
            "type": _text(data.records.types[layer.type].name for layer in layers),
            "depth": _whole([row.depth for row in rows]),
            "copies": _whole([row.copies for row in rows]),
            "times": _whole([row.times for row in rows]),
            "first": _text(layer.path for layer in layers),
            "parameters": _maybe([columns.own[row.layer] for row in rows]),
            "adds_to_total": _whole([columns.adds[row.layer] * row.times for row in rows]),
            "total": _whole([columns.counted[row.layer] * row.times for row in rows]),
            "formula": _text(text.formula for text in texts),
            "formula_numbers": _text(text.equation for text in texts),
            "evidence": _text(
                str(whys[layer.explanation].evidence) if layer.explanation >= 0 else None for layer in layers
            ),
            "macs": _maybe([data.flows[row.layer].macs * row.times if data.flows else None for row in rows]),
            "shared_with": _text(borrowed_from(data, data.layers[row.layer], row.path) for row in rows),
        }
    )


def memory_frame(data: SummaryData, tokens: int | None, bytes_per_parameter: int | None) -> pd.DataFrame:
    """Return one row a figure of memory; columns as in ``docs/columns.md``."""
    config = dict(data.records.config)
    made = memory(data.tensors, data.run, config, tokens=tokens, bytes_per_parameter=bytes_per_parameter)
    cache = (made.cache.per_token,) if made.cache else ()
    tables = {
        "formats": made.formats,
        "run": (*made.run, *cache, made.run_total),
        "train": made.train,
        "optimizers": made.optimizers,
        "totals": made.train_totals,
    }
    rows = [(table, row) for table, held in tables.items() for row in held]
    return pd.DataFrame(
        {
            "table": _text(table for table, _ in rows),
            "what": _text(row.label for _, row in rows),
            "formula": _text(numbers(row.formula.tree, dict(row.bindings)) for _, row in rows),
            "bytes": _whole([row.bytes for _, row in rows]),
            "explanation": _text(row.sentence.say(dict(row.bindings)) for _, row in rows),
        }
    )


def _named(data: SummaryData, name: str) -> np.ndarray:
    """Return for each layer the number of the facts of its parameter of that name, -1 where it has none."""
    found = [-1] * len(data.layers)
    for tensor, number in zip(data.tensors, data.fact_numbers, strict=True):
        if tensor.name == name and tensor.facts.kind == "parameter":
            found[tensor.layer] = number
    return np.array(found)


def _tensor_columns(data: SummaryData) -> dict[str, pd.Series]:
    tensors, layers = data.tensors, data.layers
    paths = data.tensor_paths
    owned = [tensor.owner == index for index, tensor in enumerate(tensors)]
    counted = [own and tensor.facts.kind == "parameter" for own, tensor in zip(owned, tensors, strict=True)]
    facts, which = data.distinct_facts, np.array(data.fact_numbers, dtype=np.int64)
    return {
        "path": _text(paths),
        "module": _text(layers[tensor.layer].path for tensor in tensors),
        "name": _text(tensor.name for tensor in tensors),
        "kind": _looked_up([fact.kind for fact in facts], which),
        "shape": _looked_up([fact.shape for fact in facts], which),
        "numel": _taken(_maybe([fact.numel for fact in facts]), which),
        "adds_to_total": _whole([(t.facts.numel or 0) if c else 0 for t, c in zip(tensors, counted, strict=True)]),
        "dtype": _looked_up([fact.dtype for fact in facts], which),
        "bytes": _whole([t.facts.bytes if own else 0 for t, own in zip(tensors, owned, strict=True)]),
        "trainable": _flags([fact.trainable for fact in facts], which),
        "shared_with": _text(None if own else paths[t.owner] for t, own in zip(tensors, owned, strict=True)),
        "evidence": _text(str(t.evidence) if t.facts.kind == "parameter" else None for t in tensors),
        "persistent": _flags([fact.persistent for fact in facts], which),
        "status": _looked_up([fact.status for fact in facts], which),
        "device": _looked_up([fact.device for fact in facts], which),
    }


def _text(values: Iterable[object]) -> pd.Series:
    """Return a column of texts, tuples or None; the dtype is ``object`` whatever the values are."""
    held = list(values)
    return _column(np.fromiter(held, dtype=object, count=len(held)))


def _looked_up(table: Sequence[object], numbers: np.ndarray) -> pd.Series:
    """Return a column of texts, tuples or None that stand in a table, by their numbers; -1 is the last entry."""
    held = np.fromiter(table, dtype=object, count=len(table))
    return _column(held[numbers])


def _taken(table: pd.Series, numbers: np.ndarray) -> pd.Series:
    """Return a column of numbers that stand in a table, in its dtype; -1 is the last entry."""
    return table.take(numbers).reset_index(drop=True)


def _flags(table: Sequence[bool], numbers: np.ndarray) -> pd.Series:
    """Return a column of True and False that stand in a table."""
    return _column(np.fromiter(table, bool, len(table))[numbers])


def _whole(values: Sequence[int]) -> pd.Series:
    """Return a column of numbers; ``int64``, or exact Python ints when one is beyond it."""
    try:
        return _column(np.fromiter(values, np.int64, len(values)))
    except OverflowError:
        return _column(np.fromiter(values, dtype=object, count=len(values)))


def _maybe(values: Sequence[int | None]) -> pd.Series:
    """Return a column of numbers with gaps: ``Int64``, or exact Python ints when one is beyond it."""
    gaps = np.array([value is None for value in values], dtype=bool)
    try:
        numbers = np.array([value or 0 for value in values], dtype=np.int64)
    except OverflowError:
        return _column(np.fromiter(values, dtype=object, count=len(values)))
    return pd.Series(pd.arrays.IntegerArray(numbers, gaps), copy=False)


def _column(values: np.ndarray) -> pd.Series:
    """Return a column of *values*, which nobody else holds, in their dtype."""
    return pd.Series(values, dtype=values.dtype, copy=False)


#: Columns of the same kinds for the frames of other rooms.
texts, whole_numbers, maybe_numbers = _text, _whole, _maybe
