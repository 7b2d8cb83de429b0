"""The order of the house, as docs/architecture.md draws it: imports flow one way, torch stays in one room."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "summarykit"
LONGEST = 300  # lines; a file that outgrows this becomes a folder of the same name

#: Each part of the package (a module or a folder of summarykit/), and the other parts it may import.
MAY_IMPORT = {
    "errors": "",
    "garbage": "",
    "aside": "",
    "project": "errors",
    "progress": "",
    "expression": "errors",
    "records": "errors expression",
    "runs": "errors expression records",
    # live modules end in reading
    "formulas": "errors project expression records runs",
    "reading": "errors garbage progress expression records runs formulas",
    # no torch from here on
    "summary": "errors garbage expression records runs",
    "exporters": "errors garbage progress expression records runs summary",
    "result": "errors progress summary exporters",
    "options": "errors project summary exporters",
    "api": "errors progress formulas reading summary exporters options result",
    "diffing": "errors summary exporters options result api",
    "models": "errors aside project reading summary result api",
    "targets": "errors aside project reading summary result api models",
    "apart": "errors project result models targets",
    "checkouts": "errors",
    "revisions": "errors result api apart checkouts targets",
    "checking": "errors project summary exporters result api models checkouts revisions",
    "diffing_all": "errors progress summary exporters options result api diffing models checkouts revisions",
    "commands": "errors formulas reading summary exporters options result api diffing models checking targets "
    "checkouts revisions diffing_all",
    "cli": "errors aside expression records formulas reading summary exporters result api diffing models targets "
    "commands summarykit",
    # around the house
    # __init__.py: the public names
    "summarykit": "errors formulas summary exporters result api diffing diffing_all checking",
    "__main__": "cli",
    "pytest_plugin": "errors project summary exporters result api checking summarykit",
    "examples": "",
}
#: The only parts that may import torch: who reads a live model, and the models to try it on.
MAY_IMPORT_TORCH = {"reading", "examples"}


def part_of(path: Path) -> str:
    """``summarykit/reading/walk.py`` belongs to ``reading``, ``summarykit/__init__.py`` to ``summarykit``."""
    inside = path.relative_to(PACKAGE).with_suffix("").parts
    return "summarykit" if inside == ("__init__",) else inside[0]


def executed_imports(tree: ast.AST, package: str) -> Iterator[tuple[int, str]]:
    """Line and full name of everything imported, at any depth; what stands under TYPE_CHECKING never runs."""
    for node in ast.iter_child_nodes(tree):
        match node:
            case ast.If(test=ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING")):
                for other in node.orelse:
                    yield from executed_imports(ast.Module([other], []), package)
            case ast.Import():
                yield from ((node.lineno, alias.name) for alias in node.names)
            case ast.ImportFrom():
                start = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
                source = ".".join([*start, *([node.module] if node.module else [])])
                yield from ((node.lineno, f"{source}.{alias.name}") for alias in node.names)
            case _:
                yield from executed_imports(node, package)


def violations(source: str, path: Path) -> Iterator[str]:
    """What in *source*, the text of *path*, goes against the two tables above."""
    part = part_of(path)
    where = path.relative_to(PACKAGE.parent)
    if part not in MAY_IMPORT:
        yield f"{where}: part {part!r} has no place in MAY_IMPORT yet"
        return
    package = ".".join(where.parent.parts)
    for line, name in sorted(set(executed_imports(ast.parse(source), package))):
        top, *rest = name.split(".")
        if top == "torch" and part not in MAY_IMPORT_TORCH:
            yield f"{where}:{line}: {part} imports torch"
        if top != "summarykit":
            continue
        target = rest[0] if rest and rest[0] in MAY_IMPORT else "summarykit"
        if target != part and target not in MAY_IMPORT[part].split():
            yield f"{where}:{line}: {part} imports {name}, but may import only: {MAY_IMPORT[part] or 'nothing of ours'}"


def package_files() -> list[Path]:
    files = sorted(PACKAGE.rglob("*.py"))
    assert files, f"no package at {PACKAGE}"
    return files


def test_imports_follow_the_order() -> None:
    found = [line for path in package_files() for line in violations(path.read_text("utf-8"), path)]
    assert not found, "\n".join(found)


def test_no_file_outgrows_its_room() -> None:
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in package_files()}
    found = [f"{path.relative_to(PACKAGE.parent)}: {n} lines" for path, n in lengths.items() if n > LONGEST]
    assert not found, f"longer than {LONGEST} lines, make each a folder:\n" + "\n".join(found)


@pytest.mark.parametrize(
    ("file", "source", "complaint"),
    [
        ("errors.py", "from summarykit import records", "errors imports summarykit.records"),
        ("records.py", "import summarykit.reading.walk", "records imports summarykit.reading.walk"),
        ("summary/data.py", "from summarykit.formulas import rules", "summary imports summarykit.formulas.rules"),
        ("summary/data.py", "from ..api import report", "summary imports summarykit.api.report"),
        ("summary/data.py", "def f():\n    from .. import cli", "summary imports summarykit.cli"),
        ("summary/data.py", "from . import checks", ""),
        ("result.py", "from summarykit import report", "result imports summarykit.report"),
        ("exporters/html.py", "def f():\n    import torch.nn", "exporters imports torch"),
        ("exporters/html.py", "import torchinfo", ""),
        ("api.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import torch", ""),
        ("api.py", "import typing\nif typing.TYPE_CHECKING:\n    pass\nelse:\n    import torch", "api imports torch"),
        ("reading/trace/hooks.py", "from torch import nn\nfrom ...formulas import rules", ""),
        ("attic/old.py", "", "part 'attic' has no place"),
    ],
)
def test_the_order_is_really_checked(file: str, source: str, complaint: str) -> None:
    found = list(violations(source, PACKAGE / file))
    assert len(found) == bool(complaint)
    assert complaint in "".join(found)


def modules_after(code: str) -> set[str]:
    """The top-level modules a fresh Python has loaded once it has run *code*."""
    report = "\nimport sys; print('\\nLOADED', *sorted({name.partition('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code + report], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.rpartition("LOADED")[2].split())


def test_importing_the_package_is_cheap() -> None:
    loaded = modules_after("import summarykit")
    assert "summarykit" in loaded
    assert not loaded & {"torch", "pandas"}


def test_help_needs_no_torch() -> None:
    loaded = modules_after("""
import runpy, sys
sys.argv = ["summarykit", "--help"]
try:
    runpy.run_module("summarykit", run_name="__main__")
except SystemExit as end:
    assert not end.code, end.code
""")
    assert "summarykit" in loaded
    assert "torch" not in loaded
