"""Every exception summarykit raises on purpose.

SummaryKitError
├── RuleError            a rule that cannot be registered            (ValueError)
│   └── ExpressionError  its text is no expression of the language
├── ProjectError         the settings in pyproject.toml              (ValueError)
│   └── BudgetError      a limit that is not of its form
├── LockError            a summarykit.lock.json that is unusable   (ValueError)
├── NotAModelError       the thing given is not a module             (TypeError)
├── UnknownLayerError    no formula for a layer of this name         (LookupError)
├── TargetError          the command line's TARGET cannot be loaded  (ValueError)
│   └── MissingTargetError  there is no such module or attribute
├── RevisionError        a revision of git cannot be built           (ValueError)
├── InputsError          the inputs of the forward pass are unclear  (ValueError)
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
        what: What is wrong, with the value that caused it.
        hint: The next command to type, or the edit to make.

    """

    slug = "error"

    def __init__(self, what: str, *, hint: str) -> None:
        super().__init__(f"{what}\n  hint: {hint}\n  see: docs/errors.md#{self.slug}")
        self.what = what
        self.hint = hint


class RuleError(SummaryKitError, ValueError):
    """Raised when a formula rule cannot be registered."""

    slug = "rule"


class ExpressionError(RuleError):
    """Raised when the text of a formula or a sentence has a syntax error; the message marks the position."""

    slug = "expression"

    def __init__(self, text: str, position: int, problem: str, *, hint: str) -> None:
        start = max(0, position - _WINDOW)
        excerpt = text[start : position + _WINDOW]
        multiline = "\n" in excerpt
        spot = f"{excerpt!r}, character {position}" if multiline else f"{excerpt}\n    {' ' * (position - start)}^"
        super().__init__(f"{problem}\n    {spot}", hint=hint)
        self.position = position


class ProjectError(SummaryKitError, ValueError):
    """Raised when the settings in pyproject.toml cannot be read."""

    slug = "project"


class BudgetError(ProjectError):
    """Raised when a limit has an unknown name, an invalid amount, or a pattern that matches no layer."""

    slug = "budget"


class LockError(SummaryKitError, ValueError):
    """Raised when a lock is damaged, was written by a newer summarykit, or has no entry for the model."""

    slug = "lock"


class NotAModelError(SummaryKitError, TypeError):
    """Raised when the model is not a ``torch.nn.Module``."""

    slug = "not-a-model"


class UnknownLayerError(SummaryKitError, LookupError):
    """Raised when no formula is registered for a layer of this name."""

    slug = "unknown-layer"


class TargetError(SummaryKitError, ValueError):
    """Raised when the TARGET of the command line cannot be imported or built."""

    slug = "target"


class MissingTargetError(TargetError):
    """Raised when the module of a TARGET does not exist, or has no such attribute."""

    slug = "missing-target"


class RevisionError(SummaryKitError, ValueError):
    """Raised when a git revision does not exist, or its target cannot be built in a checkout."""

    slug = "revision"


class InputsError(SummaryKitError, ValueError):
    """Raised when the inputs of the forward pass contradict each other or have an invalid form."""

    slug = "inputs"


class ExpertsError(SummaryKitError, ValueError):
    """Raised when experts_per_token is not a valid number, or the model has no experts."""

    slug = "experts"


class ModelFolderError(SummaryKitError, ValueError):
    """Raised when no model can be built from the config.json of a folder."""

    slug = "model-folder"


class SelectionError(SummaryKitError, ValueError):
    """Raised when an option of a report names a column, an order or layers that do not exist."""

    slug = "selection"


class MissingFileError(SummaryKitError, FileNotFoundError):
    """Raised when a path does not exist."""

    slug = "missing-file"


class SavedFileError(SummaryKitError, ValueError):
    """Raised when a file is not a summary saved by summarykit, or is damaged."""

    slug = "saved-file"


class ReviewError(SummaryKitError, ValueError):
    """Raised when a file is not a workbook of summarykit, is damaged, or has a password."""

    slug = "review"


class UnknownFormatError(SummaryKitError, ValueError):
    """Raised when no exporter writes files with this suffix."""

    slug = "unknown-format"


class OutputError(SummaryKitError, OSError):
    """Raised when a report cannot be written to its path; older files are unchanged."""

    slug = "output"


class TemplateError(SummaryKitError, ValueError):
    """Raised when a template cannot be rendered, or uses a name that does not exist."""

    slug = "template"
