"""From ``package.module:attribute`` to a model: import it, build it, say clearly what went wrong."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import sys
import sysconfig
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, cast

import torch
from torch import nn

from summarykit.errors import MissingTargetError, SummaryKitError, TargetError
from summarykit.reading.walk import check_is_model

_FORM = (
    "write it as package.module:attribute, such as summarykit.examples:sequential, or give a folder with a config.json"
)
#: What is neither the user's code nor tells them where to look: this package, Python's own and what is installed.
_OTHERS = (
    str(Path(__file__).parents[1]),
    "<frozen",
    *filter(None, map(sysconfig.get_path, ("stdlib", "purelib", "platlib"))),
)
_MOST_FRAMES = 6


def load_target(
    target: str,
    arguments: Sequence[str] = (),
    *,
    keywords: Mapping[str, Any] | None = None,
    meta: bool = False,
    folder: Path | None = None,
) -> nn.Module:
    """Return the model that *target* names; a class or factory is called with *arguments* (``name=value``).

    *keywords* are arguments that are no text. *folder* is importable, the current one by default. With *meta*, the
    model is built on the meta device: no memory, no weights.

    Raises:
        TargetError: It cannot be imported or built; the message carries the cause. A MissingTargetError where there is
            no such module or attribute.
        NotAModelError: What it names, or returns, is no ``torch.nn.Module``.

    """
    module_name, colon, path = target.partition(":")
    if not (module_name and colon and path):
        there = colon or ((folder or Path.cwd()) / target).exists()
        raise (TargetError if there else MissingTargetError)(f"{target!r} names no model", hint=_FORM)
    found = _attribute(_imported(module_name, folder), module_name, path)
    if not isinstance(found, nn.Module):
        if not callable(found):
            check_is_model(found)
        place: AbstractContextManager[Any] = torch.device("meta") if meta else nullcontext()
        with place:
            found = _called(found, target, {**_keywords(arguments), **(keywords or {})})
    elif arguments or keywords or meta:
        raise TargetError(f"{target} is a model already", hint="leave out --arg and --meta, or name its class")
    check_is_model(found)
    return cast("nn.Module", found)


def _imported(name: str, folder: Path | None) -> Any:
    here = str(folder or Path.cwd())
    if here not in (sys.path[:1] if folder else sys.path):  # a project's folder goes before the current one
        sys.path.insert(0, here)
    try:
        return importlib.import_module(name)
    except SummaryKitError:
        raise
    except (Exception, SystemExit) as error:
        hint = "look at the spelling, or run from the folder that holds it"
        kind = MissingTargetError if _is_missing(name, error) else TargetError
        raise kind(f"{name!r} cannot be imported: {_said(error)}", hint=hint) from error


def _is_missing(name: str, error: BaseException) -> bool:
    """Return whether the module *name* or a package around it is not there, and not one that it imports."""
    missing = error.name if isinstance(error, ModuleNotFoundError) else None
    if not missing or not f"{name}.".startswith(f"{missing}."):
        return False
    try:
        return importlib.util.find_spec(missing) is None
    except (ImportError, ValueError):  # what should be a package is a module
        return True


def _attribute(found: Any, module_name: str, path: str) -> Any:
    for part in path.split("."):
        if not hasattr(found, part):
            public = ", ".join(name for name in sorted(vars(found)) if not name.startswith("_"))
            hint = f"it has: {public[:300]}" if public else _FORM
            raise MissingTargetError(f"{module_name!r} has no {path!r}", hint=hint)
        found = getattr(found, part)
    return found


def _keywords(arguments: Sequence[str]) -> dict[str, Any]:
    """Return ``name=value`` texts as keywords; a value is a Python literal, or else text."""
    keywords: dict[str, Any] = {}
    for argument in arguments:
        name, equals, value = argument.partition("=")
        if not equals or not name.isidentifier():
            raise TargetError(f"--arg {argument!r} is not of the form name=value", hint="write --arg layers=12")
        try:
            keywords[name] = ast.literal_eval(value)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            keywords[name] = value
    return keywords


def _called(factory: Callable[..., Any], target: str, keywords: dict[str, Any]) -> Any:
    try:
        return factory(**keywords)
    except (Exception, SystemExit) as error:
        given = ", ".join(f"{name}={value!r}" for name, value in keywords.items())
        hint = "give what it needs with --arg name=value"
        raise TargetError(f"{target}({given}) fails: {_said(error)}", hint=hint) from error


def _said(error: BaseException) -> str:
    said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return "\n".join([said, *_frames(error)])


def _frames(error: BaseException) -> list[str]:
    """Return where in the user's own code it happened, the innermost last."""
    frames = [each for each in traceback.extract_tb(error.__traceback__) if not each.filename.startswith(_OTHERS)]
    return [
        f"    {each.filename}:{each.lineno} in {each.name}: {(each.line or '').strip()}"
        for each in frames[-_MOST_FRAMES:]
    ]
