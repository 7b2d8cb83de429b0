"""``FunctionMode``: handles torch functions that need values or a device before any operation runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensor, unset_fake_temporarily
from torch.overrides import TorchFunctionMode

from summarykit.reading.trace.value_policies import ValuePolicy

_VF: Any = torch._VF


class FunctionMode(TorchFunctionMode):
    """Returns arrays, lists and formatted numbers of fake tensors, and keeps every tensor on one device."""

    def __init__(self, policy: ValuePolicy, home: torch.device) -> None:
        super().__init__()
        self.policy = policy
        self.home = home

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if kwargs:
            if kwargs.get("device") is not None:
                kwargs = {**kwargs, "device": self.home}
        else:
            kwargs = _NO_KEYWORDS
        handler = _HANDLERS.get(func)
        if handler is not None and args and has_no_values(args[0]):
            return handler(self, func, args, kwargs)
        return func(*args, **kwargs)

    def stay(self, func: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """Convert a tensor to the requested dtype; its device stays the same."""
        tensor, *rest = args
        if func is not Tensor.to:
            return tensor
        return tensor.to(*[self.home if is_device(value) else value for value in rest], **kwargs)

    def array(self, func: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """Answer ``numpy()``: ones, unless the values are known."""
        tensor = args[0]
        values = self.policy.known_values.of(tensor)
        if values is not None:
            return values.numpy().copy()
        self.policy.note("`numpy()`", "values unknown, ones assumed")
        dtype = str(tensor.dtype).removeprefix("torch.")
        return np.ones(tuple(tensor.shape), dtype=dtype if hasattr(np, dtype) else "float32")

    def nested_list(self, func: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """Answer ``tolist()``: ones, unless the values are known."""
        tensor = args[0]
        values = self.policy.known_values.of(tensor)
        if values is not None:
            return values.tolist()
        if tensor.dim() == 0:
            return tensor.item()
        self.policy.note("`tolist()`", "values unknown, ones assumed")
        return np.ones(tuple(tensor.shape), dtype=float if tensor.is_floating_point() else int).tolist()

    def text(self, func: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """Answer a format as if the value were 1; it changes no shape and needs no note."""
        tensor, format_spec = args
        return func(*args) if tensor.dim() else format(1.0 if tensor.is_floating_point() else 1, format_spec)

    def address(self, func: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> int:
        """Answer ``data_ptr()``: 0, since there are no values."""
        return 0

    def recurrent(self, func: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """Run a recurrent layer; over packed sequences it reads the batch sizes immediately."""
        if len(args) > 1 and isinstance(args[1], Tensor) and args[1].dtype is torch.int64 and args[1].dim() == 1:
            args = [args[0], self.sizes(args[0], args[1]), *args[2:]]
        return func(*args, **kwargs)

    def sizes(self, data: Tensor, sizes: Tensor) -> Tensor:
        """Return batch sizes with values: the known ones, or else equal ones."""
        values = self.policy.known_values.of(sizes)
        if values is not None or not has_no_values(sizes):
            return sizes if values is None else values
        steps = sizes.shape[0]
        with unset_fake_temporarily():
            return torch.full((steps,), data.shape[0] // max(steps, 1), device="cpu")

    def pack_padded(self, func: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """Answer ``pack_padded_sequence``."""
        return self.policy.pack_padded(func, args, kwargs)

    def pad_packed(self, func: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """Answer ``pad_packed_sequence``."""
        return self.policy.pad_packed(func, args, kwargs)


_NO_KEYWORDS: dict[str, Any] = {}
_HANDLERS: dict[Any, Any] = {
    Tensor.numpy: FunctionMode.array,
    Tensor.__array__: FunctionMode.array,
    Tensor.tolist: FunctionMode.nested_list,
    Tensor.__format__: FunctionMode.text,
    Tensor.data_ptr: FunctionMode.address,
    Tensor.to: FunctionMode.stay,
    Tensor.cuda: FunctionMode.stay,
    Tensor.xpu: FunctionMode.stay,
    Tensor.pin_memory: FunctionMode.stay,
    _VF.lstm: FunctionMode.recurrent,
    _VF.gru: FunctionMode.recurrent,
    _VF.rnn_tanh: FunctionMode.recurrent,
    _VF.rnn_relu: FunctionMode.recurrent,
    _VF._pack_padded_sequence: FunctionMode.pack_padded,
    _VF._pad_packed_sequence: FunctionMode.pad_packed,
}


def has_no_values(value: Any) -> bool:
    """Return whether a tensor has a shape and no values."""
    return isinstance(value, FakeTensor) or (isinstance(value, Tensor) and value.is_meta)


def is_device(value: Any) -> bool:
    """Return whether an argument of ``to()`` names a device."""
    return isinstance(value, str | torch.device) or (type(value) is int)
