"""Checks, grades of evidence, and problems to read first."""

from __future__ import annotations

from typing import NamedTuple

from summarykit.exporters.view.values.pieces import Rich
from summarykit.expression import Words


class Check(NamedTuple):
    """One check as a reader sees it."""

    ok: bool
    claim: str
    detail: Words


class Grade(NamedTuple):
    """How much of the model has one word of evidence."""

    word: str
    sign: str
    look: str  #: checked, read, size or differs
    layers: str
    parameters: str
    share: str


class Problem(NamedTuple):
    """A warning or note that comes before everything else."""

    look: str  #: bad, warning or note
    title: str
    text: Rich
