"""The elements of the workbook markup: one class an element, one field an attribute.

This file is the schema. A field's name (with `-` for `_`) is the attribute, its type says how the attribute is read, a
field without a default is required; `docs/workbook-markup.md` says what each one means.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, NewType

Color = NewType("Color", str)
Identifier = NewType("Identifier", str)
SheetName = NewType("SheetName", str)
Names = tuple[str, ...]
Widths = tuple[float, ...]
Sides = tuple[Literal["left", "right", "top", "bottom", "all"], ...]


def _inside(*kinds: type[Element]) -> Any:
    """Return a field for the element's children, which must be of these kinds."""
    return field(default=(), metadata={"inside": kinds})


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One element of the markup; `line` is its line in the rendered document."""

    tag: ClassVar[str]
    line: int = field(default=0, metadata={"given": True})


@dataclass(frozen=True, slots=True, kw_only=True)
class Style(Element):
    """A named look. What is left out comes from `base`, and in the end from the style named `default`."""

    tag = "style"
    name: str
    base: Names = ()
    font: str | None = None
    size: float | None = None
    bold: bool | None = None
    italic: bool | None = None
    underline: bool | None = None
    color: Color | None = None
    fill: Color | None = None
    align: Literal["general", "left", "center", "right"] | None = None
    valign: Literal["top", "center", "bottom"] | None = None
    indent: int | None = None
    wrap: bool | None = None
    format: str | None = None
    border: Sides | None = None
    border_color: Color | None = None
    border_style: Literal["hair", "thin", "medium", "thick", "double", "dotted", "dashed"] | None = None
    locked: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Styles(Element):
    """The named styles of the whole workbook."""

    tag = "styles"
    styles: tuple[Style, ...] = _inside(Style)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell(Element):
    """One cell; its content is what it shows, `formula` how Excel computes that."""

    tag = "cell"
    content: str = field(default="", metadata={"text": True})
    type: Literal["text", "number"] = "text"
    formula: str | None = None
    link: str | None = None
    style: Names = ()
    span: int = 1
    at: str | None = None
    id: Identifier | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row(Element):
    """One row, cell by cell from the left."""

    tag = "row"
    cells: tuple[Cell, ...] = _inside(Cell)
    style: Names = ()
    height: float | None = None
    level: int = 0
    hidden: bool = False
    id: Identifier | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Column(Element):
    """One column of bulk rows; without a `key` it is an empty, styled one."""

    tag = "column"
    key: str | None = None
    formula: str | None = None
    style: Names = ()
    style_key: str | None = None
    indent_key: str | None = None
    at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows(Element):
    """Bulk rows, pulled straight from the data and never rendered as markup."""

    tag = "rows"
    columns: tuple[Column, ...] = _inside(Column)
    of: str
    id: Identifier | None = None
    height: float | None = None
    height_key: str | None = None
    style_key: str | None = None
    level_key: str | None = None
    deepest: int | None = None
    hidden_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Print(Element):
    """How the sheet goes on paper; lengths are in centimetres."""

    tag = "print"
    paper: Literal["A3", "A4", "A5", "letter"] = "A4"
    orientation: Literal["portrait", "landscape"] = "portrait"
    fit_width: int | None = None
    fit_height: int | None = None
    area: str | None = None
    titles: str | None = None
    columns: str | None = None
    margin: float | None = None
    footer_left: str | None = None
    footer_right: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation(Element):
    """Which values cells accept, with the prompt before and the error after typing."""

    tag = "validation"
    range: str
    type: Literal["whole", "decimal", "list"]
    min: float | None = None
    max: float | None = None
    values: str | None = None
    title: str | None = None
    prompt: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Format(Element):
    """A style that applies while `when` is true."""

    tag = "format"
    range: str
    when: str
    style: Names


@dataclass(frozen=True, slots=True, kw_only=True)
class DataBar(Element):
    """Bars behind the numbers of a column: solid, none at zero, full at the largest."""

    tag = "databar"
    range: str
    color: Color


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart(Element):
    """One chart of horizontal bars; sizes are in centimetres."""

    tag = "chart"
    at: str
    categories: str
    values: str
    title: str
    alt: str
    color: Color
    width: float = 16.0
    height: float = 8.0
    format: str = "#,##0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table(Element):
    """An Excel table over a header row and the rows below it."""

    tag = "table"
    name: Identifier
    range: str
    look: str = "TableStyleLight1"
    filter: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet(Element):
    """One sheet: its rows from the top, and in any order what covers or surrounds them."""

    tag = "sheet"
    parts: tuple[Row | Rows | Print | Validation | Format | DataBar | Chart | Table, ...] = _inside(
        Row, Rows, Print, Validation, Format, DataBar, Chart, Table
    )
    name: SheetName
    widths: Widths = ()
    freeze: str | None = None
    filter: str | None = None
    gridlines: bool = True
    protect: bool = False
    hidden: bool = False
    zoom: int | None = None
    tab: Color | None = None
    summary_below: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Workbook(Element):
    """The whole file."""

    tag = "workbook"
    parts: tuple[Styles | Sheet, ...] = _inside(Styles, Sheet)
    title: str = ""
    creator: str = "summarykit"
