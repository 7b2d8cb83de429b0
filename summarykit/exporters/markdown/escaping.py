"""Names and sentences in Markdown: shown as they stand, whatever Markdown, HTML or the host would read in them.

A host such as GitHub looks for mentions, issues and addresses in the finished page, where a backslash is gone: only
code keeps a word from it. A commit in a sentence stays one: who names it means it.
"""

from __future__ import annotations

import re
import unicodedata

from markupsafe import Markup

# What can mean something to Markdown in the middle of a line; an underscore between letters means nothing.
_SIGNS = re.compile(r"([\\`*\[\]~]|(?<![^\W_])_|_(?![^\W_]))")
# What can mean something to HTML or a table; "<" begins nothing before a digit: "<0.1%" is read by people too.
_HTML = re.compile(r"[&>|]|<(?!\d)")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;"}
# A word in which GitHub or GitLab sees a person, an issue, an address, an emoji or mathematics.
_LINK = re.compile(r"[@#!&~]\w|\$|\bGH-\d|://|www\.|mailto:|xmpp:|:[+-]?\w[\w+-]*:", re.IGNORECASE)
_BLANKS = re.compile(r"(\s+)")
# Between backticks all signs are signs, but for these; of blanks a browser keeps single ones inside.
_HARMLESS_CODE = re.compile(r"[^`|\s]+(?: [^`|\s]+)*")
_COMMIT = re.compile(r"[0-9a-f]{7,40}", re.IGNORECASE)
_HARMLESS_WORD = re.compile(r"[^\W_]+(?:[._– ][^\W_]+)*")
#: A comment on GitHub may have 65,536; what is added around it needs room as well.
MOST_CHARACTERS = 60_000
_RIGHT_TO_LEFT = {"R", "AL", "AN"}


def escape(text: str) -> str:
    """Return *text* so that Markdown shows it as it stands, also inside a table, and no host links a word of it."""
    if not _LINK.search(text):
        return _escape_signs(text)
    return "".join(html_code(word) if _LINK.search(word) else _escape_signs(word) for word in _BLANKS.split(text))


def code(text: str) -> Markup:
    """Return a name as code: in backticks, or as entities where it holds signs that Markdown would read."""
    if _HARMLESS_CODE.fullmatch(text) and (text.isascii() or not _runs_leftward(text)):
        return Markup(f"`{text}`")
    return html_code(text)


def kind(text: str) -> str:
    """Return the name of a class, or a short one among numbers: plain, or as code where it is no plain word."""
    harmless = _HARMLESS_WORD.fullmatch(text) and not _LINK.search(text) and not _COMMIT.fullmatch(text)
    return text if harmless else code(text)


def characters(text: str) -> int:
    """Return how many characters *text* has where one beyond the first 65,536 of Unicode counts as two."""
    return len(text) + (0 if text.isascii() else sum(character > "\uffff" for character in text))


def _escape_signs(text: str) -> str:
    return _HTML.sub(lambda found: _ENTITIES[found[0]], _SIGNS.sub(r"\\\1", text))


def html_code(text: str) -> Markup:
    """Return a name as code in HTML, the one form that is read inside a <summary>; no sign is left.

    What runs leftward leaves the line around it in order.
    """
    direction = ' dir="ltr"' if _runs_leftward(text) else ""
    signs = "".join(c if c.isalnum() else f"&#{ord(c)};" for c in text)
    # GitHub's parser looks for mail addresses in the text of HTML too; a comment is the end of a text.
    return Markup(f"<code{direction}>{signs.replace('&#64;', '&#64;<!-- -->')}</code>")


def _runs_leftward(text: str) -> bool:
    return not text.isascii() and any(unicodedata.bidirectional(c) in _RIGHT_TO_LEFT for c in text)
