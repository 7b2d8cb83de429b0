"""Open an .xlsx file of unknown origin; whatever is wrong with it becomes a `ReviewError`."""

from __future__ import annotations

import shlex
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile, ZipFile

import openpyxl
from openpyxl.utils import column_index_from_string, coordinate_to_tuple

from summarykit.errors import MissingFileError, ReviewError
from summarykit.exporters.excel.review.comments import comments_in
from summarykit.exporters.excel.review.values import Comment

#: The oldest formats of Office, and those with a password: files within a file of Microsoft's own.
_COMPOUND = bytes.fromhex("D0CF11E0A1B11AE1")
_PASSWORD_MARK = "EncryptedPackage".encode("utf-16-le")
_PIECE = 1 << 20
#: Unpacked size limit; the workbook of 75,000 layers has a tenth of it.
_MOST_BYTES = 1 << 30
_GIVE = "give the .xlsx file that summarykit wrote, as the reviewer saved it"

#: Cells of a sheet by address.
Cells = Mapping[str, object]


class Book:
    """A workbook: its rows, single cells as formulas or as values, its comments."""

    def __init__(self, name: str, content: bytes) -> None:
        self.name = name
        with self._reading():
            self._formulas = openpyxl.load_workbook(BytesIO(content), read_only=True)
            self._values = openpyxl.load_workbook(BytesIO(content), read_only=True, data_only=True)
        self._content = content

    @property
    def sheets(self) -> tuple[str, ...]:
        """The names of its sheets, hidden ones too; charts are no sheets."""
        return tuple(sheet.title for sheet in self._formulas.worksheets)

    def rows(self, sheet: str, most: int | None = None) -> list[tuple[object, ...]]:
        """Return the rows of a sheet, formulas as text; at most *most* of them."""
        with self._reading():
            return list(self._formulas[sheet].iter_rows(max_row=most, values_only=True))

    def cells(self, sheet: str, addresses: Iterable[str], *, as_values: bool) -> Cells:
        """Return the content of these cells, or their values; None for a cell that does not exist."""
        contents: dict[str, object] = dict.fromkeys(addresses)
        places: dict[int, list[tuple[int, str]]] = {}
        for cell in contents:
            row, column = coordinate_to_tuple(cell)
            places.setdefault(row, []).append((column, cell))
        book = self._values if as_values else self._formulas
        with self._reading():
            rows = book[sheet].iter_rows(max_row=max(places, default=1), values_only=True)
            for number, row_cells in enumerate(rows, 1):
                for column, cell in places.get(number, ()):
                    contents[cell] = row_cells[column - 1] if column <= len(row_cells) else None
        return contents

    def column(self, sheet: str, letters: str) -> list[object]:
        """Return the values of a column, from the first row on."""
        column = column_index_from_string(letters)
        with self._reading():
            return [row[0] for row in self._values[sheet].iter_rows(min_col=column, max_col=column, values_only=True)]

    def comments(self) -> tuple[Comment, ...]:
        """Return the comments of all sheets, in their order."""
        with self._reading(), ZipFile(BytesIO(self._content)) as archive:
            return tuple(comments_in(archive))

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Turn any error of openpyxl into a `ReviewError`, since the file causes it, and ignore its warnings."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                yield
        except Exception as error:
            what = f"{self.name!r} cannot be read as a workbook: {type(error).__name__}: {error}"
            raise ReviewError(what, hint=f"the file may be damaged; {_GIVE}") from error


def open_book(path: Path) -> Book:
    """Return the workbook at *path*.

    Raises:
        MissingFileError: There is no such file.
        ReviewError: It is no .xlsx workbook, has a password, or is damaged.

    """
    name = str(path)
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise MissingFileError(
            f"there is no file {name!r}",
            hint=f"check the path, or write the file: summarykit report TARGET -o {shlex.quote(name)}",
        ) from None
    except (OSError, ValueError) as error:  # a folder; a null character in the path
        raise ReviewError(f"{name!r} cannot be read: {error}", hint=_GIVE) from None
    if content.startswith(_COMPOUND):
        if _PASSWORD_MARK in content:
            raise ReviewError(f"{name!r} has a password", hint="remove it in Excel: File, Info, Protect Workbook")
        raise ReviewError(f"{name!r} is a file of Excel's old format", hint="save it as .xlsx in Excel or LibreOffice")
    try:
        with ZipFile(BytesIO(content)) as archive:
            names, size = set(archive.namelist()), sum(part.file_size for part in archive.infolist())
    except (BadZipFile, ValueError, NotImplementedError) as error:
        if content.startswith(b"PK"):
            raise ReviewError(f"{name!r} is damaged: {error}", hint=f"copy or save it again; {_GIVE}") from None
        raise ReviewError(f"{name!r} is no Excel workbook", hint=_GIVE) from None
    if "mimetype" in names and "content.xml" in names:
        raise ReviewError(f"{name!r} is an OpenDocument file", hint="save it as .xlsx in LibreOffice")
    if "[Content_Types].xml" not in names or not any(part.startswith("xl/") for part in names):
        raise ReviewError(f"{name!r} is no Excel workbook", hint=_GIVE)
    if size > _MOST_BYTES:
        raise ReviewError(f"{name!r} unpacks to {size:,} bytes, more than any summary takes", hint=_GIVE)
    return Book(name, content)
