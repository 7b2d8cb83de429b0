"""An explanation as live cells: inputs to change, and words and a count computed from them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from summarykit.exporters.excel.cells.labels import quiet
from summarykit.exporters.excel.markup import Formula
from summarykit.expression import (
    Expression,
    Unanswerable,
    Value,
    excel_formula,
    excel_inputs,
    excel_words,
    numbers,
)
from summarykit.expression.evaluate import elements
from summarykit.expression.nodes import Node
from summarykit.records import Explanation
from summarykit.runs import ComputeExplanation

AnyExplanation = Explanation | ComputeExplanation
Record = dict[str, object]
#: From a linked input to the cell it follows.
Sources = Mapping[str, str]

#: Excel shows 15 digits. Cells of larger counts are plain numbers that cannot be changed.
MOST_COUNTED = 10**15 - 1
#: Excel's limit of 8,192 characters, less those that are put around a formula.
MAX_FORMULA = 8_100
#: The first character of a row's status: changed by a reader, different from PyTorch.
BY_YOU, NOT_EQUAL = "✎", "✗"
AGREES = "✓ agrees"
CHANGE = f"{BY_YOU} changed by you"
IMPOSSIBLE = f"{BY_YOU} cannot be computed"
NOTHING = "–"
_ITEM = re.compile(r"(?P<name>.+)\[(?P<index>\d+)\]")


class CheckWords(NamedTuple):
    """The statuses of rows that formulas on the whole sheet count, as texts of a formula."""

    agrees: str  #: the column Check if formula and PyTorch agree
    changed: str  #: its pattern if a reader changed an input
    changed_sign: str
    differs_sign: str
    fixed: str  #: the column In training for frozen parameters


def check_words(frozen: str = "") -> CheckWords:
    """Return the words that formulas look for; *frozen* is the sheet's word for frozen parameters."""
    return CheckWords(
        agrees=literal(_exactly(AGREES)),
        changed=literal(f"{_exactly(BY_YOU)}*"),
        changed_sign=literal(BY_YOU),
        differs_sign=literal(NOT_EQUAL),
        fixed=literal(_exactly(frozen)),
    )


def literal(text: str) -> str:
    """Return *text* in quotes, as a formula writes it."""
    return '"{}"'.format(text.replace('"', '""'))


def _exactly(text: str) -> str:
    """Return *text* with the wildcards of SUMIF escaped."""
    return "".join(f"~{character}" if character in "~*?" else character for character in text)


class Comparison(NamedTuple):
    """What a count is compared with, and the statuses of that comparison."""

    reference: int  #: what PyTorch stores, or the run counted
    status: str  #: if nothing is changed
    differs: str  #: the status if the count differs


@lru_cache(maxsize=4096)
def _cells_of(formula: Expression, bindings: tuple[tuple[str, Value], ...]) -> tuple[str, ...] | None:
    values = dict(bindings)
    try:
        names = excel_inputs(formula.tree, values)
        text = excel_formula(formula.tree, values, dict.fromkeys(names, "{this:in00}"))
    except (Unanswerable, KeyError):
        return None
    return names if len(text) < MAX_FORMULA else None


def is_live(why: AnyExplanation) -> bool:
    """Return whether a spreadsheet can compute the formula."""
    return why.formula is not None and why.value is not None and _cells_of(why.formula, why.bindings) is not None


def inputs_of(why: AnyExplanation) -> tuple[str, ...]:
    """Return the inputs of a live formula, none if it is not live."""
    if why.formula is None or why.value is None:
        return ()
    return _cells_of(why.formula, why.bindings) or ()


def input_value(name: str, bindings: Mapping[str, Value]) -> int:
    """Return the value of an input cell: ``kernel_size[1]`` of (3, 5) is 5, a switch is 1 or 0."""
    if name in bindings:
        return int(elements(name, bindings)[0])
    item = _ITEM.fullmatch(name)
    assert item is not None
    return int(elements(item["name"], bindings)[int(item["index"])])


def _has(name: str, bindings: Mapping[str, Value]) -> bool:
    if name in bindings:
        return isinstance(bindings[name], int)
    item = _ITEM.fullmatch(name)
    value = bindings.get(item["name"]) if item else None
    return item is not None and isinstance(value, tuple) and int(item["index"]) < len(value)


def live_cells(
    why: AnyExplanation,
    comparison: Comparison,
    keys: Mapping[str, str],
    sources: Sources,
    *,
    live: bool,
    read_only: bool = False,
) -> Record:
    """Return the cells of a row that explain and count: inputs, words, both counts, difference and check.

    Args:
        why: An explanation with a formula and a value.
        comparison: What its count is compared with.
        keys: The columns of the inputs of all rows around it.
        sources: The cells that linked inputs follow.
        live: Whether the sheet has formulas.
        read_only: Whether its inputs are not to be changed.

    """
    assert why.formula is not None
    assert why.value is not None
    live = live and is_live(why)
    bindings = dict(why.bindings)
    originals = {name: input_value(name, bindings) for name in keys if _has(name, bindings)}
    record: Record = {}
    for name, key in keys.items():
        if name not in originals:
            record |= {key: NOTHING, f"{key}_look": "none"}
        elif live and name in sources:
            record |= {key: Formula(f"={sources[name]}", originals[name]), f"{key}_look": "linked"}
        else:
            record |= {key: originals[name], f"{key}_look": "input" if live and not read_only else "given"}
    words = numbers(why.formula.tree, bindings)
    difference = why.value - comparison.reference
    if not live:
        counts = {"by": why.value, "known": comparison.reference, "difference": difference, "check": comparison.status}
        return record | counts | {"words": quiet(words)}
    cells = {name: f"{{this:{keys[name]}}}" for name in originals}
    same_inputs = ",".join(f"{cells[name]}={value}" for name, value in originals.items())
    return record | {
        "words": live_words(why.formula.tree, bindings, cells, words),
        "by": Formula(f'=IFERROR({excel_formula(why.formula.tree, bindings, cells)},"–")', why.value),
        "known": comparison.reference,
        "difference": Formula('=IFERROR({this:by}-{this:known},"–")', difference),
        "check": Formula(_check(same_inputs, comparison, agrees=not difference), comparison.status),
    }


def live_words(tree: Node, bindings: Mapping[str, Value], cells: Mapping[str, str], words: str) -> Formula | str:
    """Return a formula in numbers that follows its cells, or as plain text if Excel would reject it."""
    try:
        return Formula(f'=IFERROR({excel_words(tree, bindings, cells)},"–")', words)
    except Unanswerable:
        return quiet(words)


def _check(same_inputs: str, comparison: Comparison, *, agrees: bool) -> str:
    """Return the formula of the column Check: the status for the current content of the cells."""
    status, differs = literal(comparison.status), literal(comparison.differs)
    same = f"IF({{this:by}}={{this:known}},{status},{differs})" if agrees else status
    if same_inputs:
        same = f"IF(AND({same_inputs}),{same},{literal(CHANGE)})"
    return f"=IF(ISNUMBER({{this:by}}),{same},{literal(IMPOSSIBLE)})"
