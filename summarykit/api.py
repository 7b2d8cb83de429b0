"""``summarize()``, ``report()``, ``load()`` and ``read_review()``: reading, summary and exporters put together."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from summarykit._util.progress import progress_bar
from summarykit.errors import MissingFileError, SavedFileError
from summarykit.exporters.files import targets
from summarykit.formulas.user_rules import load_project_rules
from summarykit.options import Overrides, Patterns, parse_overrides, project_options
from summarykit.result import Summary
from summarykit.settings import using_project
from summarykit.summary.data import SummaryData
from summarykit.summary.patterns import closest
from summarykit.summary.storage import from_json

if TYPE_CHECKING:
    from torch import nn

    from summarykit.exporters.excel.review import Review

    PathLike = str | os.PathLike[str]
    #: The fields of ``reading.model.Feed``, which only a live model imports: it needs torch.
    FeedArgs = tuple[object, object, object, object, object, str, float]


def summarize(
    model: nn.Module | PathLike,
    *,
    inputs: object = None,
    args: Sequence[object] | None = None,
    kwargs: Mapping[str, object] | None = None,
    input_size: object = None,
    dtypes: object = None,
    forward: str = "fake",
    trace_seconds: float = 60.0,
    title: str = "",
    source: str = "",
    templates: PathLike | Sequence[PathLike] = (),
    fold: bool | None = None,
    depth: int | None = None,
    only: Patterns | None = None,
    exclude: Patterns | None = None,
    columns: str | Sequence[str] | None = None,
    sort: str | None = None,
    experts_per_token: int | None = None,
    progress: bool = False,
    bom: bool | None = None,
    project: PathLike | None = None,
) -> Summary:
    """Return how many parameters each layer of *model* has, with its formula, checked against PyTorch's count.

    Without inputs, no code of the model runs. With inputs, the forward pass runs on fake tensors; shapes, calls and
    MACs are reported. The model and the inputs stay as they are, and no tensor's values are read; the model may be on
    any device, ``meta`` included. If the forward pass fails, ``summary.trace`` has the error, and the rest of the
    summary is complete.

    Args:
        model: Any module; wrappers such as ``DataParallel`` and ``torch.compile`` are unwrapped. Or the path of a
            summary saved as JSON, or of a folder with a ``config.json``: transformers builds its model, without
            weights.
        inputs: Inputs of the forward pass: a tensor, a tuple or list of positional arguments, a dict of keyword
            arguments; ``"declared"`` for those the model itself declares, ``"guess"`` for what its first layer takes.
        args: Positional arguments, where *inputs* would be ambiguous; ``()`` is a call without arguments.
        kwargs: Keyword arguments.
        input_size: Shapes instead of tensors: ``(1, 3, 224, 224)``, a list of shapes, or a dict of them by keyword.
        dtypes: The dtypes of *input_size*: one for all or one for each, ``torch.int64`` or ``"int64"``.
        forward: ``"fake"`` computes nothing; ``"real"`` runs a copy of the model with values, in eval mode and without
            gradients; ``"off"`` runs nothing.
        trace_seconds: Time limit of the forward pass.
        title: Heading of reports; by default the class name of *model*.
        source: Where the model came from, shown under the heading.
        templates: Folders with templates that replace built-in ones of the same name.
        fold: Whether reports show identical repeats once, with their number (the default), or every row.
        depth: Reports leave out rows deeper than this; 0 is the model alone. Rows above count what is left out; no
            total changes. See ``docs/selecting.md`` for this and the next four.
        only: Reports show layers that match, and everything inside them: globs for paths (``"layer4.*"``), names of
            classes (``"Linear"``, ``"torch.nn.*"``) or classes.
        exclude: Reports leave out layers that match, and everything inside them.
        columns: Columns of tables, by name: ``"type,formula,total"`` or a list.
        sort: Order of rows: ``"model"``, ``"size"``, ``"name"``, ``"type"`` or ``"macs"``.
        experts_per_token: How many experts each token uses, if a mixture-of-experts model does not declare it.
        progress: Whether to show a progress bar if it takes longer than a second. Never in a pipe or CI.
        bom: Whether a ``.csv`` begins with a byte order mark, which Excel needs to recognise UTF-8.
        project: A pyproject.toml, or a folder that has one, to read settings from; by default the nearest one with a
            table ``[tool.summarykit]``, from the current folder upwards.

    ``[tool.summarykit]`` in the nearest pyproject.toml may have defaults of *title*, *templates*, *bom*, and of *fold*
    to *sort*.

    Raises:
        NotAModelError: *model* is no ``torch.nn.Module``.
        InputsError: The arguments about inputs contradict each other, or are not of their form.
        MissingFileError, SavedFileError: *model* is a path, and there is no summary that can be read.
        ModelFolderError: *model* is a folder, and no model can be built from its ``config.json``.
        ExpertsError: *experts_per_token* is no whole number above zero, or the model has no experts.
        SelectionError: There is no such column or order, or a pattern matches no layer.
        TemplateError: A folder of templates does not exist.
        ProjectError, RuleError: The settings or formulas in pyproject.toml are not of their form.

    Example:
        >>> import torch, summarykit
        >>> summarykit.summarize(torch.nn.Linear(16, 4)).totals.parameters
        68

    """
    overrides = parse_overrides(
        title, source, templates, fold, depth, only, exclude, columns, sort, bom, experts_per_token
    )
    feed = (inputs, args, kwargs, input_size, dtypes, forward, trace_seconds)
    with using_project(project):
        return _summarize(model, feed, overrides, progress=progress)


def report(
    model: nn.Module | Summary | PathLike,
    *paths: PathLike,
    inputs: object = None,
    args: Sequence[object] | None = None,
    kwargs: Mapping[str, object] | None = None,
    input_size: object = None,
    dtypes: object = None,
    forward: str = "fake",
    trace_seconds: float = 60.0,
    title: str = "",
    source: str = "",
    templates: PathLike | Sequence[PathLike] = (),
    fold: bool | None = None,
    depth: int | None = None,
    only: Patterns | None = None,
    exclude: Patterns | None = None,
    columns: str | Sequence[str] | None = None,
    sort: str | None = None,
    experts_per_token: int | None = None,
    progress: bool = False,
    bom: bool | None = None,
    project: PathLike | None = None,
) -> Summary:
    """Write a report on *model* to each path, and return its summary.

    *model* is a module or a path, as for ``summarize``, or a summary. Each of *paths* is a file to write; its suffix
    picks the format: ``.md``, ``.html``, ``.xlsx``, ``.csv``, ``.tex``, ``.json``, ``.txt``. The other arguments are
    those of ``summarize``, with the same meaning. Of a summary, what is not given stays as it was.

    The model is read once, every report is rendered, then all older files are replaced; after an error they are
    untouched.

    Raises:
        SummaryKitError: As for ``summarize``.
        UnknownFormatError: A suffix has no format.
        OutputError: A folder cannot be made or written, or the disk is full.
        TemplateError: A template has an error.

    Example:
        >>> import torch, summarykit
        >>> summarykit.report(torch.nn.Linear(16, 4)).totals.parameters
        68

    """
    targets(paths)
    overrides = parse_overrides(
        title, source, templates, fold, depth, only, exclude, columns, sort, bom, experts_per_token
    )
    if isinstance(model, Summary):
        summary = Summary(*overrides.apply(model.data, model.options))
    else:
        feed = (inputs, args, kwargs, input_size, dtypes, forward, trace_seconds)
        with using_project(project):
            summary = _summarize(model, feed, overrides, progress=progress)
    summary.save(*paths, progress=progress)
    return summary


def _summarize(model: nn.Module | PathLike, feed: FeedArgs, overrides: Overrides, *, progress: bool) -> Summary:
    defaults = project_options(Path.cwd())
    notes: tuple[str, ...] = ()
    if isinstance(model, str | os.PathLike):
        if not is_model_config(model):
            return Summary(*overrides.apply(_load_data(model), defaults))
        from summarykit.reading.folder import load_folder

        model, name, notes = load_folder(Path(model))
        defaults = replace(defaults, source=name)
    # torch is slow to import; loading a saved summary needs none
    from summarykit.reading.model import Feed, read_and_run

    load_project_rules(Path.cwd())
    with progress_bar(progress):
        records, run = read_and_run(model, Feed(*feed))
    records = records._replace(notes=(*records.notes, *notes))
    return Summary(*overrides.apply(SummaryData(records, run), defaults))


def is_model_config(path: PathLike) -> bool:
    """Return whether *path* is a folder, or a file that holds the config of a model."""
    file = Path(path)
    try:
        if file.is_dir() and os.fspath(path):
            return True
        content = json.loads(file.read_text(encoding="utf-8")) if file.suffix.lower() == ".json" else None
    except (OSError, ValueError, RecursionError):
        return False
    keys = content.keys() if isinstance(content, dict) else set()
    return "checksum" not in keys and bool(keys & {"model_type", "architectures"})


def load(path: PathLike) -> Summary:
    """Return the summary saved at *path* as JSON, equal to the one that was saved.

    Raises:
        MissingFileError: There is no such file.
        SavedFileError: It is not a summary, is damaged, or was written by a newer summarykit.
        ProjectError, TemplateError: The defaults for reports in pyproject.toml are not of their form.

    """
    return Summary(_load_data(path), project_options(Path.cwd()))


def _load_data(path: PathLike) -> SummaryData:
    try:
        text = Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise MissingFileError(f"there is no file {str(path)!r}", hint=_missing_hint(Path(path))) from None
    except (OSError, ValueError) as error:  # a null character in the path, bytes that are no UTF-8
        what = f"{str(path)!r} cannot be read: {error}"
        raise SavedFileError(
            what, hint="give a .json file that 'summarykit report TARGET -o FILE.json' wrote"
        ) from None
    try:
        return from_json(text)
    except SavedFileError as error:  # of two files that are compared, name the one
        raise SavedFileError(f"{str(path)!r}: {error.what}", hint=error.hint) from error.__cause__


def _missing_hint(path: Path) -> str:
    with suppress(OSError):
        near = closest(path.name, sorted(each.name for each in path.parent.glob("*.json")))
        if near:
            return f"did you mean {str(path.with_name(near))!r}?"
    return f"check the path, or write the file: summarykit report TARGET -o {shlex.quote(str(path))}"


def read_review(path: PathLike) -> Review:
    """Return what a reviewer changed in the workbook at *path*, with the remarks in it.

    Each input that differs from the model's own is a ``Change``: the layer, the setting, from, to, and what its count
    becomes. The file may have been saved by Excel, LibreOffice or another program. Treat its texts as untrusted.

    Raises:
        MissingFileError: There is no such file.
        ReviewError: It is no workbook of summarykit, is damaged, or has a password.

    """
    from summarykit.exporters.excel.review import read_workbook  # nothing else here needs openpyxl

    return read_workbook(Path(path))
