"""From a size and a dtype, as people write them, to a tensor on the meta device."""

from __future__ import annotations

import difflib
import math
import operator
from collections.abc import Mapping
from typing import Any

import torch

from summarykit.errors import InputsError

#: More elements than this no tensor can have.
_MOST = 2**63 - 1
_SHORT = {"fp16": "float16", "bf16": "bfloat16", "fp32": "float32", "fp64": "float64"}
_USUAL = ("float32", "float16", "bfloat16", "float64", "int64", "int32", "bool")
_EXAMPLE = "write it as input_size=(1, 3, 224, 224), with the batch first"
#: Names by which arguments that hold whole numbers are known, in any library.
WHOLE_NUMBERS = ("_ids", "_mask", "_index", "ids", "tokens", "lengths", "labels", "edge_index")


def dtype_names() -> dict[str, torch.dtype]:
    """Return each name of a dtype that a tensor can be made of."""
    dtypes = {name: value for name, value in vars(torch).items() if isinstance(value, torch.dtype)}
    usual = {name: value for name, value in dtypes.items() if not str(value).startswith(("torch.q", "torch.bits"))}
    return usual | {short: dtypes[name] for short, name in _SHORT.items()}


def dtype_of(value: object) -> torch.dtype:
    """Return *value*, a ``torch.dtype`` or its name such as ``"int64"``, as a dtype.

    Raises:
        InputsError: It is no dtype; the hint names what it resembles.

    """
    if isinstance(value, torch.dtype):
        return value
    if not isinstance(value, str):
        raise InputsError(
            f"a dtype is torch.int64 or 'int64', and this is {short_text(value)}",
            hint="write dtypes=torch.int64 or dtypes='int64'",
        )
    names = dtype_names()
    name = value.strip().lower().removeprefix("torch.")
    if name in names:
        return names[name]
    near = difflib.get_close_matches(name, _USUAL, n=2) or _USUAL
    raise InputsError(f"{value!r} is no dtype", hint=f"did you mean {' or '.join(near)}?")


def meta_tensor(size: tuple[int, ...], dtype: torch.dtype | None) -> torch.Tensor:
    """Return a tensor of *size* that has no values and costs no memory.

    Raises:
        InputsError: No tensor can be that large.

    """
    if math.prod(size) > _MOST or any(length > _MOST for length in size):
        raise InputsError(
            f"no tensor can be as large as {size}",
            hint="write a smaller size, such as (1, 3, 224, 224): all lengths multiplied must be below 2**63",
        )
    return torch.empty(size, dtype=dtype, device="meta")


def size_of(value: Any) -> tuple[int, ...]:
    """Return *value*, a sequence of whole numbers, as a size.

    Raises:
        InputsError: It is none, or one of its numbers is no length.

    """
    if not isinstance(value, tuple | list):
        raise InputsError(f"a size is a tuple of whole numbers, and this is {short_text(value)}", hint=_EXAMPLE)
    return tuple(length_of(length, value) for length in value)


def length_of(value: Any, whole: object) -> int:
    """Return one number of the size *whole*.

    Raises:
        InputsError: It is no length.

    """
    if value is None:
        raise InputsError(f"{short_text(whole)} leaves a length open", hint="give a number: 1 for the batch")
    try:
        length = operator.index(value) if not is_bool(value) else None
    except Exception:  # noqa: BLE001 - what a stranger's __index__ raises
        length = None
    if length is None:
        raise InputsError(f"{short_text(value)} in the size {short_text(whole)} is no whole number", hint=_EXAMPLE)
    if length < 0:
        raise InputsError(
            f"the size {short_text(whole)} has the negative length {length}", hint="write 1 for the batch"
        )
    return length


def is_bool(value: object) -> bool:
    """Return whether *value* is a bool of Python's or NumPy's."""
    return type(value).__name__ in ("bool", "bool_")


def is_number(value: object) -> bool:
    """Return whether *value* stands where a length can: anything but a structure."""
    return not isinstance(value, tuple | list | Mapping)


def short_text(value: object) -> str:
    """Return *value* as a short text, whatever it is."""
    if isinstance(value, torch.Tensor):
        return f"a tensor of shape {tuple(value.shape)}"
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001 - what a stranger's __repr__ raises
        return f"a {type(value).__name__}"
    return text if len(text) <= 80 else f"a {type(value).__name__}"


def holds_whole_numbers(name: str) -> bool:
    """Return whether an argument of this name holds token ids, indices or a mask."""
    return name.endswith(WHOLE_NUMBERS)
