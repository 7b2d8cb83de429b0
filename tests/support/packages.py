"""What Excel would repair or refuse in an .xlsx file: order, references, names, limits of its parts.

By ECMA-376, by Excel's own specifications and limits, and by ``openxml-audit``, which has the schemas of Microsoft's
Open XML SDK.
"""

import io
import re
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from lxml import etree
from openpyxl.utils import column_index_from_string, range_boundaries
from openxml_audit import OpenXmlValidator

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
PACKAGE = "{http://schemas.openxmlformats.org/package/2006/relationships}"
TYPES = "{http://schemas.openxmlformats.org/package/2006/content-types}"
#: The children of a worksheet, in the order of CT_Worksheet.
ORDER = (
    *("sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetCalcPr", "sheetProtection"),
    *("protectedRanges", "scenarios", "autoFilter", "sortState", "dataConsolidate", "customSheetViews", "mergeCells"),
    *("phoneticPr", "conditionalFormatting", "dataValidations", "hyperlinks", "printOptions", "pageMargins"),
    *("pageSetup", "headerFooter", "rowBreaks", "colBreaks", "customProperties", "cellWatches", "ignoredErrors"),
    *("smartTags", "drawing", "legacyDrawing", "legacyDrawingHF", "picture", "oleObjects", "controls"),
    *("webPublishItems", "tableParts", "extLst"),
)
FONT = (
    *("b", "i", "strike", "condense", "extend", "outline", "shadow", "u", "vertAlign", "sz", "color", "name"),
    *("family", "charset", "scheme"),
)
CELL = re.compile(r"([A-Z]+)(\d+)")
PLACE = re.compile(r"(?:[A-Z]{1,3}\d+|R\d*C\d*|[RC])", re.IGNORECASE)
LITERAL = re.compile(r'"((?:[^"]|"")*)"')
TEXT, FORMULA, PART_OF_FORMULA, ROWS, COLUMNS, HEIGHT, LEVELS, STYLES = (
    32_767,
    8_192,
    255,
    1_048_576,
    16_384,
    409.5,
    7,
    64_000,
)


def complaints(file: bytes) -> list[str]:
    """Everything Excel would find wrong; empty for a file that opens without a word."""
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        names = archive.namelist()
        twice = [f"{name} is in the file twice" for name, times in Counter(names).items() if times > 1]
        parts = {name: etree.fromstring(archive.read(name)) for name in names}
    return [*twice, *_package(parts), *_workbook(parts), *_audited(file)]


def _package(parts: dict[str, etree._Element]) -> Iterator[str]:
    types = parts["[Content_Types].xml"]
    named = {part.get("PartName").lstrip("/") for part in types.iterfind(f"{TYPES}Override")}
    endings = {part.get("Extension") for part in types.iterfind(f"{TYPES}Default")}
    yield from (f"{name} has a type and is not there" for name in named - set(parts))
    for name in parts:
        if name != "[Content_Types].xml" and name not in named and name.rpartition(".")[2] not in endings:
            yield f"{name} has no type"
        if name.endswith(".rels"):
            yield from _relations(parts, name)


def _relations(parts: dict[str, etree._Element], name: str) -> Iterator[str]:
    folder, _, file = name.rpartition("_rels/")
    owner = folder + file.removesuffix(".rels")
    found = {part.get("Id"): part for part in parts[name].iterfind(f"{PACKAGE}Relationship")}
    if len(found) != len(parts[name]):
        yield f"{name} has two relations of one id"
    for part in found.values():
        if part.get("TargetMode") == "External":
            yield f"{name} leads out of the file, to {part.get('Target')}"
        elif _target(owner, part.get("Target")) not in parts:
            yield f"{name} leads to {part.get('Target')}, which is not there"
    if owner in parts:
        used = {
            value for element in parts[owner].iter() for key, value in element.attrib.items() if key[:-2] == RELATION
        }
        yield from (f"{owner} asks for the relation {one}" for one in used - set(found))


def _target(owner: str, target: str) -> str:
    if target.startswith("/"):
        return target[1:]
    path = PurePosixPath(owner).parent
    for step in target.split("/"):
        path = path.parent if step == ".." else path / step
    return str(path)


def _sheet_of(places: str) -> str:
    """The sheet of a name's place, or of its columns and rows: Excel writes ``'A'!$A:$B,'A'!$1:$3``, in this order."""
    found = re.fullmatch(
        r"(.+)!\$[A-Z]+(?:\$\d+)?(?::\$[A-Z]+(?:\$\d+)?)?(?:,\1!\$\d+:\$\d+)?|(.+)!\$\d+:\$\d+", places
    )
    return ((found[1] or found[2]) if found else "").removeprefix("'").removesuffix("'").replace("''", "'")


def _workbook(parts: dict[str, etree._Element]) -> Iterator[str]:
    book = parts["xl/workbook.xml"]
    titles = [sheet.get("name") for sheet in book.iterfind(f".//{MAIN}sheet")]
    if len({title.lower() for title in titles}) != len(titles):
        yield f"two sheets of one name among {titles}"
    yield from (f"a sheet cannot be named {title!r}" for title in titles if not _title(title))
    names = [(name.get("name"), name.get("localSheetId")) for name in book.iterfind(f".//{MAIN}definedName")]
    yield from (f"the name {name} is defined twice" for name, times in Counter(names).items() if times > 1)
    for name in book.iterfind(f".//{MAIN}definedName"):
        if _sheet_of(name.text or "") not in titles:
            yield f"{name.get('name')} stands for {name.text}, on no sheet"
    styles = parts["xl/styles.xml"]
    looks = len(styles.find(f"{MAIN}cellXfs"))
    rules = len(styles.find(f"{MAIN}dxfs")) if styles.find(f"{MAIN}dxfs") is not None else 0
    if looks > STYLES:
        yield f"{looks} styles of cells"
    for font in styles.iter(f"{MAIN}font"):
        yield from _in_order(f"a font in {'rules' if font.getparent().tag.endswith('dxf') else 'styles'}", font, FONT)
    tables = [part for name, part in parts.items() if name.startswith("xl/tables/")]
    yield from _tables(tables, {name.get("name").lower() for name in book.iterfind(f".//{MAIN}definedName")})
    for name, part in parts.items():
        if name.startswith("xl/worksheets/sheet"):
            yield from (f"{name}: {what}" for what in _sheet(part, titles, looks, rules))
            yield from (f"{name}: {what}" for what in _sheet_tables(parts, name))


def _title(title: str) -> bool:
    return 0 < len(title) <= 31 and not re.search(r"[\\/*?:\[\]]", title) and title.strip("'") == title


def _in_order(what: str, element: etree._Element, order: tuple[str, ...]) -> Iterator[str]:
    found = [etree.QName(part).localname for part in element]
    yield from (f"{name} in {what}" for name in found if name not in order)
    places = [order.index(name) for name in found if name in order]
    if places != sorted(places):
        yield f"{what} is in the order {' '.join(found)}"


def _sheet(sheet: etree._Element, titles: list[str], looks: int, rules: int) -> Iterator[str]:
    yield from _in_order("the sheet", sheet, ORDER)
    yield from _rows(sheet, looks)
    for rule in sheet.iter(f"{MAIN}cfRule"):
        if rule.get("dxfId") is not None and int(rule.get("dxfId")) >= rules:
            yield f"a rule asks for the look {rule.get('dxfId')} of {rules}"
    for part in sheet.iter(f"{MAIN}dataValidation"):
        if (
            len(part.get("prompt", "")) > 255
            or len(part.get("error", "")) > 255
            or len(part.get("promptTitle", "")) > 32
        ):
            yield "a validation with too long a text"
    boxes = [range_boundaries(cell.get("ref")) for cell in sheet.iter(f"{MAIN}mergeCell")]
    yield from _overlaps("merged cells", boxes)
    for link in sheet.iter(f"{MAIN}hyperlink"):
        if (link.get("location") or "").rpartition("!")[0].strip("'") not in titles:
            yield f"a link to {link.get('location')}"


def _rows(sheet: etree._Element, looks: int) -> Iterator[str]:
    before = 0
    for row in sheet.iter(f"{MAIN}row"):
        number, left = int(row.get("r")), 0
        if not before < number <= ROWS:
            yield f"row {number} after row {before}"
        if float(row.get("ht", 0)) > HEIGHT or int(row.get("outlineLevel", 0)) > LEVELS:
            yield f"row {number} is too high or too deep"
        for cell in row:
            letters, at = CELL.fullmatch(cell.get("r")).groups()
            column = column_index_from_string(letters)
            if int(at) != number or not left < column <= COLUMNS:
                yield f"cell {cell.get('r')} in row {number} after column {left}"
            if int(cell.get("s", 0)) >= looks:
                yield f"{cell.get('r')} asks for the style {cell.get('s')} of {looks}"
            yield from (f"{cell.get('r')}: {what}" for what in _cell(cell))
            left = column
        before = number


def _cell(cell: etree._Element) -> Iterator[str]:
    kind, value, formula = cell.get("t", "n"), cell.find(f"{MAIN}v"), cell.find(f"{MAIN}f")
    if kind == "n" and value is not None and value.text is not None:
        float(value.text)
    if kind == "inlineStr" and (formula is not None or value is not None):
        yield "a text with a formula or value"
    if sum(len(text.text or "") for text in cell.iter(f"{MAIN}t")) > TEXT:
        yield "too long a text"
    if formula is None:
        return
    if not formula.text or formula.text.startswith("=") or len(formula.text) > FORMULA:
        yield f"the formula {(formula.text or '')[:50]!r}"
    if any(len(text) > PART_OF_FORMULA for text in LITERAL.findall(formula.text or "")):
        yield "a formula with too long a text in quotes"
    if kind not in {"n", "str", "b"}:
        yield f"a formula that shows a {kind}"


def _overlaps(what: str, boxes: list[tuple[int, int, int, int]]) -> Iterator[str]:
    for number, one in enumerate(boxes):
        for two in boxes[:number]:
            if one[0] <= two[2] and two[0] <= one[2] and one[1] <= two[3] and two[1] <= one[3]:
                yield f"{what} overlap: {one} and {two}"


def _tables(tables: list[etree._Element], names: set[str]) -> Iterator[str]:
    for key in ("id", "name", "displayName"):
        held = [str(table.get(key)).lower() for table in tables]
        if len(set(held)) != len(held) or (key != "id" and names & set(held)):
            yield f"two tables, or a table and a name, with the {key} of {held}"
    for table in tables:
        name = table.get("displayName")
        if not re.fullmatch(r"[A-Za-z_\\][\w.\\]*", name) or PLACE.fullmatch(name):
            yield f"a table cannot be named {name!r}"
        columns = list(table.iter(f"{MAIN}tableColumn"))
        left, top, right, bottom = range_boundaries(table.get("ref"))
        heads = [column.get("name").lower() for column in columns]
        if len(set(heads)) != len(heads) or len({column.get("id") for column in columns}) != len(heads):
            yield f"two columns of {name} with one name or id"
        if right - left + 1 != len(heads) or bottom <= top:
            yield f"{name} has {len(heads)} columns over {table.get('ref')}"


def _sheet_tables(parts: dict[str, etree._Element], name: str) -> Iterator[str]:
    sheet, relations = parts[name], parts.get(name.replace("worksheets/", "worksheets/_rels/") + ".rels")
    shown = {
        cell.get("r"): "".join(text.text or "" for text in cell.iter(f"{MAIN}t")) for cell in sheet.iter(f"{MAIN}c")
    }
    targets = {part.get("Id"): _target(name, part.get("Target")) for part in (() if relations is None else relations)}
    tables = [parts[targets[part.get(f"{RELATION}id")]] for part in sheet.iter(f"{MAIN}tablePart")]
    boxes = [range_boundaries(table.get("ref")) for table in tables]
    filtered = sheet.find(f"{MAIN}autoFilter")
    yield from _overlaps(
        "tables and filter", boxes + ([range_boundaries(filtered.get("ref"))] if filtered is not None else [])
    )
    for table, (left, top, _, _) in zip(tables, boxes, strict=True):
        for at, column in enumerate(table.iter(f"{MAIN}tableColumn"), left):
            above = next((text for place, text in shown.items() if _stands(place, at, top)), None)
            if above != column.get("name"):
                yield f"the column {column.get('name')!r} stands under {above!r}"


def _stands(place: str, column: int, row: int) -> bool:
    letters, number = CELL.fullmatch(place).groups()
    return int(number) == row and column_index_from_string(letters) == column


def _audited(file: bytes) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "book.xlsx"
        path.write_bytes(file)
        for found in OpenXmlValidator(max_errors=20).validate(str(path)).errors:
            # Texts inside their cells are valid; Excel moves them to a part of their own when it saves.
            if "inline-string" not in found.description:
                yield f"{found.part_uri}: {found.description}"
