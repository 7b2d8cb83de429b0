"""The comments of cells, read from the parts of the file: openpyxl has them only if it reads all cells."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from zipfile import ZipFile

from lxml import etree

from summarykit.exporters.excel.review.values import Comment

_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_BOOK = "xl/workbook.xml"
_THREAD = "[Threaded comment]"


def comments_in(archive: ZipFile) -> Iterator[Comment]:
    """Yield the comments of all sheets, in their order."""
    sheets = {name: target for name, _, target in _related_parts(archive, _BOOK)}
    for sheet in _parse(archive, _BOOK).iterfind(".//{*}sheet"):
        place = sheets.get(str(sheet.get(f"{{{_OFFICE}}}id")), "")
        for _, kind, target in _related_parts(archive, place):
            if kind.endswith("/comments"):
                yield from _of_sheet(_parse(archive, target), str(sheet.get("name")))


def _of_sheet(root: etree._Element, sheet: str) -> Iterator[Comment]:
    authors = [(author.text or "").strip() for author in root.iterfind(".//{*}author")]
    for comment in root.iterfind(".//{*}comment"):
        number = str(comment.get("authorId", ""))
        author = authors[int(number)] if number.isdecimal() and int(number) < len(authors) else ""
        text = "".join(part.text or "" for part in comment.iterfind("{*}text//{*}t"))
        if text.startswith(_THREAD):  # newer versions of Excel add a notice for older ones, and an id for the author
            author, text = "", text.partition("Comment:")[2].strip()
        yield Comment(sheet, str(comment.get("ref")), author, text)


def _related_parts(archive: ZipFile, part: str) -> Iterator[tuple[str, str, str]]:
    """Yield id, kind and name of each part that a part refers to."""
    folder, name = posixpath.split(part)
    links = f"{folder}/_rels/{name}.rels"
    if not part or links not in archive.namelist():
        return
    for link in _parse(archive, links):
        target = posixpath.normpath(posixpath.join("/", folder, str(link.get("Target")))).lstrip("/")
        if target in archive.namelist():
            yield str(link.get("Id")), str(link.get("Type")), target


def _parse(archive: ZipFile, part: str) -> etree._Element:
    return etree.fromstring(archive.read(part), etree.XMLParser(resolve_entities=False, no_network=True))
