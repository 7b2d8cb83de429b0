"""Every exception summarykit raises on purpose.

SummaryKitError
├── RuleError            a rule that cannot be registered            (ValueError)
│   └── ExpressionError  its text is no expression of the language
├── ProjectError         the settings in pyproject.toml              (ValueError)
│   └── BudgetError      a limit that is not of its form
├── LockError            a summarykit.lock.json that does not serve  (ValueError)
├── NotAModelError       the thing given is not a module             (TypeError)
├── UnknownLayerError    no formula for a layer of this name         (LookupError)
├── TargetError          the command line's TARGET cannot be loaded  (ValueError)
│   └── MissingTargetError  there is no such module or attribute
├── RevisionError        a revision of git cannot be built           (ValueError)
├── InputsError          what to feed the model is not clear         (ValueError)
├── ExpertsError         experts_per_token does not fit the model    (ValueError)
├── ModelFolderError     no model can be built from a folder         (ValueError)
├── SelectionError       what to show of a report is not there       (ValueError)
├── MissingFileError     a path that is not there                    (FileNotFoundError)
├── SavedFileError       a saved summary that cannot be read         (ValueError)
├── ReviewError          a reviewed workbook that cannot be read     (ValueError)
├── UnknownFormatError   no exporter for a suffix                    (ValueError)
├── OutputError          a place that cannot be written              (OSError)
└── TemplateError        a template that cannot be rendered          (ValueError)

Callers catch ``SummaryKitError``; the command line prints ``str(error)`` and exits 2. Nothing here
imports the rest of the package, so that any module may import it.
"""

from __future__ import annotations

#: So much of a long formula is shown before and after the spot an error points at.
_WINDOW = 100


class SummaryKitError(Exception):
    """Base class: what is wrong, then how to fix it.

    Attributes:
        slug: Stable name of the error, its anchor in ``docs/errors.md``.
        what: What is wrong, naming what came.
        hint: What the reader can do about it.

    """

    slug = "error"

    def __init__(self, what: str, *, hint: str) -> None:
        super().__init__(f"{what}\n  hint: {hint}\n  see: docs/errors.md#{self.slug}")
        self.what = what
        self.hint = hint


class RuleError(SummaryKitError, ValueError):
    """A formula rule cannot be registered."""

    slug = "rule"


class ExpressionError(RuleError):
    """The text of a formula or a sentence is not part of the language; points at the spot."""

    slug = "expression"

    def __init__(self, text: str, position: int, problem: str, *, hint: str) -> None:
        start = max(0, position - _WINDOW)
        excerpt = text[start : position + _WINDOW]
        broken = "\n" in excerpt
        spot = f"{excerpt!r}, character {position}" if broken else f"{excerpt}\n    {' ' * (position - start)}^"
        super().__init__(f"{problem}\n    {spot}", hint=hint)
        self.position = position


class ProjectError(SummaryKitError, ValueError):
    """The settings in pyproject.toml cannot be read."""

    slug = "project"


class BudgetError(ProjectError):
    """A limit has no such name, its amount is not of its form, or it speaks of layers that are not there."""

    slug = "budget"


class LockError(SummaryKitError, ValueError):
    """A lock is damaged, was written by a newer summarykit, or does not hold the model."""

    slug = "lock"


class NotAModelError(SummaryKitError, TypeError):
    """What was given is not a ``torch.nn.Module``."""

    slug = "not-a-model"


class UnknownLayerError(SummaryKitError, LookupError):
    """No formula is registered for a layer of this name."""

    slug = "unknown-layer"


class TargetError(SummaryKitError, ValueError):
    """The TARGET of the command line cannot be imported or built."""

    slug = "target"


class MissingTargetError(TargetError):
    """The module of a TARGET is not there, or has no such attribute: nothing failed, it does not exist."""

    slug = "missing-target"


class RevisionError(SummaryKitError, ValueError):
    """There is no such revision of git here, or a target cannot be built apart from the working tree."""

    slug = "revision"


class InputsError(SummaryKitError, ValueError):
    """What to feed the model contradicts itself, or is not of the form it should have."""

    slug = "inputs"


class ExpertsError(SummaryKitError, ValueError):
    """How many experts a token gets is no such number, or the model has no experts."""

    slug = "experts"


class ModelFolderError(SummaryKitError, ValueError):
    """No model can be built from the config.json of a folder."""

    slug = "model-folder"


class SelectionError(SummaryKitError, ValueError):
    """What to show names a column, an order or layers that are not there."""

    slug = "selection"


class MissingFileError(SummaryKitError, FileNotFoundError):
    """A path was given that is not there."""

    slug = "missing-file"


class SavedFileError(SummaryKitError, ValueError):
    """A file is not a summary saved by summarykit, or is damaged."""

    slug = "saved-file"


class ReviewError(SummaryKitError, ValueError):
    """A file is no workbook of summarykit, is damaged, or has a password."""

    slug = "review"


class UnknownFormatError(SummaryKitError, ValueError):
    """No exporter has this suffix."""

    slug = "unknown-format"


class OutputError(SummaryKitError, OSError):
    """A report cannot be written where it was asked for; older files are untouched."""

    slug = "output"


class TemplateError(SummaryKitError, ValueError):
    """A template cannot be rendered or asks for something that does not exist."""

    slug = "template"
