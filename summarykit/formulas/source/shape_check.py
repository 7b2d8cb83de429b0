"""Compares the code's shape of a tensor with the tensor's, and writes it in the language of formulas."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from summarykit.expression import Unanswerable, Value, evaluate, parse
from summarykit.formulas.source import sizes
from summarykit.formulas.source.sizes import is_free_name
from summarykit.formulas.source.values import Size, Tensor

_NAMES = re.compile(rf"{sizes.SLOT.pattern}|\bconfig(?:\.\w+)*\.(\w+)")
_CONFIG_NAME = re.compile(r"\bconfig(?:\.\w+)*\.(\w+)")


class SourceTensor(NamedTuple):
    """One tensor as the code makes it; every dimension agrees with the tensor's."""

    dims: tuple[str, ...]  #: each dimension in the language of formulas
    bindings: tuple[tuple[str, Value], ...]
    from_tensor: tuple[str, ...]  #: names whose value was taken from the tensor
    notes: tuple[str, ...]  #: ``LlamaRMSNorm.__init__, line 53``, then where each of its names comes from


def sizes_from_tensors(tensors: Mapping[str, object], shapes: Mapping[str, Sequence[int]]) -> dict[str, int]:
    """Return the value of each free name that is a whole dimension of some tensor."""
    values: dict[str, int] = {}
    for name, tensor in tensors.items():
        if isinstance(tensor, Tensor) and len(tensor.dims) == len(shapes[name]):
            for dim, size in zip(tensor.dims, shapes[name], strict=True):
                if is_free_name(dim) and not sizes.is_slot(dim.text):
                    values.setdefault(dim.text, size)
    return values


class TensorReading(NamedTuple):
    """One tensor as the code makes it, in the code's own names."""

    dims: tuple[Size, ...]
    names: dict[str, int]
    from_tensor: tuple[str, ...]


def read_tensor(name: str, tensor: Tensor, free: Mapping[str, int]) -> TensorReading | None:
    """Return *tensor* as far as it is read, None where a size is unknown."""
    if not all(isinstance(dim, Size) for dim in tensor.dims):
        return None
    of = f"_of_{name}" if name.isidentifier() else ""
    dims = tuple(sizes.name_opaque(dim, f"size_{axis}{of}") for axis, dim in enumerate(tensor.dims))
    names: dict[str, int] = {}
    for key, value in (pair for dim in dims for pair in dim.names):
        number = free.get(key) if value is None else value
        if number is None or names.setdefault(key, number) != number:
            return None
    from_tensor = dict.fromkeys(key for dim in dims for key, value in dim.names if value is None)
    return TensorReading(dims, names, tuple(from_tensor))


def match_shape(
    reading: TensorReading, everywhere: Mapping[str, int], shape: Sequence[int], where: str
) -> SourceTensor | None:
    """Return a tensor as a checked source, None where the code says something else than the tensor.

    A tuple of which several tensors use an element is bound with the elements of them *everywhere*.
    """
    dims, names, from_tensor = reading
    together = {**everywhere, **names}
    bases = {name.partition("[")[0] for name in names}
    short = short_names(together)
    texts = tuple(_NAMES.sub(lambda match: short.get(match[0], match[0]), dim.text) for dim in dims)
    bound = {short.get(name, name): value for name, value in together.items() if name.partition("[")[0] in bases}
    bindings = sizes.as_bindings(bound)
    if not holds(texts, bindings, shape):
        return None
    notes = (pair for dim in dims for pair in dim.origins)
    descriptions = dict.fromkeys(f"{short.get(name, name)} {note}" for name, note in notes if note != "default")
    return SourceTensor(
        texts, tuple(bindings.items()), tuple(short.get(n, n) for n in from_tensor), (where, *descriptions)
    )


def holds(texts: Sequence[str], bindings: Mapping[str, Value], shape: Sequence[int]) -> bool:
    """Return whether the dimensions are those of the tensor."""
    try:
        return tuple(evaluate(parse(text).tree, bindings) for text in texts) == tuple(shape)
    except (Unanswerable, ValueError):
        return False


def short_names(names: Mapping[str, int]) -> dict[str, str]:
    """Return ``hidden_size`` for ``config.hidden_size`` where nothing else is called so with another value."""
    result: dict[str, str] = {}
    short: dict[str, int] = dict(names)
    for name, value in names.items():
        slot = sizes.SLOT.fullmatch(name)
        match = slot or _CONFIG_NAME.fullmatch(name.partition("[")[0])
        if match is None or short.setdefault(name.replace(match[0], match[1], 1), value) != value:
            continue
        result[match[0]] = match[1]
        result[name] = name.replace(match[0], match[1], 1)
    return result
