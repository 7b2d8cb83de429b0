"""``--debug``: the traceback of an error and a block for bug reports, without the paths of whoever ran the command."""

from __future__ import annotations

import os
import platform
import re
import shlex
import sys
import tempfile
import traceback
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from summarykit import __version__

#: What a bug may depend on.
_PACKAGES = ("torch", "pandas", "jinja2", "openpyxl", "lxml", "rich", "typer", "transformers")
#: Absolute paths of at least two names that are left: in quotes, where they may have blanks, or up to a blank.
_PATH_IN_QUOTES = re.compile(r"""(['"])(?:[A-Za-z]:)?[\\/][^'"\n]*[\\/]([^'"\\/\n]*)\1""")
_PLAIN_PATH = re.compile(r"""(?<![\w…./\\])(?:[A-Za-z]:)?[\\/][^\s'"<>|:,;()]*[\\/]([^\s'"<>|:,;()\\/]*)""")


def bug_report(error: BaseException, arguments: Sequence[str]) -> str:
    """Return the traceback of *error* and what a bug report needs to know, as text without paths of the user."""
    command = shlex.join(["summarykit", *map(_short_argument, arguments)])
    lines = [
        "",
        "--- copy from here for a bug report; paths are shortened ---",
        without_paths("".join(traceback.format_exception(error)), arguments).rstrip(),
        "",
        f"command: {without_paths(command, ())}",
        f"summarykit: {__version__}",
        f"python: {platform.python_version()} ({platform.python_implementation()})",
        f"platform: {platform.platform()}",
        *(f"{name}: {number}" for name, number in _versions()),
    ]
    return "\n".join(lines)


def debug_command(arguments: Sequence[str]) -> str:
    """Return the command that was run, with ``--debug``, to be copied into a shell."""
    return shlex.join(["summarykit", "--debug", *arguments])


def without_paths(text: str, arguments: Sequence[str]) -> str:
    """Return *text* with modules as ``torch/nn/modules/linear.py``, and of every other path the last name alone."""
    for argument in arguments:
        _, _, value = argument.rpartition("=")
        short = _short_argument(value)
        if short != value:
            text = text.replace(value, short)
    names = dict(sorted(_places(), key=lambda place: len(place[0]), reverse=True))
    pattern = re.compile(rf"({'|'.join(map(re.escape, names))})(?:([\\/]+)|(?![\w.-]))")
    text = pattern.sub(lambda match: _replacement(names[match[1]], bool(match[2])), text)
    return _PLAIN_PATH.sub(r"…/\1", _PATH_IN_QUOTES.sub(r"\1…/\2\1", text))


def _replacement(name: str, is_parent: bool) -> str:
    return (f"{name}/" if name else "") if is_parent else name or "."


def _places() -> Iterator[tuple[str, str]]:
    """Yield folders of this machine with what is written in their place."""
    folders = [("~", Path.home()), ("", Path.cwd()), ("TMP", Path(tempfile.gettempdir())), ("", Path(sys.prefix))]
    folders += [("", Path(sys.base_prefix)), ("", Path(__file__).parents[2])]
    folders += [("", Path(entry)) for entry in sys.path if entry]
    for name, folder in folders:
        for path in {str(folder), os.path.realpath(folder)}:
            if len(Path(path).parts) > 1 and Path(path).is_absolute():  # the root of a disk is in every path
                yield path, name
                yield path.replace("\\", "\\\\"), name  # as repr() writes it


def _short_argument(argument: str) -> str:
    """Return an argument of the command line; if it is a path, or ``name=path``, with its last name alone."""
    head, equals, value = argument.rpartition("=")
    parts = re.split(r"[\\/]+", value.rstrip("\\/"))
    return f"{head}{equals}…/{parts[-1]}" if len(parts) > 1 else argument


def _versions() -> Iterator[tuple[str, str]]:
    """Yield what is installed of the packages that matter; nothing is imported."""
    for name in _PACKAGES:
        try:
            yield name, version(name)
        except PackageNotFoundError:
            continue
