"""Reports and diffs of summarykit as reStructuredText, for documentation built with Sphinx.

It imports nothing of summarykit but what ``docs/exporters.md`` lists.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO, ClassVar

from summarykit.exporters import Comparison, Options, ReportView, SummaryData, build_diff_view, build_view, visible

#: Before these a backslash is needed: signs of markup, then what begins a list, a comment or a title's line.
_SIGNS = re.compile(r"(?=[\\`*_|<>@])|(?=:(?:\S|$))|^(?=[^\w\s])|^(?=\w+[.)](?:\s|$))")


class RstExporter:
    """One document: total, layers with their formulas, checks, and what to know."""

    suffixes: ClassVar[tuple[str, ...]] = (".rst",)
    api_version: ClassVar[int] = 1

    def write(self, data: SummaryData, out: BinaryIO, options: Options) -> None:
        """Write the report on a model as UTF-8."""
        view = build_view(
            data, title=options.title, source=options.source, fold=options.fold, selection=options.selection
        )
        out.write(_document(_report(view)))

    def write_comparison(self, comparison: Comparison, out: BinaryIO, options: Options) -> None:
        """Write the report on what changed as UTF-8."""
        view = build_diff_view(comparison, title=options.title, source=options.source, fold=options.fold)
        lines = [*_heading(view.title, "="), f"**{escape(view.headline)}**", ""]
        lines += _fields([("Source", view.source), ("Unchanged", view.unchanged)])
        changes = [
            (_times(row.path, row.times), escape(row.word), code(row.before), code(row.after), escape(row.change))
            for row in view.rows
        ]
        if changes:
            lines += [*_heading("Changes", "-"), *_table(("Layer", "What", "Before", "After", "Change"), changes)]
        lines += _bullets("Why", map(sentence, (*view.why, *view.why_more)))
        lines += _bullets("Checkpoints", [sentence(view.checkpoint.text)] if view.checkpoint.text else [])
        lines += _bullets("What to know", map(escape, (*view.problems, *view.notes, view.rows_left_out)))
        out.write(_document(lines))


def _report(view: ReportView) -> Iterator[str]:
    yield from (*_heading(view.title, "="), f"**{escape(view.total)} parameters**", "")
    macs = view.run.macs if view.run else ""
    yield from _fields(
        [("Source", view.source), ("MACs", macs), *((count.label, count.number) for count in view.counts)]
    )
    yield from (*(f"* {escape(fact)}" for fact in view.facts), "")
    layers = [
        (
            _times(group.path or view.title, group.times),
            escape(group.type),
            code(group.equation),
            escape(group.text),
            f"{group.sign} {escape(group.word)}",
        )
        for group in view.groups
    ]
    if layers:
        heads = ("Layer", "Type", "Formula", "Parameters", "Check")
        yield from (*_heading(view.groups_title, "-"), *_table(heads, layers))
    checks = (f"{'✓' if check.ok else '✗'} {escape(check.claim)}: {escape(check.detail)}" for check in view.checks)
    yield from _bullets("Checks", checks)
    problems = (f"**{escape(problem.title)}** {sentence(problem.text)}" for problem in view.problems)
    yield from _bullets("What to know", (*problems, *map(escape, (*view.notes, view.groups_left_out))))


def escape(text: str) -> str:
    """Return *text* so that it stands in a document as it is, on one line."""
    return _SIGNS.sub(r"\\", visible(text))


def code(text: str) -> str:
    """Return a name or a formula as a literal; escaped where a literal cannot hold it, a dash for no text."""
    text = visible(text)
    if not text.strip(" –"):
        return '""' if text.isspace() else "–"
    is_literal = "`" not in text and text == text.strip() and not text.endswith("\\")
    return f"``{text}``" if is_literal else escape(text)


def sentence(pieces: Iterable[tuple[str, bool]]) -> str:
    """Return a sentence with its names as literals; a backslash and a blank separate one from a word beside it."""
    text = ""
    for words, is_name in pieces:
        part = code(words) if is_name else escape(words)
        joins = not text or re.search(r"[\s(]$", text) or re.match(r"[\s.,;:)!?]", words)
        text += part if joins else rf"\ {part}"
    return text


def _times(path: str, times: int) -> str:
    return code(f"{path} × {times}" if times > 1 else path)


def _document(lines: Iterable[str]) -> bytes:
    return ("\n".join(lines).rstrip("\n") + "\n").encode("utf-8")


def _heading(title: str, sign: str) -> list[str]:
    text = escape(title).strip()
    width = sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
    return [text, sign * max(width, 4), ""]


def _fields(fields: Iterable[tuple[str, str]]) -> list[str]:
    lines = [f":{escape(name)}: {escape(text)}" for name, text in fields if text]
    return [*lines, ""] if lines else []


def _bullets(title: str, texts: Iterable[str]) -> list[str]:
    lines = [f"* {text}" for text in texts if text]
    return [*_heading(title, "-"), *lines, ""] if lines else []


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield from (".. list-table::", "   :header-rows: 1", "   :widths: auto", "")
    for row in (heads, *rows):
        yield f"   * - {row[0]}"
        yield from (f"     - {cell}" for cell in row[1:])
    yield ""
