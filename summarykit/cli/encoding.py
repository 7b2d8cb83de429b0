"""What is printed where a terminal or a pipe has no sign for it: nothing fails, and formulas stay readable."""

from __future__ import annotations

import codecs
from typing import TextIO

#: Our own signs in ASCII; as wide as they are, but for the checks, which stand last.
_IN_ASCII = str.maketrans(
    {"×": "x", "÷": "/", "−": "-", "–": "-", "·": "|", "…": "~", "→": ">", "◐": "~", "█": "#", "✓": "ok", "✗": "NO"}
)
_ERRORS = "summarykit.signs"


def without_failing(stream: TextIO) -> None:
    """Let *stream* print what its encoding lacks: our signs as ASCII, the rest of a name as escapes."""
    if hasattr(stream, "reconfigure"):
        codecs.register_error(_ERRORS, _in_ascii)
        stream.reconfigure(errors=_ERRORS)


def _in_ascii(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    lacking = error.object[error.start : error.end].translate(_IN_ASCII)
    return lacking.encode("ascii", "backslashreplace").decode("ascii"), error.end
