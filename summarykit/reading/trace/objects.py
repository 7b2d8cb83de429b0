"""What Python's own objects hold where ``__dict__`` does not show it."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from typing import Any

#: What an empty cell of a function holds.
EMPTY = object()


def slots_of(kind: type) -> Iterator[Any]:
    """Find the slots of a class and its bases."""
    for base in kind.__mro__:
        if "__slots__" in base.__dict__:
            yield from (held for held in base.__dict__.values() if isinstance(held, types.MemberDescriptorType))


def cell_contents(cell: types.CellType) -> object:
    """Return what a cell holds, a mark of its own where it is empty."""
    try:
        return cell.cell_contents
    except ValueError:
        return EMPTY


def stands_in_a_module(function: types.FunctionType) -> bool:
    """Return whether a function is the one that a Python module has under its name; such a one closes over no model."""
    home = sys.modules.get(function.__module__ or "")
    return home is not None and getattr(home, "__dict__", {}).get(function.__qualname__) is function
