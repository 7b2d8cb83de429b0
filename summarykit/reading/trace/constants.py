"""Values that are known all the same: small tensors of whole numbers that the caller gave or the code wrote out.

Lengths, masks and the edges of a graph decide on sizes. Where an operation works on nothing else, it is worked out
beside its fake, and a question about its result gets the true answer instead of an assumed one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode, unset_fake_temporarily

#: The attribute of a fake that holds its true values.
VALUES = "_known_values"
MOST_NUMBERS = 1 << 16
_FACTORIES = frozenset({"aten.arange", "aten.full", "aten.zeros", "aten.ones", "aten.scalar_tensor", "aten.eye",
                        "aten.tril_indices", "aten.triu_indices", "aten.lift_fresh"})  # fmt: skip


class KnownValues:
    """Keeps true values beside fakes, and forgets them where something unknown is written over them."""

    def __init__(self, mode: FakeTensorMode | None) -> None:
        self._mode = mode
        self._overwritten: dict[int, Tensor] = {}

    def remember(self, fake: Tensor, real: Tensor) -> None:
        """Let *fake* have the values of *real*, if they are few and whole."""
        if type(fake) is FakeTensor and is_small(real) and type(real) is Tensor and real.device.type == "cpu":
            setattr(fake, VALUES, real.detach().clone())

    def of(self, fake: Any) -> Tensor | None:
        """Return the values of *fake*, None where they are not known."""
        values = getattr(fake, VALUES, None)
        if values is None or values.untyped_storage()._cdata in self._overwritten:
            return None
        return values  # type: ignore[no-any-return]

    def follow(self, name: str, function: Any, args: Sequence[Any], kwargs: dict[str, Any], out: Any) -> None:
        """Work out the values of *out* where everything it comes from is known."""
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
        """Return fakes of tensors whose values are known."""
        if isinstance(real, tuple | list):
            return type(real)(self.fakes_of(value) for value in real)
        if not isinstance(real, Tensor) or self._mode is None:
            return real
        fake = FakeTensor(self._mode, torch.empty_like(real, device="meta"), real.device)
        self.remember(fake, real)
        return fake

    def positions(self, mask: Tensor) -> list[Tensor] | None:
        """Return where a mask is true, an index for each axis; None where that is not known."""
        values = self.of(mask)
        if values is None or self._mode is None:
            return None
        with unset_fake_temporarily():
            positions = values.nonzero(as_tuple=True) if values.dim() else None
        return None if positions is None else list(self.fakes_of(positions))

    def all_known(self, name: str, args: Sequence[Any]) -> bool:
        """Return whether an operation works on known values alone."""
        tensors = list(tensors_of(args))
        if not tensors:
            return name in _FACTORIES
        return all((type(tensor) is Tensor and is_small(tensor)) or self.of(tensor) is not None for tensor in tensors)

    def true_result(self, function: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """Return what an operation really gives, None where it fails."""
        with unset_fake_temporarily():
            try:
                return function(*[self.real(value) for value in args], **kwargs)
            except Exception:  # noqa: BLE001 - it failed, or will, where it counts
                return None

    def real(self, value: Any) -> Any:
        """Return an argument with known values in place of fakes."""
        if isinstance(value, list | tuple):
            return [self.real(inner) for inner in value]
        if not isinstance(value, Tensor):
            return value
        return value.clone() if type(value) is Tensor else self.of(value)


def in_list(value: Any) -> Sequence[Any]:
    """Return the results of an operation, one or several."""
    return value if isinstance(value, tuple | list) else (value,)


def same_kind(value: Tensor, result: Tensor) -> bool:
    """Return whether what was worked out is what the run had."""
    return value.shape == result.shape and value.dtype == result.dtype


def is_small(tensor: Any) -> bool:
    """Return whether a tensor holds few numbers, all of them whole."""
    return (
        isinstance(tensor, Tensor)
        and not tensor.is_floating_point()
        and tensor.layout is torch.strided
        and not tensor.is_complex()
        and tensor.numel() <= MOST_NUMBERS
    )


def tensors_of(args: Sequence[Any]) -> Iterator[Tensor]:
    """Find the tensors among arguments."""
    for value in args:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, list | tuple):
            yield from tensors_of(value)
