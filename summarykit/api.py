"""``report()``, ``summarize()`` and ``load()``: reading, summary and exporters put together."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from summarykit.errors import MissingFileError, SavedFileError, TemplateError
from summarykit.exporters.base import Options
from summarykit.exporters.files import targets
from summarykit.formulas.declared import load_project_rules
from summarykit.result import Summary
from summarykit.summary.data import SummaryData
from summarykit.summary.storage import from_json

if TYPE_CHECKING:
    from torch import nn

    PathLike = str | os.PathLike[str]


def summarize(
    model: nn.Module | PathLike, *, title: str = "", source: str = "", templates: PathLike | Sequence[PathLike] = ()
) -> Summary:
    """Return where *model* keeps its parameters, with the formula for each layer, checked.

    No code of the model is run, nothing on it changes, and no tensor's values are read; it may be on any
    device, ``meta`` included.

    Args:
        model: Any module; wrappers such as ``DataParallel`` and ``torch.compile`` are seen through. Or the
            path of a summary saved as JSON.
        title: Heading of reports; the class name of *model* by default.
        source: Where the model came from, shown under the heading.
        templates: Folders with templates that go before the built-in ones.

    Raises:
        NotAModelError: *model* is no ``torch.nn.Module``.
        MissingFileError, SavedFileError: *model* is a path, and no summary can be read there.
        TemplateError: A folder of templates is not there.
        ProjectError, RuleError: The formulas in pyproject.toml are not of their form.

    """
    options = _options(title, source, templates)
    if isinstance(model, str | os.PathLike):
        return Summary(load(model).data, options)
    from summarykit.reading import read_model  # torch is slow to import; loading a saved summary needs none

    load_project_rules(Path.cwd())
    return Summary(SummaryData(read_model(model)), options)


def report(
    model: nn.Module | Summary | PathLike,
    *paths: PathLike,
    title: str = "",
    source: str = "",
    templates: PathLike | Sequence[PathLike] = (),
) -> Summary:
    """Write a report on *model* to each path, and return its summary.

    The suffix picks the format: ``.md``, ``.html``, ``.xlsx``, ``.json``, ``.txt``. The model is walked once,
    every report is rendered, then all older files are replaced; after an error they are untouched.

    Args:
        model: A module or path, as for ``summarize``, or a summary made before.
        paths: Where to write.
        title: As for ``summarize``.
        source: As for ``summarize``.
        templates: As for ``summarize``.

    Raises:
        NotAModelError: *model* is neither a module nor a summary.
        MissingFileError, SavedFileError: As for ``summarize``.
        UnknownFormatError: A suffix has no format.
        OutputError: A folder is missing or cannot be written, or the disk is full.
        TemplateError: A template has an error.

    Example:
        >>> import torch, summarykit
        >>> summarykit.report(torch.nn.Linear(16, 4)).totals.parameters
        68

    """
    targets(paths)
    if isinstance(model, Summary):
        own = model.options
        given = _options(title, source, templates)
        options = Options(title or own.title, source or own.source, given.templates or own.templates)
        summary = Summary(model.data, options)
    else:
        summary = summarize(model, title=title, source=source, templates=templates)
    summary.save(*paths)
    return summary


def _options(title: str, source: str, templates: PathLike | Sequence[PathLike]) -> Options:
    """Return what the user chose about reports; a folder of templates that is not there is told at once."""
    if isinstance(templates, str | os.PathLike):
        templates = (templates,)
    folders = tuple(map(Path, templates))
    for folder in folders:
        if not folder.is_dir():
            raise TemplateError(f"there is no folder {str(folder)!r} with templates", hint="look at the spelling")
    return Options(title, source, folders)


def load(path: PathLike) -> Summary:
    """Return the summary saved at *path* as JSON, equal to the one that was saved.

    Raises:
        MissingFileError: There is no such file.
        SavedFileError: It is not a summary, is damaged, or was written by a newer summarykit.

    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise MissingFileError(f"there is no file {str(path)!r}", hint="look at the spelling and the folder") from None
    except (OSError, ValueError) as error:  # a null character in the path, bytes that are no UTF-8
        what = f"{str(path)!r} cannot be read: {error}"
        raise SavedFileError(what, hint="give a .json file that summarykit wrote") from None
    return Summary(from_json(text))
