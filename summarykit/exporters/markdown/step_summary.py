"""``--step-summary``: the Markdown on the page of a GitHub Actions run, within the size limit of a step."""

from __future__ import annotations

import os
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

from summarykit.errors import OutputError
from summarykit.exporters.base import Options, Report, write_with
from summarykit.exporters.markdown.exporter import MarkdownExporter, brief
from summarykit.exporters.view.words import visible
from summarykit.summary.data import SummaryData

VARIABLE = "GITHUB_STEP_SUMMARY"
#: The size limit of a step, in bytes; GitHub shows nothing of a longer summary.
MOST_BYTES = 1024 * 1024
_LEFT_OUT = "summarykit: a report is left out here, for want of room.\n"


def step_summary() -> Path:
    """Return the file whose text GitHub shows on the page of a run.

    Raises:
        OutputError: The variable is not set: this is no step of GitHub Actions.

    """
    path = os.environ.get(VARIABLE, "")
    if not path:
        hint = "GitHub Actions sets it; elsewhere, leave out --step-summary and write a file: -o summary.md"
        raise OutputError(f"{VARIABLE} is not set", hint=hint)
    return Path(path)


def append_summary(report: Report, options: Options) -> None:
    """Append the Markdown to the summary of the step; in a shorter form, or as one line, where it would be too long.

    Raises:
        OutputError: The variable is not set, or the file cannot be written.
        TemplateError: A template has an error.

    """
    path = step_summary()
    try:
        before = path.read_bytes() if path.exists() else b""
        gap = b"" if not before or before.endswith(b"\n\n") else b"\n" if before.endswith(b"\n") else b"\n\n"
        budget = MOST_BYTES - len(before) - len(gap) - len(_LEFT_OUT)  # so that the line itself always fits
        text = next((text for text in _forms(report, options) if len(text) <= budget), _last(budget))
        if text:
            with path.open("ab") as out:
                out.write(gap + text)
    except OSError as error:
        what = f"the summary of the step cannot be written: {error.strerror or error}"
        raise OutputError(
            what, hint=f"set {VARIABLE} to a file that can be written, not {visible(str(path))}"
        ) from error


def _last(budget: int) -> bytes:
    return _LEFT_OUT.encode() if budget >= 0 else b""


def _forms(report: Report, options: Options) -> Iterable[bytes]:
    """Yield the Markdown, then shorter forms of it."""
    out = BytesIO()
    write_with(MarkdownExporter(), report, out, options)
    yield out.getvalue()
    if isinstance(report, SummaryData):
        yield brief(report, options).encode()
