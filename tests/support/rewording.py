"""Another wording of the workbook: every literal text that its code and templates write, numbers untouched."""

import codecs
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from openpyxl.cell.cell import Cell
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet
from torch import nn

from summarykit.exporters import excel
from summarykit.exporters.base import Options
from summarykit.exporters.rendering import built_in_text
from summarykit.expression import Figure, Words
from support.workbooks import opened

#: Whole words, not the entities of XML; and a text between the tags of a template that no expression writes.
WORD = re.compile(r"(?<![&\w])[A-Za-z]{2,}")
CONTENT = re.compile(r"(?<=>)[^<>{}]*[A-Za-z]{2}[^<>{}]*(?=<)")
#: A text in a formula, and a cell that it names.
TEXT = re.compile(r'"(?:[^"]|"")*"')
REFERENCE = re.compile(r"(?:\w+!)?\$?[A-Z]{1,3}\$?\d+(?::\$?[A-Z]{1,3}\$?\d+)?")
#: What goes before the live sentence: a quote, a number that is text, and one that is nobody's count.
YEARS = ('"2,024" ', 1999, " ")
TEMPLATES = ("overview", "formulas", "compute", "layers", "tensors", "memory", "glossary")


def sequential() -> nn.Module:
    return nn.Sequential(nn.Linear(16, 4), nn.Linear(4, 2), nn.Linear(2, 1))


def frozen() -> nn.Module:
    return nn.Sequential(nn.Linear(64, 40).requires_grad_(False), nn.ReLU(), nn.Linear(40, 2))


def partly_known() -> nn.Module:
    """A layer beside the others that no formula explains: the sentence has two more numbers."""

    class Own(nn.Module):
        def __init__(self):
            super().__init__()
            self.table = nn.Parameter(nn.Linear(37, 41).weight.data.clone())

    return nn.Sequential(nn.Linear(16, 4), Own(), nn.Linear(4, 2))


MODELS = [sequential, frozen, partly_known]


def formulas(data: bytes) -> dict[tuple[str, str], tuple[list[str], object]]:
    """What each live cell names, beside the number that Python wrote into it."""
    book, values = opened(data), opened(data, values=True)
    return {
        (sheet.title, cell.coordinate): (REFERENCE.findall(TEXT.sub('""', cell.value)), number(values, sheet, cell))
        for sheet in book
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "f"
    }


def number(values: Workbook, sheet: Worksheet, cell: Cell) -> object:
    """What a cell shows, None for a text."""
    value = values[sheet.title][cell.coordinate].value
    return None if isinstance(value, str) else value


def agreement(data: bytes) -> str:
    """The one formula of Overview that is a sentence on what was checked."""
    cells = [cell for row in opened(data)["Overview"].iter_rows() for cell in row if cell.data_type == "f"]
    return str(next(cell.value for cell in cells if str(cell.value).count("FIXED(") > 1))


def other_words(text: str) -> str:
    """The same text in words that mean nothing, with the same capitals."""
    return WORD.sub(lambda word: codecs.encode(word[0], "rot13"), text)


def reword(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Options:
    """Reword the code until the test ends, and the templates that the returned options name.

    The sentence with a figure that is live gets two more numbers.
    """
    new = Words.__new__

    def reworded(cls: type[Words], *parts: str | int) -> Words:
        changed: list[str | int] = []
        for part in parts:
            is_literal = isinstance(part, str) and not isinstance(part, Words) and WORD.search(part)
            changed.append(other_words(str(part)) if is_literal else part)
        return new(cls, *(YEARS if any(isinstance(part, Figure) for part in parts) else ()), *changed)

    monkeypatch.setattr(Words, "__new__", reworded)
    for module in modules():
        for name, value in vars(module).items():
            if name.isupper() and isinstance(value, str) and " " in value:
                monkeypatch.setattr(module, name, other_words(value))
    (folder / "excel").mkdir(parents=True)
    for name in TEMPLATES:
        text = built_in_text(f"excel/{name}.xml.j2")
        other = CONTENT.sub(lambda content: other_words(content[0]), text)
        assert other != text
        (folder / "excel" / f"{name}.xml.j2").write_text(other, encoding="utf-8")
    return Options(templates=(folder,))


def modules() -> Iterator[ModuleType]:
    """Every module that writes a workbook."""
    for found in pkgutil.walk_packages(excel.__path__, f"{excel.__name__}."):
        if not {"review", "markup"} & set(found.name.split(".")):  # the reader, and what knows no model
            yield importlib.import_module(found.name)
