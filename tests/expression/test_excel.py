"""A formula in a workbook gives the value, and its words follow the cells."""

import ast
import math
import re

import pytest
from hypothesis import assume, given

import strategies
from summarykit.expression import Unanswerable, evaluate, excel_formula, excel_inputs, excel_words, numbers, parse


def spreadsheet(formula, cells):
    """A small spreadsheet: what Excel would show for *formula*, given what stands in *cells*."""
    python = re.sub(r'("[^"]*")|<>|(?<![<>])=|&', lambda m: m[1] or {"<>": "!=", "=": "==", "&": "+"}[m[0]], formula)
    python = re.sub(r'("[^"]*")|\b(IF|AND|OR|NOT)\(', lambda m: m[1] or f"{m[2]}_(", python)
    functions = {
        "QUOTIENT": lambda a, b: math.trunc(a / b) if abs(a) < 2**50 else abs(a) // abs(b) * (1 if a * b >= 0 else -1),
        "INT": math.floor,
        "MOD": lambda a, b: a % b,
        "POWER": pow,
        "MIN": min,
        "MAX": max,
        "FIXED": lambda value, digits: f"{value:,.{digits}f}",
        "AND_": lambda *tests: all(tests),
        "OR_": lambda *tests: any(tests),
        "NOT_": lambda test: not test,
        "TRUE": True,
        "FALSE": False,
        "__builtins__": {},
    }
    tree = ast.fix_missing_locations(_OnlyOneBranch().visit(ast.parse(python, mode="eval")))
    return eval(compile(tree, formula, "eval"), functions, cells)  # noqa: S307 - a formula made here


class _OnlyOneBranch(ast.NodeTransformer):
    """A spreadsheet's IF works out only the branch it takes, which no function of Python's does."""

    def visit_Call(self, node):
        self.generic_visit(node)
        return ast.IfExp(*node.args) if node.func.id == "IF_" else node


def cells_of(tree, found):
    """A cell for each input, and what stands in it."""
    names = excel_inputs(tree, found)
    addresses = {name: f"C{row}" for row, name in enumerate(names, 5)}
    return addresses, values_in(addresses, found)


def values_in(addresses, found):
    return {address: int(setting(name, found)) for name, address in addresses.items()}


def setting(name, found):
    if (item := re.fullmatch(r"(.*)\[(-?\d+)\]", name)) is None:
        return found[name]
    return found[item[1]][int(item[2])]


def worked_out(text, found):
    tree = parse(text).tree
    try:
        return tree, evaluate(tree, found)
    except Unanswerable:
        assume(False)


@given(text=strategies.formulas, found=strategies.bindings())
def test_a_cell_shows_the_value(text, found):
    tree, value = worked_out(text, found)
    assume(abs(value) < 2**50)
    addresses, cells = cells_of(tree, found)
    assert spreadsheet(excel_formula(tree, found, addresses), cells) == value


@given(text=strategies.formulas, found=strategies.bindings(), changed=strategies.bindings())
def test_a_cell_follows_its_inputs(text, found, changed):
    changed |= {name: found[name] for name in ("mode", *strategies.TUPLES)}
    tree, _ = worked_out(text, found)
    _, value = worked_out(text, changed)
    assume(abs(value) < 2**50)
    addresses, _ = cells_of(tree, found)
    assert spreadsheet(excel_formula(tree, found, addresses), values_in(addresses, changed)) == value


@given(text=strategies.formulas, found=strategies.bindings(), changed=strategies.bindings())
def test_the_words_follow_too(text, found, changed):
    changed |= {name: found[name] for name in ("mode", *strategies.TUPLES)}
    tree, _ = worked_out(text, found)
    worked_out(text, changed)
    expected = numbers(tree, changed)
    assume("−" not in expected)  # signs are not followed in words
    addresses, _ = cells_of(tree, found)
    try:
        words = excel_words(tree, found, addresses)
    except Unanswerable as gap:
        assume("too many forms" not in str(gap))
        raise
    assert spreadsheet(words, values_in(addresses, changed)) == expected


@pytest.mark.parametrize(
    ("text", "found", "formula"),
    [
        ("o * (i + bias)", {"o": 4, "i": 16, "bias": False}, "C5*(C6+C7)"),
        ("o * (i // g * prod(k) + b)", {"o": 8, "i": 4, "g": 2, "k": (3, 3), "b": True},
         "C5*(QUOTIENT(C6,C7)*(C8*C9)+C10)"),
        ("-3 // 2", {}, "INT((-3)/2)"),
        ('(4 if mode == "LSTM" else 1) * h', {"mode": "LSTM", "h": 2}, "4*C5"),
        ("(2 if both else 1) * h", {"both": True, "h": 2}, "IF(C5<>0,2,1)*C6"),
        ('(2 if mode == "GRU" or both else 1) * h', {"mode": "LSTM", "both": True, "h": 2},
         "IF(OR(FALSE,C5<>0),2,1)*C6"),
        ("h if kdim == h else 1", {"kdim": None, "h": 2}, "1"),
    ],
)  # fmt: skip
def test_how_it_is_written(text, found, formula):
    tree = parse(text).tree
    assert excel_formula(tree, found, cells_of(tree, found)[0]) == formula


def test_words_without_a_setting_that_is_no_number_are_decided_once():
    tree = parse("h * (2 if ratio < h else 1)").tree
    found = {"h": 3, "ratio": 1.5}
    addresses, cells = cells_of(tree, found)
    assert spreadsheet(excel_formula(tree, found, addresses), cells) == 6


def test_too_many_switches_are_refused_at_once():
    names = [f"part{i}" for i in range(40)]
    tree = parse(f"dim * ({' + '.join(names)})").tree
    found = {"dim": 3} | dict.fromkeys(names, True)
    with pytest.raises(Unanswerable, match="too many forms"):
        excel_words(tree, found, cells_of(tree, found)[0])
