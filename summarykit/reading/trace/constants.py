"""Known values of fake tensors: small integer tensors that are inputs or constants in the code.

Lengths, masks and the edges of a graph decide on shapes. An operation with only known operands is also computed for
real, so that its values are known and need not be assumed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode, unset_fake_temporarily

#: The attribute of a fake tensor that holds its values.
VALUES = "_known_values"
MOST_NUMBERS = 1 << 16
_FACTORIES = frozenset({"aten.arange", "aten.full", "aten.zeros", "aten.ones", "aten.scalar_tensor", "aten.eye",
                        "aten.tril_indices", "aten.triu_indices", "aten.lift_fresh"})  # fmt: skip


class KnownValues:
    """Stores the values of fake tensors, and drops them when unknown values overwrite them."""

    def __init__(self, mode: FakeTensorMode | None) -> None:
        self._mode = mode
        self._overwritten: dict[int, Tensor] = {}

    def remember(self, fake: Tensor, real: Tensor) -> None:
        """Store the values of *real* for *fake*, if they are few integers."""
        if type(fake) is FakeTensor and is_small(real) and type(real) is Tensor and real.device.type == "cpu":
            setattr(fake, VALUES, real.detach().clone())

    def of(self, fake: Any) -> Tensor | None:
        """Return the values of *fake*, or None if they are unknown."""
        values = getattr(fake, VALUES, None)
        if values is None or values.untyped_storage()._cdata in self._overwritten:
            return None
        return values  # type: ignore[no-any-return]

    def follow(self, name: str, function: Any, args: Sequence[Any], kwargs: dict[str, Any], out: Any) -> None:
        """Compute the values of *out* if all operands are known."""
        mutates = function._schema.is_mutable
        if mutates and getattr(args[0] if args else None, VALUES, None) is None:
            return
        if not mutates and not (any(map(is_small, in_list(out))) and self.all_known(name, args)):
            return
        values = self.true_result(function, args, kwargs) if self.all_known(name, args) else None
        if mutates and values is None:
            memory = getattr(args[0], VALUES)
            self._overwritten[memory.untyped_storage()._cdata] = memory
        for result, value in zip(in_list(out), in_list(values), strict=False):
            if is_small(result) and isinstance(value, Tensor) and same_kind(value, result):
                setattr(result, VALUES, value)

    def fakes_of(self, real: Any) -> Any:
        """Return fake tensors with the values of *real*."""
        if isinstance(real, tuple | list):
            return type(real)(self.fakes_of(value) for value in real)
        if not isinstance(real, Tensor) or self._mode is None:
            return real
        fake = FakeTensor(self._mode, torch.empty_like(real, device="meta"), real.device)
        self.remember(fake, real)
        return fake

    def positions(self, mask: Tensor) -> list[Tensor] | None:
        """Return where a mask is true, an index tensor for each axis; None if that is unknown."""
        values = self.of(mask)
        if values is None or self._mode is None:
            return None
        with unset_fake_temporarily():
            positions = values.nonzero(as_tuple=True) if values.dim() else None
        return None if positions is None else list(self.fakes_of(positions))

    def all_known(self, name: str, args: Sequence[Any]) -> bool:
        """Return whether the values of all operands are known."""
        tensors = list(tensors_of(args))
        if not tensors:
            return name in _FACTORIES
        return all((type(tensor) is Tensor and is_small(tensor)) or self.of(tensor) is not None for tensor in tensors)

    def true_result(self, function: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """Return the real result of an operation, or None if it fails."""
        with unset_fake_temporarily():
            try:
                return function(*[self.real(value) for value in args], **kwargs)
            except Exception:  # noqa: BLE001 - it failed, or will, where it counts
                return None

    def real(self, value: Any) -> Any:
        """Return an argument with the known values in place of fake tensors."""
        if isinstance(value, list | tuple):
            return [self.real(inner) for inner in value]
        if not isinstance(value, Tensor):
            return value
        return value.clone() if type(value) is Tensor else self.of(value)


def in_list(value: Any) -> Sequence[Any]:
    """Return the results of an operation as a sequence."""
    return value if isinstance(value, tuple | list) else (value,)


def same_kind(value: Tensor, result: Tensor) -> bool:
    """Return whether the computed result has the shape and dtype of the fake one."""
    return value.shape == result.shape and value.dtype == result.dtype


def is_small(tensor: Any) -> bool:
    """Return whether a tensor has few elements and an integer or bool dtype."""
    return (
        isinstance(tensor, Tensor)
        and not tensor.is_floating_point()
        and tensor.layout is torch.strided
        and not tensor.is_complex()
        and tensor.numel() <= MOST_NUMBERS
    )


def tensors_of(args: Sequence[Any]) -> Iterator[Tensor]:
    """Yield the tensors among arguments."""
    for value in args:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, list | tuple):
            yield from tensors_of(value)
