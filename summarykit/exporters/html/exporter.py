"""HTML: one page that needs nothing else, and a fragment for notebooks."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Any, BinaryIO, ClassVar

from markupsafe import Markup, escape

from summarykit._util.gc_pause import gc_paused
from summarykit.exporters.base import Options, exporter
from summarykit.exporters.html.columns import PageColumn, page_columns, selected_facts, switches
from summarykit.exporters.html.diff.page_data import diff_page_data
from summarykit.exporters.html.diff.table import change_table, visible_groups
from summarykit.exporters.html.icicle import diff_picture, picture_cells
from summarykit.exporters.html.minify import minify_script, minify_style
from summarykit.exporters.html.page_data import More, filtered_page_data, ranking_cells, whole_page_data
from summarykit.exporters.html.values import DiffFragment, DiffPage, Fragment, ReportPage
from summarykit.exporters.rendering import render
from summarykit.exporters.view import ReportView, build_view
from summarykit.exporters.view.build import MOST_ROWS, folding_of, ran
from summarykit.exporters.view.diff import build_diff_view
from summarykit.exporters.view.tree import visible_places
from summarykit.exporters.view.words import count_noun, share
from summarykit.expression import group_digits
from summarykit.summary.data import SummaryData
from summarykit.summary.diff import Comparison
from summarykit.summary.diff.merged_tree import MergedTree
from summarykit.summary.folding import Folding
from summarykit.summary.selection import EVERYTHING, Selection, choose

#: A notebook shows at most so many rows of the tree; the page has them all.
NOTEBOOK_ROWS = 30
#: Rows in the page of a large folded tree, so that it opens quickly; the script draws the others.
_FEW_ROWS = 500

# Is in the page until the policy is known. No text of a model can contain it, because every quote is escaped.
_POLICY_PLACEHOLDER = "the policy follows what is rendered"
# A script with data only is never run and needs no permission.
_STYLE_OR_SCRIPT = re.compile(
    r"<!--.*?-->|<script type=\"application/json\">.*?</script>|<(style|script)\b[^>]*>(.*?)</\1\s*>",
    re.DOTALL | re.IGNORECASE,
)
_BARE = re.compile(r"[\w.-]+", re.ASCII)  #: what an attribute may be without quotes
_FITS = 6  #: characters that need no break in the narrowest column
_AFTER = re.compile(r"(?<=[._/])(?=[^\W_])|(?<=[a-z])(?=[A-Z])|(?<=[0-9])(?=[A-Z][a-z])")


def breaks(text: str) -> Markup:
    """Return a name, escaped, that may break after its dots and before its words, and is copied unchanged."""
    return Markup("<wbr>").join(_AFTER.split(text) if len(text) > _FITS else [text])


def attribute(text: str) -> Markup:
    """Return the value of an attribute, quoted if necessary."""
    return Markup(text if _BARE.fullmatch(text) else f'"{escape(text)}"')


@exporter("html")
class HtmlExporter:
    """A page that works without JavaScript and network; its policy allows nothing else."""

    suffixes: ClassVar[tuple[str, ...]] = (".html", ".htm")

    def write(self, data: SummaryData, out: BinaryIO, options: Options) -> None:
        """Write the page as UTF-8."""
        with gc_paused():
            folding = Folding(data)
            whole = _is_whole(options.selection)
            fold = options.fold or (whole and len(data.layers) > MOST_ROWS)
            most = _FEW_ROWS if whole and fold and len(folding.rows) > MOST_ROWS else MOST_ROWS
            view = _view(data, options, most, fold=fold, folding=folding, with_picture=True)
            columns = page_columns(options.selection.columns, ran=ran(data))
            tree = _page_data(data, folding, options, view, columns, fold=fold, most=most)
        extra = tuple(column for column in columns if column.at >= 0)
        page = ReportPage(
            report=view,
            policy=_POLICY_PLACEHOLDER,
            island=tree,
            columns=columns,
            many=len(data.layers) > MOST_ROWS,
            asked=extra,
            more=max(0, len(extra) - sum(column.always and not column.shown for column in columns)),
        )
        out.write(with_policy(_render("html/report.html.j2", page, options)).encode("utf-8"))

    def write_comparison(self, comparison: Comparison, out: BinaryIO, options: Options) -> None:
        """Write the page on what changed as UTF-8."""
        with gc_paused():
            view = build_diff_view(comparison, title=options.title, source=options.source, fold=options.fold)
            merged_tree = MergedTree(comparison)
            groups = visible_groups(merged_tree, fold=options.fold)
            table = change_table(merged_tree, groups, view.title)
            tree = diff_page_data(merged_tree, groups, table, view.title, fold=options.fold)
            picture = None if view.same or view.new else diff_picture(merged_tree, view.title)
            tree |= {"picture": picture_cells(picture)} if picture else {}
        page = DiffPage(
            diff=view,
            picture=picture if groups else None,
            table=table,
            island=as_data(tree) if groups else Markup(),
            many=len(merged_tree.tree.layers) > MOST_ROWS,
            policy=_POLICY_PLACEHOLDER,
        )
        out.write(with_policy(_render("html/diff.html.j2", page, options)).encode("utf-8"))


def fragment(data: SummaryData, options: Options) -> str:
    """Return the HTML for a notebook: total, checks and the top of the tree; readable without styles."""
    # After a forward pass there is no space for a layer's own parameters.
    columns = ("type", "formula", "total", "share", "output_shapes", "macs_total") if ran(data) else ()
    view = _view(data, options, NOTEBOOK_ROWS, columns, fold=options.fold, with_empty=bool(data.flows))
    itself = share(view.rows[0].own_value, view.total_value)
    return _render("html/fragment.html.j2", Fragment(view, itself, _not_shown(data)), options)


def _not_shown(data: SummaryData) -> str:
    """Return how many layers a notebook leaves out because they have no counts; empty for none."""
    total, works = data.columns.total, [flow.macs_total for flow in data.flows] or [0] * len(data.layers)
    idle = sum(
        not total[layer.id] and layer.explanation < 0 and not works[layer.id]
        for layer in data.layers
        if layer.parent >= 0
    )
    hold = " or multiply-adds" if data.flows else ""
    return f"{count_noun(idle, 'layer')} without parameters{hold} not shown." if idle else ""


def _view(
    data: SummaryData,
    options: Options,
    most_rows: int,
    columns: Sequence[str] = (),
    *,
    fold: bool,
    folding: Folding | None = None,
    with_empty: bool = True,
    with_picture: bool = False,
) -> ReportView:
    return build_view(
        data,
        title=options.title,
        source=options.source,
        fold=fold,
        most_rows=most_rows,
        selection=options.selection,
        columns=columns,
        folding=folding,
        with_empty=with_empty,
        with_picture=with_picture,
    )


def _page_data(
    data: SummaryData,
    folding: Folding,
    options: Options,
    view: ReportView,
    columns: Sequence[PageColumn],
    *,
    fold: bool,
    most: int,
) -> Markup:
    """Return the page data: the tree as JSON for the script.

    Rows that the selection leaves out are not in it, so no click brings them back.
    """
    ranks = ranking_cells(view.rankings, formats_differ=len(set(data.columns.dtype) - {None}) > 1)
    page: dict[str, object] = {"rankings": ranks}
    if view.picture:
        page["picture"] = picture_cells(view.picture)
    page |= switches(data, columns)
    tree = _whole_tree if _is_whole(options.selection) else _selected_rows
    page |= tree(data, folding, options, partial(selected_facts, data, columns), fold=fold, most=most)
    return as_data(page)


def as_data(values: dict[str, object]) -> Markup:
    """Return JSON that is safe in a page: it has no ``<``, so that nothing ends the element."""
    return Markup(json.dumps(values, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c"))


def _is_whole(selection: Selection) -> bool:
    return not selection.leaves_out and selection.sort == EVERYTHING.selection.sort


def _whole_tree(
    data: SummaryData, folding: Folding, options: Options, more: More, *, fold: bool, most: int
) -> dict[str, object]:
    rows, in_page = folding.rows, {}
    layers: Collection[int] = range(len(data.layers))
    if fold:
        visible = visible_places(data, folding, most, with_empty=True)
        positions = [place.row for place in visible.places]
        layers = [rows[position].layer for position in positions]
        in_page = {"shown": positions} if visible.rows else {}
    page = "folded" if fold else "unfolded"
    return {"page": page, "unfolded": int(not options.fold), **in_page, **whole_page_data(data, folding, layers, more)}


def _selected_rows(
    data: SummaryData, folding: Folding, options: Options, more: More, *, fold: bool, most: int
) -> dict[str, object]:
    row_filter = choose(data, options.selection)
    rows_of = folding_of(data, folding, row_filter, fold=fold)
    visible = visible_places(data, rows_of, most, with_empty=True, row_filter=row_filter)
    return {"page": "folded", "unfolded": 0, **filtered_page_data(data, rows_of.rows, visible, row_filter, more)}


def diff_fragment(comparison: Comparison, options: Options) -> str:
    """Return the HTML of a comparison for a notebook; readable without styles."""
    view = build_diff_view(
        comparison, title=options.title, source=options.source, fold=options.fold, top_rows=NOTEBOOK_ROWS
    )
    return _render("html/diff_fragment.html.j2", DiffFragment(view), options)


def with_policy(page: str) -> str:
    """Return *page* with a policy that allows its own styles and scripts, and nothing else."""
    return page.replace(f'content="{_POLICY_PLACEHOLDER}"', f'content="{content_policy(page)}"', 1)


def content_policy(page: str) -> str:
    """Return the Content-Security-Policy for *page*: each style and script by its hash."""
    hashes: dict[str, list[str]] = {"style": [], "script": []}
    for match in _STYLE_OR_SCRIPT.finditer(page):
        if match[1]:
            digest = hashlib.sha256(match[2].encode("utf-8")).digest()
            hashes[match[1].lower()].append(f" 'sha256-{base64.b64encode(digest).decode('ascii')}'")
    sources = [f"{kind}-src{''.join(dict.fromkeys(texts))}" for kind, texts in hashes.items() if texts]
    return "; ".join(["default-src 'none'", *sources, "base-uri 'none'", "form-action 'none'"])


def _render(template: str, page: ReportPage | DiffPage | Fragment | DiffFragment, options: Options) -> str:
    helpers: dict[str, Callable[..., Any]] = {
        "attribute": attribute,
        "breaks": breaks,
        "grouped": group_digits,
        "lean_script": minify_script,
        "lean_style": minify_style,
    }
    return render(template, page._asdict(), escape, folders=options.templates, helpers=helpers)
