r"""LaTeX: a table for a paper, of the package booktabs, to be read in with ``\input``; in ASCII, for any TeX."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import BinaryIO, ClassVar

from markupsafe import Markup

from summarykit.exporters.base import Options, exporter
from summarykit.exporters.latex.table import paper_table
from summarykit.exporters.latex.values import Paper
from summarykit.exporters.rendering import render
from summarykit.exporters.view import build_view
from summarykit.summary.data import SummaryData

# Characters that are special to TeX, or missing in the oldest fonts. A quote could be a shorthand of babel. Dashes use
# the font of the text, because the typewriter font has a brace in their place.
_SIGNS = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", '"': r"\texttt{\char34}", "`": r"\`{}",
    **{sign: f"\\{sign}" for sign in "_%#&$"},
    "–": r"\textrm{--}", "—": r"\textrm{---}", "…": r"\ldots{}", "\u202f": r"\,", "’": "'",
    "×": r"\ensuremath{\times}", "÷": r"\ensuremath{\div}", "−": r"\ensuremath{-}", "·": r"\ensuremath{\cdot}",
    "→": r"\ensuremath{\rightarrow}", "µ": r"\ensuremath{\mu}", "°": r"\r{}",
    "ß": r"\ss{}", "æ": r"\ae{}", "Æ": r"\AE{}", "œ": r"\oe{}", "Œ": r"\OE{}", "ø": r"\o{}", "Ø": r"\O{}",
    "ł": r"\l{}", "Ł": r"\L{}", "\u0131": r"\i{}",
}  # fmt: skip
_ACCENTS = {
    "\u0300": r"\`", "\u0301": r"\'", "\u0302": r"\^", "\u0303": r"\~", "\u0304": r"\=", "\u0306": r"\u",
    "\u0307": r"\.", "\u0308": r"\"", "\u030a": r"\r", "\u030b": r"\H", "\u030c": r"\v", "\u0327": r"\c",
}  # fmt: skip
# Greek letters that TeX has a name for; the other capitals look as Latin ones.
_GREEK = re.compile(
    "GREEK SMALL LETTER (?P<small>ALPHA|BETA|GAMMA|DELTA|EPSILON|ZETA|ETA|THETA|IOTA|KAPPA|LAMDA|MU|NU|XI|PI|RHO|SIGMA"
    "|TAU|UPSILON|PHI|CHI|PSI|OMEGA)"
    "|GREEK CAPITAL LETTER (?P<capital>GAMMA|DELTA|THETA|LAMDA|XI|PI|SIGMA|UPSILON|PHI|PSI|OMEGA)"
)
# Two of these in a row are another sign.
_LIGATURES = "-',"
# A name may break after its dots and before its words, and somewhere in what is longer than any line.
_BREAKS = re.compile(r"(?<=[._/])(?=[^\W_])|(?<=[a-z])(?=[A-Z])|(?<=[0-9])(?=[A-Z][a-z])")
_LONGEST = 20


def escape(text: str) -> str:
    """Return *text* escaped for TeX, upright or in typewriter; letters that TeX lacks become their code."""
    text = unicodedata.normalize("NFC", text)
    parts = []
    for before, letter, after in zip(["", *text], text, [*text[1:], ""], strict=False):
        if letter == " ":  # TeX merges several spaces and drops those at the ends
            parts.append(" " if before not in ("", " ") and after else r"\ ")
        else:
            parts.append("{}" + letter if letter == before and letter in _LIGATURES else _encode(letter))
    return "".join(parts)


@lru_cache(maxsize=1024)
def _encode(letter: str) -> str:
    """Return one letter as TeX source."""
    if letter in _SIGNS:
        return _SIGNS[letter]
    if letter.isascii():
        return letter
    base, accent = unicodedata.normalize("NFD", letter)[:1], unicodedata.normalize("NFD", letter)[1:]
    if accent in _ACCENTS and base.isascii():
        return f"{_ACCENTS[accent]}{{{base}}}"
    greek = _GREEK.fullmatch(unicodedata.name(letter, ""))
    if greek:
        word = greek["small"].lower() if greek["small"] else greek["capital"].capitalize()
        return rf"\ensuremath{{\{word.replace('amda', 'ambda')}}}"
    code = ord(letter)
    digits = f"u{code:04x}" if code < 0x10000 else f"U{code:08x}"
    return rf"\allowbreak{{}}\textbackslash{{}}{digits}"  # many in a row need more than a line


def name(text: str) -> Markup:
    """Return a name in typewriter, which may break where a person would."""
    words = [
        word[at : at + _LONGEST]
        for word in _BREAKS.split(unicodedata.normalize("NFC", text))
        for at in range(0, len(word), _LONGEST)
    ]
    return Markup(r"\texttt{" + r"\allowbreak{}".join(map(escape, words)) + "}")


def math(formula: str) -> Markup:
    """Return a formula for the line; with plain brackets it can break, with growing ones it cannot."""
    return Markup("$" + formula.replace(r"\left(", "(").replace(r"\right)", ")") + "$")


def label(text: str) -> Markup:
    r"""Return what a ``\label`` may hold of a text."""
    return Markup("-".join(re.findall("[A-Za-z0-9]+", text)) or "model")


@exporter("latex")
class LatexExporter:
    """One table with caption and label; counts add up to the total, and the caption says how they were checked."""

    suffixes: ClassVar[tuple[str, ...]] = (".tex",)

    def write(self, data: SummaryData, out: BinaryIO, options: Options) -> None:
        """Write the table."""
        view = build_view(data, title=options.title, source=options.source, fold=options.fold, most_rows=0)
        table = paper_table(data, title=view.title, fold=options.fold, selection=options.selection)
        values = Paper(view, table)._asdict()
        helpers = {"name": name, "math": math, "label": label}
        text = render("latex/report.tex.j2", values, escape, folders=options.templates, helpers=helpers)
        out.write(text.encode("utf-8"))
