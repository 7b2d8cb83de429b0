"""A name is a noun for a value and a verb for a function: no name in the package is a participle alone.

``found``, ``made`` or ``told`` say that something happened, and not what it is. Public names stay: fields that
templates, frames and JSON files show to users, and arguments of public functions. ``left`` is also the side opposite
``right``, and stays where both are in one file. Members of enumerations are the words that reports and files show.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import summarykit
from summarykit.records import LayerType
from summarykit.runs import Operator, RunRecord
from summarykit.summary.budget import Limit

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "summarykit"

#: Irregular participles; regular ones end in "ed".
IRREGULAR = re.compile(
    "begun|bought|broken|brought|built|caught|chosen|done|drawn|driven|eaten|fallen|felt|found|given|gone|grown|heard|held|hidden"
    "|hung|kept|known|laid|left|lost|made|meant|met|paid|said|seen|sent|shown|sold|sought|spent|spoken|stood|taken|thought|thrown"
    "|told|written"
)
#: Words that end in "ed" and are adjectives, nouns or verbs of the field.
NO_PARTICIPLE = {"embed", "feed", "frozen", "indeed", "need", "seed", "speed", "unrelated"}
#: The keys of JSON files are the fields of these.
JSON_RECORDS = (LayerType, RunRecord, Operator, Limit)
#: Where fields are documented that users see; those keep their names.
PUBLIC_PAGES = [
    ROOT / "docs" / f"{name}.md"
    for name in (
        "templates",
        "columns",
        "extending",
        "exporters",
        "budgets",
        "comparing",
        "index",
        "review",
        "workbook-markup",
    )
]


def is_participle(name: str) -> bool:
    word = name.strip("_").lower()
    if "_" in word or word in NO_PARTICIPLE:
        return False
    return bool(IRREGULAR.fullmatch(word)) or (word.endswith("ed") and len(word) > 4)


def documented() -> set[str]:
    """The words that the docs write as code: fields, columns and arguments; and the keys of JSON files."""
    text = "\n".join(path.read_text("utf-8") for path in PUBLIC_PAGES)
    words = {word for code in re.findall(r"`([^`\n]+)`", text) for word in re.findall(r"[A-Za-z_]+", code)}
    keys = {field for kind in JSON_RECORDS for field in kind._fields}
    return words | keys | {"added"} | set(summarykit.__all__)  # "added" and "removed": what differs from a lock


def names(tree: ast.AST, inside_class: bool = False) -> Iterator[tuple[int, str, bool]]:
    """Line and name of each definition, argument and variable, and whether it is a field or an argument."""
    for node in ast.iter_child_nodes(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.lineno, node.name, inside_class
            case ast.arg():
                yield node.lineno, node.arg, True
            case ast.AnnAssign(target=ast.Name(id=name)) if inside_class:
                yield node.lineno, name, True
                continue
            case ast.Assign(targets=[ast.Name(id=name)]) if inside_class:
                if not name.isupper():  # a member of an enumeration
                    yield node.lineno, name, True
                continue
            case ast.Name(ctx=ast.Store()):
                yield node.lineno, node.id, False
            case ast.ExceptHandler(name=str(name)):
                yield node.lineno, name, False
        yield from names(node, isinstance(node, ast.ClassDef))


def participles(source: str, public: set[str]) -> list[tuple[int, str]]:
    every = list(names(ast.parse(source)))
    sides = {"left"} if any(name == "right" for _, name, _ in every) else set()
    return [
        (line, name)
        for line, name, is_field in every
        if is_participle(name) and name not in {*sides, *summarykit.__all__} and not (is_field and name in public)
    ]


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("found = 1", ["found"]),
        ("def told(): pass", ["told"]),
        ("class Held: pass", ["Held"]),
        ("def f(given): pass", ["given"]),
        ("for left in (): pass", ["left"]),
        ("[x for listed in y]", ["listed"]),
        ("if (made := 1): pass", ["made"]),
        ("class A:\n    counted: int\n    known: int", ["known"]),
        ("counted = 1", ["counted"]),
        ("def f(locked): pass", []),
        ("left, right = 1, 2", []),
        ("class State(Enum):\n    CHANGED = 1\n    made = 2\nCHANGED = 1", ["made", "CHANGED"]),
        ("def make_records(): pass\nrun = read = 1\nseed = need = 2\nfrozen = found_names = 3", []),
    ],
)
def test_participles_are_found(source, names):
    assert [name for _, name in participles(source, {"counted", "locked"})] == names


def test_no_name_is_a_participle_alone():
    public = documented()
    lines = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for line, name in participles(path.read_text("utf-8"), public)
    ]
    assert not lines, f"{len(lines)} names say that something happened, and not what it is:\n" + "\n".join(lines)
