"""How much memory the activations of a run take."""

from __future__ import annotations

import weakref
from functools import partial

from torch import Tensor


class Activations:
    """Watches the memory of results: what lives at once at most, and what was made in all.

    Counted are the bytes of every new memory that an operation returned; views of one memory count once, and
    parameters, buffers and what the model was given do not count. ``peak`` is the most that lived at once in a forward
    that needs no gradients: each result is freed where Python frees it. ``made`` adds all up: nothing is freed before
    the backward pass. Not counted is what a kernel needs while it works. The forward is that of inference in both: a
    dropout's mask is in neither, and memory that autograd spares, because it never needs a result again, is in the
    second.
    """

    def __init__(self) -> None:
        self.peak = 0
        self.made = 0
        self._now = 0
        self._alive: dict[int, weakref.ref[object]] = {}

    def add(self, result: Tensor) -> None:
        """Count the memory of *result* until it is freed."""
        try:
            memory = result.untyped_storage()
        except (NotImplementedError, RuntimeError):  # a sparse tensor has none of its own
            return
        key = memory._cdata
        if key in self._alive:
            return
        size = memory.nbytes()
        self._alive[key] = weakref.ref(memory, partial(self._free, key, size))
        self.made += size
        self._now += size
        self.peak = max(self.peak, self._now)

    def _free(self, key: int, size: int, _: object) -> None:
        self._alive.pop(key, None)
        self._now -= size
