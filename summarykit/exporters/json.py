"""JSON: the whole summary, for programs and for ``summarykit.load``."""

from __future__ import annotations

from typing import BinaryIO, ClassVar

from summarykit.exporters.base import Options, exporter
from summarykit.summary.data import SummaryData
from summarykit.summary.diff import Comparison, ProjectChanges
from summarykit.summary.diff.storage import comparison_json, project_json
from summarykit.summary.storage import to_json


@exporter("json")
class JsonExporter:
    """The summary in ASCII; other characters are JSON escapes, so that names are read back unchanged."""

    suffixes: ClassVar[tuple[str, ...]] = (".json",)

    def write(self, data: SummaryData, out: BinaryIO, options: Options) -> None:
        """Write the summary; no option has an effect."""
        out.write(to_json(data).encode("ascii"))

    def write_comparison(self, comparison: Comparison, out: BinaryIO, options: Options) -> None:
        """Write the changes, for programs."""
        out.write(comparison_json(comparison).encode("ascii"))

    def write_project(self, changes: ProjectChanges, out: BinaryIO, options: Options) -> None:
        """Write the changes in all models of a project, for programs."""
        out.write(project_json(changes).encode("ascii"))
