"""The contents of a report."""

from __future__ import annotations

from typing import NamedTuple

from summarykit.exporters.view.values.blocks import Block, Ranking
from summarykit.exporters.view.values.checks import Check, Grade, Problem
from summarykit.exporters.view.values.memory import MemoryTable
from summarykit.exporters.view.values.picture import Picture
from summarykit.exporters.view.values.pieces import Rich
from summarykit.exporters.view.values.rows import Column, Group, Row
from summarykit.exporters.view.values.run import RunView
from summarykit.expression import Words


class CountLine(NamedTuple):
    """Another count of the model: without embeddings, or active for each token."""

    label: str  #: "Active per token"
    value: int  #: -1 where it is not known
    number: str  #: grouped, or "unknown"
    basis: Rich  #: what it is based on


class StoryLine(NamedTuple):
    """One layer of a small model, explained as in a textbook."""

    name: str  #: empty for the input
    type: str
    text: Rich
    equation: Words


class Term(NamedTuple):
    """A word of the glossary."""

    word: str
    meaning: str


class ReportView(NamedTuple):
    """The contents of a report."""

    title: str
    source: str  #: where the model came from, torch version
    fingerprint: str
    total: str
    total_value: int
    rounded: Words
    sentence: Rich
    facts: tuple[Words, ...]
    counts: tuple[CountLine, ...]  #: of a language model or a mixture of experts
    agreement: Words  #: "107 of 107 counts agree with PyTorch"
    all_checked: bool
    problems: tuple[Problem, ...]
    checks: tuple[Check, ...]
    checked_means: str
    grades: tuple[Grade, ...]
    story: tuple[StoryLine, ...]
    story_total: Words
    one_line: Words
    whole_sum: Rich  #: the same as pieces
    blocks: tuple[Block, ...]
    rankings: tuple[Ranking, ...]
    columns: tuple[Column, ...]  #: of the tree and of the flat list
    rows: tuple[Row, ...]
    usual_dtype: str  #: "float32", as most parameters are
    usual_tensor: str  #: "float32, learned in training", as most parameters are; a page says it once
    rows_left_out: str
    rows_without_parameters: int
    groups_title: str  #: "All 107 layers"
    groups: tuple[Group, ...]
    groups_left_out: str
    notes: tuple[str, ...]
    run: RunView | None
    memory: tuple[MemoryTable, ...]
    picture: Picture | None  #: the icicle; for the page alone
    glossary: tuple[Term, ...]
    made: tuple[str, ...]
    left_out: str = ""  #: what is left out to fit a size limit, in words
