r"""Patterns for layers: a path with ``*``, or the name of a class.

``*`` stands for any text, dots too, as in Python's ``fnmatch``; ``**.`` for any number of whole names, none as well;
``?`` for one character and ``[ab]``, ``[!ab]`` for one of some. A pattern becomes a regular expression that never
goes back: what stands between two gaps has a fixed length, so its first place is as good as any other.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from summarykit.records import LayerType
from summarykit.summary.data import SummaryData

_TOKENS = re.compile(
    r"(?P<names>(?<![^.])(?:\*\*\.)+)|(?P<text>\*+)|(?P<one>\?)|\[(?P<set>!?\]?[^\]]*)\]|(?P<sign>.)", re.DOTALL
)
#: Near misses are looked for among so many names, and for patterns no longer than this.
_MOST_NAMES = 4_000
_LONGEST = 200


class Glob(NamedTuple):
    """A pattern, ready to be held against many names."""

    text: str
    least: int  #: characters a name must have at least
    expression: re.Pattern[str]

    def matches(self, name: str) -> bool:
        """Return whether the pattern fits the whole of *name*."""
        if name == self.text:
            return True
        return len(name) >= self.least and self.expression.fullmatch(name) is not None


@lru_cache(maxsize=64)
def glob(text: str) -> Glob:
    """Return *text* as a pattern; any text is one."""
    gaps, pieces, least = [""], [""], 0
    for token in _TOKENS.finditer(text):
        if token["names"] or token["text"]:
            if pieces[-1] or not gaps[-1]:
                gaps.append("")
                pieces.append("")
            # Any text takes in any number of names before it; names after any text are just a dot further on.
            gaps[-1] = r"(?:.*?\.)??" if token["names"] and not gaps[-1] else ".*?"
            continue
        pieces[-1] += (
            "." if token["one"] else _character_set(token["set"]) if token["set"] is not None else re.escape(token[0])
        )
        least += 1
    *inner, last = zip(gaps, pieces, strict=True)
    whole = "".join(f"(?>{gap}{piece})" for gap, piece in inner) + "".join(last)
    return Glob(text, least, re.compile(whole, re.DOTALL))


def _character_set(content: str) -> str:
    """Return ``[!a-z]`` as a regular expression for one character; an empty set fits none."""
    inverse, characters = content.startswith("!"), content.removeprefix("!")
    parts, at = [], 0
    while at < len(characters):
        if characters[at + 1 : at + 2] == "-" and at + 2 < len(characters):
            first, last, at = characters[at], characters[at + 2], at + 3
            parts += [f"{re.escape(first)}-{re.escape(last)}"] if first <= last else []
        else:
            parts.append(re.escape(characters[at]))
            at += 1
    if not parts:
        return "." if inverse else r"(?!)"
    return f"[{'^' if inverse else ''}{''.join(parts)}]"


def type_fits(pattern: Glob, kind: LayerType) -> bool:
    """Return whether *pattern* names a class: ``Linear``, ``*Norm*``, ``torch.nn.Linear``, ``torch.nn.*``.

    A full name is matched only where the pattern begins with its package, and so means one. A class may be called
    as its package offers it, without the modules between: ``torch.nn.Linear``.
    """
    if pattern.matches(kind.name):
        return True
    package, dot, _ = kind.qualified.partition(".")
    if not dot or not pattern.text.startswith(f"{package}."):
        return False
    home = kind.qualified.removesuffix(f".{kind.name}").split(".")
    short_names = (".".join([*home[:size], kind.name]) for size in range(1, len(home)))
    return any(map(pattern.matches, (kind.qualified, *short_names)))


def matching(data: SummaryData, patterns: Sequence[str]) -> list[bool]:
    """Return for each layer whether one of *patterns* fits its path or its class."""
    globs = [glob(text) for text in dict.fromkeys(patterns)]
    kinds = [any(type_fits(each, kind) for each in globs) for kind in data.records.types]
    return [kinds[layer.type] or any(each.matches(layer.path) for each in globs) for layer in data.layers]


def fits_anything(data: SummaryData, pattern: str) -> bool:
    """Return whether *pattern* fits the path or the class of any layer."""
    each = glob(pattern)
    return any(type_fits(each, kind) for kind in data.records.types) or any(
        each.matches(layer.path) for layer in data.layers
    )


def near_misses(data: SummaryData, pattern: str) -> list[str]:
    """Return patterns close to one that fits nothing, each of which fits something."""
    if len(pattern) > _LONGEST:
        return []
    names = list(dict.fromkeys(kind.name for kind in data.records.types))
    names += [name for name in dict.fromkeys(kind.qualified for kind in data.records.types) if "." in pattern]
    parts = list(_unique((part for layer in data.layers for part in layer.path.split(".")), _MOST_NAMES))
    correction = ".".join(
        part if part in parts or _wild(part) else closest(part, parts) or part for part in pattern.split(".")
    )
    paths = list(_unique((layer.path for layer in data.layers if layer.path), _MOST_NAMES))
    candidates = [closest(pattern, names), correction, closest(pattern, paths)]
    return [text for text in dict.fromkeys(candidates) if text and text != pattern and fits_anything(data, text)]


def closest(text: str, names: Sequence[str]) -> str:
    """Return the name most like *text*, capitals aside; empty where none is like it."""
    by_casefold = {name.casefold(): name for name in reversed(names) if len(name) <= _LONGEST}
    matches = difflib.get_close_matches(text.casefold(), by_casefold, n=1)
    return by_casefold[matches[0]] if matches else ""


def _wild(part: str) -> bool:
    return any(sign in part for sign in "*?[")


def _unique(names: Iterable[str], most: int) -> Iterator[str]:
    """Yield at most so many different names."""
    earlier: set[str] = set()
    for name in names:
        if len(earlier) >= most:
            return
        if name not in earlier:
            earlier.add(name)
            yield name
