"""Tables of plain text: as rich sets them where there is room; where there is little, nothing is lost."""

import io

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from summarykit.exporters.text.layout import Column, plain, table, wrap, wrap_name

TEXTS = st.text(alphabet="ab c.×层\U0001f600é,19", max_size=24).map(lambda text: " ".join(text.split()))
COLUMNS = st.builds(
    Column,
    st.sampled_from(["", "Layer", "Number format", "ab c.d 123,456"]),
    overflow=st.just("fold"),
    right=st.booleans(),
    whole=st.booleans(),
    least=st.integers(0, 8),
    most=st.none() | st.integers(8, 20),
)


@st.composite
def tables(draw, texts=TEXTS):
    columns = draw(st.lists(COLUMNS, min_size=1, max_size=5))
    columns = [column._replace(whole=False) if column.most else column for column in columns]
    rows = draw(st.lists(st.tuples(*(texts for _ in columns)), max_size=5))
    return columns, [[((text, ""),) for text in row] for row in rows]


def lines(columns, rows, width):
    return [plain(line) for line in table(columns, rows, width)]


def as_rich_sets_it(columns, rows, width):
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", expand=False)
    for column in columns:
        justify = "right" if column.right else "left"
        limits = {"min_width": column.least or None, "max_width": column.most}
        made.add_column(Text(column.label), justify=justify, overflow="fold", no_wrap=column.whole, **limits)
    for row in rows:
        made.add_row(*(Text(plain(cell)) for cell in row))
    out = io.StringIO()
    Console(file=out, width=width, highlight=False, emoji=False).print(made)
    return out.getvalue().split("\n")[:-1]


@given(tables())
def test_where_there_is_room_it_is_as_rich_sets_it(made):
    columns, rows = made
    widest = [max(cell_len(plain(cell)) for cell in cells) for cells in zip(*rows, strict=True)] or [0] * len(columns)
    columns = [
        column._replace(least=min(column.least, max(wide, cell_len(column.label)), column.most or 99))
        for column, wide in zip(columns, widest, strict=True)
    ]
    found = [line.rstrip() for line in lines(columns, rows, 400)]
    assert found == [line.rstrip() for line in as_rich_sets_it(columns, rows, 400)]


@given(tables(TEXTS.filter(str.isascii)), st.integers(30, 90))
def test_no_line_is_wider_than_there_is_room(made, width):
    assert max(map(cell_len, lines(*made, width))) <= width


@given(tables(TEXTS.filter(str.isascii)), st.integers(60, 120))
def test_no_sign_is_lost_where_each_column_has_room_for_one(made, width):
    columns, rows = made
    found = lines(columns, rows, width)
    said = "".join([*(column.label for column in columns), *(plain(cell) for row in rows for cell in row)])
    assert sorted("".join(found).replace(" ", "")) == sorted(said.replace(" ", ""))


@given(st.lists(st.tuples(TEXTS, st.sampled_from(["", "bold"])), max_size=4).map(tuple), st.integers(2, 40))
def test_a_line_is_broken_and_says_the_same(line, width):
    found = wrap(line, width)
    assert max((cell_len(plain(part)) for part in found), default=0) <= width
    assert "".join(plain(part) for part in found).replace(" ", "") == plain(line).replace(" ", "")


def test_what_stays_whole_gives_way_last():
    columns = [Column("Name"), Column("Number", right=True, whole=True), Column("Sign", whole=True)]
    rows = [[(("a name of four words", "bold"),), (("1,234,567,890", ""),), (("✓", ""),)]]
    assert [line.rstrip() for line in lines(columns, rows, 30)] == [
        "Name              Number  Sign",
        "a name of  1,234,567,890  ✓",
        "four",
        "words",
    ]


def test_looks_follow_what_is_broken():
    found = wrap((("bold words", "bold"), (" and plain ones", "")), 10)
    assert [[(text, bool(looks)) for text, looks in line] for line in found] == [
        [("bold words", True)], [("and plain", False)], [("ones", False)],
    ]  # fmt: skip


NAMES = st.text(alphabet="ab._,/–19层\U0001f600×", min_size=1, max_size=60)


@given(name=NAMES, depth=st.integers(0, 6), copies=st.sampled_from(["", " × 12"]), width=st.integers(2, 50))
def test_a_name_is_broken_without_loss(name, depth, copies, width):
    lines = [plain(line) for line in wrap_name(((" " * depth + name, ""), (copies, "bold")), width)]
    assert "".join(lines).replace(" ", "") == (name + copies).replace(" ", "")
    assert max(map(cell_len, lines)) <= width


def test_a_name_is_broken_between_its_parts_and_set_in():
    lines = wrap_name((("    post_attention_layernorm", ""), (" × 3", "bold")), 22)
    assert [plain(line) for line in lines] == ["    post_attention_", "      layernorm × 3"]
    (first, _, third) = wrap_name((("layers.0.self_attn.query_key_value", ""),), 14)
    assert (plain(first), plain(third)) == ("layers.0.self_", "  key_value")
