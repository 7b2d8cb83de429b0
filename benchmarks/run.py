"""Compare summarykit with others and with the least possible work: ``make bench``.

Prints tables of ratios, each with its aim, and writes them to docs/benchmarks.md. Each table is of one run: only
ratios of one run say anything. ``python benchmarks/run.py pages`` measures one part anew and keeps the others.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import exports
import models
import pages
import peers
import processes
import runs
import torch
from timing import ROUNDS, duration, interleaved

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"
NUMBER_WORDS = {1: "one core", 2: "two cores", 4: "four cores", 8: "eight cores"}
MODELS = {"sequential": "the sequential model", "gpt2": "GPT-2", "moe": "the mixture of experts"}
#: Times the bare loop that the summary of the largest model may take.
AIM_MOE = 5.0
#: Times the 10,000 modules that 100,000 may take.
AIM_TREE = 11.0
AIM_IMPORT, AIM_HELP = 0.06, 0.3
#: Seconds that an export of the largest model may take beyond the summary.
AIM_EXPORTS = {"markdown": 2.0, "html": 2.0, "excel": 2.0, "json": 1.5}
#: Times openpyxl's floor that the workbook with every row may take, and times pandas' own.
AIM_FLOOR, AIM_PANDAS = 1.2, 1.0
#: Megabytes that a summary or a report of it may add.
AIM_MEMORY = 250.0
#: Times a bare forward on meta that watching one may take, the copy of the model included.
AIM_RUN = 2.5
#: Seconds and megabytes that watching an 8-billion model may take.
AIM_LARGE = (1.0, 50.0)
#: Seconds until a page can be used, and milliseconds of a search or a sort.
AIM_PAGE = (1.0, 100.0)


class Line(NamedTuple):
    """One line of a table; *aim* is empty where there is none."""

    what: str
    ratio: str
    aim: str
    measured: str


class Table(NamedTuple):
    """What was measured in one way."""

    title: str
    about: str
    lines: list[Line]


def aim(value: float, most: float, unit: str) -> str:
    """Return "≤ 5 ×, holds"."""
    return f"≤ {most:g}{unit}, {'holds' if value <= most else 'missed'}"


def static_tables() -> list[Table]:
    """Return one table a model: the summary and its peers against a bare loop."""
    tables = []
    for model, called in MODELS.items():
        print(f"  the static summary of {called}", file=sys.stderr)
        times, stopped, failed = peers.compare(model)
        floor = times.seconds(peers.FLOOR)
        lines = []
        for task in peers.TASKS[1:]:
            if task in failed:
                lines.append(Line(task, "", "", failed[task].replace("|", "\\|")))
                continue
            if task in stopped:
                lines.append(
                    Line(task, f"more than {peers.LIMIT / floor:,.0f} ×", "", f"stopped after {peers.LIMIT} s")
                )
                continue
            ratio = times.ratio(task, peers.FLOOR)
            wanted = aim(ratio, AIM_MOE, " ×") if (task, model) == (peers.OURS, "moe") else ""
            lines.append(Line(task, f"{ratio:,.1f} ×", wanted, duration(times.seconds(task))))
        modules = f"{sum(1 for _ in getattr(models, model)().modules()):,} modules"
        lines.append(Line(peers.FLOOR, "1.0 ×", "", duration(floor)))
        tables.append(Table(f"Static summary of {called}, {modules}", "Times the bare loop.", lines))
    return tables


def growth_table() -> Table:
    """Return how the summary grows with the number of modules."""
    lines = []
    for small, large, rounds in ((10_000, 100_000, ROUNDS), (100_000, 1_000_000, 2)):
        print(f"  {small:,} and {large:,} modules", file=sys.stderr)
        trees = {"small": models.tree(small), "large": models.tree(large)}
        tasks = {name: partial(peers.our_summary, tree) for name, tree in trees.items()}
        tasks |= {f"{name} bare": partial(peers.bare_loop, tree) for name, tree in trees.items()}
        times = interleaved(tasks, rounds)
        for what, end, wanted in (("summary with both frames", "", AIM_TREE), ("bare loop", " bare", None)):
            ratio = times.ratio(f"large{end}", f"small{end}")
            measured = f"{duration(times.seconds(f'small{end}'))}, {duration(times.seconds(f'large{end}'))}"
            said = aim(ratio, wanted, " ×") if wanted else ""
            lines.append(Line(f"{what}, {large:,} against {small:,}", f"{ratio:.1f} ×", said, measured))
        against = f"{duration(times.seconds('large bare'))}, {duration(times.seconds('large'))}"
        ratio = times.ratio("large", "large bare")
        lines.append(Line(f"summary against bare loop, {large:,}", f"{ratio:.1f} ×", "", against))
    return Table("Growth", "A synthetic tree of so many modules.", lines)


def large_export_tables() -> list[Table]:
    """Return what the exports of the largest model take, and the workbook of all its rows beside others."""
    print("  exports of the mixture of experts", file=sys.stderr)
    model = models.moe()
    times = exports.large(model, 3)
    lines = []
    for task in exports.LARGE:
        seconds = times.seconds(task)
        wanted = aim(seconds, AIM_EXPORTS[task], " s") if task in AIM_EXPORTS else ""
        lines.append(Line(task, "", wanted, duration(seconds)))
    whole = Table(
        "Exports of the mixture of experts", "Beyond the summary, from the records to the bytes of the file.", lines
    )
    print("  the workbook of all its rows; some minutes", file=sys.stderr)
    times = exports.unfolded(model)
    lines = [Line(exports.UNFOLDED, "1.00 ×", "", duration(times.seconds(exports.UNFOLDED)))]
    for other, most in ((exports.UNFOLDED_FLOOR, AIM_FLOOR), (exports.TO_EXCEL, AIM_PANDAS)):
        ratio = times.ratio(other, exports.UNFOLDED)
        wanted = f"ours {aim(1 / ratio, most, ' ×')}"
        lines.append(Line(other, f"{ratio:,.2f} ×", wanted, duration(times.seconds(other))))
    about = "74,591 rows on Layers, styled; one round. openpyxl writes neither heights, outlines nor links."
    return [whole, Table("The workbook with every row of the mixture of experts", about, lines)]


def export_tables() -> list[Table]:
    """Return one table a model: each export against the least work that writes the same content."""
    tables = []
    for called, model, rounds in (("GPT-2", models.gpt2(), 7), ("a tree of 5,000 modules", models.tree(5_000), 3)):
        print(f"  exports of {called}", file=sys.stderr)
        times = exports.compare(model, rounds)
        lines = []
        for name, floor in exports.FLOORS.items():
            measured = f"{duration(times.seconds(name))}, floor {duration(times.seconds(f'{name} floor'))}"
            lines.append(Line(f"{name} ({floor})", f"{times.ratio(name, f'{name} floor'):,.1f} ×", "", measured))
        lines.append(Line("the view alone, part of all but json", "", "", duration(times.seconds("view"))))
        about = "From the records to the bytes of the file, against its floor, named in brackets."
        tables.append(Table(f"Exports of {called}", about, lines))
    return tables


def run_tables() -> list[Table]:
    """Return one table a model: a watched forward against a bare one, torchinfo and a real one."""
    tables = []
    for case in runs.CASES:
        print(f"  a watched forward of {case.called}", file=sys.stderr)
        times = runs.compare(case)
        lines = []
        for task in times.rounds:
            ratio = times.ratio(task, runs.FLOOR)
            wanted = aim(ratio, AIM_RUN, " ×") if task == runs.OURS else ""
            lines.append(Line(task, f"{ratio:,.2f} ×", wanted, duration(times.seconds(task))))
        tables.append(Table(f"A watched forward of {case.called}", "Times a bare forward on meta.", lines))
    seconds, megabytes = runs.large()
    lines = [
        Line("time", "", aim(seconds, AIM_LARGE[0], " s"), duration(seconds)),
        Line("memory added", "", aim(megabytes, AIM_LARGE[1], " MB"), f"{megabytes:,.0f} MB"),
    ]
    about = "In a process of its own, the first run of the model."
    return [*tables, Table("An 8-billion Llama on meta, 1 × 4,096, watched once", about, lines)]


def page_table() -> Table:
    """Return how pages behave in a browser."""
    print("  pages in Chromium", file=sys.stderr)
    lines = []
    for page in pages.measured():
        lines += [
            Line(f"{page.called}: file", "", aim(page.size / 1e3, page.most, " kB"), f"{page.size / 1e3:,.0f} kB"),
            Line("until it can be used", "", aim(page.opened, AIM_PAGE[0], " s"), duration(page.opened)),
            Line("slowest of seven searches", "", aim(page.search * 1e3, AIM_PAGE[1], " ms"), duration(page.search)),
            Line("slowest of five sorts", "", aim(page.sort * 1e3, AIM_PAGE[1], " ms"), duration(page.sort)),
        ]
    return Table("Pages in Chromium", "The median of several openings.", lines)


def start_table() -> Table:
    """Return how long summarykit takes to start."""
    print("  starts", file=sys.stderr)
    times = processes.starts()
    alone = times.seconds("python alone")
    lines = []
    for name in ("import summarykit", "summarykit --help"):
        seconds = times.seconds(name)
        wanted = aim(seconds, AIM_HELP if name.endswith("--help") else AIM_IMPORT, " s")
        lines.append(Line(name, f"{times.ratio(name, 'python alone'):.1f} ×", wanted, duration(seconds)))
    lines.append(Line("python alone", "1.0 ×", "", duration(alone)))
    return Table("Start", "A whole process, from the call to its end, against Python that does nothing.", lines)


def memory_table() -> Table:
    """Return what each task adds to the peak memory of a process."""
    lines = []
    for task in processes.MEMORY_TASKS:
        print(f"  memory of {task}", file=sys.stderr)
        added = processes.memory("moe", task)
        lines.append(Line(task, "", aim(added, AIM_MEMORY, " MB"), f"{added:,.0f} MB"))
    about = "Added to the peak of a process that holds the mixture of experts, from there to the frames or a report."
    return Table("Memory", about, lines)


def text(tables: list[Table]) -> str:
    """Return all tables, aligned for a terminal; the same lines stand in the document."""
    parts = []
    for table in tables:
        head = Line("", "Ratio", "Aim", "Measured")
        widths = [max(len(line[i]) for line in (head, *table.lines)) for i in range(4)]
        rows = ["| " + " | ".join(f"{cell:<{w}}" for cell, w in zip(line, widths, strict=True)) + " |"
                for line in (head, *table.lines)]  # fmt: skip
        rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
        parts.append("\n".join([f"## {table.title}", "", table.about, "", rows[0], rule, *rows[1:]]))
    return "\n\n".join(parts) + "\n"


def machine() -> str:
    """Return in words where this ran."""
    cores = os.cpu_count() or 1
    where = NUMBER_WORDS.get(cores, f"{cores} cores")
    system = f"{platform.system()}, Python {platform.python_version()}, torch {torch.__version__}"
    return f"Each section is one run on {where}: {system}."


ABOUT = f"""\
Each figure is the median of several rounds in which all tasks take turns, a ratio the median of the ratios
within the rounds. Trust the ratios, not the times.

- The *bare loop* goes over `named_modules()` and reads path, shape and number of elements of every parameter,
  the least that any summary must do.
- *summarykit* is `summarize(model)` with `.layers` and `.tensors`: every layer explained, every tensor checked,
  both frames made.
- *torchinfo* is `torchinfo.summary(model, verbose=0)` without an input, *fvcore* its `parameter_count_table(model)`,
  *Lightning's ModelSummary* the text of `ModelSummary(..., max_depth=-1)`, *torchlens* its
  `summary(model, x)`, which runs the model. None of them writes a formula or checks what it counts.
- What passes {peers.LIMIT} s is stopped; what takes more than {peers.SLOW:g} s is run once.

The models stand in `benchmarks/models.py`, all on the meta device.
"""


#: What is measured together; ``python benchmarks/run.py pages`` measures one of them anew.
PARTS: dict[str, Callable[[], list[Table]]] = {
    "static": static_tables,
    "growth": lambda: [growth_table()],
    "exports": lambda: [*export_tables(), *large_export_tables()],
    "runs": run_tables,
    "pages": lambda: [page_table()],
    "start": lambda: [start_table()],
    "memory": lambda: [memory_table()],
}


def kept(document: str, new: list[Table]) -> str:
    """Return the tables of *document* with *new* ones in the place of those of their title."""
    parts = [part.rstrip() for part in document.split("\n## ")[1:]]
    titles = {part.partition("\n")[0]: part for part in parts}
    titles |= {table.title: text([table]).removeprefix("## ").rstrip() for table in new}
    return "\n\n".join(f"## {part}" for part in titles.values()) + "\n"


def main(names: list[str]) -> None:
    print("All of it takes some twenty minutes.", file=sys.stderr)
    tables = [table for name in names or PARTS for table in PARTS[name]()]
    print(text(tables))
    before = DOCUMENT.read_text(encoding="utf-8") if names and DOCUMENT.exists() else ""
    head = f"# Benchmarks\n\nMade by `make bench` (`python benchmarks/run.py`). {machine()}\n"
    DOCUMENT.write_text(f"{head}{ABOUT}\n{kept(before, tables)}", encoding="utf-8")
    print(f"wrote {DOCUMENT.name}", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1:])
