"""``parse_spec()``: the command line's ``--input``, such as ``1,3,224,224`` or ``input_ids=int64:1,128``."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from summarykit.errors import InputsError
from summarykit.reading.inputs.call import Call
from summarykit.reading.inputs.from_caller import Default
from summarykit.reading.inputs.sizes import dtype_names, dtype_of, meta_tensor

_FORMS = "write --input 1,3,224,224, --input input_ids=int64:1,128 or, for what is no tensor, --input flag:=True"
#: More digits no length has.
_DIGITS = 19
_SEPARATOR = re.compile(r"\s*[,x×]\s*|\s+")
_NAME = re.compile(r"\s*([^\W\d]\w*)\s*$")
_BRACKETS = {"(": ")", "[": "]"}


def parse_spec(texts: Sequence[str], *, default: Default = lambda name: None) -> Call:
    """Return the call that the command line's *texts* describe, in their order.

    Each is a size, ``1,3,224,224`` (also ``1x3x224x224``, blanks and brackets; ``()`` is a single number), before it
    a dtype and a colon where there is one, before that a keyword and an equals sign where there is one; or a value
    that is no tensor: ``name:=value``. *default* is asked for the dtype of a size that has none.

    Raises:
        InputsError: A text is not of this form; the message points at the spot.

    """
    args: list[object] = []
    kwargs: dict[str, object] = {}
    for text in texts:
        name, value = _parse_argument(text, default, len(args))
        if name in kwargs:
            raise InputsError(f"--input gives {name!r} twice", hint=f"remove one --input {name}=")
        if name is None:
            args.append(value)
        else:
            kwargs[name] = value
    return Call(tuple(args), kwargs, "given by size")


def _parse_argument(text: str, default: Default, place: int) -> tuple[str | None, object]:
    """Return keyword and value of one text."""
    before, walrus, after = text.partition(":=")
    if walrus and "=" not in before:
        return _name(before, text) if before.strip() else None, _literal(after, text)
    before, equals, after = text.partition("=")
    name = _name(before, text) if equals else None
    start = len(before) + 1 if equals else 0
    kind, colon, size = text[start:].rpartition(":")
    dtype = None
    if colon:
        try:
            dtype = dtype_of(kind)
        except InputsError as error:
            dtype_first = size.strip().lower().removeprefix("torch.") in dtype_names()
            hint = f"the dtype stands before the size: {size.strip()}:{kind.strip()}" if dtype_first else error.hint
            raise _wrong(text, start, error.what, hint) from None
        start += len(kind) + 1
    return name, meta_tensor(_size(size, text, start), dtype or default(place if name is None else name))


def _name(part: str, text: str) -> str:
    match = _NAME.match(part)
    if match is None:
        raise _wrong(text, 0, f"{part!r} is no name of an argument", _FORMS)
    return match.group(1)


def _literal(part: str, text: str) -> object:
    """Return a Python literal, or else the text as it is."""
    try:
        return ast.literal_eval(part.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        pass
    if not part.strip():
        raise _wrong(text, len(text), "the value is missing", _FORMS)
    return part


def _size(size: str, text: str, start: int) -> tuple[int, ...]:
    """Return the size *size* in *text* from *start* on."""
    inner = size.strip()
    start += len(size) - len(size.lstrip())
    if not inner:
        raise _wrong(text, start, "the size is missing", _FORMS)
    if inner[0] in _BRACKETS:
        if inner[-1] != _BRACKETS[inner[0]] or len(inner) == 1:
            raise _wrong(text, start, "the bracket is not closed", _FORMS)
        start += 1 + len(inner[1:]) - len(inner[1:].lstrip())
        inner = inner[1:-1].strip()
        if not inner:
            return ()
    return tuple(_length(part, text, start + place) for place, part in _parts(inner))


def _parts(inner: str) -> list[tuple[int, str]]:
    """Return the parts between separators, each with its place; a comma may end the size."""
    parts, place = [], 0
    for separator in _SEPARATOR.finditer(inner):
        parts.append((place, inner[place : separator.start()]))
        place = separator.end()
    return [*parts, (place, inner[place:])] if place < len(inner) or not parts else parts


def _length(part: str, text: str, place: int) -> int:
    if part.isascii() and part.isdigit() and len(part) <= _DIGITS:
        return int(part)
    if not part:
        raise _wrong(text, place, "a length is missing", _FORMS)
    hint = "write 1 for the batch" if part.startswith("-") else _FORMS
    raise _wrong(text, place, f"{part!r} is no length", hint)


def _wrong(text: str, place: int, problem: str, hint: str) -> InputsError:
    visible = "".join(sign if sign.isprintable() else " " for sign in text)
    return InputsError(f"--input: {problem}\n    {visible}\n    {' ' * place}^", hint=hint)
