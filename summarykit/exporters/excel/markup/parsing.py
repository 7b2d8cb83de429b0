"""Parse the rendered markup into its elements; an error has the line and how to fix it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import MISSING, Field, fields
from difflib import get_close_matches
from functools import cache
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from lxml import etree

from summarykit.errors import TemplateError
from summarykit.exporters.excel.markup.elements import (
    Color,
    Element,
    Identifier,
    Names,
    SheetName,
    Sides,
    Widths,
    Workbook,
)
from summarykit.exporters.excel.markup.text import holdable

_E = TypeVar("_E", bound=Element)
_GUIDE = "docs/workbook-markup.md lists the elements and their attributes"


def parse(markup: str) -> Workbook:
    """Return the elements of the markup of a whole workbook.

    Raises:
        TemplateError: It is not well-formed, or has an element or attribute that does not exist.

    """
    if "<!DOCTYPE" in markup:
        raise TemplateError(
            "workbook markup with a document type", hint="remove <!DOCTYPE ...>; entities are not supported"
        )
    text = holdable(markup)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=True, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(text.encode(), parser)
    except etree.XMLSyntaxError as error:
        raise _syntax_mistake(text, error) from None
    if root.tag != Workbook.tag:
        raise mistake(_line(root), f"the outermost element is <{root.tag}>", hint="it must be <workbook>")
    return _build(root, Workbook)


def mistake(line: int, problem: str, *, hint: str) -> TemplateError:
    """Return the error for something wrong at a line of the rendered markup."""
    return TemplateError(f"line {line} of the workbook markup: {problem}", hint=hint)


def _syntax_mistake(text: str, error: etree.XMLSyntaxError) -> TemplateError:
    line = error.lineno or 1
    excerpt = [*text.splitlines(), ""][line - 1].strip()[:120]
    hint = "write &lt; for <, &amp; for & and close every element; in a template, escape text with |e"
    return mistake(line, f"{error.msg or 'not well-formed'}\n    {excerpt}", hint=hint)


def _build(node: etree._Element, kind: type[_E]) -> _E:
    values: dict[str, Any] = {"line": _line(node), **_attributes(node, kind)}
    content = {
        name: attribute for attribute in fields(kind) for name in ("text", "inside") if name in attribute.metadata
    }
    if "text" in content:
        if len(node):
            raise mistake(_line(node), f"<{node[0].tag}> inside <{node.tag}>", hint="it holds text only")
        values[content["text"].name] = node.text or ""
    else:
        _refuse_loose_text(node)
    if "inside" in content:
        children = {child.tag: child for child in content["inside"].metadata["inside"]}
        values[content["inside"].name] = tuple(_build(child, _kind(child, node, children)) for child in node)
    elif len(node):
        raise mistake(_line(node[0]), f"<{node[0].tag}> inside <{node.tag}>", hint=f"<{node.tag}> holds nothing")
    return kind(**values)


def _kind(child: etree._Element, parent: etree._Element, kinds: dict[str, type[Element]]) -> type[Element]:
    tag = str(child.tag)
    if tag in kinds:
        return kinds[tag]
    raise mistake(_line(child), f"unknown element <{tag}> in <{parent.tag}>", hint=_instead(tag, kinds))


def _refuse_loose_text(node: etree._Element) -> None:
    for text in (node.text, *(child.tail for child in node)):
        if text and text.strip():
            raise mistake(_line(node), f"text {text.strip()[:40]!r} in <{node.tag}>", hint="text goes into a <cell>")


def _attributes(node: etree._Element, kind: Any) -> dict[str, Any]:
    readers = _readers(kind)
    values = {}
    for attribute, raw in node.attrib.items():
        if attribute not in readers:
            raise mistake(
                _line(node), f"unknown attribute {attribute!r} of <{node.tag}>", hint=_instead(str(attribute), readers)
            )
        target, reader = readers[str(attribute)]
        try:
            values[target.name] = reader(str(raw))
        except ValueError as problem:
            raise mistake(_line(node), f"{attribute}={raw!r} of <{node.tag}>", hint=f"expected {problem}") from None
    for attribute, (target, _) in readers.items():
        if target.default is MISSING and target.name not in values:
            raise mistake(_line(node), f"<{node.tag}> has no {attribute!r}", hint=f"add {attribute}=…")
    return values


def _line(node: etree._Element) -> int:
    line: Any = node.sourceline
    return line if isinstance(line, int) else 0


def _instead(word: str, names: dict[str, Any]) -> str:
    near = get_close_matches(word, names, n=1)
    return f"did you mean {near[0]!r}? {_GUIDE}" if near else f"use one of {', '.join(names)}; {_GUIDE}"


@cache
def _readers(kind: Any) -> dict[str, tuple[Field[Any], Callable[[str], Any]]]:
    hints = get_type_hints(kind)
    own = [attribute for attribute in fields(kind) if not attribute.metadata]
    return {attribute.name.replace("_", "-"): (attribute, _reader(hints[attribute.name])) for attribute in own}


def _reader(hint: Any) -> Callable[[str], Any]:
    if type(None) in get_args(hint):
        hint = get_args(hint)[0]
    if get_origin(hint) is Literal:
        return lambda raw: _choice(raw, get_args(hint))
    return _READERS[hint]


def _choice(raw: str, choices: tuple[str, ...]) -> str:
    if raw not in choices:
        raise ValueError(f"one of {', '.join(choices)}")
    return raw


def _flag(raw: str) -> bool:
    return _choice(raw, ("true", "false")) == "true"


def _pattern(pattern: str, expectation: str) -> Callable[[str], str]:
    def read(raw: str) -> str:
        if not re.fullmatch(pattern, raw):
            raise ValueError(expectation)
        return raw

    return read


def _number(kind: Callable[[str], float], expectation: str) -> Callable[[str], float]:
    def read(raw: str) -> float:
        try:
            value = kind(raw)
        except ValueError:
            raise ValueError(expectation) from None
        if not 0 <= value < 1e15:
            raise ValueError(f"{expectation}, not negative")
        return value

    return read


_READERS: dict[Any, Callable[[str], Any]] = {
    str: str,
    bool: _flag,
    int: _number(int, "a whole number"),
    float: _number(float, "a number"),
    Names: lambda raw: tuple(raw.split()),
    Widths: lambda raw: tuple(_number(float, "numbers with spaces between")(part) for part in raw.split()),
    Sides: lambda raw: tuple(_choice(part, get_args(get_args(Sides)[0])) for part in raw.split()),
    Color: _pattern("[0-9A-Fa-f]{6}", "six hexadecimal digits, such as 0B84D8"),
    Identifier: _pattern(r"[A-Za-z_][\w-]*", "a name of letters, digits, _ and -, starting with a letter"),
    SheetName: _pattern(r"[^\\/*?:\[\]']{1,31}", "at most 31 characters, none of \\ / * ? : [ ] '"),
}
