"""The lock: what parameters each model of a project has, as text for review, and what differs from it.

A lock depends on names, shapes, number formats, sharing and on what is learned alone, never on formulas or versions
of anything. One line an entry, layers sorted by name; the same models give the same bytes. ``lock`` says how to read
it, and grows by one with each change that an older reader would misread:

1. the first format.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from summarykit.errors import LockError
from summarykit.summary.data import SummaryData
from summarykit.summary.folding import as_grids
from summarykit.summary.folding.flat import patterns
from summarykit.summary.folding.naming import ranges
from summarykit.summary.selection import natural

FORMAT = 1
FILE = "summarykit.lock.json"
_HINT = "make it anew with 'summarykit lock', and look at what changed in it"


class LockedLayer(NamedTuple):
    """Layers that hold the same at the same place of repeated blocks."""

    layer: str  #: ``"layer4.0–2.conv2"``
    times: int
    parameters: int  #: what all of them add to the total
    holds: tuple[str, ...]  #: what each holds: ``"weight 64 × 64 × 3 × 3 float32"``


class LockedModel(NamedTuple):
    """One model."""

    fingerprint: str
    parameters: int
    trainable: int
    bytes: int
    layers: tuple[LockedLayer, ...]


class LockChange(NamedTuple):
    """One model as it was locked, and as it is."""

    before: LockedModel
    after: LockedModel

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return self.before == self.after

    @property
    def totals(self) -> dict[str, tuple[int, int]]:
        """The totals that differ, by name."""
        names = ("parameters", "trainable", "bytes")
        pairs = {name: (getattr(self.before, name), getattr(self.after, name)) for name in names}
        return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}

    @property
    def removed(self) -> tuple[LockedLayer, ...]:
        """The layers of the lock that are not as they were."""
        there = set(self.after.layers)
        return tuple(row for row in self.before.layers if row not in there)

    @property
    def added(self) -> tuple[LockedLayer, ...]:
        """The layers of the model that are not as the lock has them."""
        there = set(self.before.layers)
        return tuple(row for row in self.after.layers if row not in there)


def lock_model(data: SummaryData) -> LockedModel:
    """Return what a lock says of the model of *data*."""
    totals = data.totals
    return LockedModel(data.fingerprint, totals.parameters, totals.trainable, totals.bytes, _sort(_rows(data)))


def _sort(rows: Iterable[LockedLayer]) -> tuple[LockedLayer, ...]:
    return tuple(sorted(rows, key=lambda row: (natural(row.layer), row)))


def _rows(data: SummaryData) -> Iterator[LockedLayer]:
    by_holds: dict[tuple[int, tuple[str, ...]], list[int]] = {}
    adds = data.columns.adds
    for layer, pattern in zip(data.layers, patterns(data), strict=True):
        tensors = range(layer.first_tensor, layer.end_tensor)
        holds = tuple(_tensor(data, at) for at in tensors if data.tensors[at].facts.persistent)
        if holds:
            by_holds.setdefault((pattern, holds), []).append(layer.id)
    for (_, holds), layers in by_holds.items():
        for group in as_grids(layers, data, ranges):  # a lock tells every layer
            yield LockedLayer(group.path, len(group.layers), sum(adds[at] for at in group.layers), holds)


def _tensor(data: SummaryData, at: int) -> str:
    tensor = data.tensors[at]
    if tensor.owner != at:
        return f"{tensor.name} = {data.tensor_paths[tensor.owner]}"
    facts = tensor.facts
    size = "of no size yet" if facts.shape is None else " × ".join(map(str, facts.shape)) or "1"
    words = [tensor.name, size, facts.dtype]
    words += [] if facts.kind == "parameter" else [facts.kind]
    return " ".join([*words, *(["frozen"] if facts.kind == "parameter" and not facts.trainable else [])])


def lock_text(models: Mapping[str, LockedModel]) -> str:
    """Return the text of a lock, models by name; what cannot be seen stands as an escape of JSON."""
    body = ",\n".join(_block(name, models[name]) for name in sorted(models))
    return f'{{\n"lock": {FORMAT},\n"models": {{\n{body}{body and chr(10)}}}\n}}\n'


def _block(name: str, model: LockedModel) -> str:
    totals = [f"  {_json(key)}: {_json(value)}," for key, value in zip(model._fields[:-1], model[:-1], strict=True)]
    rows = ",\n".join(f"   {_json(row._asdict())}" for row in model.layers)
    return "\n".join([f" {_json(name)}: {{", *totals, '  "layers": [', *([rows] if rows else []), "  ]", " }"])


def _json(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return "".join(sign if sign.isprintable() else json.dumps(sign)[1:-1] for sign in text)


def read_lock(text: str) -> dict[str, LockedModel]:
    """Return the models of a lock by name.

    Raises:
        LockError: *text* is no lock, is damaged, or was written by a newer summarykit.

    """
    try:
        document = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        hint = f"a merge may have left its marks: {_HINT}" if "<<<<<<<" in text else _HINT
        raise LockError(f"{FILE} is no JSON: {error}", hint=hint) from None
    if not isinstance(document, dict) or "lock" not in document:
        raise LockError(f"{FILE} is JSON, but no lock of summarykit", hint=_HINT)
    if document["lock"] != FORMAT:
        what = f"{FILE} has format {document['lock']!r}, and this summarykit reads {FORMAT}"
        raise LockError(what, hint="use the summarykit that wrote it, or a newer one")
    try:
        return {name: _read_model(model) for name, model in document["models"].items()}
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise LockError(f"{FILE} is damaged ({type(error).__name__}: {error})", hint=_HINT) from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of JSON, in which no name may stand twice: one of the two would go unseen."""
    mapping = dict(pairs)
    if len(mapping) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise LockError(f"{FILE} says {twice!r} twice", hint=f"a merge may have kept both: {_HINT}")
    return mapping


def _read_model(model: Mapping[str, Any]) -> LockedModel:
    fingerprint = _of(model["fingerprint"], str)
    parameters, trainable, size = (_of(model[name], int) for name in ("parameters", "trainable", "bytes"))
    return LockedModel(fingerprint, parameters, trainable, size, _sort(map(_read_layer, model["layers"])))


def _read_layer(row: Mapping[str, Any]) -> LockedLayer:
    holds = tuple(_of(text, str) for text in row["holds"])
    return LockedLayer(_of(row["layer"], str), _of(row["times"], int), _of(row["parameters"], int), holds)


def _of(value: Any, kind: type) -> Any:
    if type(value) is not kind:
        raise ValueError(f"{value!r} is not of {kind.__name__}")
    return value
