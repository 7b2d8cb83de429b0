"""The order of the house, as docs/architecture.md draws it: imports flow one way, torch stays in one room."""

import ast
import subprocess
import sys
from collections.abc import Container, Iterator, Mapping
from pathlib import Path

import pytest

from summarykit.exporters import base

PACKAGE = Path(__file__).resolve().parents[1] / "summarykit"
LONGEST = 500  # lines; a file is a topic, and a longer one is usually two

#: Each part of the package (a module or a folder of summarykit/), and the other parts it may import.
MAY_IMPORT = {
    "errors": "",
    "_util": "",
    "settings": "errors",
    "expression": "errors",
    "records": "errors expression",
    "runs": "errors expression records",
    # live modules end in reading
    "formulas": "errors settings expression records runs",
    "reading": "errors _util expression records runs formulas",
    # no torch from here on
    "summary": "errors _util expression records runs",
    "exporters": "errors _util expression records runs summary",
    "result": "errors _util summary exporters",
    "options": "errors settings summary exporters",
    "api": "errors _util settings formulas reading summary exporters options result",
    "comparison": "errors summary exporters options result api",
    # above the functions people call
    "projects": "errors _util settings reading summary exporters options result api comparison",
    "cli": "errors _util settings expression records formulas reading summary exporters options result api comparison "
    "projects summarykit",
    # around the house
    # __init__.py: the public names
    "summarykit": "errors formulas summary exporters result api comparison projects",
    "__main__": "cli",
    "pytest_plugin": "errors settings summary exporters result api projects summarykit",
    "examples": "",
}
#: The formats: a folder each in exporters/, or a module. None may import another one.
FORMATS = {module.partition(".")[0] for module in base.FORMATS}
#: The only parts that may import torch: who reads a live model, and the models to try it on.
MAY_IMPORT_TORCH = {"reading", "examples"}
#: Modules that import, when first used, those that register with them: the only circles of imports at run time.
REGISTRIES = {
    "summarykit.formulas.rules": "parsing the shipped rules is not paid by `import summarykit`, which exports `rule`",
}


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


def module_name(path: Path) -> str:
    """``summarykit/reading/walk.py`` is ``summarykit.reading.walk``."""
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")


def exporters_part(module: str) -> str:
    """``summarykit.exporters.html.diff.table`` belongs to ``html``; what is not in exporters/ belongs to nothing."""
    return module.removeprefix("summarykit.exporters.").partition(".")[0] if ".exporters." in module else ""


def imported_modules() -> dict[str, set[str]]:
    """Return the modules of ours that each module imports."""
    paths = {module_name(path): path for path in package_files()}
    found: dict[str, set[str]] = {}
    for module, path in paths.items():
        package = ".".join(path.relative_to(PACKAGE.parent).parent.parts)
        names = {name for _, name in executed_imports(ast.parse(path.read_text("utf-8")), package)}
        found[module] = {name if name in paths else name.rpartition(".")[0] for name in names} & paths.keys()
    return found


def packages_above(module: str) -> list[str]:
    """Return the packages that Python runs before *module*, the outermost first."""
    parts = module.split(".")
    return [".".join(parts[:i]) for i in range(1, len(parts))]


def modules_run(imports: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """Return the modules that the imports of each module run.

    Importing ``a.b.c`` runs the packages ``a`` and ``a.b`` first. Those that a module is in itself began to run before
    it, so they count only where it imports a name from the package and not a module of it.
    """
    result: dict[str, set[str]] = {}
    for module, others in imports.items():
        packages = {package for other in others for package in packages_above(other)} & imports.keys()
        result[module] = (others | packages - set(packages_above(module))) - {module}
    return result


def circles(edges: Mapping[str, set[str]]) -> list[list[str]]:
    """Return the groups of modules of which each runs all the others."""
    reachable: dict[str, set[str]] = {}
    for module in edges:
        waiting, reached = [module], set()
        while waiting:
            new = edges.get(waiting.pop(), set()) - reached
            reached |= new
            waiting += new
        reachable[module] = reached
    groups = {tuple(sorted(o for o in reachable[m] if m in reachable.get(o, ()))) for m in edges if m in reachable[m]}
    return sorted(map(list, groups))


def without(edges: Mapping[str, set[str]], modules: Container[str]) -> dict[str, set[str]]:
    """Return the imports between all other modules."""
    return {module: others for module, others in edges.items() if module not in modules}


def test_no_modules_import_each_other_in_a_circle() -> None:
    edges = modules_run(imported_modules())
    assert not circles(without(edges, REGISTRIES))
    for registry in REGISTRIES:
        remaining = circles(without(edges, REGISTRIES.keys() - {registry}))
        assert any(registry in circle for circle in remaining), f"REGISTRIES: {registry} is in no circle any more"


def test_circles_are_really_found() -> None:
    source = "from b import y\ndef f():\n    from a.two import x\nif TYPE_CHECKING:\n    import c"
    assert [name for _, name in executed_imports(ast.parse(source), "a")] == ["b.y", "a.two.x"]
    assert circles({"a": {"b"}, "b": {"c", "d"}, "c": {"a"}, "d": set()}) == [["a", "b", "c"]]
    assert circles({"a": {"b"}, "b": {"c"}, "c": set()}) == []
    assert circles(modules_run({"a.one": {"b.two"}, "b": {"a.one"}, "b.two": set()})) == [["a.one", "b"]]
    assert circles(modules_run({"a": {"a.one"}, "a.one": {"a.two"}, "a.two": set()})) == []
    assert circles(modules_run({"a": {"a.one"}, "a.one": {"a"}})) == [["a", "a.one"]]


def crossings(imports: Mapping[str, set[str]]) -> Iterator[str]:
    """What in exporters/ goes against the order: a format that imports another, a view that imports a format."""
    for module, others in imports.items():
        part = exporters_part(module)
        for other in sorted(others):
            there = exporters_part(other)
            if there in FORMATS and part != there and part in {*FORMATS, "view"}:
                yield f"{module} imports {other}"


def defined_names(node: ast.stmt) -> list[str]:
    """Return the names that a statement at the top of a module defines."""
    match node:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.Assign(targets=targets):
            return [name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)]
        case ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
    return []


def names_of(module: str, tree: ast.Module) -> dict[str, str]:
    """Return what each name in a module stands for: ``share`` for ``summarykit.exporters.view.words.share``."""
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    names = {alias.asname or alias.name: f"{node.module}.{alias.name}" for node in imports for alias in node.names}
    return names | {name: f"{module}.{name}" for node in tree.body for name in defined_names(node)}


def references(node: ast.AST, names: Mapping[str, str]) -> Iterator[str]:
    """Yield the full names that *node* uses, of functions, of classes, and of what it takes from a module."""
    for each in ast.walk(node):
        match each:
            case ast.Name(id=name) if name in names:
                yield names[name]
            case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name in names:
                yield f"{names[name]}.{attribute}"


def formats_that_use(sources: Mapping[str, str]) -> dict[str, set[str]]:
    """Return for each definition of view/ the formats that need it, directly or through other definitions of view/.

    *sources* are the texts of modules by name. A definition is a function, a class or a constant, private ones too.
    """
    trees = {module: ast.parse(text) for module, text in sources.items()}
    names = {module: names_of(module, tree) for module, tree in trees.items()}
    origins = {f"{module}.{name}": full for module, own in names.items() for name, full in own.items()}

    def needs(module: str, node: ast.AST) -> set[str]:
        full = set(references(node, names[module]))
        while any(origins.get(name, name) != name for name in full):  # what a package re-exports
            full = {origins.get(name, name) for name in full}
        return full

    inner: dict[str, set[str]] = {}
    for module, tree in trees.items():
        if exporters_part(module) == "view":
            inner |= {f"{module}.{name}": needs(module, node) for node in tree.body for name in defined_names(node)}
    users: dict[str, set[str]] = {name: set() for name in inner}
    for module, tree in trees.items():
        if exporters_part(module) in FORMATS:
            waiting = list(needs(module, tree) & inner.keys())
            while waiting:
                name = waiting.pop()
                if exporters_part(module) not in users[name]:
                    users[name].add(exporters_part(module))
                    waiting += inner[name] & inner.keys()
    return users


def test_no_format_imports_another() -> None:
    assert not list(crossings(imported_modules()))


def test_the_view_holds_nothing_that_a_single_format_uses() -> None:
    users = formats_that_use({module_name(path): path.read_text("utf-8") for path in package_files()})
    assert len(users) > 100
    few = [f"{name}: {', '.join(formats) or 'no format'}" for name, formats in users.items() if len(formats) < 2]
    assert not few, "not used by two formats, so its place is in the folder of the one:\n" + "\n".join(few)


def test_the_rules_of_the_formats_are_really_checked() -> None:
    exporters = "summarykit.exporters"
    assert list(
        crossings(
            {
                f"{exporters}.html.exporter": {f"{exporters}.text.layout", f"{exporters}.view.words"},
                f"{exporters}.text.layout": {f"{exporters}.view.build"},
                f"{exporters}.view.build": {f"{exporters}.view.words", f"{exporters}.latex"},
                f"{exporters}.files": {f"{exporters}.text.layout"},
            }
        )
    ) == [
        f"{exporters}.html.exporter imports {exporters}.text.layout",
        f"{exporters}.view.build imports {exporters}.latex",
    ]
    assert formats_that_use(
        {
            f"{exporters}.view": f"from {exporters}.view.words import share as share",
            f"{exporters}.view.words": """
_LONG = 2
def share(): return _digits(_LONG)
def _digits(n): ...
def dead(): ...
""",
            f"{exporters}.view.rows": f"""
from {exporters}.view import words
class Row:
    def text(self): return words.share()
""",
            f"{exporters}.html.exporter": f"from {exporters}.view.rows import Row\nRow()",
            f"{exporters}.text.layout": f"from {exporters}.view import share\nshare()",
            "summarykit.api": f"from {exporters}.view.words import dead\ndead()",
        }
    ) == {
        f"{exporters}.view.words._LONG": {"html", "text"},
        f"{exporters}.view.words.share": {"html", "text"},
        f"{exporters}.view.words._digits": {"html", "text"},
        f"{exporters}.view.words.dead": set(),
        f"{exporters}.view.rows.Row": {"html"},
    }


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
        ("exporters/html/exporter.py", "def f():\n    import torch.nn", "exporters imports torch"),
        ("exporters/html/exporter.py", "import torchinfo", ""),
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
