"""HTML: one page that needs nothing else, and a fragment for notebooks."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, BinaryIO, ClassVar

from markupsafe import Markup, escape

from summarykit.exporters.base import Options, exporter
from summarykit.exporters.rendering import render
from summarykit.exporters.view import ReportView, build_view
from summarykit.exporters.view.build import MOST_ROWS as PAGE_ROWS
from summarykit.exporters.view.build import ran
from summarykit.expression import grouped
from summarykit.summary.data import SummaryData

#: A notebook shows at most so many rows of the tree; the page has them all.
MOST_ROWS = 30

# Stands in the page until the policy is known; no text of a model can hold it, for every quote is escaped.
_POLICY_STANDS_HERE = "the policy follows what is rendered"
_STYLE_OR_SCRIPT = re.compile(r"<!--.*?-->|<(style|script)\b[^>]*>(.*?)</\1\s*>", re.DOTALL | re.IGNORECASE)
_FITS = 6  #: characters that need no break in the narrowest column
_AFTER = re.compile(r"(?<=[._/])(?=[^\W_])|(?<=[a-z])(?=[A-Z])|(?<=[0-9])(?=[A-Z][a-z])")


def breaks(text: str) -> Markup:
    """Return a name, escaped, that may break after its dots and before its words, and copies as it stands."""
    return Markup("<wbr>").join(_AFTER.split(text) if len(text) > _FITS else [text])


@exporter("html")
class HtmlExporter:
    """Complete without JavaScript and without network, and it says so: its policy allows nothing else."""

    suffixes: ClassVar[tuple[str, ...]] = (".html", ".htm")

    def write(self, data: SummaryData, out: BinaryIO, options: Options) -> None:
        """Write the page as UTF-8."""
        view = _view(data, options, PAGE_ROWS)
        page = _rendered("html/report.html.j2", {"report": view, "policy": _POLICY_STANDS_HERE}, options)
        out.write(with_policy(page).encode("utf-8"))


def fragment(data: SummaryData, options: Options) -> str:
    """Return what a notebook shows: total, checks and the top of the tree; legible where styles are stripped."""
    # Beside what flows there is no room for what a layer holds without those inside.
    columns = ("type", "formula", "total", "share", "output_shapes", "macs_total") if ran(data) else ()
    view = _view(data, options, MOST_ROWS, columns)
    return _rendered("html/fragment.html.j2", {"report": view}, options)


def _view(data: SummaryData, options: Options, most_rows: int, columns: Sequence[str] = ()) -> ReportView:
    return build_view(
        data,
        title=options.title,
        source=options.source,
        fold=options.fold,
        most_rows=most_rows,
        selection=options.selection,
        columns=columns,
    )


def with_policy(page: str) -> str:
    """Return *page* with the policy that allows the styles and scripts that stand in it, and nothing else."""
    return page.replace(f'content="{_POLICY_STANDS_HERE}"', f'content="{content_policy(page)}"', 1)


def content_policy(page: str) -> str:
    """Return the Content-Security-Policy for *page*: each style and script by its hash."""
    hashes: dict[str, list[str]] = {"style": [], "script": []}
    for found in _STYLE_OR_SCRIPT.finditer(page):
        if found[1]:
            digest = hashlib.sha256(found[2].encode("utf-8")).digest()
            hashes[found[1].lower()].append(f" 'sha256-{base64.b64encode(digest).decode('ascii')}'")
    allowed = [f"{kind}-src{''.join(dict.fromkeys(found))}" for kind, found in hashes.items() if found]
    return "; ".join(["default-src 'none'", *allowed, "base-uri 'none'", "form-action 'none'"])


def _rendered(template: str, values: Mapping[str, Any], options: Options) -> str:
    helpers: dict[str, Callable[..., Any]] = {"breaks": breaks, "grouped": grouped}
    return render(template, values, escape, folders=options.templates, helpers=helpers)
