"""HTML: one page that needs nothing else, and a fragment for notebooks."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any, BinaryIO, ClassVar

from markupsafe import Markup, escape

from summarykit._util.gc_pause import gc_paused
from summarykit.exporters.base import Options, exporter
from summarykit.exporters.html.columns import PageColumn, page_columns, selected_facts, switches
from summarykit.exporters.html.diff.icicle import joint_picture
from summarykit.exporters.html.diff.page_data import change_island
from summarykit.exporters.html.diff.table import change_table, visible_groups
from summarykit.exporters.html.icicle import picture_cells
from summarykit.exporters.html.minify import lean_script, lean_style
from summarykit.exporters.html.page_data import More, island, ranking_cells
from summarykit.exporters.html.page_data_filtered import island_of_some
from summarykit.exporters.html.page_data_strings import EXACT
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
#: Of a folded tree with more rows than a page opens quickly, so many stand in it; a script draws all of them.
_FEW_ROWS = 500

# Stands in the page until the policy is known; no text of a model can hold it, for every quote is escaped.
_POLICY_STANDS_HERE = "the policy follows what is rendered"
# A script that holds data alone is never run, and needs no leave.
_STYLE_OR_SCRIPT = re.compile(
    r"<!--.*?-->|<script type=\"application/json\">.*?</script>|<(style|script)\b[^>]*>(.*?)</\1\s*>",
    re.DOTALL | re.IGNORECASE,
)
_BARE = re.compile(r"[\w.-]+", re.ASCII)  #: what an attribute may be without quotes
_FITS = 6  #: characters that need no break in the narrowest column
_AFTER = re.compile(r"(?<=[._/])(?=[^\W_])|(?<=[a-z])(?=[A-Z])|(?<=[0-9])(?=[A-Z][a-z])")


def breaks(text: str) -> Markup:
    """Return a name, escaped, that may break after its dots and before its words, and copies as it stands."""
    return Markup("<wbr>").join(_AFTER.split(text) if len(text) > _FITS else [text])


def attribute(text: str) -> Markup:
    """Return the value of an attribute, in quotes where it needs them."""
    return Markup(text if _BARE.fullmatch(text) else f'"{escape(text)}"')


@exporter("html")
class HtmlExporter:
    """Complete without JavaScript and without network, and it says so: its policy allows nothing else."""

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
            tree = _island(data, folding, options, view, columns, fold=fold, most=most)
        values = {
            "report": view,
            "policy": _POLICY_STANDS_HERE,
            "island": tree,
            "columns": columns,
            "many": len(data.layers) > MOST_ROWS,
            "asked": (asked := [column for column in columns if column.at >= 0]),
            "more": max(0, len(asked) - sum(column.always and not column.shown for column in columns)),
        }
        page = _rendered("html/report.html.j2", values, options)
        out.write(with_policy(page).encode("utf-8"))

    def write_comparison(self, comparison: Comparison, out: BinaryIO, options: Options) -> None:
        """Write the page on what changed as UTF-8."""
        with gc_paused():
            view = build_diff_view(comparison, title=options.title, source=options.source, fold=options.fold)
            joint = MergedTree(comparison)
            groups = visible_groups(joint, fold=options.fold)
            table = change_table(joint, groups, view.title)
            tree = change_island(joint, groups, table, view.title, fold=options.fold)
            drawn = None if view.same or view.new else joint_picture(joint, view.title)
            tree |= {"picture": picture_cells(drawn, EXACT)} if drawn else {}
        values = {
            "diff": view,
            "picture": drawn if groups else None,
            "table": table,
            "island": as_data(tree) if groups else "",
            "many": len(joint.tree.layers) > MOST_ROWS,
            "policy": _POLICY_STANDS_HERE,
        }
        out.write(with_policy(_rendered("html/diff.html.j2", values, options)).encode("utf-8"))


def fragment(data: SummaryData, options: Options) -> str:
    """Return what a notebook shows: total, checks and the top of the tree; legible where styles are stripped."""
    # Beside what flows there is no room for what a layer holds without those inside.
    columns = ("type", "formula", "total", "share", "output_shapes", "macs_total") if ran(data) else ()
    view = _view(data, options, NOTEBOOK_ROWS, columns, fold=options.fold, with_empty=bool(data.flows))
    itself = share(view.rows[0].own_value, view.total_value)
    return _rendered(
        "html/fragment.html.j2", {"report": view, "itself": itself, "not_shown": _not_shown(data)}, options
    )


def _not_shown(data: SummaryData) -> str:
    """Return how many layers have nothing to tell in a notebook; empty for none."""
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


def _island(
    data: SummaryData,
    folding: Folding,
    options: Options,
    view: ReportView,
    columns: Sequence[PageColumn],
    *,
    fold: bool,
    most: int,
) -> Markup:
    """Return the tree as JSON that may stand in a page: no ``<`` in it, so that nothing ends the element.

    What was left out on request is not in it, and so does not come back by a click.
    """
    ranks = ranking_cells(view.rankings, mixed=len(set(data.columns.dtype) - {None}) > 1)
    how: dict[str, object] = {"rankings": ranks}
    if view.picture:
        how["picture"] = picture_cells(view.picture, EXACT)
    how |= switches(data, columns)
    tree = _whole if _is_whole(options.selection) else _chosen
    how |= tree(data, folding, options, partial(selected_facts, data, columns), fold=fold, most=most)
    return as_data(how)


def as_data(told: dict[str, object]) -> Markup:
    """Return JSON that may stand in a page: no ``<`` in it, so that nothing ends the element."""
    return Markup(json.dumps(told, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c"))


def _is_whole(selection: Selection) -> bool:
    return not selection.leaves_out and selection.sort == EVERYTHING.selection.sort


def _whole(
    data: SummaryData, folding: Folding, options: Options, more: More, *, fold: bool, most: int
) -> dict[str, object]:
    rows, shown = folding.rows, {}
    layers: Collection[int] = range(len(data.layers))
    if fold:
        found = visible_places(data, folding, most, with_empty=True)
        positions = [place.row for place in found.places]
        layers = [rows[position].layer for position in positions]
        shown = {"shown": positions} if found.rows else {}
    page = "folded" if fold else "unfolded"
    return {"page": page, "unfolded": int(not options.fold), **shown, **island(data, folding, layers, more)}


def _chosen(
    data: SummaryData, folding: Folding, options: Options, more: More, *, fold: bool, most: int
) -> dict[str, object]:
    chosen = choose(data, options.selection)
    rows_of = folding_of(data, folding, chosen, fold=fold)
    shown = visible_places(data, rows_of, most, with_empty=True, chosen=chosen)
    return {"page": "folded", "unfolded": 0, **island_of_some(data, rows_of.rows, shown, chosen, more)}


def diff_fragment(comparison: Comparison, options: Options) -> str:
    """Return what a notebook shows of a comparison; legible where styles are stripped."""
    view = build_diff_view(
        comparison, title=options.title, source=options.source, fold=options.fold, top_rows=NOTEBOOK_ROWS
    )
    return _rendered("html/diff_fragment.html.j2", {"diff": view}, options)


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
    helpers: dict[str, Callable[..., Any]] = {
        "attribute": attribute,
        "breaks": breaks,
        "grouped": group_digits,
        "lean_script": lean_script,
        "lean_style": lean_style,
    }
    return render(template, values, escape, folders=options.templates, helpers=helpers)
