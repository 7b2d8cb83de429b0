"""Weights that quantized layers keep packed, where no tensor shows their shape."""

from __future__ import annotations

from typing import Any


def packed_weight(packed: Any) -> tuple[int, ...] | None:
    """Return the shape of a packed weight, None where it keeps that to itself."""
    unpack = getattr(packed, "unpack", None) or getattr(packed, "__getstate__", None)
    try:
        weight = unpack()[0]  # type: ignore[misc]
        return tuple(int(size) for size in weight.shape)
    except Exception:  # noqa: BLE001 - another library's object
        return None
