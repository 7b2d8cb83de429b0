"""Names and sentences in Markdown, escaped for Markdown, for HTML and for the host that shows them.

A host such as GitHub looks for mentions, issues and addresses in the finished page, where a backslash is gone: only
code keeps a word from it. A commit in a sentence stays one: who names it means it.
"""

from __future__ import annotations

import re
import unicodedata

from markupsafe import Markup

# Markup of Markdown in the middle of a line; an underscore between letters is none.
_SIGNS = re.compile(r"([\\`*\[\]~]|(?<![^\W_])_|_(?![^\W_]))")
# Markup of HTML or of a table; "<" before a digit is none, and "<0.1%" stays readable in the source.
_HTML = re.compile(r"[&>|]|<(?!\d)")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;"}
# A word that GitHub or GitLab reads as a mention, an issue, an address, an emoji or mathematics.
_LINK = re.compile(r"[@#!&~]\w|\$|\bGH-\d|://|www\.|mailto:|xmpp:|:[+-]?\w[\w+-]*:", re.IGNORECASE)
_BLANKS = re.compile(r"(\s+)")
# What a code span shows unchanged: no backtick, no bar, and only single blanks inside.
_HARMLESS_CODE = re.compile(r"[^`|\s]+(?: [^`|\s]+)*")
_COMMIT = re.compile(r"[0-9a-f]{7,40}", re.IGNORECASE)
_HARMLESS_WORD = re.compile(r"[^\W_]+(?:[._– ][^\W_]+)*")
#: A comment on GitHub may have 65,536 characters; some are needed for text that is added around it.
MOST_CHARACTERS = 60_000
_RIGHT_TO_LEFT = {"R", "AL", "AN"}


def escape(text: str) -> str:
    """Return *text* escaped, so that Markdown shows it unchanged, also in a table, and no host links a word."""
    if not _LINK.search(text):
        return _escape_signs(text)
    return "".join(html_code(word) if _LINK.search(word) else _escape_signs(word) for word in _BLANKS.split(text))


def code(text: str) -> Markup:
    """Return a name as code: in backticks, or as HTML entities where backticks would change it."""
    if _HARMLESS_CODE.fullmatch(text) and (text.isascii() or not _runs_leftward(text)):
        return Markup(f"`{text}`")
    return html_code(text)


def kind(text: str) -> str:
    """Return the name of a class, or a short name among numbers: unchanged if it is a plain word, else as code."""
    harmless = _HARMLESS_WORD.fullmatch(text) and not _LINK.search(text) and not _COMMIT.fullmatch(text)
    return text if harmless else code(text)


def characters(text: str) -> int:
    """Return the length of *text* in UTF-16 units, as GitHub counts it."""
    return len(text) + (0 if text.isascii() else sum(character > "\uffff" for character in text))


def _escape_signs(text: str) -> str:
    return _HTML.sub(lambda found: _ENTITIES[found[0]], _SIGNS.sub(r"\\\1", text))


def html_code(text: str) -> Markup:
    """Return a name as code in HTML, the only form that works inside a <summary>; all punctuation is escaped.

    What runs leftward leaves the line around it in order.
    """
    direction = ' dir="ltr"' if _runs_leftward(text) else ""
    signs = "".join(c if c.isalnum() else f"&#{ord(c)};" for c in text)
    # GitHub's parser looks for mail addresses in the text of HTML too; a comment ends a text.
    return Markup(f"<code{direction}>{signs.replace('&#64;', '&#64;<!-- -->')}</code>")


def _runs_leftward(text: str) -> bool:
    return not text.isascii() and any(unicodedata.bidirectional(c) in _RIGHT_TO_LEFT for c in text)
