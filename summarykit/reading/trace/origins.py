"""Which call a tensor comes from, for as long as nothing else has written to it."""

from __future__ import annotations

import weakref
from collections.abc import Sequence

from torch import Tensor


class Origins:
    """Knows the results of calls while they live; a tensor that is changed in place comes from no call any more."""

    def __init__(self) -> None:
        self._made: dict[int, tuple[weakref.ref[Tensor], int | None, int]] = {}

    def returned(self, named: Sequence[tuple[str, Tensor]], call: int) -> None:
        """Remember the results of a call. What came out of a call before and is handed on comes from the first."""
        for _, tensor in named:
            if self._of(tensor) < 0:
                self._made[id(tensor)] = (weakref.ref(tensor), version(tensor), call)

    def of(self, named: Sequence[tuple[str, Tensor]]) -> tuple[int, ...]:
        """Return the call that each tensor is a result of, the innermost that returned it; -1 where it is of none."""
        return tuple([self._of(tensor) for _, tensor in named])

    def _of(self, tensor: Tensor) -> int:
        found = self._made.get(id(tensor))
        if found is None or found[0]() is not tensor:  # it may stand where another one was
            return -1
        return found[2] if found[1] is not None and found[1] == version(tensor) else -1


def version(tensor: Tensor) -> int | None:
    """Return how often a tensor was changed in place, None where torch does not count it."""
    try:
        return tensor._version
    except RuntimeError:  # made in inference mode
        return None
