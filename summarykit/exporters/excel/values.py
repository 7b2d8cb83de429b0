"""The values the workbook's templates receive, a class a sheet: frozen, of strings, numbers and tuples only."""

from __future__ import annotations

from typing import NamedTuple

from summarykit.exporters.excel.cells.live_blocks import ColumnLetters, FormulaBlock
from summarykit.exporters.excel.cells.live_cells import CheckWords
from summarykit.exporters.excel.cells.page_setup import Paper
from summarykit.exporters.view.diff.values import DiffView
from summarykit.exporters.view.values import ReportView, Term


class ProblemRow(NamedTuple):
    """What a reader must know first, on the Overview."""

    look: str  #: bad, warning or note
    title: str
    text: str


class StoryRow(NamedTuple):
    """The count of one layer of a small model in words, or the total."""

    name: str
    text: str


class SizeRow(NamedTuple):
    """The size of all parameters in one number format."""

    label: str  #: "at 16-bit"
    bytes: str  #: of one number: "2"
    value: float  #: in MB


class OtherCount(NamedTuple):
    """Another count of the model, as ``CountLine`` has it."""

    label: str
    value: int  #: -1 where it is not known
    number: str
    basis: str


class RankedRow(NamedTuple):
    """A block of the model, or one of the largest layers."""

    name: str
    type: str
    copies: int | str  #: empty for the rest
    size: int
    share: float  #: from 0 to 1
    place: str  #: id of its row in Formulas, empty where it has none


class CheckRow(NamedTuple):
    """One check as the Overview says it."""

    ok: bool
    claim: str
    detail: str


class BlockChart(NamedTuple):
    """The chart of the blocks: how tall it is, and what it shows in words."""

    height: float  #: centimetres
    points: float  #: of the row it stands in
    alt: str


class OverviewPage(NamedTuple):
    """What the Overview shows beside the report itself."""

    live: bool  #: counts are computed; not beyond Excel's 15 digits
    title: str
    source: str
    sentence: str
    below: str  #: what stands under the large number
    one_line: str
    problems: tuple[ProblemRow, ...]
    story: tuple[StoryRow, ...]
    sizes: tuple[SizeRow, ...]
    each: float  #: bytes of one parameter
    each_format: str
    size_format: str
    size: float  #: in MB
    learned: int
    counts: tuple[OtherCount, ...]
    macs_label: str
    peak: float  #: activations of a run in MB
    to_change: str  #: the sheets with yellow cells
    agreement: str  #: the sentence on what was checked as a formula; empty where nothing in it can change
    agreement_text: str  #: the same as a text
    blocks: tuple[RankedRow, ...]
    chart: BlockChart | None
    largest: tuple[RankedRow, ...]
    checks: tuple[CheckRow, ...]


class FormulasPage(NamedTuple):
    """What the Formulas sheet shows above and around its blocks of rows."""

    inputs: int  #: columns of inputs
    at: ColumnLetters
    widths: str
    paper: Paper
    first: str  #: the first row of all blocks
    last: str
    live: bool
    blocks: tuple[FormulaBlock, ...]
    linked: bool  #: some input follows the layer before it
    proven: bool  #: every input does, but for the first
    notes: bool
    fixed: bool  #: some parameters are kept fixed in training
    layers: int
    agreeing: int
    beyond: int  #: what formulas count beyond PyTorch
    partly: int  #: fixed parameters of layers that also learn
    words: CheckWords


class SheetColumn(NamedTuple):
    """One column of Layers or of Tensors."""

    key: str
    label: str
    head: str  #: style of its heading
    style: str  #: styles of its cells
    width: int


class LayersPage(NamedTuple):
    """What the Layers sheet shows around its rows."""

    folded: bool  #: equal layers stand in one row
    columns: tuple[SheetColumn, ...]
    notes: bool
    told: str  #: what is left out, in a sentence
    deepest: int  #: level of its rows
    widths: str
    paper: Paper
    macs: int
    macs_live: bool


class TensorsPage(NamedTuple):
    """What the Tensors sheet shows around its rows."""

    columns: tuple[SheetColumn, ...]
    folded: bool  #: equal tensors stand in one row
    told: str  #: what is left out, in a sentence
    tensors: int
    bytes: int
    bytes_live: bool
    widths: str
    paper: Paper


class ComputePage(NamedTuple):
    """What the Compute sheet shows above and around its blocks of rows."""

    inputs: int
    at: ColumnLetters
    widths: str
    paper: Paper
    first: str
    last: str
    live: bool
    blocks: tuple[FormulaBlock, ...]
    total: int  #: multiply-adds of all rows
    layers: int
    agreeing: int
    notes: bool
    given: str  #: what the run was made with
    what: str  #: what the totals are of
    room: int  #: characters that fit in the cells over the inputs
    words: CheckWords


class TableHead(NamedTuple):
    """A table of the Memory sheet."""

    id: str
    title: str


class MemoryPage(NamedTuple):
    """What the Memory sheet shows around its rows."""

    live: bool
    activations: str  #: the cell with the activations of a run, empty without
    tables: tuple[TableHead, ...]


class GradeLine(NamedTuple):
    """One fine grade, and how much of the model has it."""

    word: str  #: "✓ Checked"
    grade: str  #: as the data names it
    meaning: str
    layers: int
    parameters: int
    look: str  #: style of the word


class GlossaryPage(NamedTuple):
    """What the Glossary sheet says."""

    words: tuple[Term, ...]
    grades: tuple[GradeLine, ...]
    made: tuple[str, ...]


class WorkbookValues(NamedTuple):
    """Everything the templates of a workbook receive."""

    report: ReportView
    overview: OverviewPage
    formulas: FormulasPage
    layers: LayersPage
    compute: ComputePage | None
    memory: MemoryPage | None
    tensors: TensorsPage | None
    glossary: GlossaryPage


class NumberFormats(NamedTuple):
    """What the styles ask of ``overview``, where there is no such sheet."""

    size_format: str
    each_format: str


class Amounts(NamedTuple):
    """Parameters, bytes and multiply-adds of a change."""

    parameters: int
    bytes: int
    macs: int


class DiffWorkbookValues(NamedTuple):
    """Everything the template of a workbook on changes receives."""

    diff: DiffView
    overview: NumberFormats
    live: bool
    widths: str
    paper: Paper
    change: Amounts
    unlisted: Amounts  #: of rows that are not listed
    headline: str  #: what changed, as the large line says it
    numbers: str  #: budget and numbers, a line
    labels: tuple[str, ...]  #: of the totals
    unchanged: str
    broken: tuple[str, ...]
    loading: str
    why: tuple[str, ...]
