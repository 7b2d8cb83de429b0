"""``fitting_side()``: the side of an input that makes a chain of convolutions fit the first linear layer after it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from torch import nn

from summarykit.reading.inputs import facts

#: Sides people use, the likeliest first; after them all others are tried.
_USUAL = (224, 32, 28, 64, 96, 128, 256, 84, 48, 299, 1000, 16_000)
_LARGEST = 512
_TORCH = "torch.nn.modules."
_CONVOLUTION = f"{_TORCH}conv._ConvNd"
_SLIDING = (_CONVOLUTION, f"{_TORCH}pooling._MaxPoolNd", f"{_TORCH}pooling._AvgPoolNd")
_ADAPTIVE = (f"{_TORCH}pooling._AdaptiveAvgPoolNd", f"{_TORCH}pooling._AdaptiveMaxPoolNd")

Steps = list[tuple[str, dict[str, Any]]]


def fitting_side(model: nn.Module, first: str, dimensions: int) -> tuple[int, str] | None:
    """Return the side of the input of the layer *first* and the path of the linear layer that it fits.

    The layers are taken to run in their order; pooling that forward does by a function, after the last convolution
    or after each, is tried too. None where no layer fixes the side, or none fits.
    """
    chain = _chain(model, first)
    if chain is None:
        return None
    steps, width, path = chain
    last = sum(kind == _CONVOLUTION for kind, _ in steps)
    pooling = (frozenset[int](), frozenset(range(last)), frozenset({last - 1}))
    tries = [(side, poolings) for side in _USUAL for poolings in pooling]
    tries += [(side, poolings) for poolings in pooling for side in range(1, _LARGEST)]
    fitting = (side for side, poolings in tries if _flat_size(steps, side, dimensions, poolings) == width)
    return next(((side, path) for side in fitting), None)


def _chain(model: nn.Module, first: str) -> tuple[Steps, int, str] | None:
    """Return kind and settings of each sliding layer from *first* on, width and path of the linear one after them."""
    steps: Steps = []
    for path, module in facts.layers(model):
        if not steps and path != first:
            continue
        names = facts.lineage(module)
        settings = facts.settings(module)
        if any(name in names for name in _ADAPTIVE):
            return None
        kind = next((name for name in _SLIDING if name in names), None)
        if kind:
            steps.append((kind, settings))
        elif f"{_TORCH}linear.Linear" in names:
            width = facts.length(settings.get("in_features"))
            channels = [step["out_channels"] for kind, step in steps if kind == _CONVOLUTION and "out_channels" in step]
            # As wide as the channels alone: the sides are averaged away, or channels come last, and any side fits.
            return (steps, width, path) if width and channels and width != channels[-1] else None
    return None


def _flat_size(steps: Steps, side: int, dimensions: int, poolings: frozenset[int]) -> int | None:
    """Return how many numbers come out of *steps*, halved after those convolutions; None where a side gets lost."""
    sides = [side] * dimensions
    channels = convolutions = 0
    for kind, settings in steps:
        sides_after = _sides_after(sides, settings)
        if sides_after is None:
            return None
        sides = sides_after
        if kind == _CONVOLUTION:
            channels = facts.length(settings.get("out_channels")) or 0
            sides = [length // 2 for length in sides] if convolutions in poolings else sides
            convolutions += 1
    return channels * math.prod(sides) if min(sides) > 0 else None


def _sides_after(sides: Sequence[int], settings: dict[str, Any]) -> list[int] | None:
    """Return the sides after a layer slides over them."""
    kernel = _each(settings.get("kernel_size"), len(sides))
    stride = _each(settings.get("stride"), len(sides)) or kernel
    padding = _each(settings.get("padding"), len(sides))
    dilation = _each(settings.get("dilation", 1), len(sides))
    if settings.get("padding") == "same":
        return list(sides)
    if settings.get("padding") == "valid":
        padding = (0,) * len(sides)
    if not (kernel and stride and dilation) or padding is None or min(stride) < 1:
        return None
    result = [
        (length + 2 * pad - wide * (size - 1) - 1) // step + 1
        for length, size, step, pad, wide in zip(sides, kernel, stride, padding, dilation, strict=True)
    ]
    return result if min(result) > 0 else None


def _each(value: Any, number: int) -> tuple[int, ...] | None:
    """Return *value*, one number or one for each side, as one for each side."""
    values = value if isinstance(value, tuple) else (value,) * number
    return values if len(values) == number and all(type(one) is int for one in values) else None
