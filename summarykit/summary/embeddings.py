"""The tables that turn tokens into vectors: what a language model is counted with and without.

A table is a layer with a row for each token of the vocabulary. It is known by what the config or a layer around it
says of the vocabulary, or by a last layer that gives a number for each of its rows. Tables of positions stay in.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from summarykit.expression import Value
from summarykit.records import LayerRecord, ModelRecords, Shape, TensorRecord

_VOCABULARY = re.compile(r"(n_?|num_)?vocab(ulary)?(_?size\w*)?|ntoken", re.IGNORECASE)
#: A table may have so many rows more than the vocabulary, for signs of its own and to round its length up.
_SPARE = 256
_MATRIX = 2
_IMAGES = frozenset({"Conv2d", "Conv3d"})


class Embedding(NamedTuple):
    """What the tables of tokens hold."""

    parameters: int  #: each tensor once; 0 where no table of tokens was found
    heads: tuple[str, ...]  #: layers that are no tables and hold the same tensor, as a tied head does


def find_embedding(records: ModelRecords) -> Embedding:
    """Return the tables of tokens of a model."""
    sizes = {at: size for at, settings in enumerate(records.settings) if (size := _table_size(dict(settings)))}
    rows = {layer.id: layer for layer in records.layers if layer.settings in sizes}
    if not rows:
        return Embedding(0, ())
    config = _vocabularies(dict(records.config))
    vocabularies = [_vocabularies(dict(settings)) for settings in records.settings]
    places = {layer.id: _matrix(records, layer, sizes[layer.settings]) for layer in rows.values()}
    matrices = {number: at for number, at in places.items() if at is not None}
    lengths = {number: sizes[rows[number].settings][0] for number in matrices}
    numbers = [n for n in matrices if lengths[n] in config | _vocabularies_around(records, rows[n], vocabularies)]
    numbers = numbers or [n for n in matrices if any(size < lengths[n] <= size + _SPARE < 2 * size for size in config)]
    numbers = numbers or [n for n in matrices if _has_head(records, matrices[n])]
    tables = {records.tensors[matrices[number]].owner for number in numbers}
    others = [t.layer for t in records.tensors if t.owner in tables and t.layer not in rows]
    total = sum(records.tensors[at].facts.numel or 0 for at in tables)
    return Embedding(total, tuple(records.layers[number].path for number in dict.fromkeys(others)))


def _table_size(settings: dict[str, Value]) -> tuple[int, int] | None:
    rows, width = settings.get("num_embeddings"), settings.get("embedding_dim")
    return (rows, width) if isinstance(rows, int) and isinstance(width, int) else None


def _vocabularies(settings: dict[str, Value]) -> set[int]:
    sizes = (value for name, value in settings.items() if _VOCABULARY.fullmatch(name) and isinstance(value, int))
    return {value for value in sizes if value > 1}


def _vocabularies_around(records: ModelRecords, layer: LayerRecord, vocabularies: list[set[int]]) -> set[int]:
    """Return what the layers around one say of the size of the vocabulary."""
    sizes: set[int] = set()
    number = layer.parent
    while number >= 0:
        sizes |= vocabularies[records.layers[number].settings]
        number = records.layers[number].parent
    return sizes


def _matrix(records: ModelRecords, layer: LayerRecord, size: Shape) -> int | None:
    """Return the place in the table of a layer's parameter of that size."""
    tensors = range(layer.first_tensor, layer.end_tensor)
    return next((at for at in tensors if _is_parameter(records.tensors[at], size)), None)


def _is_parameter(tensor: TensorRecord, size: Shape | None) -> bool:
    return tensor.facts.kind == "parameter" and tensor.facts.shape == size


def _has_head(records: ModelRecords, table: int) -> bool:
    """Return whether a layer gives a number for each row of a table: by the same tensor, or as the last of all."""
    if any(kind.name in _IMAGES for kind in records.types):
        return False
    size, owner = records.tensors[table].facts.shape, records.tensors[table].owner
    matrices = [t for t in records.tensors if t.facts.kind == "parameter" and len(t.facts.shape or ()) == _MATRIX]
    ends = [t for t in matrices if t.owner == owner] + matrices[-1:]
    return any(_is_parameter(t, size) and _outputs(records, t) == (size or (0,))[0] for t in ends)


def _outputs(records: ModelRecords, tensor: TensorRecord) -> Value:
    return dict(records.settings[records.layers[tensor.layer].settings]).get("out_features")
