"""A formula means the same in every form: Python, its value, folded, printed, in a cell."""

import math
import re
from fractions import Fraction

import pytest
from hypothesis import assume, example, given

import strategies
from summarykit.expression import Unanswerable, evaluate, fold, group_digits, html, latex, numbers, parse, symbols

EXAMPLES = [
    ("-3 // 2", {}),
    ("-(out_features) // (heads)", {"out_features": 3, "heads": 2}),
    ("out_features - (in_features - heads)", {"out_features": 9, "in_features": 5, "heads": 3}),
    ("out_features // (in_features // heads)", {"out_features": 64, "in_features": 12, "heads": 3}),
    ("out_features * (in_features // heads)", {"out_features": 7, "in_features": 9, "heads": 3}),
    ("(out_features * in_features) // heads", {"out_features": 7, "in_features": 9, "heads": 3}),
    ("2 ** 3 ** 2", {}),
    ("(2 ** 3) ** 2", {}),
    ("-2 ** 2", {}),
    ("out_features % (3 * 2) * 5", {"out_features": 10}),
    ("bias - 1 + out_features", {"bias": True, "out_features": 4}),
    ("0 * bias + (1 - 1) * heads", {"bias": True, "heads": 4}),
]


def with_examples(test):
    for text, found in EXAMPLES:
        test = example(text=text, found={"mode": "LSTM", "kernel": (3, 3), "shape": (2,), "bias": True} | found)(test)
    return test


def answer(text, found):
    """The tree and its value; a formula without one (divided by zero) is left out."""
    tree = parse(text).tree
    try:
        return tree, evaluate(tree, found)
    except Unanswerable:
        assume(False)


@given(text=strategies.formulas, found=strategies.bindings())
@with_examples
def test_a_value_is_what_python_says(text, found):
    try:
        expected = strategies.python_value(text, found)
    except ZeroDivisionError:
        with pytest.raises(Unanswerable, match="divided by zero"):
            evaluate(parse(text).tree, found)
        return
    assert evaluate(parse(text).tree, found) == expected


@given(text=strategies.formulas, found=strategies.bindings())
@with_examples
def test_folding_changes_no_value(text, found):
    tree, value = answer(text, found)
    folded = fold(tree, found)
    assert evaluate(folded, found) == value
    assert fold(folded, found) == folded or evaluate(fold(folded, found), found) == value


def as_mathematics(text):
    """Work out a printed formula as a person would: exact division, ⌊ ⌋ rounds down."""
    text = re.sub(r"(?<=\d),(?=\d)", "", text)
    text = re.sub(r"\d+", lambda digits: f"F({digits[0]})", text)
    for sign, python in {"×": "*", "÷": "/", "−": "-", "^": "**", "mod": "%", "⌊": "floor(", "⌋": ")"}.items():
        text = text.replace(sign, python)
    return eval(text, {"F": Fraction, "floor": math.floor, "min": min, "max": max, "__builtins__": {}})  # noqa: S307


@given(text=strategies.formulas, found=strategies.bindings())
@with_examples
def test_the_numbers_on_the_page_give_the_value(text, found):
    tree, value = answer(text, found)
    assert as_mathematics(numbers(tree, found)) == value


@given(text=strategies.formulas, found=strategies.bindings())
@with_examples
def test_brackets_balance_and_every_form_has_the_same_numbers(text, found):
    tree, _ = answer(text, found)
    written = numbers(tree, found)
    marked = html(tree, found, values=True)
    tex = latex(tree, found, values=True)
    for one, other in ("()", "⌊⌋"):
        assert written.count(one) == written.count(other)
    assert tex.count(r"\left") == tex.count(r"\right")
    assert tex.count("{") == tex.count("}")
    figures = re.findall(r"\d+", written.replace(",", ""))
    assert sorted(re.findall(r"\d+", marked.replace(",", ""))) == sorted(figures)
    assert sorted(re.findall(r"\d+", tex.replace("{,}", ""))) == sorted(figures)
    assert symbols(tree, found)


@pytest.mark.parametrize(
    ("text", "found", "names", "written"),
    [
        ("o * (i + bias)", {"o": 4, "i": 16, "bias": True}, "o × (i + 1)", "4 × (16 + 1)"),
        ("o * (i + bias)", {"o": 4, "i": 16, "bias": False}, "o × i", "4 × 16"),
        ("o * (i + bias)", {"o": 1, "i": 2, "bias": True}, "o × (i + 1)", "1 × (2 + 1)"),
        ("o * (i + bias)", {"o": 4, "i": 0, "bias": True}, "o × (i + 1)", "4 × (0 + 1)"),
        ("o * (i // g * prod(k) + bias)", {"o": 128, "i": 64, "g": 2, "k": (3, 3), "bias": True},
         "o × (i ÷ g × k[0] × k[1] + 1)", "128 × (64 ÷ 2 × 3 × 3 + 1)"),
        ("o * (i // g * prod(k) + bias)", {"o": 64, "i": 3, "g": 1, "k": (7, 7), "bias": False},
         "o × (i × k[0] × k[1])", "64 × (3 × 7 × 7)"),
        ("(w + b) * c", {"w": True, "b": True, "c": 32}, "2 × c", "2 × 32"),
        ("(w + b) * c", {"w": True, "b": False, "c": 32}, "c", "32"),
        ("(n - 1) * c + c", {"n": 1, "c": 32}, "c", "32"),
        ("(n - 1) * c + c", {"n": 3, "c": 32}, "(n − 1) × c + c", "(3 − 1) × 32 + 32"),
        ("7 // g", {"g": 2}, "7 ÷ g", "⌊7 ÷ 2⌋"),
        ("v * d", {"v": 128_256, "d": 4_096}, "v × d", "128,256 × 4,096"),
    ],
)  # fmt: skip
def test_what_is_absent_vanishes_and_what_is_a_setting_stays(text, found, names, written):
    tree = parse(text).tree
    assert symbols(tree, found) == names
    assert numbers(tree, found) == written


@pytest.mark.parametrize(
    ("text", "found", "said"),
    [
        ("a + b", {"a": 1}, "no setting `b`"),
        ("a * 2", {"a": "many"}, "'many', not a whole number"),
        ("a * 2", {"a": 1.5}, "1.5, not a whole number"),
        ("a * 2", {"a": None}, "None, not a whole number"),
        ("a[2]", {"a": (1, 2)}, "2 elements, no `a[2]`"),
        ("prod(a)", {"a": (1, "x")}, "not a whole number"),
        ("1 // a", {"a": 0}, "divided by zero"),
        ("1 % a", {"a": 0}, "divided by zero"),
        ('1 if a < "x" else 2', {"a": 3}, "cannot be compared"),
        ("2 ** a", {"a": -1}, "below 0"),
        ("2 ** a", {"a": 10**9}, "too large"),
        ("a ** 64 * b ** 64 * c ** 64", {"a": 2**64, "b": 2**64, "c": 2**64}, "too large"),
    ],
)
def test_what_cannot_be_answered_is_said_in_words(text, found, said):
    with pytest.raises(Unanswerable, match=re.escape(said)):
        evaluate(parse(text).tree, found)


def test_words_may_be_chosen_before_they_are_compared():
    tree = parse('3 if ("a" if flag else "b") == "a" else 5').tree
    assert [evaluate(tree, {"flag": flag}) for flag in (True, False)] == [3, 5]


def test_names_are_escaped_in_html_and_latex():
    tree = parse("kernel_size[0] * größe_1").tree
    found = {"kernel_size": (3,), "größe_1": 4}
    assert html(tree, found) == "<var>kernel_size</var>[0] × <var>größe_1</var>"
    assert latex(tree, found) == r"\mathrm{kernel\_size}_{0} \times \mathrm{größe\_1}"


@given(text=strategies.formulas, found=strategies.bindings())
def test_numbers_are_grouped_in_one_way(text, found):
    tree, value = answer(text, found)
    assert re.fullmatch(r"−?\d{1,3}(,\d{3})*", group_digits(value))
    assert not re.search(r"\d{4}", numbers(tree, found))
