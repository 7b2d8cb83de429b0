"""From ``package.module:attribute`` to a model: import it, build it, say clearly what went wrong."""

from __future__ import annotations

import ast
import difflib
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

    *keywords* are arguments that are no text, of a model that a project names. *folder* is importable, the current one
    by default. With *meta*, the model is built on the meta device: no memory, no weights.

    Raises:
        TargetError: It cannot be imported or built; the message carries the cause. A MissingTargetError where there is
            no such module or attribute.
        NotAModelError: What it names, or returns, is no ``torch.nn.Module``.

    """
    module_name, colon, path = target.partition(":")
    if not (module_name and colon and path):
        there = colon or ((folder or Path.cwd()) / target).exists()
        raise (TargetError if there else MissingTargetError)(f"{target!r} names no model", hint=_FORM)
    value = _attribute(_import(module_name, folder), module_name, path)
    if not isinstance(value, nn.Module):
        if not callable(value):
            check_is_model(value)
        place: AbstractContextManager[Any] = torch.device("meta") if meta else nullcontext()
        with place:
            value = _call(value, target, {**_keywords(arguments), **(keywords or {})}, from_table=keywords is not None)
    elif arguments or keywords or meta:
        what = "args and meta" if keywords is not None else "--arg and --meta"
        raise TargetError(f"{target} is a model already", hint=f"leave out {what}, or name its class")
    check_is_model(value)
    return cast("nn.Module", value)


def _import(name: str, folder: Path | None) -> Any:
    here = str(folder or Path.cwd())
    if here not in (sys.path[:1] if folder else sys.path):  # a project's folder goes before the current one
        sys.path.insert(0, here)
    try:
        return importlib.import_module(name)
    except SummaryKitError:
        raise
    except (Exception, SystemExit) as error:
        what = f"{name!r} cannot be imported: {_message(error)}"
        if _is_missing(name, error):
            top = name.partition(".")[0]
            hint = f"check the spelling, or run from the folder that contains {top!r}: cd FOLDER"
            if folder:
                hint = f"check target in pyproject.toml, or install the package with {top!r}: pip install -e FOLDER"
            raise MissingTargetError(what, hint=hint) from error
        package = error.name if isinstance(error, ModuleNotFoundError) else None
        hint = (
            f"install the package that provides {package!r} with pip install, or fix that import"
            if package
            else "importing it raised the error above; fix that first"
        )
        raise TargetError(what, hint=hint) from error


def _is_missing(name: str, error: BaseException) -> bool:
    """Return whether the module *name* or a package around it is not there, and not one that it imports."""
    missing = error.name if isinstance(error, ModuleNotFoundError) else None
    if not missing or not f"{name}.".startswith(f"{missing}."):
        return False
    try:
        return importlib.util.find_spec(missing) is None
    except (ImportError, ValueError):  # what should be a package is a module
        return True


def _attribute(value: Any, module_name: str, path: str) -> Any:
    for part in path.split("."):
        if not hasattr(value, part):
            raise MissingTargetError(f"{module_name!r} has no {path!r}", hint=_near(part, value))
        value = getattr(value, part)
    return value


def _near(part: str, owner: Any) -> str:
    name, bracket, _ = part.partition("(")
    if bracket and hasattr(owner, name):
        return f"leave out the brackets: {name} is called, with --arg name=value or args where it needs some"
    public = [each for each in sorted(getattr(owner, "__dict__", ())) if not each.startswith("_")]
    there = f"t has: {', '.join(public)[:300]}"
    near = difflib.get_close_matches(part, public, n=1)
    return f"did you mean {near[0]!r}? I{there}" if near else f"i{there}" if public else _FORM


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


def _call(factory: Callable[..., Any], target: str, keywords: dict[str, Any], *, from_table: bool) -> Any:
    try:
        return factory(**keywords)
    except (Exception, SystemExit) as error:
        arguments = ", ".join(f"{name}={value!r}" for name, value in keywords.items())
        given_by = "in its table: args = { name = value }" if from_table else "with --arg name=value"
        hint = f"fix the error above in the code of {target}, or give other arguments {given_by}"
        if isinstance(error, TypeError) and error.__traceback__ and error.__traceback__.tb_next is None:
            hint = f"give what it needs {given_by}"  # nothing of it ran: the arguments do not fit
        raise TargetError(f"{target}({arguments}) fails: {_message(error)}", hint=hint) from error


def _message(error: BaseException) -> str:
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return "\n".join([text, *_frames(error)])


def _frames(error: BaseException) -> list[str]:
    """Return where in the user's own code it happened, the innermost last."""
    frames = [each for each in traceback.extract_tb(error.__traceback__) if not each.filename.startswith(_OTHERS)]
    lines = [
        f"    {each.filename}:{each.lineno} in {each.name}: {(each.line or '').strip()}"
        for each in frames[-_MOST_FRAMES:]
    ]
    if isinstance(error, SyntaxError) and error.filename:  # the line that cannot be read never ran
        lines.append(f"    {error.filename}:{error.lineno}: {(error.text or '').strip()}")
    return lines
