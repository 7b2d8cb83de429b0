"""Run an exporter over small models, and compare what it writes with the contract of ``docs/exporters.md``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from summarykit import records, runs
from summarykit.exporters.base import METHODS, Exporter, Options, Report, built_in, contract_problem
from summarykit.exporters.testing.models import HOSTILE_NAMES, comparisons, models, projects
from summarykit.exporters.view import values
from summarykit.exporters.view.diff import values as diff_values
from summarykit.exporters.view.words import visible
from summarykit.expression import nodes, sentence
from summarykit.summary import data as summary_data
from summarykit.summary import diff, selection, texts
from summarykit.summary.columns import REPORT_COLUMNS
from summarykit.summary.data import SummaryData
from summarykit.summary.diff import Comparison, ModelState, ProjectChanges
from summarykit.summary.folding import Folding
from summarykit.summary.selection import ORDERS, Selection
from summarykit.summary.storage import to_json

#: Models on which every option is tried.
_WITH_EVERY_OPTION = ("repeats", "run", "hostile names 1")
#: A model with more layers is longer than some reports: no names are looked for in it.
_MOST_LAYERS = 100
#: Of a comparison with more changes a report may leave some out.
_MOST_CHANGES = 10
#: What separates digits in groups of three.
_GROUPING = re.compile("(?<=[0-9])[,.'_ \u00a0\u2009\u202f](?=[0-9]{3}(?![0-9]))")
#: Characters that a reader does not see, or that turn others around, but for those that end lines and cells.
_INVISIBLE = frozenset(char for name in HOSTILE_NAMES for char in name if visible(char) != char) - set("\n\r\t")

_EXAMPLES: Mapping[type, Callable[[], Mapping[str, Any]]] = {
    SummaryData: models,
    Comparison: comparisons,
    ProjectChanges: projects,
}


def utf8(report: bytes) -> str:
    """Return the text of a report in UTF-8, without the mark that may begin it."""
    return report.decode("utf-8").removeprefix("\ufeff")


def check(
    exporter: type | object,
    *,
    read: Callable[[bytes], str] | None = utf8,
    spell: Callable[[str], str] = str,
    names: bool = True,
    total: bool = True,
) -> None:
    """Check that *exporter* keeps the exporter contract.

    It writes reports on small models, on comparisons and on projects, each kind where it has the method, with every
    option. ``docs/exporters.md`` lists what is checked.

    Args:
        exporter: The class that an entry point names, or an instance.
        read: Returns the text that a reader of the file sees; None where the format is no text, for which only what
            needs no text is checked.
        spell: Escapes a name as the format does, after it was made visible.
        names: Whether each layer with parameters, or the row that it is folded into, has to occur by name.
        total: Whether the total has to occur; in a comparison its change, or the totals before and after.

    Raises:
        AssertionError: It breaks the contract; the message says how, and in which report.

    """
    _Check(exporter, read, spell, names, total).run()


class _Case(NamedTuple):
    """One report to write, twice: *again* is equal to *report*, and another object."""

    label: str
    report: Report
    again: Report
    options: Options


class _Check:
    def __init__(
        self,
        exporter: type | object,
        read: Callable[[bytes], str] | None,
        spell: Callable[[str], str],
        names: bool,
        total: bool,
    ) -> None:
        self.exporter, self.read, self.spell, self.names, self.total = exporter, read, spell, names, total
        self.cls = exporter if isinstance(exporter, type) else type(exporter)

    def run(self) -> None:
        self.declaration()
        for case in self.cases():
            report = self.bytes_of(case)
            if self.read is not None:
                try:
                    text = self.read(report)
                except Exception as error:  # noqa: BLE001 - whatever a reader raises, the file is not of its format
                    self.fail(f"{case.label} cannot be read back ({_message(error)})", error)
                self.text(text, case)

    def fail(self, problem: str, error: Exception | None = None) -> NoReturn:
        raise AssertionError(f"{self.cls.__name__}: {problem}") from error

    def declaration(self) -> None:
        """Check suffixes, methods and version."""
        if problem := contract_problem(self.exporter):
            self.fail(f"{problem.message}; {problem.hint}")
        if isinstance(self.exporter, type):
            try:
                self.exporter()
            except Exception as error:  # noqa: BLE001 - any error of the user's code
                self.fail(f"it cannot be made without arguments, as summarykit does ({_message(error)})", error)
        for name, other in built_in().items():
            for suffix in set(other.suffixes) & set(self.new().suffixes):
                if other is not self.cls:
                    self.fail(f"the suffix {suffix!r} is of the built-in format {name!r}, which goes before it")

    def new(self) -> Exporter:
        """Return an exporter for one report, as summarykit makes one."""
        exporter: Any = self.exporter
        return exporter() if isinstance(exporter, type) else exporter  # type: ignore[no-any-return] # checked by contract_problem

    def cases(self) -> Iterator[_Case]:
        """Yield each report of each kind that the exporter writes, with the options to try."""
        for kind, examples in _EXAMPLES.items():
            method = METHODS[kind][0]
            if not hasattr(self.cls, method):
                continue
            for (name, report), again in zip(examples().items(), examples().values(), strict=True):
                for label, options in _options(every=name in _WITH_EVERY_OPTION):
                    yield _Case(f"{method}() of {name!r} with {label}", report, again, options)

    def bytes_of(self, case: _Case) -> bytes:
        """Return the report, and check how it is written."""
        before = _state(case.report)
        first = self.write(case, case.report)
        if not first:
            self.fail(f"{case.label} writes nothing")
        if _state(case.report) != before:
            self.fail(f"{case.label} changes the data that it reads")
        second = self.write(case, case.again)
        if first != second:
            at = next((at for at, pair in enumerate(zip(first, second, strict=False)) if pair[0] != pair[1]), 0)
            parts = " and ".join(repr(report[max(0, at - 20) : at + 20]) for report in (first, second))
            self.fail(f"{case.label} writes other bytes the second time: {parts}")
        return first

    def write(self, case: _Case, report: Report) -> bytes:
        """Return what the exporter writes to its file, and check that it writes nowhere else."""
        out, screen, files = _Stream(), StringIO(), _files()
        try:
            with redirect_stdout(screen), redirect_stderr(screen):
                getattr(self.new(), METHODS[type(report)][0])(report, out, case.options)
        except Exception as error:  # noqa: BLE001 - any error of the user's code
            self.fail(f"{case.label} raises {_message(error)}", error)
        if out.closes:
            self.fail(f"{case.label} closes the file: flush and detach what wraps it instead")
        if screen.getvalue():
            self.fail(f"{case.label} prints {screen.getvalue()[:80]!r}")
        if more := sorted(_files() ^ files):
            self.fail(f"{case.label} writes another file: {more[0][0]!r}")
        return out.getvalue()

    def text(self, text: str, case: _Case) -> None:
        """Check what a reader sees."""
        if characters := sorted(set(text) & _INVISIBLE):
            self.fail(f"{case.label} has the invisible character {characters[0]!a}: pass names through visible()")
        if beginning := _repr_in(text):
            self.fail(f"{case.label} has the repr of a Python object: {beginning!r}")
        if self.total:
            self.numbers(text, case)
        if self.names:
            for name, stand_ins in _names(case):
                if not any(self.spell(visible(each)).strip() in text for each in stand_ins if each.strip()):
                    self.fail(f"{case.label} has lost {name}; none of these occurs: {', '.join(map(ascii, stand_ins))}")

    def numbers(self, text: str, case: _Case) -> None:
        numbers = set(map(int, re.findall("[0-9]{1,30}", _GROUPING.sub("", text))))
        match case.report:
            case SummaryData() as data:
                if data.totals.parameters not in numbers:
                    self.fail(f"{case.label} has no total: {data.totals.parameters}")
            case Comparison() as comparison:
                change = abs(comparison.change.parameters)
                totals = {comparison.before.totals.parameters, comparison.after.totals.parameters}
                if change not in numbers and not totals <= numbers and change:
                    self.fail(f"{case.label} has neither the change, {change}, nor the totals before and after")


def _options(*, every: bool) -> Iterator[tuple[str, Options]]:
    """Yield options to try, each with what it is called in messages."""
    yield "the default options", Options()
    yield "fold=False", Options(fold=False)
    if not every:
        return
    yield "a title and a source", Options(title=HOSTILE_NAMES[0], source="a|b\n\u202ec")
    yield "bom=True", Options(bom=True)
    for choice in _selections():
        changes = {name: value for name, value in choice._asdict().items() if value != getattr(Selection(), name)}
        label = ", ".join(f"{name}={value!r}" for name, value in changes.items())
        yield "all columns" if choice.columns == tuple(REPORT_COLUMNS) else label, Options(selection=choice)


def _selections() -> Iterator[Selection]:
    yield from (Selection(depth=depth) for depth in (0, 1, 2))
    yield from (Selection(only=only) for only in (("stem", "encode"), ("blocks.*.up", "Linear*")))
    yield from (Selection(exclude=exclude) for exclude in (("blocks.1", "ReLU"), ("*",)))
    yield from (Selection(sort=order) for order in ORDERS if order != "model")
    yield from (
        Selection(columns=columns)
        for columns in (("path",), ("check",), ("share", "parameters"), tuple(REPORT_COLUMNS))
    )
    yield Selection(depth=1, only=("blocks",), exclude=("*.act",), columns=("path", "share"), sort="size")


class _Stream(BytesIO):
    """The file an exporter writes to; it counts how often it is closed."""

    closes = 0

    def close(self) -> None:
        self.closes += 1


def _files() -> set[tuple[str, int]]:
    """Return the files in the current folder, each with its size."""
    return {(path.name, path.stat().st_size) for path in Path().iterdir() if path.is_file()}


def _message(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _state(report: Report) -> object:
    """Return everything of a report's data that an exporter could change by accident."""
    match report:
        case SummaryData() as data:
            return to_json(data), tuple(tuple(column) for column in data.columns), data.totals
        case Comparison() as comparison:
            return _state(comparison.before), _state(comparison.after), comparison.changes
        case _:
            parts = [part for model in report.models for part in (model.comparison, model.before) if part]
            return tuple(map(_state, parts))


def _names(case: _Case) -> Iterator[tuple[str, list[str]]]:
    """Yield each name that must occur in a report, and what may stand for it."""
    match case.report:
        case SummaryData() as data if len(data.layers) <= _MOST_LAYERS and case.options.selection == Selection():
            rows = _folded_rows(data)
            for layer in data.layers:
                if layer.explanation >= 0 and layer.path:
                    yield f"the layer {layer.path!a}", [layer.path, _own_name(layer.path), *rows[layer.id]]
        case Comparison() as comparison if len(comparison.changes) <= _MOST_CHANGES and not comparison.new:
            for change in comparison.changes:
                if not any(change.change):
                    continue  # a layer without parameters: reports may leave it out
                data, at = (comparison.after, change.after) if change.after >= 0 else (comparison.before, change.before)
                around = [data.layers[at].path]
                while (at := data.layers[at].parent) > 0:
                    around.append(data.layers[at].path)
                if around[0]:
                    yield f"the change of {around[0]!a}", [*around, *map(_own_name, around)]
        case ProjectChanges() as changes:
            yield from ((f"the model {m.name!a}", [m.name]) for m in changes.models if m.state is not ModelState.SAME)


def _own_name(path: str) -> str:
    return path.rpartition(".")[2]


def _folded_rows(data: SummaryData) -> Mapping[int, list[str]]:
    """Return for each layer the paths and names of the folded rows that it may stand in."""
    folding = Folding(data)
    stand_ins: dict[int, list[str]] = {layer.id: [] for layer in data.layers}
    for group in folding.groups:
        for layer in group.layers:
            stand_ins[layer] += [group.path, _own_name(group.path)]
    return stand_ins


def _first_fields() -> Mapping[str, str]:
    """Return the first field of summarykit's values by the name of their class: a repr begins with both."""
    modules = (values, diff_values, records, runs, nodes, sentence, summary_data, diff, selection, texts)
    classes = [member for module in modules for member in vars(module).values() if isinstance(member, type)]
    ours = [cls for cls in classes if cls.__module__.startswith("summarykit.")]
    fields = {cls.__name__: getattr(cls, "_fields", ()) or getattr(cls, "__dataclass_fields__", ()) for cls in ours}
    return {name: next(iter(each)) for name, each in fields.items() if each}


_FIRST_FIELDS = _first_fields()
_REPR_OF_VALUE = re.compile(r"([A-Z][A-Za-z]+)\(([a-z_]+)=")
_REPR_OF_OBJECT = re.compile("<[A-Za-z_.]+ object at 0x|<summarykit[.]|<bound method |<function |<class '|<Evidence[.]")


def _repr_in(text: str) -> str:
    """Return the beginning of a Python object's repr in *text*; empty where there is none."""
    values_of_ours = (m for m in _REPR_OF_VALUE.finditer(text) if _FIRST_FIELDS.get(m[1]) == m[2])
    match = _REPR_OF_OBJECT.search(text) or next(values_of_ours, None)
    return text[match.start() : match.start() + 60] if match else ""
