"""Excel: a workbook whose counts are live, to be changed and followed, beside what PyTorch counted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import BinaryIO, ClassVar

from summarykit._util.gc_pause import gc_paused
from summarykit.errors import TemplateError
from summarykit.exporters.base import Options, exporter
from summarykit.exporters.excel.cells.labels import quiet
from summarykit.exporters.excel.cells.live_cells import MOST_COUNTED, check_words
from summarykit.exporters.excel.cells.page_setup import paper
from summarykit.exporters.excel.cells.row_height import height
from summarykit.exporters.excel.diff import write_excel_diff
from summarykit.exporters.excel.markup import sheet_height, write_workbook
from summarykit.exporters.excel.sheets.compute import ComputeSheet, compute_sheet
from summarykit.exporters.excel.sheets.formula_rows import FROZEN
from summarykit.exporters.excel.sheets.formulas import FormulaSheet, formula_sheet
from summarykit.exporters.excel.sheets.glossary import glossary_sheet
from summarykit.exporters.excel.sheets.layers import LayerSheet, layer_sheet
from summarykit.exporters.excel.sheets.memory import MemorySheet, memory_sheet
from summarykit.exporters.excel.sheets.originals import originals
from summarykit.exporters.excel.sheets.overview import fit_page, overview_values, plain
from summarykit.exporters.excel.sheets.tensors import TensorSheet, tensor_sheet
from summarykit.exporters.excel.values import (
    ComputePage,
    FormulasPage,
    LayersPage,
    MemoryPage,
    TableHead,
    TensorsPage,
    WorkbookValues,
)
from summarykit.exporters.rendering import render
from summarykit.exporters.view import ReportView, build_view
from summarykit.summary.data import SummaryData
from summarykit.summary.diff import Comparison
from summarykit.summary.folding import Folding


@exporter("excel")
class ExcelExporter:
    """Up to seven sheets, Overview first. A model gives texts and numbers, never part of a formula."""

    suffixes: ClassVar[tuple[str, ...]] = (".xlsx",)

    def write(self, data: SummaryData, out: BinaryIO, options: Options) -> None:
        """Write the workbook."""
        write_excel(data, out, options)

    def write_comparison(self, comparison: Comparison, out: BinaryIO, options: Options) -> None:
        """Write the workbook on what changed."""
        write_excel_diff(comparison, out, options)


def write_excel(data: SummaryData, out: BinaryIO, options: Options, *, fill_cache: bool = True) -> None:
    """Write the workbook; *fill_cache* is False only in tests, which let LibreOffice compute what formulas show."""
    with gc_paused():
        selection = options.selection
        view = build_view(data, title=options.title, source=options.source, fold=options.fold, selection=selection)
        folding = Folding(data)
        live = _fits(data)
        sheet = formula_sheet(data, folding, view.title, live=live)
        compute = compute_sheet(data, folding, view.title)
        memory = memory_sheet(data, "{ref:totals.counted}" if live and sheet.blocks else "")
        layers = layer_sheet(data, folding, selection, view.title, fold=options.fold)
        tensors = tensor_sheet(data, folding, selection, fold=options.fold)
        values = WorkbookValues(
            report=view,
            overview=overview_values(data, view, folding, sheet, compute, live=live),
            formulas=_formulas(data, sheet, live=live),
            layers=_layers(layers, compute),
            compute=_compute(data, view, compute) if compute else None,
            memory=_memory(memory) if memory else None,
            tensors=_tensors(tensors) if tensors else None,
            glossary=glossary_sheet(data, view),
        )
        overview = fit_page(values.overview, lambda page: _height(values._replace(overview=page), options))
        markup = _render("excel/report.xml.j2", values._replace(overview=overview), options)
        records: dict[str, Sequence[Mapping[str, object]]] = {**sheet.records, "layers": layers.rows}
        records |= {"originals": originals(sheet, compute, memory)}
        records |= {"tensors": tensors.rows} if tensors else {}
        records |= compute.records if compute else {}
        records |= memory.records if memory else {}
        write_workbook(markup, records, out, fill_cache=fill_cache)


def _render(template: str, values: WorkbookValues, options: Options) -> str:
    helpers: dict[str, Callable[..., object]] = {"height": height, "quiet": quiet}
    return render(template, values._asdict(), _escape, folders=options.templates, helpers=helpers)


def _height(values: WorkbookValues, options: Options) -> float:
    overview = _render("excel/overview.xml.j2", values, options)
    try:
        return sheet_height(overview)
    except TemplateError:  # raised again with its line once the whole workbook is written
        return 0.0


def _escape(text: str) -> str:
    return escape(text, quote=True)


def _fits(data: SummaryData) -> bool:
    values = [why.value or 0 for why in data.records.explanations]
    return max(data.totals.parameters, *values, 0) <= MOST_COUNTED


def _formulas(data: SummaryData, sheet: FormulaSheet, *, live: bool) -> FormulasPage:
    geometry = sheet.geometry
    return FormulasPage(
        inputs=geometry.inputs,
        at=geometry.at,
        widths=_widths(geometry.widths),
        paper=geometry.paper,
        first=geometry.first,
        last=geometry.last,
        live=live,
        blocks=sheet.blocks,
        linked=sheet.has_links,
        proven=sheet.proven,
        notes=sheet.notes,
        fixed=sheet.has_frozen,
        layers=sheet.layers,
        agreeing=sheet.agreeing,
        beyond=sheet.beyond,
        partly=_partly_fixed(data),
        words=check_words(FROZEN),
    )


def _widths(widths: Sequence[int]) -> str:
    return " ".join(map(str, widths))


def _partly_fixed(data: SummaryData) -> int:
    """Return the fixed parameters of layers that also learn: no change of theirs is taken off them."""
    columns = data.columns
    return sum(a - t for a, t in zip(columns.adds, columns.trainable, strict=True) if t)


def _layers(sheet: LayerSheet, compute: ComputeSheet | None) -> LayersPage:
    return LayersPage(
        folded=sheet.has_copies,
        columns=sheet.columns,
        notes=sheet.notes,
        told=sheet.message,
        deepest=sheet.deepest,
        widths=_widths(sheet.widths),
        paper=paper(sheet.widths, titles=1),
        macs=compute.total if compute else 0,
        macs_live=compute.live if compute else True,
    )


def _tensors(sheet: TensorSheet) -> TensorsPage:
    widths = [column.width for column in sheet.columns]
    return TensorsPage(
        columns=sheet.columns,
        folded=sheet.has_copies,
        told=sheet.message,
        tensors=sheet.tensors,
        bytes=sheet.bytes,
        bytes_live=sheet.bytes <= MOST_COUNTED,
        widths=_widths(widths),
        paper=paper(widths, titles=1),
    )


def _compute(data: SummaryData, view: ReportView, sheet: ComputeSheet) -> ComputePage:
    geometry = sheet.geometry
    inputs = plain(view.run.given) if view.run else ""
    return ComputePage(
        inputs=geometry.inputs,
        at=geometry.at,
        widths=_widths(geometry.widths),
        paper=geometry.paper,
        first=geometry.first,
        last=geometry.last,
        live=sheet.live,
        blocks=sheet.blocks,
        total=sheet.total,
        layers=sheet.layers,
        agreeing=sheet.agreeing,
        notes=sheet.notes,
        given=f"One run with {inputs}{'' if data.run.ok else '; it failed, and this is what ran before'}",
        what="all copies and calls, one run" if data.run.ok else "what ran before it failed",
        room=sum(geometry.widths[2 : 4 + geometry.inputs]),
        words=check_words(),
    )


def _memory(sheet: MemorySheet) -> MemoryPage:
    tables = tuple(TableHead(table.id, table.title) for table in sheet.tables)
    return MemoryPage(live=sheet.live, activations=sheet.activations, tables=tables)
