"""The language takes what a rule needs, refuses everything else, and points at the spot."""

import pytest

from summarykit.errors import ExpressionError, RuleError, SummaryKitError
from summarykit.expression import names_in, parse, parse_shape


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("4", ()),
        ("out_features * (in_features + bias)", ("out_features", "in_features", "bias")),
        (" \n a +\n  b ", ("a", "b")),
        ("prod(kernel_size) + sum(kernel_size) + len(kernel_size)", ("kernel_size",)),
        ("config.hidden_size ** 2 // heads % 3", ("config.hidden_size", "heads")),
        ('(4 if mode == "LSTM" else 1) * hidden', ("mode", "hidden")),
        ("min(a, b) - max(a, 2) + kernel[0] + kernel[i + 1]", ("a", "b", "kernel", "i")),
        ("not a and b or True", ("a", "b")),
    ],
)
def test_reads_what_a_rule_needs(text, names):
    assert set(names_in(parse(text).tree)) == set(names)


@pytest.mark.parametrize(
    ("text", "position", "said"),
    [
        ("", 0, "not an expression"),
        ("a +", 3, "not an expression"),
        ("a * (b", 4, "never closed"),
        ("4 + a / b", 4, "divide with //"),
        ("a + lambda: 1", 4, ""),
        ("a + f(b)", 4, "f()"),
        ("a + __import__('os')", 4, "__import__"),
        ("a + prod(b, c)", 4, "prod()"),
        ("a + min(b)", 4, "min()"),
        ("a + min(b, key=c)", 4, "Call"),
        ("a + prod(b + 1)", 9, "name"),
        ("a + [1][0]", 4, "name"),
        ("a + b()[0]", 4, "name"),
        ("a + (1).real", 5, "name"),
        ("a + 1.5", 4, "Constant"),
        ("a + None", 4, "Constant"),
        ("a + b'x'", 4, "Constant"),
        ("a + f'{b}'", 4, "JoinedStr"),
        ("a + (b := 1)", 5, "NamedExpr"),
        ("a < b < c", 0, "Compare"),
        ("a in b", 0, "Compare"),
        ("a @ b", 0, "MatMult"),
        ("a << 9999", 0, "LShift"),
        ("a + ~b", 4, "UnaryOp"),
        ("a + +b", 4, "UnaryOp"),
        ("[x for x in a]", 0, "ListComp"),
        ("(a, b)", 0, "Tuple"),
        ("a[1:2]", 2, "Slice"),
        ("a; b", 1, "not an expression"),
        ("a = 1", 0, "not an expression"),
        ("a # b", 2, "comment"),
        ("größe * 2 + x / y", 0, "divide with //"),
        ("größe * (x / y)", 9, "divide with //"),
        ("a\0b", 0, "not an expression"),
        ("a\ud800", 0, "not an expression"),
        ("9" * 5_000, 0, "5,000 characters"),
        ("-" * 1_900 + "a", 0, ""),
        ("(" * 900 + "a" + ")" * 900, 0, ""),
        ("not " * 400 + "a", 0, "nested more than"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_refuses_everything_else_and_points_at_it(text, position, said):
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    error = caught.value
    assert isinstance(error, RuleError | ValueError | SummaryKitError)
    assert said in error.what
    if position and len(text) < 100:
        assert error.position == position
    assert error.hint
    assert "docs/errors.md#expression" in str(error)
    assert len(str(error)) < 1_000


@pytest.mark.parametrize("text", [None, 4, b"a", ["a"]])
def test_a_formula_is_text(text):
    with pytest.raises((ExpressionError, TypeError)):
        parse(text)


def test_the_message_shows_the_line_and_an_arrow_under_the_spot():
    with pytest.raises(ExpressionError) as caught:
        parse("heads * (dim / 2)")
    lines = str(caught.value).splitlines()
    shown = next(i for i, line in enumerate(lines) if "heads" in line)
    assert lines[shown][lines[shown + 1].index("^") :].startswith("dim / 2")


def test_a_long_formula_is_shown_around_the_spot():
    with pytest.raises(ExpressionError) as caught:
        parse(" + ".join(["name_of_a_setting"] * 90) + " + b / c")
    assert "b / c" in str(caught.value)
    assert len(str(caught.value)) < 1_000


@pytest.mark.parametrize(
    ("text", "sources"),
    [
        ("", []),
        ("  ", []),
        ("a", ["a"]),
        ("a, b // 2, *kernel", ["a", "b // 2", "*kernel"]),
        ("a,\n b", ["a", "b"]),
        ("4 if a else 1, 1, 1", ["4 if a else 1", "1", "1"]),
    ],
)
def test_a_shape_is_a_list_of_dimensions(text, sources):
    assert [dim.source for dim in parse_shape(text)] == sources


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("a, b /c", 3),
        ("a) + (b", 0),
        ("a), (b", 0),
        (", a", 0),
        ("a,, b", 2),
        ("a, *b()", 4),
        ("*(a, b)", 1),
        ("**a", 0),
    ],
)
def test_a_wrong_shape_is_refused_where_it_is_wrong(text, position):
    with pytest.raises(ExpressionError) as caught:
        parse_shape(text)
    assert caught.value.position == position or position == 0
    assert text.splitlines()[0] in str(caught.value)
