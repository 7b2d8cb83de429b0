"""``FunctionMode``: functions of torch that ask for values or a device before any operation runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensor, unset_fake_temporarily
from torch.overrides import TorchFunctionMode

from summarykit.reading.trace.value_policies import Answers

_VF: Any = torch._VF


class FunctionMode(TorchFunctionMode):
    """Answers what leaves torch (an array, a list, a number in a text), and keeps every tensor on one device."""

    def __init__(self, answers: Answers, home: torch.device) -> None:
        super().__init__()
        self.answers = answers
        self.home = home

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if kwargs:
            if kwargs.get("device") is not None:
                kwargs = {**kwargs, "device": self.home}
        else:
            kwargs = _NO_KEYWORDS
        asked = _ASKED.get(func)
        if asked is not None and args and has_no_values(args[0]):
            return asked(self, func, args, kwargs)
        return func(*args, **kwargs)

    def moved(self, func: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """Leave a tensor where all are, and convert it to the dtype asked for."""
        tensor, *rest = args
        if func is not Tensor.to:
            return tensor
        return tensor.to(*[self.home if is_device(value) else value for value in rest], **kwargs)

    def array(self, func: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """Answer ``numpy()``: ones, unless the values are known."""
        tensor = args[0]
        known = self.answers.known.of(tensor)
        if known is not None:
            return known.numpy().copy()
        self.answers.note("`numpy()`", "values unknown, ones assumed")
        dtype = str(tensor.dtype).removeprefix("torch.")
        return np.ones(tuple(tensor.shape), dtype=dtype if hasattr(np, dtype) else "float32")

    def listed(self, func: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """Answer ``tolist()``: ones, unless the values are known."""
        tensor = args[0]
        known = self.answers.known.of(tensor)
        if known is not None:
            return known.tolist()
        if tensor.dim() == 0:
            return tensor.item()
        self.answers.note("`tolist()`", "values unknown, ones assumed")
        return np.ones(tuple(tensor.shape), dtype=float if tensor.is_floating_point() else int).tolist()

    def text(self, func: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """Answer a format: as the number it would be, which changes no size and is not worth a word."""
        tensor, wanted = args
        return func(*args) if tensor.dim() else format(1.0 if tensor.is_floating_point() else 1, wanted)

    def address(self, func: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> int:
        """Answer where the values lie: nowhere."""
        return 0

    def recurrent(self, func: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """Run a recurrent layer; over packed sequences it reads the sizes of the batches at once."""
        if len(args) > 1 and isinstance(args[1], Tensor) and args[1].dtype is torch.int64 and args[1].dim() == 1:
            args = [args[0], self.sizes(args[0], args[1]), *args[2:]]
        return func(*args, **kwargs)

    def sizes(self, data: Tensor, sizes: Tensor) -> Tensor:
        """Return sizes of batches that hold values: the known ones, else all the same."""
        known = self.answers.known.of(sizes)
        if known is not None or not has_no_values(sizes):
            return sizes if known is None else known
        steps = sizes.shape[0]
        with unset_fake_temporarily():
            return torch.full((steps,), data.shape[0] // max(steps, 1), device="cpu")

    def packed(self, func: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """Answer ``pack_padded_sequence``."""
        return self.answers.packed(func, args, kwargs)

    def unpacked(self, func: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """Answer ``pad_packed_sequence``."""
        return self.answers.unpacked(func, args, kwargs)


_NO_KEYWORDS: dict[str, Any] = {}
_ASKED: dict[Any, Any] = {
    Tensor.numpy: FunctionMode.array,
    Tensor.__array__: FunctionMode.array,
    Tensor.tolist: FunctionMode.listed,
    Tensor.__format__: FunctionMode.text,
    Tensor.data_ptr: FunctionMode.address,
    Tensor.to: FunctionMode.moved,
    Tensor.cuda: FunctionMode.moved,
    Tensor.xpu: FunctionMode.moved,
    Tensor.pin_memory: FunctionMode.moved,
    _VF.lstm: FunctionMode.recurrent,
    _VF.gru: FunctionMode.recurrent,
    _VF.rnn_tanh: FunctionMode.recurrent,
    _VF.rnn_relu: FunctionMode.recurrent,
    _VF._pack_padded_sequence: FunctionMode.packed,
    _VF._pad_packed_sequence: FunctionMode.unpacked,
}


def has_no_values(value: Any) -> bool:
    """Return whether a tensor holds a shape alone."""
    return isinstance(value, FakeTensor) or (isinstance(value, Tensor) and value.is_meta)


def is_device(value: Any) -> bool:
    """Return whether an argument of ``to()`` names a device."""
    return isinstance(value, str | torch.device) or (type(value) is int)
