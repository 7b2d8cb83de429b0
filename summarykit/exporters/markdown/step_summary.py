"""``--step-summary``: the Markdown on the page of a run on GitHub, within the room that a step has there."""

from __future__ import annotations

import os
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

from summarykit.errors import OutputError
from summarykit.exporters.base import Options, Report, write_with
from summarykit.exporters.markdown.exporter import MarkdownExporter, brief
from summarykit.summary.data import SummaryData

VARIABLE = "GITHUB_STEP_SUMMARY"
#: What a step may write, in bytes; GitHub shows nothing of it when there is more.
MOST_BYTES = 1024 * 1024
_LEFT_OUT = "summarykit: a report is left out here, for want of room.\n"


def step_summary() -> Path:
    """Return the file that GitHub shows on the page of a run.

    Raises:
        OutputError: There is none: this is no step of GitHub Actions.

    """
    path = os.environ.get(VARIABLE, "")
    if not path:
        hint = "leave out --step-summary where this is no step of GitHub Actions"
        raise OutputError(f"{VARIABLE} is not set", hint=hint)
    return Path(path)


def append_summary(report: Report, options: Options) -> None:
    """Append the Markdown to the summary of the step; in a shorter form, or a line instead, where there is no room.

    Raises:
        OutputError: There is no such file, or it cannot be written.
        TemplateError: A template of the user's has an error.

    """
    path = step_summary()
    try:
        before = path.read_bytes() if path.exists() else b""
        gap = b"" if not before or before.endswith(b"\n\n") else b"\n" if before.endswith(b"\n") else b"\n\n"
        budget = MOST_BYTES - len(before) - len(gap) - len(_LEFT_OUT)  # that line always fits, but for others' text
        text = next((text for text in _forms(report, options) if len(text) <= budget), _last(budget))
        if text:
            with path.open("ab") as out:
                out.write(gap + text)
    except OSError as error:
        what = f"the summary of the step cannot be written: {error.strerror or error}"
        raise OutputError(what, hint=f"look at {VARIABLE}") from error


def _last(budget: int) -> bytes:
    return _LEFT_OUT.encode() if budget >= 0 else b""


def _forms(report: Report, options: Options) -> Iterable[bytes]:
    """Yield the Markdown, then shorter forms of it."""
    out = BytesIO()
    write_with(MarkdownExporter(), report, out, options)
    yield out.getvalue()
    if isinstance(report, SummaryData):
        yield brief(report, options).encode()
