"""``Summary``: the tables and totals of a model. ``Saveable``: how results are saved."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from summarykit._util.progress import progress_bar
from summarykit.exporters.base import Options, Report, built_in, write_with
from summarykit.exporters.files import write_all
from summarykit.summary.data import SummaryData, Totals

if TYPE_CHECKING:
    import pandas as pd

    from summarykit.summary.checks import Checks
    from summarykit.summary.experts import Experts
    from summarykit.summary.flows import Trace


class Saveable(ABC):
    """What is written in the formats there are, by suffix or as text."""

    options: Options

    @property
    @abstractmethod
    def _report(self) -> Report:
        """The data that an exporter receives."""

    def save(self, *paths: str | os.PathLike[str], progress: bool = False) -> list[Path]:
        """Write a report to each path, the format by its suffix, and return the paths.

        All are rendered before any older file is replaced; after an error, older files are untouched.

        Args:
            paths: Where to write.
            progress: Whether a terminal shows how far it is, where that takes longer than a second.

        Raises:
            UnknownFormatError: A suffix has no format for this; the message lists those there are.
            OutputError: A folder cannot be made or written.
            TemplateError: A template of the user's has an error.

        """
        with progress_bar(progress):
            return write_all(self._report, paths, self.options)

    def to_markdown(self) -> str:
        """Return the Markdown: of a summary its report, of a diff the comment on a pull request."""
        return self._text("markdown")

    def to_html(self) -> str:
        """Return the page: one that needs nothing else."""
        return self._text("html")

    def to_json(self) -> str:
        """Return the JSON; that of a summary ``summarykit.load`` reads back without loss."""
        return self._text("json")

    def __str__(self) -> str:
        """Return what the terminal shows, at most 100 columns wide."""
        return self._text("text").removesuffix("\n")

    def _text(self, name: str) -> str:
        out = BytesIO()
        write_with(built_in()[name](), self._report, out, self.options)
        return out.getvalue().decode("utf-8")


@dataclass(frozen=True, repr=False)
class Summary(Saveable):
    """Where a model keeps its parameters, with the formula for each layer.

    Attributes:
        data: The records everything else follows from.
        options: Title, source and templates that reports use.

    """

    data: SummaryData
    options: Options = field(default=Options(), compare=False)

    @property
    def _report(self) -> SummaryData:
        return self.data

    @property
    def model_name(self) -> str:
        """Class name of the model."""
        return self.data.model_name

    @property
    def fingerprint(self) -> str:
        """Twelve hex digits that two models share when names, shapes and dtypes of their tensors are equal."""
        return self.data.fingerprint

    @property
    def totals(self) -> Totals:
        """Exact Python ints: ``parameters``, ``trainable``, ``frozen``, ``bytes``, ``macs`` and more."""
        return self.data.totals

    @property
    def experts(self) -> Experts:
        """What one token uses of a mixture of experts: ``active``, ``routed``, and ``reason`` where it is not known."""
        return self.data.experts

    @cached_property
    def layers(self) -> pd.DataFrame:
        """One row a layer; ``docs/columns.md`` says what each column means and which sums to which total."""
        from summarykit.summary.frames import layers_frame

        return layers_frame(self.data)

    @cached_property
    def tensors(self) -> pd.DataFrame:
        """One row for each place where a layer holds a tensor; columns as in ``docs/columns.md``."""
        from summarykit.summary.frames import tensors_frame

        return tensors_frame(self.data)

    @cached_property
    def calls(self) -> pd.DataFrame:
        """One row a call of the watched forward, in order; empty without one. Columns as in ``docs/columns.md``."""
        from summarykit.summary.frames import calls_frame

        return calls_frame(self.data)

    def memory(self, *, tokens: int | None = None, bytes_per_parameter: int | None = None) -> pd.DataFrame:
        """Return what it takes to hold, to run and to train the model, in bytes, each with its formula.

        Args:
            tokens: So many tokens are kept in the cache of a decoder.
            bytes_per_parameter: What an optimizer of your own keeps for each number that is learned.

        """
        from summarykit.summary.frames import memory_frame

        return memory_frame(self.data, tokens, bytes_per_parameter)

    @cached_property
    def folded(self) -> pd.DataFrame:
        """The tree with identical repeats as one row; ``.layers`` has them all. Columns as in ``docs/columns.md``."""
        from summarykit.summary.frames import folded_frame

        return folded_frame(self.data)

    @property
    def trace(self) -> Trace:
        """The result of the forward pass: ``how``, ``ok``, ``error``, ``failed_at`` and more."""
        return self.data.trace

    @property
    def checks(self) -> Checks:
        """The checks behind the total: ``checks.ok``, and each in ``checks.list``."""
        return self.data.checks

    @property
    def notes(self) -> tuple[str, ...]:
        """Remarks on the model and its counts."""
        return self.data.notes

    def __repr__(self) -> str:
        """Return one line: name, total and fingerprint."""
        return f"<Summary of {self.model_name}: {self.totals.parameters:,} parameters, {self.fingerprint}>"

    def _repr_html_(self) -> str:
        from summarykit.exporters.html.exporter import fragment

        return fragment(self.data, self.options)

    def _repr_markdown_(self) -> str:
        from summarykit.exporters.markdown.exporter import brief

        return brief(self.data, self.options)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Show the table in IPython; one line inside a list or another value, as in plain Python."""
        alone = len(getattr(printer, "stack", ())) <= 1
        printer.text(str(self) if alone and not cycle else repr(self))
