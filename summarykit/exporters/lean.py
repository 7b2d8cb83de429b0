"""Style sheets and scripts as a page carries them: without what only their readers need.

They are written to be read. A page goes to many people and is read by a browser, so comments, indents and spaces
beside punctuation stay behind. Names and lines of a script stay as they are.
"""

from __future__ import annotations

import re

from markupsafe import Markup

_COMMENT = re.compile(r"^[ \t]*(?://.*|/\*(?:[^*]|\*(?!/))*\*/[ \t]*)$", re.MULTILINE)
_INDENT = re.compile(r"^\s+|[ \t]+$", re.MULTILINE)
_STRING = re.compile(r"(\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*')")
#: Space around it says nothing, wherever it stands in a script; of + and - and of a slash that is not so.
_IN_SCRIPTS = re.compile(r" *([=<>!?:;,(){}\[\]&|*.]) *")
#: A template that stands on one line, without another in it.
_TEMPLATE = re.compile(r"(`(?:[^`\\$\n]|\\.|\$(?!\{)|\$\{[^`{}]*\})*`)")
_TEXT = re.compile(f"{_STRING.pattern[:-1]}|{_TEMPLATE.pattern[1:]}")
#: A remark at the end of a line, where no text begins or ends behind it.
_REMARK = re.compile(r"[ \t]+// [^\"'`\n]*$", re.MULTILINE)
#: What may be more than code beside texts: a template in a template, an expression, a division.
_KEPT = re.compile(r"[`/]")
_NOTE = re.compile(r"/\*(?:[^*]|\*(?!/))*\*/")
_IN_STYLES = re.compile(r"\s*([{};,>])\s*|(?<=:)\s+")


def lean_script(text: str) -> Markup:
    """Return a script without comments, indents, and spaces that say nothing.

    A line with a slash keeps its spaces, and so does one with a template in a template: they may be part of a text.
    """
    lines = _INDENT.sub("", _REMARK.sub("", _COMMENT.sub("", text))).split("\n")
    return Markup("\n".join(map(_lean_line, lines)))


def _lean_line(line: str) -> str:
    between = _TEXT.split(line)[::2]
    return line if any(map(_KEPT.search, between)) else _outside(line, _IN_SCRIPTS, _TEXT)


def lean_style(text: str) -> Markup:
    """Return a style sheet without comments, and without spaces and line ends that say nothing."""
    return Markup(_outside(_NOTE.sub("", text), _IN_STYLES).replace(";}", "}").strip())


def _outside(text: str, spaced: re.Pattern[str], texts: re.Pattern[str] = _STRING) -> str:
    """Return *text* without the spaces around what *spaced* finds outside of *texts*."""
    parts = texts.split(text)
    parts[::2] = [spaced.sub(lambda found: found[1] or "", part) for part in parts[::2]]
    return "".join(parts)
