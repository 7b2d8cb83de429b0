"""Fake tensors for the caller's: the same shape, stride and dtype, without values."""

from __future__ import annotations

import warnings
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode
from torch.nn.parameter import Buffer, Parameter, is_lazy

#: Types that shape, stride and dtype describe completely.
_PLAIN = {Tensor, Parameter, Buffer, FakeTensor}
_CPU = torch.device("cpu")
_META = torch.device("meta")


class TensorFactory(Protocol):
    """Makes a fake tensor for a tensor; all are on the device ``home``, if it is set."""

    @property
    def home(self) -> torch.device | None: ...

    def make(self, tensor: Tensor) -> Tensor: ...


class FakeTensorFactory:
    """Makes fake tensors of one mode, all on the CPU: the device changes neither shapes nor counts."""

    home = _CPU

    def __init__(self) -> None:
        self.mode = FakeTensorMode(allow_non_fake_inputs=True)

    def make(self, tensor: Tensor) -> Tensor:
        """Return a fake tensor for *tensor*; a lazy one stays lazy, and only a meta run can use it."""
        if type(tensor) in _PLAIN and tensor.layout is torch.strided:
            fake: Tensor = FakeTensor(self.mode, empty_on_meta(tensor), _CPU)
        elif is_lazy(tensor):
            return lazy_tensor(tensor)
        else:
            fake = self.unusual(tensor)
        return like_a_parameter(fake, tensor)

    def unusual(self, tensor: Tensor) -> Tensor:
        """Return a fake of a sparse, quantized or wrapped tensor; a plain one of its shape if torch has none."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return self.mode.from_tensor(tensor, static_shapes=True)
        except Exception:  # noqa: BLE001 - a tensor of any library may refuse in any way
            if tensor.is_quantized:
                return tensor
            elem = torch.empty(tuple(tensor.shape), dtype=tensor.dtype, device=_META)
            return FakeTensor(self.mode, elem, _CPU)


class MetaTensorFactory:
    """Makes plain tensors on the meta device, which lazy modules can initialise."""

    home = _META

    def make(self, tensor: Tensor) -> Tensor:
        """Return a meta tensor of the shape of *tensor*; a lazy one stays lazy."""
        if is_lazy(tensor):
            return lazy_tensor(tensor)
        if tensor.layout is torch.strided and not tensor.is_quantized:
            return like_a_parameter(empty_on_meta(tensor), tensor)
        return like_a_parameter(torch.empty(tuple(tensor.shape), dtype=tensor.dtype, device=_META), tensor)


class RealTensorFactory:
    """Makes copies with values, for a run that really computes."""

    home = None  # a real run leaves devices alone

    def make(self, tensor: Tensor) -> Tensor:
        """Return a copy of *tensor*."""
        if is_lazy(tensor):
            return lazy_tensor(tensor, tensor.device)
        return like_a_parameter(tensor.detach().clone(), tensor)


def empty_on_meta(tensor: Tensor) -> Tensor:
    """Return a meta tensor of the same shape, stride and dtype."""
    return torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype, device=_META)


def lazy_tensor(tensor: Tensor, device: torch.device = _META) -> Tensor:
    """Return a new lazy parameter or buffer of the type of *tensor*."""
    kind: Any = type(tensor)
    tensor_without_shape: Tensor = kind(device=device, dtype=tensor.dtype)
    return tensor_without_shape


def like_a_parameter(result: Tensor, tensor: Tensor) -> Tensor:
    """Mark *result* as a parameter, and as trainable, if *tensor* is."""
    if isinstance(tensor, nn.Parameter):
        result._is_param = True
    if tensor.requires_grad and tensor.is_leaf:
        result.requires_grad_()
    return result
