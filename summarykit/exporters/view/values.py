"""The values a template receives: frozen, of strings, numbers and tuples only."""

from __future__ import annotations

from typing import NamedTuple

from markupsafe import Markup


class Piece(NamedTuple):
    """A run of text; a name is set as code."""

    text: str
    code: bool = False


#: A sentence as pieces.
Rich = tuple[Piece, ...]


class Check(NamedTuple):
    """One check as a reader sees it."""

    ok: bool
    claim: str
    detail: str


class Grade(NamedTuple):
    """How much of the model has one word of evidence."""

    word: str
    sign: str
    look: str  #: checked, read, size or differs
    layers: str
    parameters: str
    share: str


class CountLine(NamedTuple):
    """Another count of the model: without embeddings, or active for each token."""

    label: str  #: "Active per token"
    value: int  #: -1 where it is not known
    number: str  #: grouped, or "unknown"
    basis: Rich  #: what it rests on


class Problem(NamedTuple):
    """Something to know before anything else."""

    look: str  #: bad, warning or note
    title: str
    text: Rich


class StoryLine(NamedTuple):
    """One layer of a small model, as a textbook would tell it."""

    name: str  #: empty for the input
    type: str
    text: Rich
    equation: str


class Block(NamedTuple):
    """A part of the model by size; blocks add up to the total."""

    name: str  #: ``model.layers.0–31``; empty for the rest
    short: str  #: ``layers``
    label: str  #: how it is called on the page
    type: str
    copies: int
    each: int
    value: int
    text: str
    product: str  #: ``32 × 218,112,000``, empty for one copy
    share: str
    per_mille: int
    bar: int  #: 0 to 1000, relative to the largest block


class Ranking(NamedTuple):
    """The largest parts by one measure, in one grouping; they add up to the total."""

    by: str  #: "block"; "part": what a layer is within its block, ``mlp.down_proj``; "class"
    measure: str  #: "parameters", "macs" or "bytes"
    total: str
    blocks: tuple[Block, ...]


class TensorLine(NamedTuple):
    """One tensor of an opened row."""

    name: str
    shape: str
    elements: str
    dtype: str
    kind: str  #: "learned in training", "kept fixed" or "stored, not learned"
    note: str  #: "same numbers as …", "not known until the first input"
    look: str  #: its grade: checked, read, size or differs; empty for a buffer


class Details(NamedTuple):
    """What opening a row shows."""

    formula: str  #: in names
    markup: Markup  #: the same with names in ``<var>``
    latex: str
    equation: str
    sentence: Rich
    word: str
    sign: str
    look: str
    grade: str  #: the fine grade
    origin: str
    tensors: tuple[TensorLine, ...]
    lines: tuple[tuple[str, str], ...]  #: label and equation of each term, where there are several
    closed: str  #: the closed formula of a container, and whether it gives the sum of its parts


class FlowLine(NamedTuple):
    """One tensor that enters or leaves a layer, or several of one size whose names count up."""

    name: str  #: ``past_key_values.0–11.keys``
    shape: str
    dtype: str
    times: int  #: how many tensors


class RowFlow(NamedTuple):
    """What flows through a row in the run; numbers are of all its copies and calls, texts of one."""

    calls: int  #: of one copy
    status: str  #: why it was not called; empty where it was
    inputs: tuple[FlowLine, ...]
    outputs: tuple[FlowLine, ...]
    output: str  #: shape of the first result
    varies: bool  #: other calls have other sizes
    macs_value: int
    macs: str
    inside_value: int
    inside: str
    inside_short: str
    share: str  #: of all multiply-adds, with everything inside
    formula: str  #: of one call, in names
    equation: str  #: of one call, in numbers with the result
    macs_text: str  #: the same times calls and copies: ``12 × (128 × 768) = 1,179,648``
    sentence: str
    word: str
    sign: str
    look: str
    origin: str
    output_bytes: str
    approximate: bool
    done: bool


class Run(NamedTuple):
    """The watched forward as a whole."""

    given: Rich  #: "`x` 1 × 3 × 224 × 224 (float32), given"
    macs: str  #: empty where it did not end
    macs_value: int
    macs_rounded: str
    flops: str
    approximate: bool
    sentence: Rich  #: where most multiply-adds are
    one_line: str
    blocks: tuple[Block, ...]  #: by multiply-adds
    peak_inference: str
    peak_training: str
    made: tuple[str, ...]


class MemoryLine(NamedTuple):
    """One figure of memory."""

    label: str
    formula: str  #: in numbers
    size: str  #: "97.5 MB"
    bytes: int
    text: str  #: the exact number
    sentence: str
    total: bool


class MemoryTable(NamedTuple):
    """Figures of memory that belong together."""

    title: str
    lines: tuple[MemoryLine, ...]


class Column(NamedTuple):
    """A column of the tables of layers, beside the first, which names the layer."""

    key: str  #: its name for ``columns=``
    label: str
    short: str  #: where there is little room
    align: str  #: left or right


class Row(NamedTuple):
    """One row of the tree; numbers are of all its copies."""

    anchor: str  #: path of its first copy, unique
    depth: int
    name: str
    path: str
    type: str
    parent: int  #: position of the row above it, -1 for the first
    children: int
    position: int  #: among its siblings, from 1
    siblings: int
    copies: int
    times: int
    formula: str  #: numbers without the result
    own_value: int
    own: str
    inside_value: int
    inside: str
    inside_short: str
    product: str  #: ``2 × 70,400`` of the inside, empty for one copy
    share: str
    per_mille: int
    note: Rich  #: "same numbers as X, counted there"
    weight: str  #: shape
    bias: str
    has_parameters: bool
    left_out: str  #: "12 rows not shown": inside it, and not inside another one that is shown; mostly empty
    flow: RowFlow | None
    details: Details | None
    role: str  #: "asked" where a pattern names it, "around" where it only holds what was asked for, mostly empty
    cells: tuple[str, ...]  #: what stands in the report's columns
    told_at: str  #: anchor of the first row with the same details, empty where that is this one


class Group(NamedTuple):
    """Layers of one kind at the same place of repeated blocks, for a flat table."""

    path: str
    times: int
    type: str
    weight: str
    equation: str
    flow: RowFlow | None
    text: str  #: ``9,408`` or ``3 × 128 = 384``
    word: str
    sign: str
    note: Rich
    whole: bool  #: it stands for all inside it, which is too deep to be listed
    cells: tuple[str, ...]  #: what stands in the report's columns


class Term(NamedTuple):
    """A word of the glossary."""

    word: str
    meaning: str


class ReportView(NamedTuple):
    """Everything a report says."""

    title: str
    source: str  #: where the model came from, torch version
    fingerprint: str
    total: str
    total_value: int
    rounded: str
    sentence: Rich
    facts: tuple[str, ...]
    counts: tuple[CountLine, ...]  #: of a language model or a mixture of experts
    agreement: str  #: "107 of 107 counts agree with PyTorch"
    all_checked: bool
    problems: tuple[Problem, ...]
    checks: tuple[Check, ...]
    checked_means: str
    grades: tuple[Grade, ...]
    story: tuple[StoryLine, ...]
    story_total: str
    one_line: str
    blocks: tuple[Block, ...]
    rankings: tuple[Ranking, ...]
    columns: tuple[Column, ...]  #: of the tree and of the flat list
    rows: tuple[Row, ...]
    rows_left_out: str
    rows_without_parameters: int
    groups_title: str  #: "All 107 layers"
    groups: tuple[Group, ...]
    groups_left_out: str
    notes: tuple[str, ...]
    run: Run | None
    memory: tuple[MemoryTable, ...]
    glossary: tuple[Term, ...]
    made: tuple[str, ...]
