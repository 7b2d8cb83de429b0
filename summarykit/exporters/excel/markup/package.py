"""The .xlsx file: openpyxl's parts, the rows, and what openpyxl cannot write, in one deterministic zip."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from itertools import islice
from typing import Any, BinaryIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from lxml import etree
from openpyxl.styles.stylesheet import write_stylesheet
from openpyxl.workbook import Workbook as ExcelWorkbook
from openpyxl.xml.functions import tostring

from summarykit._util.progress import Step, go_on

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_CHART = "http://schemas.openxmlformats.org/drawingml/2006/chart"
_TEXT = "http://schemas.openxmlformats.org/drawingml/2006/main"
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"
_X14 = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"
_XM = "http://schemas.microsoft.com/office/excel/2006/main"
# The URIs of the Excel 2010 extensions of one rule and of all rules of a sheet.
_BAR_RULE = (
    f'<extLst xmlns="{_MAIN}"><ext xmlns:x14="{_X14}" uri="{{{{B025F937-C7B1-47D3-B67F-A62EFF666E3E}}}}">'
    "<x14:id>{name}</x14:id></ext></extLst>"
)
_BARS = (
    f'<extLst xmlns="{_MAIN}"><ext xmlns:x14="{_X14}" uri="{{{{78C0D931-6437-407d-A8EE-F0AAD7539E65}}}}">'
    f'<x14:conditionalFormattings xmlns:xm="{_XM}">{{bars}}</x14:conditionalFormattings></ext></extLst>'
)
_BAR = (
    f'<x14:conditionalFormatting xmlns:x14="{_X14}" xmlns:xm="{_XM}">'
    '<x14:cfRule type="dataBar" id="{name}"><x14:dataBar minLength="0" maxLength="100" gradient="0">'
    '<x14:cfvo type="num"><xm:f>0</xm:f></x14:cfvo><x14:cfvo type="max"/>'
    '<x14:negativeFillColor rgb="FFB3261E"/><x14:axisColor rgb="FF000000"/>'
    "</x14:dataBar></x14:cfRule><xm:sqref>{cells}</xm:sqref></x14:conditionalFormatting>"
)
# The elements of a sheet that the schema puts after ignoredErrors.
_AFTER_CORNERS = {
    f"{{{_MAIN}}}{tag}" for tag in ("drawing", "legacyDrawing", "legacyDrawingHF", "tableParts", "extLst")
}
# The order of Excel's own schema; openpyxl writes another, which Excel reads too.
_FONT = (
    "b",
    "i",
    "strike",
    "condense",
    "extend",
    "outline",
    "shadow",
    "u",
    "vertAlign",
    "sz",
    "color",
    "name",
    "family",
)
_ROWS_AT_ONCE = 1_000
_STYLES, _BOOK = "xl/styles.xml", "xl/workbook.xml"
# Print titles as openpyxl writes them: rows before columns.
_ROWS_AND_COLUMNS = re.compile(r"(.+!\$\d+:\$\d+),(.+!\$[A-Z]+:\$[A-Z]+)")
#: The oldest date a zip can store, and the date of a file if none is passed.
EARLIEST = datetime(1980, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Page:
    """What a sheet has beyond openpyxl's part of it."""

    rows: Iterable[str]
    height: int  #: how many rows
    alt_texts: Sequence[str]


def write_package(excel: ExcelWorkbook, pages: Mapping[str, Page], out: BinaryIO, creation_date: datetime) -> None:
    """Write the workbook with these rows on its sheets; the same input gives the same bytes."""
    excel.properties.created = creation_date
    parts = _workbook_parts(excel)
    excel.properties.modified = creation_date  # saving set it to the current time
    parts["docProps/core.xml"] = tostring(excel.properties.to_tree())
    # Rows register their styles while they are written, so this part is written last.
    del parts[_STYLES]
    sheets = {sheet.path.lstrip("/"): pages[sheet.title] for sheet in excel.worksheets}
    with_charts = [page.alt_texts for page in sheets.values() if page.alt_texts]
    for number, alt_texts in enumerate(with_charts, 1):
        drawing = f"xl/drawings/drawing{number}.xml"
        parts[drawing] = _with_alt_text(parts[drawing], alt_texts)
    parts[_BOOK] = _columns_first(parts[_BOOK])
    for name in [name for name in parts if name.startswith("xl/charts/chart")]:
        parts[name] = _unbroken(parts[name])
    step = go_on("row", sum(page.height for page in pages.values()))
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        # Programs recognise the type of the file by its first entry.
        for name in sorted(parts, key=lambda name: (name != "[Content_Types].xml", name)):
            content = _sheet(parts[name], sheets[name].rows, step) if name in sheets else [parts[name]]
            _write(archive, name, content, creation_date)
        _write(archive, _STYLES, [_fonts_in_order(write_stylesheet(excel))], creation_date)


def _workbook_parts(excel: ExcelWorkbook) -> dict[str, bytes]:
    buffer = BytesIO()
    excel.save(buffer)
    with ZipFile(buffer) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _write(archive: ZipFile, name: str, content: Iterable[bytes], creation_date: datetime) -> None:
    info = ZipInfo(name, max(creation_date, EARLIEST).timetuple()[:6])
    info.compress_type = ZIP_DEFLATED
    info.create_system = 3  # Unix, on every system, so that the bytes are the same
    info.external_attr = 0o644 << 16
    with archive.open(info, "w") as part:
        for piece in content:
            part.write(piece)


def _sheet(skeleton: bytes, rows: Iterable[str], step: Step) -> Iterator[bytes]:
    """Yield openpyxl's sheet, whose own rows are empty, with *rows* in it."""
    root = etree.fromstring(skeleton)
    _put_in_order(root)
    _solid_bars(root)
    _no_green_corners(root)
    whole = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    parts = re.split(rb"<sheetData/>|<sheetData>.*?</sheetData>", whole, maxsplit=1, flags=re.DOTALL)
    if len(parts) != 2:
        raise RuntimeError("openpyxl wrote a sheet without a place for its rows")
    yield parts[0] + b"<sheetData>"
    remaining = iter(rows)
    while some := list(islice(remaining, _ROWS_AT_ONCE)):
        yield "".join(some).encode()
        step.done += len(some)
    yield b"</sheetData>" + parts[1]


def _put_in_order(root: etree._Element) -> None:
    """Sort what openpyxl writes in the order of a set, which differs between runs."""
    for merge_cells in root.iterfind(f"{{{_MAIN}}}mergeCells"):
        merge_cells[:] = sorted(merge_cells, key=lambda cell: str(cell.get("ref")))
    for rule in root.iterfind(f".//{{{_MAIN}}}dataValidation"):
        rule.set("sqref", " ".join(sorted(str(rule.get("sqref")).split())))


def _solid_bars(root: etree._Element) -> None:
    """Make data bars solid and start at zero; only the Excel 2010 extension can express that."""
    later = []
    for number, rule in enumerate(root.iterfind(f".//{{{_MAIN}}}cfRule[@type='dataBar']"), 1):
        name = f"{{{number:08X}-0000-4000-8000-000000000000}}"
        cells = rule.xpath("string(../@sqref)")
        rule.append(etree.fromstring(_BAR_RULE.format(name=name)))
        later.append(_BAR.format(name=name, cells=cells))
    if later:
        root.append(etree.fromstring(_BARS.format(bars="".join(later))))


def _no_green_corners(root: etree._Element) -> None:
    """Switch off Excel's warnings on names such as "0" and on formulas that differ from their neighbours."""
    cells = root.xpath("string(*[local-name()='dimension']/@ref)")
    corners = etree.Element(f"{{{_MAIN}}}ignoredErrors")
    etree.SubElement(
        corners, f"{{{_MAIN}}}ignoredError", sqref=str(cells), numberStoredAsText="1", formula="1", formulaRange="1"
    )
    place = next((at for at, part in enumerate(root) if part.tag in _AFTER_CORNERS), len(root))
    root.insert(place, corners)


def _with_alt_text(drawing: bytes, alt_texts: Sequence[str]) -> bytes:
    """Return the drawing with an alternative text for each chart."""
    root = etree.fromstring(drawing)
    for frame, text in zip(root.iterfind(f".//{{{_DRAWING}}}cNvPr"), alt_texts, strict=True):
        frame.set("descr", text)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


def _columns_first(book: bytes) -> bytes:
    """Return the workbook part with print titles in Excel's order: columns before rows."""
    root = etree.fromstring(book)
    for name in root.iterfind(f".//{{{_MAIN}}}definedName[@name='_xlnm.Print_Titles']"):
        name.text = _ROWS_AND_COLUMNS.sub(r"\2,\1", name.text or "")
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


def _unbroken(chart: bytes) -> bytes:
    """Return the chart with each label on one line.

    Otherwise LibreOffice breaks numbers in two; openpyxl cannot write this attribute.
    """
    root = etree.fromstring(chart)
    for body in root.iterfind(f".//{{{_CHART}}}dLbls/{{{_CHART}}}txPr/{{{_TEXT}}}bodyPr"):
        body.set("wrap", "none")
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


def _fonts_in_order(styles: Any) -> bytes:
    root = etree.fromstring(tostring(styles))
    for font in root.iterfind(f".//{{{_MAIN}}}font"):
        font[:] = sorted(font, key=_place_in_font)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


def _place_in_font(part: etree._Element) -> int:
    name = etree.QName(part).localname
    return _FONT.index(name) if name in _FONT else len(_FONT)
