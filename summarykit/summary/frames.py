"""The pandas frames: a fixed schema, one row a layer and one row a tensor; ``docs/columns.md`` has each column."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from summarykit.garbage import no_collection
from summarykit.records import TensorFacts
from summarykit.summary.data import SummaryData
from summarykit.summary.explaining import closed_form


def layers_frame(data: SummaryData) -> pd.DataFrame:
    """Return one row a layer, in the order of ``named_modules()``; columns as in ``docs/columns.md``."""
    with no_collection():
        return pd.DataFrame(_layer_columns(data))


def tensors_frame(data: SummaryData) -> pd.DataFrame:
    """Return one row for each place where a layer holds a tensor; columns as in ``docs/columns.md``."""
    with no_collection():
        return pd.DataFrame(_tensor_columns(data))


def _layer_columns(data: SummaryData) -> dict[str, pd.Series]:
    layers, columns, records = data.layers, data.columns, data.records
    facts, which = _facts(data)
    shapes, numels = [*(fact.shape for fact in facts), None], _maybe([*(fact.numel for fact in facts), None])
    weight, bias = _named(data, "weight", which), _named(data, "bias", which)
    kind = np.fromiter((layer.type for layer in layers), np.int64, len(layers))
    why = np.fromiter((layer.explanation for layer in layers), np.int64, len(layers))
    texts = data.explanation_texts
    adds, trainable = _whole(columns.adds), _whole(columns.trainable)
    return {
        "path": _text(layer.path for layer in layers),
        "type": _looked_up([kind.name for kind in records.types], kind),
        "depth": _whole(columns.depth),
        "parent": _text(layers[layer.parent].path if layer.parent >= 0 else None for layer in layers),
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
        "closed_formula": _text(closed_form(c) if (c := data.closed_forms.get(layer.id)) else None for layer in layers),
    }


def _facts(data: SummaryData) -> tuple[list[TensorFacts], np.ndarray]:
    """Return the distinct facts of all tensors, and for each tensor the number of its own among them."""
    distinct = {id(tensor.facts): tensor.facts for tensor in data.tensors}
    numbers = {key: number for number, key in enumerate(distinct)}
    which = np.fromiter((numbers[id(tensor.facts)] for tensor in data.tensors), np.int64, len(data.tensors))
    return list(distinct.values()), which


def _named(data: SummaryData, name: str, which: np.ndarray) -> np.ndarray:
    """Return for each layer the number of the facts of its parameter of that name, -1 where it has none."""
    found = [-1] * len(data.layers)
    for tensor, number in zip(data.tensors, which.tolist(), strict=True):
        if tensor.name == name and tensor.facts.kind == "parameter":
            found[tensor.layer] = number
    return np.array(found)


def _tensor_columns(data: SummaryData) -> dict[str, pd.Series]:
    tensors, layers = data.tensors, data.layers
    paths = [data.path_of(tensor) for tensor in tensors]
    owned = [tensor.owner == index for index, tensor in enumerate(tensors)]
    counted = [own and tensor.facts.kind == "parameter" for own, tensor in zip(owned, tensors, strict=True)]
    facts, which = _facts(data)
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
    return pd.Series(np.fromiter(held, dtype=object, count=len(held)), dtype=object)


def _looked_up(table: Sequence[object], numbers: np.ndarray) -> pd.Series:
    """Return a column of texts, tuples or None that stand in a table, by their numbers; -1 is the last entry."""
    held = np.fromiter(table, dtype=object, count=len(table))
    return pd.Series(held[numbers], dtype=object)


def _taken(table: pd.Series, numbers: np.ndarray) -> pd.Series:
    """Return a column of numbers that stand in a table, in its dtype; -1 is the last entry."""
    return table.take(numbers).reset_index(drop=True)


def _flags(table: Sequence[bool], numbers: np.ndarray) -> pd.Series:
    """Return a column of True and False that stand in a table."""
    return pd.Series(np.fromiter(table, bool, len(table))[numbers], dtype=bool)


def _whole(values: Sequence[int]) -> pd.Series:
    """Return a column of numbers; ``int64``, or exact Python ints when one is beyond it."""
    try:
        return pd.Series(np.fromiter(values, np.int64, len(values)))
    except OverflowError:
        return pd.Series(np.fromiter(values, dtype=object, count=len(values)), dtype=object)


def _maybe(values: Sequence[int | None]) -> pd.Series:
    """Return a column of numbers with gaps: ``Int64``, or exact Python ints when one is beyond it."""
    gaps = np.array([value is None for value in values], dtype=bool)
    try:
        numbers = np.array([value or 0 for value in values], dtype=np.int64)
    except OverflowError:
        return pd.Series(np.fromiter(values, dtype=object, count=len(values)), dtype=object)
    return pd.Series(pd.arrays.IntegerArray(numbers, gaps))
