"""How large a sheet's text is on paper, as Excel shrinks it to fit: from the file alone, whatever fonts are here."""

from openpyxl.utils import column_index_from_string, get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

#: Short and long side in centimetres, by Excel's number of the paper.
PAPERS = {"8": (29.7, 42.0), "9": (21.0, 29.7)}
#: Of a column, in points: seven pixels a character, a pixel being 0.75 points.
CHARACTER = 5.25
#: Of a row that names none, in points, in Calibri 11.
ROW = 15.0


def printed(sheet: Worksheet) -> float:
    """The size in points of the smallest text on a sheet when it is printed."""
    sizes = [cell.font.size for row in sheet.iter_rows() for cell in row if cell.value not in (None, "")]
    return min(sizes) * scale(sheet)


def scale(sheet: Worksheet) -> float:
    """By how much a sheet is made smaller for its paper."""
    setup, margins = sheet.page_setup, sheet.page_margins
    short, long = PAPERS[str(setup.paperSize)]
    wide, tall = (long, short) if setup.orientation == "landscape" else (short, long)
    room = (wide / 2.54 - margins.left - margins.right) * 72
    widths = [sheet.column_dimensions[get_column_letter(at)].width * CHARACTER for at in range(1, sheet.max_column + 1)]
    heights = [sheet.row_dimensions[at].height or ROW for at in range(1, sheet.max_row + 1)]
    repeated = sum(widths[: _last(sheet.print_title_cols)])
    found = next(
        percent / 100
        for percent in range(100, 0, -1)
        if pages(widths, room / percent * 100, repeated) <= setup.fitToWidth
    )
    if setup.fitToHeight:
        found = min(found, (tall / 2.54 - margins.top - margins.bottom) * 72 / sum(heights))
    return found


def pages(widths: list[float], room: float, repeated: float) -> float:
    """How many pages of *room* these columns take side by side, the first ones repeated on each."""
    taken, used = 1, 0.0
    for width in widths:
        if used and used + width > room:
            taken, used = taken + 1, repeated
        if used + width > room:
            return float("inf")
        used += width
    return taken


def _last(columns: str | None) -> int:
    """The number of the last of the columns that each page repeats: 2 for ``$A:$B``."""
    return column_index_from_string(columns.replace("$", "").split(":")[-1]) if columns else 0
