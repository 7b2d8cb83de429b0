"""``report()``, ``summarize()`` and ``load()``: reading, summary and exporters put together."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from summarykit._util.progress import progress_bar
from summarykit.errors import MissingFileError, SavedFileError
from summarykit.exporters.files import targets
from summarykit.formulas.user_rules import load_project_rules
from summarykit.options import Patterns, ReportArgs, check_selection, make_options, project_options
from summarykit.result import Summary
from summarykit.summary.data import SummaryData
from summarykit.summary.experts.experts_per_token import check_given, with_experts
from summarykit.summary.storage import from_json

if TYPE_CHECKING:
    from torch import nn

    from summarykit.exporters.excel.review import Review

    PathLike = str | os.PathLike[str]


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
) -> Summary:
    """Return where *model* keeps its parameters, with the formula for each layer, checked.

    Without inputs no code of the model is run. With them its forward is watched on a copy that holds shapes and no
    numbers: what flows, which layers are called, and how much they multiply. Nothing on the model or the inputs
    changes, and no tensor's values are read; it may be on any device, ``meta`` included. A forward that fails is told
    in ``summary.trace``, and what is known without it stands.

    Args:
        model: Any module; wrappers such as ``DataParallel`` and ``torch.compile`` are seen through. Or the
            path of a summary saved as JSON, or of a folder with a ``config.json``: its model is built by transformers,
            without weights.
        inputs: What the forward is given: a tensor, a tuple or list of positional arguments, a dict of keywords;
            ``"declared"`` for what the model itself declares, ``"guess"`` for what its first layer takes.
        args: The positional arguments, where *inputs* would be ambiguous; ``()`` is a call without arguments.
        kwargs: The keyword arguments.
        input_size: Sizes instead of tensors: ``(1, 3, 224, 224)``, a list of sizes, or a dict of them by keyword.
        dtypes: Of these sizes: one for all or one for each, ``torch.int64`` or ``"int64"``.
        forward: ``"fake"`` computes nothing; ``"real"`` runs a copy of the model with values, in eval mode and without
            gradients; ``"off"`` runs nothing.
        trace_seconds: How long the forward may take.
        title: Heading of reports; the class name of *model* by default.
        source: Where the model came from, shown under the heading.
        templates: Folders with templates that go before the built-in ones.
        fold: Whether reports show identical repeats once, with their number; they do by default.
        depth: Reports leave out rows deeper than this; 0 is the model alone. What is left out is counted in the rows
            above, and told; no total changes. ``docs/selecting.md`` has this and the next four.
        only: Reports show what these patterns fit, with everything inside: globs for paths (``"layer4.*"``), names of
            classes (``"Linear"``, ``"torch.nn.*"``) or classes.
        exclude: Reports leave out what these patterns fit, with everything inside.
        columns: The columns of tables, by name: ``"type,formula,total"`` or a list.
        sort: The order of rows: ``"model"``, ``"size"``, ``"name"``, ``"type"`` or ``"macs"``.
        bom: Whether a ``.csv`` begins with a byte order mark, by which Excel knows UTF-8.
        experts_per_token: How many experts each token gets, where a mixture of experts does not say it.
        progress: Whether a terminal shows how far it is, where that takes longer than a second. Never in a pipe or CI.

    Where *title*, *templates* or one from *fold* to *sort* is not given, ``[tool.summarykit]`` of the nearest
    pyproject.toml may say it.

    Raises:
        NotAModelError: *model* is no ``torch.nn.Module``.
        InputsError: What is said of the inputs contradicts itself, or is not of its form.
        MissingFileError, SavedFileError: *model* is a path, and no summary can be read there.
        ModelFolderError: *model* is a folder, and no model can be built from its ``config.json``.
        ExpertsError: *experts_per_token* is no such number, or the model has no experts.
        SelectionError: There is no such column or order, or a pattern fits no layer.
        TemplateError: A folder of templates is not there.
        ProjectError, RuleError: The settings or formulas in pyproject.toml are not of their form.

    """
    given = ReportArgs(title, source, templates, fold, depth, only, exclude, columns, sort, bom)
    options = make_options(given, project_options(Path.cwd()))
    check_given(experts_per_token)
    notes: tuple[str, ...] = ()
    if isinstance(model, str | os.PathLike):
        if not is_model_config(model):
            data = with_experts(_loaded(model), experts_per_token)
            check_selection(data, given)
            return Summary(data, options)
        from summarykit.reading.folder import load_folder

        model, name, notes = load_folder(Path(model))
        options = replace(options, source=options.source or name)
    # torch is slow to import; loading a saved summary needs none
    from summarykit.reading.model import Feed, read_and_watch

    load_project_rules(Path.cwd())
    feed = Feed(inputs, args, kwargs, input_size, dtypes, forward, trace_seconds)
    with progress_bar(progress):
        records, run = read_and_watch(model, feed)
    records = records._replace(notes=(*records.notes, *notes))
    data = with_experts(SummaryData(records, run), experts_per_token)
    check_selection(data, given)
    return Summary(data, options)


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
) -> Summary:
    """Write a report on *model* to each path, and return its summary.

    The suffix picks the format: ``.md``, ``.html``, ``.xlsx``, ``.csv``, ``.tex``, ``.json``, ``.txt``. The model is
    walked once, every report is rendered, then all older files are replaced; after an error they are untouched.

    Args:
        model: A module or path, as for ``summarize``, or a summary made before.
        paths: Where to write.
        inputs: What the forward is given, as for ``summarize``; like the next six.
        args: As for ``summarize``.
        kwargs: As for ``summarize``.
        input_size: As for ``summarize``.
        dtypes: As for ``summarize``.
        forward: As for ``summarize``.
        trace_seconds: As for ``summarize``.
        title: As for ``summarize``.
        source: As for ``summarize``.
        templates: As for ``summarize``.
        fold: As for ``summarize``; like the next five. Of a summary made before, what is not given stays as it was.
        depth: As for ``summarize``.
        only: As for ``summarize``.
        exclude: As for ``summarize``.
        columns: As for ``summarize``.
        sort: As for ``summarize``.
        experts_per_token: As for ``summarize``.
        progress: As for ``summarize``; writing included.
        bom: As for ``summarize``.

    Raises:
        NotAModelError: *model* is neither a module nor a summary.
        InputsError, SelectionError: As for ``summarize``.
        MissingFileError, SavedFileError, ModelFolderError, ExpertsError: As for ``summarize``.
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
        given = ReportArgs(title, source, templates, fold, depth, only, exclude, columns, sort, bom)
        check_given(experts_per_token)
        check_selection(model.data, given)
        summary = Summary(with_experts(model.data, experts_per_token), make_options(given, model.options))
    else:
        summary = summarize(
            model,
            inputs=inputs,
            args=args,
            kwargs=kwargs,
            input_size=input_size,
            dtypes=dtypes,
            forward=forward,
            trace_seconds=trace_seconds,
            title=title,
            source=source,
            templates=templates,
            fold=fold,
            experts_per_token=experts_per_token,
            depth=depth,
            only=only,
            exclude=exclude,
            columns=columns,
            sort=sort,
            progress=progress,
            bom=bom,
        )
    summary.save(*paths, progress=progress)
    return summary


def is_model_config(given: PathLike) -> bool:
    """Return whether *given* is the path of a folder, or of a file that holds the config of a model."""
    path = Path(given)
    try:
        if path.is_dir() and os.fspath(given):
            return True
        found = json.loads(path.read_text(encoding="utf-8")) if path.suffix.lower() == ".json" else None
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(found, dict) and "checksum" not in found and bool(found.keys() & {"model_type", "architectures"})


def load(path: PathLike) -> Summary:
    """Return the summary saved at *path* as JSON, equal to the one that was saved.

    Raises:
        MissingFileError: There is no such file.
        SavedFileError: It is not a summary, is damaged, or was written by a newer summarykit.
        ProjectError, TemplateError: The defaults for reports in pyproject.toml are not of their form.

    """
    return Summary(_loaded(path), project_options(Path.cwd()))


def _loaded(path: PathLike) -> SummaryData:
    try:
        text = Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise MissingFileError(f"there is no file {str(path)!r}", hint="look at the spelling and the folder") from None
    except (OSError, ValueError) as error:  # a null character in the path, bytes that are no UTF-8
        what = f"{str(path)!r} cannot be read: {error}"
        raise SavedFileError(what, hint="give a .json file that summarykit wrote") from None
    try:
        return from_json(text)
    except SavedFileError as error:  # of two files that are compared it says which
        raise SavedFileError(f"{str(path)!r}: {error.what}", hint=error.hint) from error.__cause__


def read_review(path: PathLike) -> Review:
    """Return what a reviewer changed in the workbook at *path*, with the remarks in it.

    Each input that differs from the model's own is a ``Change``: the layer, the setting, from, to, and what its count
    becomes. The file may have been saved by Excel, LibreOffice or another program; what stands in it is text to be
    shown, never to be trusted.

    Raises:
        MissingFileError: There is no such file.
        ReviewError: It is no workbook of summarykit, is damaged, or has a password.

    """
    from summarykit.exporters.excel.review import read_workbook  # the rest needs no openpyxl

    return read_workbook(Path(path))
