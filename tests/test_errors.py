"""Every error says what is wrong and how to mend it, and has its place in docs/errors.md."""

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
