"""Rules that users declare in their own code, as ``__summarykit_formula__`` of a class, or in pyproject.toml.

The method is called once for each kind of layer; it returns the count as text, or a dict of the arguments of
``summarykit.rule``:

    def __summarykit_formula__(self):
        return {"count": "heads * (dim + 1)", "shapes": {"weight": "heads, dim", "bias": "heads"}}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from types import CodeType
from typing import Any

from summarykit.errors import ProjectError, RuleError, SummaryKitError
from summarykit.formulas.rules import Place, Rule, build, use_project_rules
from summarykit.settings import naming_file, project_of, read_project, shown_path

METHOD = "__summarykit_formula__"
_HINT = 'give the count as text, "heads * (dim + 1)", or a table of the arguments of summarykit.rule'


def declares_rule(cls: type) -> bool:
    """Return whether a class or one of its bases declares its own formula."""
    return any(METHOD in vars(base) for base in cls.__mro__)


def declared_rule(module: Any) -> Rule:
    """Return the rule that the class of *module* declares for this layer.

    Raises:
        RuleError: The method fails, or what it returns is no rule.
        ExpressionError: A text in it is not part of the language; the message points at the spot.

    """
    cls = type(module)
    attribute = getattr(module, METHOD)
    try:
        value = attribute() if callable(attribute) else attribute
    except Exception as error:
        what = f"{cls.__name__}.{METHOD} fails: {type(error).__name__}: {error}"
        raise RuleError(
            what, hint=f"fix or remove the method {METHOD} of {cls.__module__}.{cls.__qualname__}"
        ) from error
    code = getattr(attribute, "__code__", None)
    place = Place(code.co_filename, code.co_firstlineno, code.co_firstlineno) if isinstance(code, CodeType) else None
    return replace(rule_from(cls, value, f"{cls.__name__}.{METHOD}"), place=place)


def rule_from(target: type | str, value: Any, where: str) -> Rule:
    """Return the rule for *target* that *value* declares, a text or a mapping; *where* names its place in errors.

    Raises:
        RuleError: It is neither, or an argument is not of its form.

    """
    if isinstance(value, str):
        return build(target, value, users=True)
    if not isinstance(value, Mapping) or "count" not in value:
        raise RuleError(f"{where} is {value!r}, which is not a formula", hint=_HINT)
    try:
        return build(target, **value, users=True)
    except TypeError as error:
        raise RuleError(f"{where}: {error}", hint=_HINT) from None


def load_project_rules(folder: Path) -> None:
    """Register the rules in ``[tool.summarykit.formulas]`` of the nearest pyproject.toml, in place of other projects'.

    Raises:
        ProjectError: The file cannot be read, or the table is not of its form.
        RuleError: A rule in it is not of its form.

    """
    project = project_of(folder)
    with naming_file(project.path):
        use_project_rules(_rules_in(project.path, project.path.stat().st_mtime_ns) if project.path else ())


@lru_cache(maxsize=16)
def _rules_in(path: Path, modified_at: int) -> tuple[Rule, ...]:
    """Return the rules of one project; with a new *modified_at* the file is read again."""
    table = read_project(path).table.get("formulas", {})
    if not isinstance(table, dict):
        raise ProjectError("[tool.summarykit.formulas] is not a table", hint=f'write "package.Class" = "...": {_HINT}')
    try:
        return tuple(
            replace(rule_from(name, value, f"[tool.summarykit.formulas] {name}"), place=_line_of(name, path))
            for name, value in table.items()
        )
    except SummaryKitError as error:
        error.add_note(f"in [tool.summarykit.formulas] of {shown_path(path)}")
        raise


def _line_of(name: str, path: Path) -> Place | None:
    """Return the line of a settings file that declares the rule for *name*, as far as a plain search finds it."""
    lines = path.read_text(encoding="utf-8").splitlines()
    number = next((i for i, line in enumerate(lines, 1) if line.strip("[ ").startswith((f'"{name}"', f"'{name}'"))), 0)
    number = number or next((i for i, line in enumerate(lines, 1) if name in line), 0)
    return Place(str(path), number, number) if number else None
