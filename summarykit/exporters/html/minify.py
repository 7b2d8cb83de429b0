"""Style sheets and scripts without comments, indents and needless spaces.

Sources are written for people; a page does not need their layout. Identifiers of a script do not change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from markupsafe import Markup

_COMMENT = re.compile(r"^[ \t]*(?://.*|/\*(?:[^*]|\*(?!/))*\*/[ \t]*)$", re.MULTILINE)
_INDENT = re.compile(r"^\s+|[ \t]+$", re.MULTILINE)
_STRING = re.compile(r"(\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*')")
#: Spaces around these mean nothing anywhere in a script. That is not so for + and - and a slash.
_IN_SCRIPTS = re.compile(r" *([=<>!?:;,(){}\[\]&|*.]) *")
#: A template literal on one line, without another one in it.
_TEMPLATE = re.compile(r"(`(?:[^`\\$\n]|\\.|\$(?!\{)|\$\{[^`{}]*\})*`)")
#: A regular expression, recognised by what is before it: no division can follow these.
_IN_PATTERN = r"(?:[^/\\\n\[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/"
_PATTERN = re.compile(rf"((?<=[(,=:\[!&|?>])/{_IN_PATTERN}|(?<=[=:?&|>] )/(?![ /*]){_IN_PATTERN})")
_TEXT = re.compile(f"{_STRING.pattern[:-1]}|{_TEMPLATE.pattern[1:-1]}|{_PATTERN.pattern[1:]}")
#: A comment at the end of a line, if no quote follows.
_REMARK = re.compile(r"[ \t]+// [^\"'`\n]*$", re.MULTILINE)
#: Signs of a nested template literal or an unrecognised regular expression; a slash between spaces divides.
_UNSAFE = re.compile(r"`|(?<! )/|/(?! )")
#: The end of a line that continues in the next one, and the start of a line that continues the one before.
_GOES_ON, _ENDS = tuple("{([,;"), tuple("})]")
_NOTE = re.compile(r"/\*(?:[^*]|\*(?!/))*\*/")
_IN_STYLES = re.compile(r"\s*([{};,>])\s*|(?<=:)\s+")


@lru_cache(maxsize=8)  # a page's script and style are the same for every model
def minify_script(text: str) -> Markup:
    """Return a script without comments, indents and needless spaces and line ends.

    A line keeps its spaces if it has a nested template literal, or a slash that may start a regular expression: the
    spaces may be part of a text. A template literal of several lines keeps its line ends.
    """
    lines = _INDENT.sub("", _REMARK.sub("", _COMMENT.sub("", text))).split("\n")
    return Markup("".join(_join(list(map(_minify_line, lines)))))


def _join(lines: list[str]) -> Iterator[str]:
    """Yield the lines, with a line end between two that must stay separate."""
    in_template = False
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        in_template ^= line.count("`") % 2 == 1
        goes_on = line.endswith(_GOES_ON) or after.startswith(_ENDS)
        yield line if goes_on and not in_template and "//" not in line else f"{line}\n"


def _minify_line(line: str) -> str:
    between = _TEXT.split(line)[::2]
    return line if any(map(_UNSAFE.search, between)) else _outside(line, _IN_SCRIPTS, _TEXT)


@lru_cache(maxsize=8)
def minify_style(text: str) -> Markup:
    """Return a style sheet without comments and needless spaces and line ends."""
    return Markup(_outside(_NOTE.sub("", text), _IN_STYLES).replace(";}", "}").strip())


def _outside(text: str, spaces: re.Pattern[str], texts: re.Pattern[str] = _STRING) -> str:
    """Return *text* without the spaces around what *spaces* finds outside of *texts*."""
    parts = texts.split(text)
    parts[::2] = [spaces.sub(lambda match: match[1] or "", part) for part in parts[::2]]
    return "".join(parts)
