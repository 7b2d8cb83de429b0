"""Names as ranges: who knows the rule reads the very names again."""

import re
from itertools import count, takewhile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarykit.summary.folding.naming import spans


def read(text):
    """The names that a text of ranges tells."""
    first, *others = text.split(",")
    word = re.sub("[0-9]+(–[0-9]+)?$", "", first)
    parts = [part.split("–") for part in (first[len(word) :], *others)]
    ranges = [(part[0], int(part[0]), int(part[-1])) for part in parts if part != ["…"]]
    if ["…"] in parts:
        (start, _, one), (_, low, high), (_, last, end) = ranges
        starts = takewhile(lambda at: at <= last, count(low, high - one))
        told = [(start, at, min(at + high - low, end)) for at in starts]
        assert told[-1][1:] == (last, end)
        ranges = [ranges[0], *told]
    return [word + str(n).zfill(len(start)) for start, low, high in ranges for n in range(low, high + 1)]


@st.composite
def names(draw):
    """Numbers that come in steps, some of them taken out or put in, behind a word, filled up with noughts or not."""
    step = draw(st.integers(1, 6))
    held = draw(st.integers(1, step))
    low, high = draw(st.integers(0, 12)), draw(st.integers(1, 60))
    numbers = {n for n in range(low, low + high) if n % step < held}
    numbers ^= draw(st.sets(st.integers(low, low + high), max_size=2))
    word, widths = (
        draw(st.sampled_from(["", "b", "x.y", "…", "a–"])),
        draw(st.sampled_from([[1], [1], [2], [3], [1, 3]])),
    )
    return [word + str(n).zfill(draw(st.sampled_from(widths))) for n in sorted(numbers)] or [f"{word}0"]


@given(names=names())
def test_ranges_are_read_as_the_names_they_stand_for(names):
    told = spans(names)
    more = re.search(",…([0-9]+) more…,", told)
    if more is None:
        assert sorted(read(told)) == sorted(names)
    else:
        ends = read(told.replace(more[0], ","))
        assert set(ends) < set(names)
        assert len(ends) + int(more[1]) == len(names)


@pytest.mark.parametrize(
    ("numbers", "told"),
    [
        (range(3, 68, 4), "3,7,…,67"),
        ([n for n in range(67) if n % 4 != 3], "0–2,4–6,…,64–66"),
        ([1, 2, *(n for n in range(4, 66) if n % 4 != 3)], "1–2,4–6,…,64–65"),
        ([0, 4, 8, 12], "0,4,8,12"),
        ([0, 2, 4, 6, 8, 9], "0,2,4,6,8–9"),
    ],
)
def test_many_ranges_in_one_step_are_told_by_the_first_two_and_the_last(numbers, told):
    assert spans(map(str, numbers)) == told


def test_numbers_filled_up_otherwise_are_told_one_by_one():
    assert spans(["02", "04", "06", "08", "10"]) == "02,04,…,10"
    assert spans(["02", "04", "06", "08", "010"]) == "02,04,06,08,010"
    assert spans(["1", "01", "001", "0001", "00001"]) == "00001,0001,001,01,1"


def test_of_many_ranges_in_no_step_some_are_told_and_how_many_more_there_are():
    numbers = [n for n in range(76) if (n != 2 and n % 6 != 1) or n == 1]
    assert spans(f"b{n}" for n in numbers) == "b0–1,3–6,…55 more…,74–75"
    assert spans(map(str, (0, 2, 6, 8, 10, 14, 16, 18, 22, 24, 26, 30))) == "0,2,6,8,10,14,16,18,22,24,26,30"
