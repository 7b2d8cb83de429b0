"""Write the tables of columns into docs/columns.md and docs/selecting.md, from the specs in summary/columns/.

Run by ``make docs``; a test compares the pages with what this writes. A table stands between two marks,
``<!-- columns: NAME -->`` and ``<!-- end of columns -->``; all other text of the pages is written by hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from summarykit.summary.columns.calls import CALL_COLUMNS
from summarykit.summary.columns.changes import CHANGE_COLUMNS
from summarykit.summary.columns.folded import FOLDED_COLUMNS
from summarykit.summary.columns.layers import LAYER_COLUMNS, REPORT_COLUMNS
from summarykit.summary.columns.memory import MEMORY_COLUMNS
from summarykit.summary.columns.spec import ColumnSpec
from summarykit.summary.columns.tensors import TENSOR_COLUMNS

PAGES = (Path(__file__).with_name("columns.md"), Path(__file__).with_name("selecting.md"))
#: The specs of each frame, by its name in the docs.
FRAMES: Mapping[str, Sequence[ColumnSpec[Any]]] = {
    "layers": [spec for spec in LAYER_COLUMNS if spec.values],
    "tensors": TENSOR_COLUMNS,
    "folded": FOLDED_COLUMNS,
    "calls": CALL_COLUMNS,
    "memory": MEMORY_COLUMNS,
    "changes": CHANGE_COLUMNS,
}
#: When a total is there at all.
_CONDITIONS = {"macs": ", if the forward pass ended"}
_TABLE = re.compile(r"(<!-- columns: ([\w ]+) -->\n).*?(<!-- end of columns -->)", re.DOTALL)


def tables() -> dict[str, str]:
    """Return every table as Markdown, by the name in its mark."""
    layers = FRAMES["layers"]
    return {
        "layers": frame_table(spec for spec in layers if not spec.of_run),
        "layers of a run": frame_table(spec for spec in layers if spec.of_run),
        **{name: frame_table(specs) for name, specs in FRAMES.items() if name != "layers"},
        "sums": markdown(("column", "sums to"), sums()),
        "reports": markdown(
            ("name", "unit", "meaning"),
            ((f"`{spec.name}`", spec.unit, spec.report_meaning or spec.meaning) for spec in REPORT_COLUMNS.values()),
        ),
    }


def frame_table(specs: Iterable[ColumnSpec[Any]]) -> str:
    """Return the columns of a frame as a table."""
    return markdown(
        ("column", "dtype", "unit", "meaning"),
        ((f"`{spec.name}`", spec.dtype, spec.unit, spec.meaning) for spec in specs),
    )


def sums() -> Iterable[tuple[str, str]]:
    """Return each column that adds up to a total, and which."""
    for frame, specs in FRAMES.items():
        prefix = "diff.totals" if frame == "changes" else "totals"
        for spec in specs:
            if spec.total:
                total = " + ".join(f"{prefix}.{field}" for field in spec.total.split(" + "))
                yield (
                    f"`{frame}.{spec.name}`",
                    f"`{total}`{_CONDITIONS.get(spec.total, '')}",
                )


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; a bar in a text does not end its cell."""
    lines = ["|".join(["", *(" " + cell.replace("|", r"\|") + " " for cell in row), ""]) for row in rows]
    return "\n".join([f"| {' | '.join(head)} |", "|" + "---|" * len(head), *lines, ""]).replace("|  |", "| |")


def page(text: str) -> str:
    """Return *text*, a page of the docs, with its tables as the specs say."""
    by_name = tables()
    return _TABLE.sub(lambda match: match[1] + "\n" + by_name[match[2]] + "\n" + match[3], text)


if __name__ == "__main__":
    for path in PAGES:
        path.write_text(page(path.read_text(encoding="utf-8")), encoding="utf-8")
