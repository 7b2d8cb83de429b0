"""Read the changes in a reviewed workbook: each cell is compared with the sheet Originals."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple

from summarykit.errors import ReviewError
from summarykit.exporters.excel.review.file import Book, open_book
from summarykit.exporters.excel.review.values import Change, Original, Review, Total

MARK, FORMAT = "summarykit review", 1
_INPUT, _LINK = "input", "linked"
#: The cell that a formula such as ``='My sheet'!$C$7`` names; LibreOffice may write ``$Sheet.C7`` inside.
_PLACE = re.compile(
    r"=\+?\$?(?:'(?P<quoted>(?:[^']|'')+)'|(?P<plain>[^'!:()]+))[!.]\$?(?P<column>[A-Z]{1,3})\$?(?P<row>\d+)"
)
_NOT_COMPUTED = (
    "The program that saved this file computed nothing: save it once in Excel or LibreOffice to see what counts become."
)


class _Place(NamedTuple):
    sheet: str
    column: str
    row: int

    @property
    def cell(self) -> str:
        return f"{self.column}{self.row}"


class _OriginalRow(NamedTuple):
    """A row of the sheet Originals."""

    kind: str
    sheet: str
    layer: str
    name: str
    label: str
    original: Original
    place: _Place | None  #: the address of the cell now; None if it was deleted
    copies: int
    copy_count: int | None
    becomes: _Place | None
    number: int | None  #: of its row, which stays when rows are sorted
    row: _Place | None  #: the cell with that number when the workbook was written


def read_workbook(path: Path) -> Review:
    """Return what was changed in the workbook at *path*.

    Raises:
        MissingFileError: There is no such file.
        ReviewError: It cannot be read, or has no record of its original values.

    """
    book = open_book(path)
    rows = list(_find_moved_rows(_original_rows(book, str(path)), book))
    places = [place for row in rows for place in (row.place, row.becomes) if place]
    now = _Cells(book, places)
    notes = {row.label: now.text(row.place) for row in rows if row.kind == "note"}
    model = {row.label: str(row.original or "") for row in rows if row.kind == "model"}
    totals = tuple(
        Total(row.label, row.original, now.value(row.place))
        for row in rows
        if row.kind == "total" and isinstance(row.original, int)
    )
    changes = tuple(_changes(rows, now))
    return Review(
        title=model.get("title", ""),
        source=model.get("source", ""),
        fingerprint=model.get("fingerprint", ""),
        reviewer=notes.get("reviewer", ""),
        date=notes.get("date", ""),
        remark=notes.get("remark", ""),
        totals=totals,
        changes=changes,
        comments=book.comments(),
        notes=tuple(_notes(rows, totals)),
    )


class _Cells:
    """The contents and the values of some cells."""

    def __init__(self, book: Book, places: Iterable[_Place]) -> None:
        names: dict[str, list[str]] = {}
        for place in places:
            names.setdefault(place.sheet, []).append(place.cell)
        missing = sorted(names.keys() - set(book.sheets))
        if missing:  # no formula refers to a deleted sheet, so this one is damaged
            what = f"{book.name!r} is damaged: its sheet {missing[0]!r} cannot be read"
            raise ReviewError(what, hint="copy it again, or have the reviewer save it once more")
        self._contents = {sheet: book.cells(sheet, cells, as_values=False) for sheet, cells in names.items()}
        self._values = {sheet: book.cells(sheet, cells, as_values=True) for sheet, cells in names.items()}

    def formula(self, place: _Place | None) -> str:
        """Return the formula in a cell, empty if there is none."""
        content = self._contents.get(place.sheet, {}).get(place.cell) if place else None
        return content if isinstance(content, str) and content.startswith("=") else ""

    def value(self, place: _Place | None) -> Original:
        """Return the value of a cell."""
        return _plain(self._values.get(place.sheet, {}).get(place.cell)) if place else None

    def text(self, place: _Place | None) -> str:
        """Return the value of a cell as text, or its formula if no program computed it."""
        value = self.value(place)
        return self.formula(place) if value is None else str(value)


def _original_rows(book: Book, name: str) -> list[_OriginalRow]:
    """Return the rows of the sheet Originals, whatever it is called now."""
    for sheet in book.sheets:
        head: tuple[object, ...] = next(iter(book.rows(sheet, 1)), ())
        if head[:1] != (MARK,):
            continue
        number = head[1] if len(head) > 1 else None
        if not isinstance(number, int | float) or number > FORMAT:
            what = f"{name!r} was written by a newer summarykit"
            raise ReviewError(what, hint="update summarykit: pip install --upgrade summarykit")
        rows = book.rows(sheet)[1:]
        columns = {str(name): at for at, name in enumerate(rows[0] if rows else ())}
        return [_row(row, columns) for row in rows[1:] if row and row[0]]
    what = f"{name!r} holds no record of what it was"
    raise ReviewError(what, hint="give a workbook of summarykit with its hidden sheet Originals still in it")


def _row(row: tuple[object, ...], columns: Mapping[str, int]) -> _OriginalRow:
    def cell(name: str) -> Original:
        at = columns.get(name, len(row))
        return _plain(row[at]) if at < len(row) else None

    copies, count, number = cell("copies"), cell("count"), cell("number")
    return _OriginalRow(
        kind=str(cell("kind")),
        sheet=str(cell("sheet") or ""),
        layer=str(cell("layer") or ""),
        name=str(cell("name") or ""),
        label=str(cell("label") or ""),
        original=cell("original"),
        place=_place(cell("now")),
        copies=copies if isinstance(copies, int) else 1,
        copy_count=count if isinstance(count, int) else None,
        becomes=_place(cell("becomes")),
        number=number if isinstance(number, int) else None,
        row=_place(cell("row")),
    )


def _find_moved_rows(originals: Iterable[_OriginalRow], book: Book) -> Iterator[_OriginalRow]:
    """Yield the rows with their current places, also if a reviewer or a program sorted or moved them.

    A formula refers to a cell and not to its content: after a sort it refers to the cell of another layer.
    """
    columns: dict[tuple[str, str], dict[object, list[int]]] = {}
    for one in originals:
        if one.number is None or one.row is None or one.row.sheet not in book.sheets:
            yield one
            continue
        where = (one.row.sheet, one.row.column)
        if where not in columns:
            numbers = columns[where] = {}
            for at, value in enumerate(book.column(*where), 1):
                numbers.setdefault(_plain(value), []).append(at)
        rows = columns[where].get(one.number, [])
        if one.row.row in rows or len(rows) != 1:
            yield one
        else:
            yield one._replace(place=_in_row(one.place, rows[0]), becomes=_in_row(one.becomes, rows[0]))


def _in_row(place: _Place | None, row: int) -> _Place | None:
    return place._replace(row=row) if place else None


def _place(formula: Original) -> _Place | None:
    match = _PLACE.fullmatch(formula) if isinstance(formula, str) else None
    if match is None:
        return None
    sheet = match["plain"] or match["quoted"].replace("''", "'")
    return _Place(sheet, match["column"], int(match["row"]))


def _changes(rows: Iterable[_OriginalRow], now: _Cells) -> Iterator[Change]:
    """Yield the inputs that differ; a cell that follows another differs once it is no formula any more."""
    for row in rows:
        if row.kind not in (_INPUT, _LINK) or row.place is None:
            continue
        formula, value = now.formula(row.place), now.value(row.place)
        if row.kind == _LINK and formula:
            continue
        content: Original = formula if value is None and formula else value
        if row.kind == _INPUT and content == row.original:
            continue
        yield Change(
            sheet=row.place.sheet,
            cell=row.place.cell,
            layer=row.layer,
            name=row.name,
            label=row.label,
            original=row.original,
            now=content,
            followed=row.kind == _LINK,
            copies=row.copies,
            counted=row.copy_count,
            becomes=now.value(row.becomes),
        )


def _notes(rows: Iterable[_OriginalRow], totals: Iterable[Total]) -> Iterator[str]:
    if any(total.now is None for total in totals):
        yield _NOT_COMPUTED
    missing = [row for row in rows if row.place is None and row.kind in (_INPUT, _LINK)]
    if missing:
        names = [f"{row.label}{f' of {row.layer}' if row.layer else ''}" for row in missing]
        text = ", ".join([*names[:3], *(["…"] if len(names) > 3 else [])])
        yield f"Cells that are deleted, of which nothing is known ({len(missing):,}): {text}"


def _plain(value: object) -> Original:
    """Return a cell's value: whole numbers as such, dates as ISO, errors and texts as text."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if not (value.hour or value.minute or value.second) else value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
