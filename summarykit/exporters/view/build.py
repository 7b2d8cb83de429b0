"""``build_view()``: the contents of a report on a summary."""

from __future__ import annotations

from collections.abc import Sequence

from summarykit._util.gc_pause import gc_paused
from summarykit.exporters.view import blocks
from summarykit.exporters.view.checks import agreement, check_views, grade_views, problems
from summarykit.exporters.view.columns import columns_of
from summarykit.exporters.view.flow import run_view
from summarykit.exporters.view.glossary import glossary_entries
from summarykit.exporters.view.groups import NO_LIST, flat_list
from summarykit.exporters.view.icicle.picture import build_picture
from summarykit.exporters.view.language import count_lines
from summarykit.exporters.view.memory import memory_tables
from summarykit.exporters.view.rankings import rankings
from summarykit.exporters.view.rows import tree_rows, usual_tensor
from summarykit.exporters.view.story import story, story_total
from summarykit.exporters.view.values import ReportView, Term
from summarykit.exporters.view.words import CHECKED_MEANS, round_count, share, size_words
from summarykit.expression import Words, group_digits
from summarykit.records import STORED_BY_DTYPE
from summarykit.summary.data import SummaryData
from summarykit.summary.folding import Folding
from summarykit.summary.selection import EVERYTHING, RowFilter, Selection, choose

#: A page with more rows than this opens slowly; what is left out is counted.
MOST_ROWS = 2_000
#: A comment on GitHub may have 65,536 characters; a row takes some 150 of them.
MOST_GROUPS = 300
#: The columns of the page, and those it has in addition after a forward pass.
_COLUMNS = ("type", "formula", "parameters", "total", "share")
_COLUMNS_OF_A_RUN = ("output_shapes", "macs_total")


def build_view(
    data: SummaryData,
    *,
    title: str = "",
    source: str = "",
    fold: bool = True,
    most_rows: int = MOST_ROWS,
    most_groups: int = MOST_GROUPS,
    with_empty: bool = True,
    selection: Selection = EVERYTHING.selection,
    columns: Sequence[str] = (),
    folding: Folding | None = None,
    with_picture: bool = False,
    tree_alone: bool = False,
) -> ReportView:
    """Return the contents of a report on *data*.

    Args:
        data: The summary.
        title: Heading; the model's class name by default.
        source: Where the model came from.
        fold: Whether identical repeats are one row, with their number.
        most_rows: At most so many rows of the tree; the report says how many are left out.
        most_groups: At most so many rows of the flat list, likewise.
        with_empty: Whether the tree shows layers without parameters.
        selection: Which rows the tables have, in which order; totals do not change.
        columns: The columns of the format, where the selection names none; those of the page by default.
        folding: The folded form of *data*, if it exists already.
        with_picture: Whether the view has the icicle.
        tree_alone: Whether only the tree and the lines around it are needed, without the list, the rankings, memory,
            the first sentence, the glossary, and what opening a row shows.

    """
    with gc_paused():
        limits = (most_rows, most_groups)
        # Texts on the whole model mention repeats, even if the tables show every row or only some.
        folding = folding or Folding(data)
        title = title or data.model_name
        view = _view(
            data, folding, title, source, limits, selection, columns, fold=fold, empty=with_empty, alone=tree_alone
        )
        return view._replace(picture=build_picture(data, folding, title)) if with_picture else view


def folding_of(data: SummaryData, folding: Folding, row_filter: RowFilter, *, fold: bool) -> Folding:
    """Return the folding of the rows to show: *folding* itself, unless a selection separates equal layers."""
    return folding if fold and not row_filter.apart else Folding(data, fold, row_filter.apart)


def ran(data: SummaryData) -> bool:
    """Return whether there was a forward pass."""
    return data.trace.how != "off"


def _view(
    data: SummaryData,
    folding: Folding,
    title: str,
    source: str,
    limits: tuple[int, int],
    selection: Selection,
    columns: Sequence[str],
    *,
    fold: bool,
    empty: bool,
    alone: bool,
) -> ReportView:
    row_filter = choose(data, selection)
    rows_of = folding_of(data, folding, row_filter, fold=fold)
    keys = selection.columns or columns or (*_COLUMNS, *(_COLUMNS_OF_A_RUN if ran(data) else ()))
    totals, checks = data.totals, data.checks
    parts = blocks.all_blocks(data, folding, title, blocks.by_parameters(data))
    rows, left_out = tree_rows(
        data, rows_of, limits[0], title, with_empty=empty, row_filter=row_filter, columns=keys, with_details=not alone
    )
    groups = NO_LIST if alone else flat_list(data, rows_of, limits[1], title, row_filter=row_filter, columns=keys)
    run = run_view(data, folding, title)
    torch = f"torch {data.records.torch}" if data.records.torch else ""
    return ReportView(
        title=title,
        source=" · ".join(part for part in (source, torch) if part),
        fingerprint=data.fingerprint,
        total=group_digits(totals.parameters),
        total_value=totals.parameters,
        rounded=round_count(totals.parameters),
        sentence=() if alone else blocks.first_sentence(data, folding, parts),
        facts=facts(data),
        counts=count_lines(data),
        agreement=agreement(data),
        all_checked=checks.ok and checks.checked_layers == checks.graded_layers > 0,
        problems=problems(data, folding),
        checks=() if alone else check_views(data),
        checked_means=CHECKED_MEANS,
        grades=() if alone else grade_views(data),
        story=story(data, title),
        story_total=story_total(data),
        one_line=blocks.one_line(parts, totals.parameters),
        whole_sum=() if alone else blocks.whole_sum(parts, totals.parameters),
        blocks=() if alone else blocks.rank_blocks(parts, totals.parameters),
        rankings=() if alone else rankings(data, folding, title),
        columns=columns_of(keys),
        rows=rows,
        usual_dtype=usual_tensor(data)[0],
        usual_tensor=usual_tensor(data)[1],
        rows_left_out=left_out,
        rows_without_parameters=sum(not row.has_parameters for row in rows),
        groups_title=groups.title,
        groups=groups.groups,
        groups_left_out=groups.left_out,
        notes=data.records.notes,
        run=run,
        memory=() if alone else memory_tables(data),
        picture=None,
        glossary=() if alone else tuple(Term(entry.word, entry.meaning) for entry in glossary_entries(data)),
        made=() if alone else _provenance(data),
    )


def facts(data: SummaryData, trainable: str = "trainable") -> tuple[Words, ...]:
    """Return size, layers and other facts of the whole; *trainable* is what a format calls a parameter that learns."""
    totals = data.totals
    texts = []
    if totals.frozen:
        part = share(totals.trainable, totals.parameters)
        texts.append(Words(totals.trainable, f" {trainable} ({part})"))
    parameters = [t.facts for t in data.tensors if t.facts.kind == "parameter"]
    dtypes = {each.dtype if each.status in STORED_BY_DTYPE else "" for each in parameters}
    number_format = " in mixed formats" if len(dtypes) > 1 or "" in dtypes else f" in {min(dtypes)}" if dtypes else ""
    texts.append(Words(size_words(totals.bytes), number_format))
    texts.append(blocks.layers_fact(data))
    if totals.buffers:
        texts.append(Words(totals.buffers, " stored, not learned"))
    return tuple(texts)


def _provenance(data: SummaryData) -> tuple[str, ...]:
    ran = "nothing was run, " if data.trace.how == "off" else ""
    return (
        f"Read from the model as it stands: {ran}nothing was changed, no values were read.",
        "Each formula was worked out from the layer's settings, and held against PyTorch's shapes and its count.",
        "A tensor held in several places counts once, where it comes first.",
        f"Structure fingerprint {data.fingerprint}: from names, shapes and number formats of all saved tensors.",
    )
