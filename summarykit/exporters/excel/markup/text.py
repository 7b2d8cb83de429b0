"""Text that an .xlsx file can hold."""

from __future__ import annotations

import re

#: Excel holds no more characters than this in one cell.
MAX_TEXT = 32_767
#: What XML 1.0 or UTF-8 cannot encode: control characters, lone surrogates, noncharacters.
_UNHOLDABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
#: Excel reads `_x0041_` in a file as the letter A.
_ESCAPE_LOOKALIKE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_XML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})


def holdable(text: str) -> str:
    """Return *text* without characters that a workbook cannot store; callers make them visible before."""
    return _UNHOLDABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def xml(text: str) -> str:
    """Return *text* escaped for the content of an XML element."""
    return holdable(text).translate(_XML)


def xml_of_cell_text(text: str) -> str:
    """Return a cell's text escaped, cut to Excel's limit and safe from its `_xHHHH_` escapes."""
    if len(text) > MAX_TEXT:
        text = text[: MAX_TEXT - 1] + "…"
    return xml(_ESCAPE_LOOKALIKE.sub("_x005F_", text))
