"""Sentences: one and many, conditions, nested ones, and what is refused."""

import pytest

from summarykit.errors import ExpressionError
from summarykit.expression import Unanswerable, parse_sentence

FOUND = {"n": 4, "one": 1, "none": 0, "big": 128_256, "yes": True, "no": False, "mode": "GRU", "k": (3, 3)}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ""),
        ("No numbers here.", "No numbers here."),
        ("{n:one row|# rows}", "4 rows"),
        ("{one:one row|# rows}", "one row"),
        ("{none:one row|# rows}", "0 rows"),
        ("{big:one row|# rows}", "128,256 rows"),
        ("{n}", "4"),
        ("{one}", "1"),
        ("{n:only # form}", "only 4 form"),
        ("{n * prod(k):1 weight|# weights}", "36 weights"),
        ("{n:# of #|# and # again}", "4 and 4 again"),
        ("{yes:is one|is many}", "is one"),
        ("a[yes: , and 1 bias]b", "a, and 1 biasb"),
        ("a[no: , and 1 bias]b", "ab"),
        ("[yes: this || that]", "this"),
        ("[no: this || that]", "that"),
        ("[n > 1: [mode == \"GRU\": both {n} || one]]", "both 4"),
        ("[n > 1 and no: a || [yes: b || c]]", "b"),
        ("[yes:  two blanks give one]", " two blanks give one"),
        ("[prod(k) == 9: nine]", "nine"),
        (r"\{n\} and \[x\] and \\", r"{n} and [x] and \ "[:-1]),
        ("a | b || c", "a | b || c"),
        ("[yes: a | b || c]", "a | b"),
        ("a # b", "a # b"),
        ("50 %", "50 %"),
    ],
)  # fmt: skip
def test_what_is_said(text, said):
    assert parse_sentence(text).say(FOUND) == said


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("{n", 0),
        ("a {n", 2),
        ("a } b", 2),
        ("a ] b", 2),
        ("[yes: a", 0),
        ("[yes a]", 0),
        ("[yes: {n]", 6),
        ("a {n / 2} b", 3),
        ("a [n / 2: b]", 3),
        ("{}", 1),
        ("[: a]", 1),
        ("{n | m}", 1),
    ],
)
def test_what_is_refused_and_where(text, position):
    with pytest.raises(ExpressionError) as caught:
        parse_sentence(text)
    assert caught.value.position == position
    assert text in str(caught.value)


def test_endless_nesting_is_refused():
    with pytest.raises(ExpressionError, match="nested more than"):
        parse_sentence("[a: " * 5_000)


def test_it_knows_the_names_it_asks_for():
    text = "{n:a|b} [mode == 'x' and yes: {k[0]} || [no: {big}]] {n}"
    assert parse_sentence(text).names() == ("n", "mode", "yes", "k", "no", "big")


@pytest.mark.parametrize("text", ["{missing}", "[missing: a]", "{k}", "{mode}", "{n // none}"])
def test_what_it_cannot_say_it_does_not(text):
    with pytest.raises(Unanswerable):
        parse_sentence(text).say(FOUND)


def test_a_condition_not_met_asks_for_nothing():
    assert parse_sentence("[no: {missing}]fine").say(FOUND) == "fine"
