"""The pandas frames: a fixed schema, one row a layer and one row a tensor; ``docs/columns.md`` has each column."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from summarykit.garbage import no_collection
from summarykit.summary.data import SummaryData


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
    weight, bias = _named_shapes(data, "weight"), _named_shapes(data, "bias")
    kind = np.fromiter((layer.type for layer in layers), np.int64, len(layers))
    why = np.fromiter((layer.explanation for layer in layers), np.int64, len(layers))
    texts = data.explanation_texts
    adds, trainable = _whole(columns.adds), _whole(columns.trainable)
    return {
        "path": _text(layer.path for layer in layers),
        "type": _looked_up([kind.name for kind in records.types], kind),
        "depth": _whole(columns.depth),
        "parent": _text(layers[layer.parent].path if layer.parent >= 0 else None for layer in layers),
        "weight_shape": _text(shape for shape, _ in weight),
        "bias_shape": _text(shape for shape, _ in bias),
        "weight_numel": _maybe([numel for _, numel in weight]),
        "bias_numel": _maybe([numel for _, numel in bias]),
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
        "formula_value": _maybe([*(e.value for e in records.explanations), None]).take(why).reset_index(drop=True),
        "evidence": _looked_up([*(str(e.evidence) for e in records.explanations), None], why),
        "explanation": _looked_up([text.sentence or None for text in texts], why),
        "shared_with": _text(columns.shared_with),
        "qualified_type": _looked_up([kind.qualified for kind in records.types], kind),
        "raw_path": _text(layer.raw_path for layer in layers),
    }


def _named_shapes(data: SummaryData, name: str) -> list[tuple[object, int | None]]:
    found: list[tuple[object, int | None]] = [(None, None)] * len(data.layers)
    for tensor in data.tensors:
        if tensor.name == name and tensor.facts.kind == "parameter":
            found[tensor.layer] = (tensor.facts.shape, tensor.facts.numel)
    return found


def _tensor_columns(data: SummaryData) -> dict[str, pd.Series]:
    tensors, layers = data.tensors, data.layers
    paths = [data.path_of(tensor) for tensor in tensors]
    owned = [tensor.owner == index for index, tensor in enumerate(tensors)]
    facts = [tensor.facts for tensor in tensors]
    counted = [own and fact.kind == "parameter" for own, fact in zip(owned, facts, strict=True)]
    return {
        "path": _text(paths),
        "module": _text(layers[tensor.layer].path for tensor in tensors),
        "name": _text(tensor.name for tensor in tensors),
        "kind": _text(fact.kind for fact in facts),
        "shape": _text(fact.shape for fact in facts),
        "numel": _maybe([fact.numel for fact in facts]),
        "adds_to_total": _whole([(f.numel or 0) if c else 0 for f, c in zip(facts, counted, strict=True)]),
        "dtype": _text(fact.dtype for fact in facts),
        "bytes": _whole([fact.bytes if own else 0 for fact, own in zip(facts, owned, strict=True)]),
        "trainable": pd.Series(np.fromiter((fact.trainable for fact in facts), bool, len(facts)), dtype=bool),
        "shared_with": _text(None if own else paths[tensor.owner] for tensor, own in zip(tensors, owned, strict=True)),
        "evidence": _text(str(t.evidence) if t.facts.kind == "parameter" else None for t in tensors),
        "persistent": pd.Series(np.fromiter((fact.persistent for fact in facts), bool, len(facts)), dtype=bool),
        "status": _text(fact.status for fact in facts),
        "device": _text(fact.device for fact in facts),
    }


def _text(values: Iterable[object]) -> pd.Series:
    """Return a column of texts, tuples or None; the dtype is ``object`` whatever the values are."""
    held = list(values)
    return pd.Series(np.fromiter(held, dtype=object, count=len(held)), dtype=object)


def _looked_up(table: Sequence[object], numbers: np.ndarray) -> pd.Series:
    """Return a column of texts that stand in a table, by their numbers; -1 is the last entry."""
    return pd.Series(np.fromiter(table, dtype=object, count=len(table))[numbers], dtype=object)


def _whole(values: Sequence[int]) -> pd.Series:
    """Return a column of numbers; ``int64``, or exact Python ints when one is beyond it."""
    try:
        return pd.Series(np.fromiter(values, np.int64, len(values)))
    except OverflowError:
        return pd.Series(np.fromiter(values, dtype=object, count=len(values)), dtype=object)


def _maybe(values: Sequence[int | None]) -> pd.Series:
    """Return a column of numbers with gaps: ``Int64``, or exact Python ints when one is beyond it."""
    held = np.fromiter(values, dtype=object, count=len(values))
    gaps = pd.isna(held)
    try:
        return pd.Series(pd.arrays.IntegerArray(np.where(gaps, 0, held).astype(np.int64), gaps))
    except OverflowError:
        return pd.Series(held, dtype=object)
