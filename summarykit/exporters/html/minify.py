"""Style sheets and scripts as a page carries them: without what only their readers need.

They are written to be read. A page goes to many people and is read by a browser, so comments, indents and spaces
beside punctuation stay behind. Names of a script stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from markupsafe import Markup

_COMMENT = re.compile(r"^[ \t]*(?://.*|/\*(?:[^*]|\*(?!/))*\*/[ \t]*)$", re.MULTILINE)
_INDENT = re.compile(r"^\s+|[ \t]+$", re.MULTILINE)
_STRING = re.compile(r"(\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*')")
#: Space around it says nothing, wherever it stands in a script; of + and - and of a slash that is not so.
_IN_SCRIPTS = re.compile(r" *([=<>!?:;,(){}\[\]&|*.]) *")
#: A template that stands on one line, without another in it.
_TEMPLATE = re.compile(r"(`(?:[^`\\$\n]|\\.|\$(?!\{)|\$\{[^`{}]*\})*`)")
#: A pattern, known by what it follows: behind these no division can stand.
_IN_PATTERN = r"(?:[^/\\\n\[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/"
_PATTERN = re.compile(rf"((?<=[(,=:\[!&|?>])/{_IN_PATTERN}|(?<=[=:?&|>] )/(?![ /*]){_IN_PATTERN})")
_TEXT = re.compile(f"{_STRING.pattern[:-1]}|{_TEMPLATE.pattern[1:-1]}|{_PATTERN.pattern[1:]}")
#: A remark at the end of a line, where no text begins or ends behind it.
_REMARK = re.compile(r"[ \t]+// [^\"'`\n]*$", re.MULTILINE)
#: What may be more than code beside texts: a template in a template, a pattern elsewhere; a division is plain.
_UNSAFE = re.compile(r"`|(?<! )/|/(?! )")
#: How a line ends that goes on in the next, and how one begins that goes on from the one before.
_GOES_ON, _ENDS = tuple("{([,;"), tuple("})]")
_NOTE = re.compile(r"/\*(?:[^*]|\*(?!/))*\*/")
_IN_STYLES = re.compile(r"\s*([{};,>])\s*|(?<=:)\s+")


@lru_cache(maxsize=8)  # a page's script and style are the same for every model
def minify_script(text: str) -> Markup:
    """Return a script without comments, indents, and spaces and line ends that say nothing.

    A line with a template in a template keeps its spaces, and so does one with a slash that may begin a pattern: they
    may be part of a text. A template of several lines keeps its line ends.
    """
    lines = _INDENT.sub("", _REMARK.sub("", _COMMENT.sub("", text))).split("\n")
    return Markup("".join(_join(list(map(_minify_line, lines)))))


def _join(lines: list[str]) -> Iterator[str]:
    """Yield lines, and a line end between two where the first may not go on in the second."""
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
    """Return a style sheet without comments, and without spaces and line ends that say nothing."""
    return Markup(_outside(_NOTE.sub("", text), _IN_STYLES).replace(";}", "}").strip())


def _outside(text: str, spaces: re.Pattern[str], texts: re.Pattern[str] = _STRING) -> str:
    """Return *text* without the spaces around what *spaces* finds outside of *texts*."""
    parts = texts.split(text)
    parts[::2] = [spaces.sub(lambda match: match[1] or "", part) for part in parts[::2]]
    return "".join(parts)
