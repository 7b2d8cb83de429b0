"""``TensorTable``: the one place that knows what a tensor really is. No values are ever read."""

from __future__ import annotations

import torch
from torch.nn.parameter import Buffer, Parameter, is_lazy

from summarykit.records import TensorFacts

#: Types whose shape, dtype, device and ``requires_grad`` say all there is to say.
_PLAIN = {torch.Tensor, Parameter, Buffer}
_NATIVE_STORAGE = {torch.strided}


class TensorTable:
    """Facts of tensors, each distinct combination once, by number."""

    def __init__(self) -> None:
        self.facts: list[TensorFacts] = []
        self._numbers: dict[object, int] = {}

    def number(self, tensor: torch.Tensor, kind: str, persistent: bool) -> int:
        """Return the number of the facts of *tensor* in ``facts``; equal tensors have one number."""
        if type(tensor) not in _PLAIN:
            return self._intern(describe_tensor(tensor, kind, persistent))
        key = (tensor.shape, tensor.dtype, tensor.requires_grad, tensor.device, kind, persistent)
        found = self._numbers.get(key)
        if found is None:
            found = self._numbers[key] = self._intern(describe_tensor(tensor, kind, persistent))
        return found

    def _intern(self, facts: TensorFacts) -> int:
        found = self._numbers.get(facts)
        if found is None:
            found = self._numbers[facts] = len(self.facts)
            self.facts.append(facts)
        return found


def describe_tensor(tensor: torch.Tensor, kind: str, persistent: bool) -> TensorFacts:
    """Return what *tensor* is; a lazy one that has no shape yet is unknown and stores nothing."""
    known = not is_lazy(tensor)
    shape = tuple(int(size) for size in tensor.shape) if known else None
    numel = int(tensor.numel()) if known else None
    return TensorFacts(
        kind=kind,
        shape=shape,
        numel=numel,
        stored_shape=shape,
        stored_numel=numel or 0,
        bytes=(numel or 0) * tensor.dtype.itemsize,
        dtype=str(tensor.dtype).removeprefix("torch."),
        trainable=kind == "parameter" and bool(tensor.requires_grad),
        persistent=persistent,
        status="plain" if known else "uninitialised",
        device=str(tensor.device),
        placement=None,
    )


def storage_key(tensor: torch.Tensor) -> int | None:
    """Return what is equal for tensors that lie in one memory, None where that cannot be told."""
    if type(tensor) not in _PLAIN or tensor.layout not in _NATIVE_STORAGE:
        return None
    return tensor.untyped_storage()._cdata  # type: ignore[no-any-return]
