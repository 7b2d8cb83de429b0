"""Every error says what is wrong and what to do next, and has its place in docs/errors.md."""

import ast
import inspect
import re
from pathlib import Path

import pytest

import summarykit
from summarykit import errors

DOCS = Path(__file__).resolve().parents[1] / "docs" / "errors.md"
CLASSES = [cls for _, cls in inspect.getmembers(errors, inspect.isclass) if issubclass(cls, errors.SummaryKitError)]


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_an_error_has_a_slug_of_its_own_and_a_place_in_the_docs(cls):
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", cls.slug)
    assert [other for other in CLASSES if other.slug == cls.slug] == [cls]
    assert cls.__doc__
    anchors = {re.sub(r"[^\w\- ]", "", title).strip().lower().replace(" ", "-") for title in headings()}
    assert cls.slug in anchors


def headings():
    return re.findall(r"^#+ +(.+?) *$", DOCS.read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize("cls", [cls for cls in CLASSES if cls is not errors.ExpressionError])
def test_an_error_says_what_how_and_where(cls):
    error = cls("the thing is broken", hint="mend it")
    assert str(error) == f"the thing is broken\n  hint: mend it\n  see: docs/errors.md#{cls.slug}"
    assert (error.what, error.hint) == ("the thing is broken", "mend it")
    assert isinstance(error, summarykit.SummaryKitError)


@pytest.mark.parametrize(
    ("cls", "builtin"),
    [
        (errors.RuleError, ValueError), (errors.InputsError, ValueError),
        (errors.ExpertsError, ValueError), (errors.ModelFolderError, ValueError),
        (errors.ExpressionError, ValueError), (errors.NotAModelError, TypeError),
        (errors.UnknownLayerError, LookupError), (errors.TargetError, ValueError),
        (errors.MissingFileError, FileNotFoundError), (errors.SavedFileError, ValueError),
        (errors.ReviewError, ValueError), (errors.BudgetError, errors.ProjectError), (errors.LockError, ValueError),
        (errors.RevisionError, ValueError),
        (errors.UnknownFormatError, ValueError), (errors.OutputError, OSError), (errors.TemplateError, ValueError),
    ],
)  # fmt: skip
def test_an_error_is_also_the_one_that_callers_expect(cls, builtin):
    assert issubclass(cls, builtin)
    assert issubclass(cls, errors.SummaryKitError)


def test_the_tree_in_the_docstring_is_complete():
    for cls in CLASSES:
        assert cls.__name__ in (errors.__doc__ or "")


def test_every_error_is_raised_somewhere():
    sources = [path.read_text("utf-8") for path in Path(errors.__file__).parent.rglob("*.py")]
    for cls in CLASSES:
        if cls is not errors.SummaryKitError:
            raised = re.compile(rf"(?<!class )\b{cls.__name__}\(")
            assert any(map(raised.search, sources)), cls


#: Hints that name neither a command to type nor an edit to make.
VAGUE = re.compile(
    r"\s*|look at the \w+( and the \w+)?|leave one of them out|mend\b.*|give one of these|(check|fix|mend) it|try again"
)


def constructions():
    """Each construction of an error in the package, with the names that its file assigns."""
    package = Path(errors.__file__).parent
    classes = {cls.__name__ for cls in CLASSES}
    for path in sorted(package.rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        values = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                values.setdefault(node.targets[0].id, []).append(node.value)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in classes:
                yield f"{path.relative_to(package).as_posix()}:{node.lineno}", node, values


def literal_hints(node, values):
    """Return the texts a hint can be, with "…" for each part that is computed."""
    match node:
        case ast.Constant():
            return [str(node.value)]
        case ast.JoinedStr():
            return ["".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)]
        case ast.IfExp():
            return [*literal_hints(node.body, values), *literal_hints(node.orelse, values)]
        case ast.Name():
            return [text for value in values.get(node.id, ()) for text in literal_hints(value, {})]
    return []


def problem_of(call, values):
    """Return what is wrong with the hint of one construction, or nothing."""
    hint = next((keyword.value for keyword in call.keywords if keyword.arg == "hint"), None)
    if hint is None:
        return "no hint"
    vague = [text for text in literal_hints(hint, values) if VAGUE.fullmatch(text)]
    return f"vague hint {vague[0]!r}" if vague else ""


def test_every_error_names_the_next_command_or_edit():
    problems = {place: problem for place, call, values in constructions() if (problem := problem_of(call, values))}
    assert not problems


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("LockError('broken')", "no hint"),
        ("LockError('broken', hint='')", "vague hint ''"),
        ("LockError('broken', hint='leave one of them out')", "vague hint 'leave one of them out'"),
        ("LockError('broken', hint='look at the spelling' if x else 'leave out --base')", "vague hint 'look at the"),
        ("LockError('broken', hint=f'leave out {name}')", ""),
        ("LockError('broken', hint=error.hint)", ""),
    ],
)
def test_a_missing_or_vague_hint_is_a_problem(source, problem):
    assert problem_of(ast.parse(source, mode="eval").body, {}).startswith(problem)
    assert bool(problem_of(ast.parse(source, mode="eval").body, {})) == bool(problem)


def test_the_constructions_of_the_package_are_found():
    places = {place.partition(":")[0] for place, _, _ in constructions()}
    assert {"api.py", "projects/checks.py", "exporters/files.py", "formulas/user_rules.py"} <= places
