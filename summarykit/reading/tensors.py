"""What a tensor is: its logical shape, and the tensors that store it. No values are ever read.

A new kind of tensor is one entry of ``TENSOR_KINDS``. The records and the independent count of ``counting.py`` both
take from it which tensors store another one; the logical shape goes to the records alone.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensor
from torch._subclasses.functional_tensor import FunctionalTensor
from torch.nn.parameter import Buffer, Parameter, is_lazy

from summarykit.records import STATUS_OPAQUE, STATUS_PACKED, STATUS_PLAIN, STATUS_UNINITIALISED, Shape, TensorFacts

#: Types whose shape, dtype, device and ``requires_grad`` say everything, if layout and dtype are ordinary too.
_PLAIN_TYPES = {Tensor, Parameter, Buffer}
_QUANTIZED_DTYPES = {torch.qint8, torch.quint8, torch.qint32, torch.quint4x2, torch.quint2x4}
#: Those of which several values share a byte.
_SUB_BYTE = {torch.quint4x2, torch.quint2x4}
#: Wrappers in so many wrappers are an endless chain.
MAX_DEPTH = 32
_CHANNEL_SCHEMES = {torch.per_channel_affine, torch.per_channel_affine_float_qparams}
#: The tensors that store a sparse one, by layout, as the methods that return them.
_SPARSE = {
    torch.sparse_coo: (Tensor._indices, Tensor._values),
    torch.sparse_csr: (Tensor.crow_indices, Tensor.col_indices, Tensor.values),
    torch.sparse_bsr: (Tensor.crow_indices, Tensor.col_indices, Tensor.values),
    torch.sparse_csc: (Tensor.ccol_indices, Tensor.row_indices, Tensor.values),
    torch.sparse_bsc: (Tensor.ccol_indices, Tensor.row_indices, Tensor.values),
}


def shape_of(tensor: Tensor) -> Iterable[int]:
    """Return the shape that *tensor* shows its users; a subclass may define one of its own."""
    return tensor.shape


def itself(tensor: Tensor) -> Sequence[Tensor]:
    """Return *tensor*, which is stored as it is."""
    return (tensor,)


def nowhere(tensor: Tensor) -> str | None:
    """Return no placement: the whole tensor is here."""
    return None


class TensorKind(NamedTuple):
    """How tensors of one kind are read. Their values are never read, and a function that raises makes them opaque."""

    status: str  #: what the records call such a tensor: ``"packed"``
    matches: Callable[[Tensor], bool]
    #: The tensors whose memory holds it: scales and indices too. None where they are hidden.
    stored: Callable[[Tensor], Sequence[Tensor] | None] = itself
    #: The logical shape, as a formula would give it; None where it is not known yet.
    shape: Callable[[Tensor], Iterable[int] | None] = shape_of
    placement: Callable[[Tensor], str | None] = nowhere  #: how the parts of a sharded tensor are laid out


def inner_tensors(tensor: Tensor) -> Sequence[Tensor]:
    """Return the tensors that a wrapper subclass lists by torch's protocol ``__tensor_flatten__``."""
    names, _ = tensor.__tensor_flatten__()  # type: ignore[attr-defined]  # the protocol has no class in torch
    return [inner for inner in (getattr(tensor, name) for name in names) if isinstance(inner, Tensor)]


def has_protocol(tensor: Tensor) -> bool:
    """Return whether the class of *tensor* follows torch's protocol for wrapper subclasses."""
    return hasattr(type(tensor), "__tensor_flatten__")


def is_instance(tensor: Tensor, module: str, name: str) -> bool:
    """Return whether *tensor* is of class *name* of *module*, without importing it."""
    cls = getattr(sys.modules.get(module), name, None)
    return cls is not None and isinstance(tensor, cls)


def placements(tensor: Tensor) -> str:
    """Return how a distributed tensor is laid out: ``"Shard(dim=0)"``, one for each dimension of its mesh."""
    return ", ".join(map(repr, tensor.placements))  # type: ignore[attr-defined]  # a DTensor's


def nested_parts(tensor: Tensor) -> Sequence[Tensor]:
    """Return values, sizes, strides and offsets of a nested tensor."""
    plain = tensor.detach()
    sizes = (plain._nested_tensor_size(), plain._nested_tensor_strides(), plain._nested_tensor_storage_offsets())
    return (plain.values(), *sizes)


def sparse_parts(tensor: Tensor) -> Sequence[Tensor]:
    """Return indices and values of a sparse tensor."""
    plain = tensor.detach()
    return [part(plain) for part in _SPARSE[tensor.layout]]


def is_quantized_unevenly(tensor: Tensor) -> bool:
    """Return whether a quantized tensor stores more, or less, than one code of its dtype for each value."""
    return tensor.dtype in _QUANTIZED_DTYPES and (tensor.dtype in _SUB_BYTE or tensor.qscheme() in _CHANNEL_SCHEMES)


def quantized_parts(tensor: Tensor) -> Sequence[Tensor]:
    """Return the codes of a quantized tensor and, where each channel has its own, scales and zero points."""
    plain = tensor.detach()
    codes = tensor
    if tensor.dtype in _SUB_BYTE:
        codes = torch.empty(plain.untyped_storage().nbytes(), dtype=torch.uint8, device="meta")
    if plain.qscheme() not in _CHANNEL_SCHEMES:
        return (codes,)
    return (codes, plain.q_per_channel_scales(), plain.q_per_channel_zero_points())


def has_no_memory(tensor: Tensor) -> bool:
    """Return whether nothing shows where a subclass keeps its values: a wrapper without the protocol."""
    if type(tensor) in _PLAIN_TYPES:
        return tensor.layout is not torch.strided  # such as mkldnn's
    try:
        tensor.untyped_storage().data_ptr()
    except (RuntimeError, NotImplementedError):
        return True
    return False


#: Every kind of tensor that is not plain; the first that matches counts.
TENSOR_KINDS: list[TensorKind] = [
    TensorKind(STATUS_UNINITIALISED, is_lazy, lambda tensor: (), lambda tensor: None),
    TensorKind(STATUS_PLAIN, lambda tensor: isinstance(tensor, FakeTensor | FunctionalTensor)),
    TensorKind(
        "sharded",
        lambda tensor: is_instance(tensor, "torch.distributed.tensor", "DTensor"),
        inner_tensors,
        placement=placements,
    ),
    TensorKind(
        "masked",
        lambda tensor: is_instance(tensor, "torch.masked", "MaskedTensor"),
        lambda tensor: (tensor._masked_data, tensor._masked_mask),  # type: ignore[attr-defined]  # a MaskedTensor's
    ),
    # A ragged dimension is no number: the shape is that of the values, all rows after each other.
    TensorKind(
        "nested",
        lambda tensor: tensor.is_nested and has_protocol(tensor),
        inner_tensors,
        lambda tensor: inner_tensors(tensor)[0].shape,
    ),
    TensorKind("nested", lambda tensor: tensor.is_nested, nested_parts, lambda tensor: (tensor.numel(),)),
    TensorKind("wrapped", has_protocol, inner_tensors),
    TensorKind("sparse", lambda tensor: tensor.layout in _SPARSE, sparse_parts),
    TensorKind("quantized", is_quantized_unevenly, quantized_parts),
    TensorKind(STATUS_OPAQUE, has_no_memory, lambda tensor: None),
]
_PLAIN_KIND = TensorKind(STATUS_PLAIN, lambda tensor: True)


class TensorTable:
    """Facts of tensors, each distinct combination once, by number."""

    def __init__(self) -> None:
        self.facts: list[TensorFacts] = []
        self._numbers: dict[object, int] = {}

    def number(self, tensor: Tensor, kind: str, persistent: bool) -> int:
        """Return the number of the facts of *tensor* in ``facts``; equal tensors have one number."""
        if not is_plain(tensor):
            return self._intern(describe_tensor(tensor, kind, persistent))
        key = (tensor.shape, tensor.dtype, tensor.requires_grad, tensor.device, kind, persistent)
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = self._intern(describe_plain(tensor, kind, persistent))
        return number

    def _intern(self, facts: TensorFacts) -> int:
        number = self._numbers.get(facts)
        if number is None:
            number = self._numbers[facts] = len(self.facts)
            self.facts.append(facts)
        return number


def is_plain(tensor: Tensor) -> bool:
    """Return whether *tensor* is stored as its shape and dtype say."""
    return (
        type(tensor) in _PLAIN_TYPES
        and tensor.layout is torch.strided
        and tensor.dtype not in _QUANTIZED_DTYPES
        and not tensor.is_nested
    )


def kind_of(tensor: Tensor) -> TensorKind:
    """Return how *tensor* is read."""
    return _PLAIN_KIND if is_plain(tensor) else next(filter(lambda k: k.matches(tensor), TENSOR_KINDS), _PLAIN_KIND)


def stored_tensors(tensor: Tensor) -> list[Tensor] | None:
    """Return the distinct tensors whose memory holds *tensor*, wrappers inside wrappers opened; None where hidden."""
    parts: list[Tensor] = []
    seen_parts: dict[int, Tensor] = {}  # the tensors too, so that no number is used again
    waiting = [(tensor, 0)]
    while waiting:
        part, depth = waiting.pop()
        if id(part) in seen_parts:
            continue
        seen_parts[id(part)] = part
        try:
            inner = kind_of(part).stored(part)
        except Exception:  # noqa: BLE001 - code of another library's tensor class
            return None
        if inner is None or depth > MAX_DEPTH:
            return None
        parts += [each for each in inner if each is part]
        waiting += [(each, depth + 1) for each in reversed(inner)]
    return parts


def logical_shape(tensor: Tensor, kind: TensorKind) -> Shape | None:
    """Return the shape that *tensor* stands for; PyTorch's own where its class cannot say."""
    try:
        shape = kind.shape(tensor)
        sizes = None if shape is None else tuple(int(size) for size in shape)
        if sizes is None or all(size >= 0 for size in sizes):
            return sizes
    except Exception:  # noqa: BLE001 - code of another library's tensor class
        pass
    return torch_shape(tensor)


def torch_shape(tensor: Tensor) -> Shape:
    """Return the shape PyTorch itself holds for *tensor*, whatever its class shows."""
    return tuple(map(int, Tensor.size(tensor)))


def describe_plain(tensor: Tensor, kind: str, persistent: bool) -> TensorFacts:
    """Return what a plain tensor is, in less time than ``describe_tensor``: it is stored as its shape and dtype say."""
    shape, numel = tuple(tensor.shape), tensor.numel()
    return TensorFacts(
        kind=kind,
        shape=shape,
        numel=numel,
        stored_shape=shape,
        stored_numel=numel,
        bytes=numel * tensor.dtype.itemsize,
        dtype=str(tensor.dtype).removeprefix("torch."),
        trainable=kind == "parameter" and tensor.requires_grad,
        persistent=persistent,
        status=STATUS_PLAIN,
        device=str(tensor.device),
        placement=None,
    )


def describe_tensor(tensor: Tensor, kind: str, persistent: bool) -> TensorFacts:
    """Return what *tensor* is; a lazy one that has no shape yet is unknown and stores nothing."""
    how = kind_of(tensor)
    shape = logical_shape(tensor, how)
    parts = stored_tensors(tensor)
    shapes = list(map(torch_shape, parts or ()))
    sizes = list(map(math.prod, shapes))
    status = STATUS_OPAQUE if parts is None else how.status
    if how is _PLAIN_KIND and shape not in shapes:
        status = STATUS_PACKED
    return TensorFacts(
        kind=kind,
        shape=shape,
        numel=None if shape is None else math.prod(shape),
        stored_shape=shapes[0] if len(shapes) == 1 else None,
        stored_numel=sum(sizes),
        bytes=sum(size * part.dtype.itemsize for size, part in zip(sizes, parts or (), strict=True)),
        dtype=str(tensor.dtype).removeprefix("torch."),
        trainable=kind == "parameter" and bool(tensor.requires_grad),
        persistent=persistent,
        status=status,
        device=str(tensor.device),
        placement=how.placement(tensor),
    )


def storage_key(tensor: Tensor) -> int | None:
    """Return what is equal for tensors in one memory, None where that is not known."""
    if type(tensor) not in _PLAIN_TYPES or tensor.layout is not torch.strided:
        return None
    return tensor.untyped_storage()._cdata  # type: ignore[no-any-return]
