"""Named styles of the markup, merged and registered with openpyxl: each distinct look once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, replace
from functools import cached_property
from typing import Any

from openpyxl.cell import Cell as ExcelCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.worksheet.worksheet import Worksheet

from summarykit.exporters.excel.markup.elements import Names, Style
from summarykit.exporters.excel.markup.parsing import mistake

# Every style has a font name: without one LibreOffice shows a serif font.
_DEFAULT = Style(name="default", font="Calibri", size=11, valign="center")
_SIDES = ("left", "right", "top", "bottom")
_MAX_INDENT = 250


class Look:
    """A merged style and its style indexes in the file, registered on first use."""

    def __init__(self, style: Style, sheet: Worksheet) -> None:
        self.style = style
        self._sheet = sheet

    @cached_property
    def plain(self) -> int:
        """The style index of numbers, formulas and text that Excel cannot mistake for a formula."""
        return self._register(self.style, quote_prefix=False)

    @cached_property
    def quote_prefix(self) -> int:
        """The style index of text that Excel would read as a formula when the cell is edited."""
        return self._register(self.style, quote_prefix=True)

    @cached_property
    def big_number(self) -> int:
        """The style index of a number written as text."""
        return self._register(replace(self.style, align=self.style.align or "right"), quote_prefix=True)

    def _register(self, style: Style, *, quote_prefix: bool) -> int:
        # A new cell each time: openpyxl keeps the cell's own array of numbers as the style.
        cell = ExcelCell(self._sheet, row=1, column=1)
        cell.font = _font(style)
        cell.fill = PatternFill("solid", fgColor=style.fill) if style.fill else PatternFill()
        cell.border = _border(style)
        cell.alignment = _alignment(style)
        cell.protection = Protection(locked=style.locked is not False)
        cell.number_format = style.format or "General"
        cell.quotePrefix = quote_prefix
        return int(cell.style_id)


class StyleBook:
    """The styles of one workbook, by name and by combination of names."""

    def __init__(self, sheet: Worksheet, styles: Iterable[Style]) -> None:
        self._sheet = sheet
        self._named = {"default": _DEFAULT}
        self._looks: dict[tuple[Names, int], Look] = {}
        for style in styles:
            if style.name == "default":
                self._named["default"] = _merge([_DEFAULT, style])
            elif style.name in self._named:
                raise mistake(style.line, f"a second style named {style.name!r}", hint="rename one of them")
            else:
                # Its base must come first and is merged at once: no cycle is possible.
                self._named[style.name] = _merge([*self._find(style.base, style.line), style])

    def look(self, names: Names, line: int, indent: int = 0) -> Look:
        """Return the look of these styles, later ones over earlier ones, indented by `indent` steps."""
        match = self._looks.get((names, indent))
        if match is None:
            style = _merge(self._find(("default", *names), line))
            if indent:
                style = replace(style, indent=(style.indent or 0) + indent)
            match = self._looks[names, indent] = Look(style, self._sheet)
        return match

    def difference(self, names: Names, line: int) -> DifferentialStyle:
        """Return what these styles change, for conditional formatting."""
        style = _merge(self._find(names, line))
        return DifferentialStyle(
            font=Font(b=style.bold, i=style.italic, color=style.color),
            # In a conditional format Excel takes the background colour, everywhere else the foreground.
            fill=PatternFill(bgColor=style.fill, fill_type="solid") if style.fill else None,
            border=_border(style) if style.border else None,
        )

    def _find(self, names: Names, line: int) -> list[Style]:
        for name in names:
            if name not in self._named:
                available = ", ".join(self._named)
                raise mistake(
                    line, f"unknown style {name!r}", hint=f"a style stands above its use; there are: {available}"
                )
        return [self._named[name] for name in names]


def _merge(styles: Iterable[Style]) -> Style:
    values: dict[str, Any] = {}
    for style in styles:
        values.update((each.name, value) for each in fields(style) if (value := getattr(style, each.name)) is not None)
    return Style(**values)


def _font(style: Style) -> Font:
    return Font(
        name=style.font,
        size=style.size,
        bold=style.bold,
        italic=style.italic,
        underline="single" if style.underline else None,
        color=style.color,
    )


def _alignment(style: Style) -> Alignment:
    # An indent without a side is ignored: the tree would look flat.
    side = "left" if style.indent and style.align in (None, "general", "center") else style.align
    return Alignment(
        horizontal=side, vertical=style.valign, indent=min(style.indent or 0, _MAX_INDENT), wrap_text=style.wrap
    )


def _border(style: Style) -> Border:
    sides = set(_SIDES if "all" in (style.border or ()) else style.border or ())
    line = Side(style=style.border_style or "thin", color=style.border_color)
    lines: dict[str, Any] = {side: line for side in _SIDES if side in sides}
    return Border(**lines)
