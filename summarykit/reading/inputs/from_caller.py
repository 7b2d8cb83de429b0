"""``inputs_from_caller()``: what the caller says to feed, by value or by size."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

from summarykit.errors import InputsError
from summarykit.reading.inputs.call import Call
from summarykit.reading.inputs.sizes import dtype_of, is_number, meta_tensor, short_text, size_of

#: The dtype of a size that came without one, by its keyword or position.
Default = Callable[[str | int], torch.dtype | None]
_ONE_WAY = "give inputs=, or args= and kwargs=, or input_size="


def inputs_from_caller(
    *,
    inputs: object = None,
    args: object = None,
    kwargs: object = None,
    input_size: object = None,
    dtypes: object = None,
    default: Default = lambda name: None,
) -> Call | None:
    """Return the call that the caller describes, None where nothing is given. Values are passed on as they are.

    Args:
        inputs: A tensor; a tuple or list of positional arguments; a mapping of keywords.
        args: The positional arguments, where *inputs* would be ambiguous; ``()`` is a call without arguments.
        kwargs: The keyword arguments; they may accompany any of the others.
        input_size: A size, a list of sizes or a mapping of sizes by keyword.
        dtypes: Of all sizes, or one for each: ``torch.int64`` or ``"int64"``.
        default: Asked for the dtype of a size that has none; None is torch's own default.

    Raises:
        InputsError: The arguments contradict each other, or one is not of its form.

    """
    _check_one_way(inputs=inputs, args=args, input_size=input_size, dtypes=dtypes)
    if all(what is None for what in (inputs, args, kwargs, input_size)):
        return None
    positional, keywords = _by_value(inputs) if inputs is not None else (_arguments(args), {})
    if input_size is not None:
        positional, keywords = _by_size(input_size, dtypes, default)
    further = _keywords(kwargs, "kwargs=")
    twice = sorted(keywords.keys() & further.keys())
    if twice:
        raise InputsError(f"{twice[0]!r} is given twice", hint="leave it out of kwargs=")
    origin = "given" if input_size is None else "given by size"
    return Call(positional, {**keywords, **further}, origin)


def _check_one_way(**ways: object) -> None:
    """Raise ``InputsError`` where two arguments say what to feed, or a dtype stands alone."""
    dtypes = ways.pop("dtypes")
    used = [f"{name}=" for name, value in ways.items() if value is not None]
    if len(used) > 1:
        raise InputsError(f"{used[0]} and {used[1]} both say what to feed", hint=_ONE_WAY)
    if dtypes is not None and ways["input_size"] is None:
        raise InputsError("dtypes= is for input_size=, which is not given", hint="give tensors of that dtype instead")


# ---------------------------------------------------------------- by value


def _by_value(inputs: Any) -> tuple[tuple[object, ...], dict[str, object]]:
    if isinstance(inputs, Mapping):
        keywords = _keywords(inputs, "inputs=")
        _check_values(keywords.values(), inputs)
        return (), keywords
    # A named tuple, such as a PackedSequence, is one argument.
    if isinstance(inputs, tuple | list) and not hasattr(inputs, "_fields"):
        if inputs and _is_size(inputs):
            raise InputsError(
                f"inputs={short_text(inputs)} holds no tensor", hint="sizes are given as input_size=, numbers as args="
            )
        _check_values(inputs, inputs)
        return tuple(inputs), {}
    _check_values((inputs,), inputs)
    if isinstance(inputs, str | bytes | type | int | float):
        hint = "give tensors, or args= where the model takes something else"
        raise InputsError(f"inputs={short_text(inputs)} holds no tensor", hint=hint)
    return (inputs,), {}


def _check_values(values: Any, inputs: object) -> None:
    """Raise ``InputsError`` for what is meant as a tensor and is none."""
    for value in values:
        if f"{type(value).__module__}.{type(value).__qualname__}" == "numpy.ndarray":
            what = "inputs= is a NumPy array" if value is inputs else "inputs= holds a NumPy array"
            raise InputsError(f"{what}, and a model takes tensors", hint="turn it into one with torch.from_numpy(...)")


def _is_size(value: Any) -> bool:
    """Return whether *value* holds whole numbers only, and so is a size or several."""
    if isinstance(value, tuple | list):
        return all(map(_is_size, value))
    return type(value) is int


def _arguments(args: object) -> tuple[object, ...]:
    if args is None:
        return ()
    if not isinstance(args, tuple | list):
        raise InputsError(f"args= is a tuple of arguments, and this is {short_text(args)}", hint="write args=(x,)")
    return tuple(args)


def _keywords(kwargs: object, what: str) -> dict[str, object]:
    if kwargs is None:
        return {}
    if not isinstance(kwargs, Mapping):
        raise InputsError(
            f"{what} maps names to values, and this is {short_text(kwargs)}", hint='write {"name": value}'
        )
    strange = [key for key in kwargs if not isinstance(key, str)]
    if strange:
        hint = "a dictionary that is itself an argument is given as args=(d,)"
        raise InputsError(f"{what} has the key {short_text(strange[0])}, and a keyword is text", hint=hint)
    return dict(kwargs)


# ---------------------------------------------------------------- by size


def _by_size(sizes: Any, dtypes: Any, default: Default) -> tuple[tuple[object, ...], dict[str, object]]:
    if isinstance(sizes, Mapping):
        sizes_by_name = _keywords(sizes, "input_size=")
        kinds = _dtypes_by_name(dtypes, sizes_by_name)
        return (), {name: _tensors(size, kinds[name] or default(name)) for name, size in sizes_by_name.items()}
    if not isinstance(sizes, tuple | list):
        size_of(sizes)  # which says what is wrong with it
    if len(sizes) == 0 and not isinstance(sizes, torch.Size):
        raise InputsError("input_size= is empty", hint="give a size, or args=() for a call without arguments")
    several = [sizes] if all(map(is_number, sizes)) else list(sizes)
    kinds_in_order = _dtypes_in_order(dtypes, len(several))
    pairs = zip(several, kinds_in_order, strict=True)
    return tuple(_tensors(size, kind or default(place)) for place, (size, kind) in enumerate(pairs)), {}


def _tensors(size: Any, dtype: torch.dtype | None) -> object:
    """Return a tensor for a size, and for a list or mapping of sizes the same with tensors in it."""
    if isinstance(size, Mapping):
        return {key: _tensors(part, dtype) for key, part in size.items()}
    if not isinstance(size, tuple | list) or all(map(is_number, size)):
        return meta_tensor(size_of(size), dtype)
    if any(map(is_number, size)):
        raise InputsError(f"{short_text(size)} mixes numbers and sizes", hint="give a size, or a list of sizes")
    parts = (_tensors(part, dtype) for part in size)
    return list(parts) if isinstance(size, list) else tuple(parts)


def _dtypes_in_order(dtypes: Any, number: int) -> Sequence[torch.dtype | None]:
    if isinstance(dtypes, Mapping):
        raise InputsError("dtypes= has names, and input_size= has none", hint="give dtypes as a list, in order")
    if not isinstance(dtypes, tuple | list):
        return [None if dtypes is None else dtype_of(dtypes)] * number
    if len(dtypes) != number:
        raise InputsError(f"{number} sizes and {len(dtypes)} dtypes", hint="give one for each size, or one for all")
    return [None if kind is None else dtype_of(kind) for kind in dtypes]


def _dtypes_by_name(dtypes: Any, sizes: Mapping[str, object]) -> dict[str, torch.dtype | None]:
    if not isinstance(dtypes, Mapping):
        return dict(zip(sizes, _dtypes_in_order(dtypes, len(sizes)), strict=True))
    unknown = [name for name in dtypes if name not in sizes]
    if unknown:
        hint = f"input_size= has: {', '.join(sizes)}"
        raise InputsError(f"dtypes= has {unknown[0]!r}, and input_size= has not", hint=hint)
    return {name: dtype_of(dtypes[name]) if dtypes.get(name) is not None else None for name in sizes}
