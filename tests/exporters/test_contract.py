"""``check()`` passes every built-in format, and fails an exporter that breaks the contract in one way."""

from __future__ import annotations

import html
import io
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

import pytest

from summarykit import exporters
from summarykit.errors import UnknownFormatError
from summarykit.exporters import Comparison, Options, ProjectChanges, SummaryData, base, build_view, visible
from summarykit.exporters.base import built_in
from summarykit.exporters.csv import escape_formulas
from summarykit.exporters.latex.exporter import escape as escape_latex
from summarykit.exporters.testing import check, comparisons, models, projects
from summarykit.summary.storage import from_json, to_json

ROOT = Path(__file__).resolve().parents[2]


def read_csv(report: bytes) -> str:
    return report.decode("utf-8-sig").replace('""', '"')


def leaves(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from leaves(inner)
    else:
        yield visible(str(value))


def read_json(report: bytes) -> str:
    return "\n".join(leaves(json.loads(report)))


def read_html(report: bytes) -> str:
    return html.unescape(re.sub("<wbr>|<!-- -->", "", report.decode("utf-8")))


def read_markdown(report: bytes) -> str:
    """Between backticks all signs are signs; elsewhere entities are."""
    text = report.decode("utf-8").replace("<!-- -->", "")
    return re.sub("`([^`\n]*)`|(&#?[a-z0-9]+;)", lambda match: match[1] or html.unescape(match[2] or ""), text)


def read_latex(report: bytes) -> str:
    return report.decode("ascii").replace(r"\allowbreak{}", "")


READERS: dict[str, dict[str, Callable[..., str]]] = {
    "csv": {"read": read_csv, "spell": escape_formulas},
    "html": {"read": read_html},
    "json": {"read": read_json},
    "latex": {"read": read_latex, "spell": lambda name: read_latex(escape_latex(name).encode())},
    "markdown": {"read": read_markdown},
    "text": {},
    "tsv": {"read": read_csv, "spell": escape_formulas},
}


@pytest.mark.large
@pytest.mark.parametrize("name", sorted(built_in().keys() - {"excel"}))
def test_every_built_in_format_of_text_keeps_the_contract(name: str) -> None:
    check(built_in()[name], **READERS[name])


def test_the_examples_are_summaries_like_any_other() -> None:
    for name, data in models().items():
        assert from_json(to_json(data)) == data, name
        assert [check.slug for check in data.checks.list if not check.ok] == ["formulas"] * (name == "unexplained")
    assert all(comparison.checks.ok for comparison in comparisons().values())
    assert len({model.state for model in projects()["every state"].models}) == 5


def test_trying_an_exporter_loads_no_torch() -> None:
    code = "import sys; from summarykit.exporters.testing import check, models; models(); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "False\n"


class Lines:
    """An exporter that keeps the contract: a line a layer, the total last; then what changed."""

    suffixes: ClassVar[Any] = (".lines",)

    def write(self, data: SummaryData, out: BinaryIO, options: Options) -> None:
        view = build_view(
            data, title=options.title, source=options.source, fold=options.fold, selection=options.selection
        )
        lines = [view.title, *(f"{group.path}: {group.equation}" for group in view.groups), f"total {view.total}"]
        self.save(lines, out)

    def write_comparison(self, comparison: Comparison, out: BinaryIO, options: Options) -> None:
        lines = [comparison.after.model_name]
        for change in comparison.changes:
            data, at = (comparison.after, change.after) if change.after >= 0 else (comparison.before, change.before)
            lines.append(f"{data.layers[at].path} {change.change.parameters:+,}")
        self.save([*lines, f"{comparison.change.parameters:+,}"], out)

    def write_project(self, changes: ProjectChanges, out: BinaryIO, options: Options) -> None:
        self.save([f"{len(changes.models)} models", *(f"{each.name} {each.state}" for each in changes.models)], out)

    def save(self, lines: list[str], out: BinaryIO) -> None:
        out.write("".join(f"{visible(line)}\n" for line in lines).encode())


def test_an_exporter_that_keeps_the_contract_passes_as_a_class_and_as_an_instance() -> None:
    check(Lines)
    check(Lines())


class NoSuffixes(Lines):
    suffixes = ()


class OneText(Lines):
    suffixes = ".lines"


class NoDot(Lines):
    suffixes = ("lines",)


class Capitals(Lines):
    suffixes = (".LINES",)


class TwoDots(Lines):
    suffixes = (".tar.lines",)


class BuiltInSuffix(Lines):
    suffixes = (".md",)


class NoMethod:
    suffixes = (".lines",)


class OfTomorrow(Lines):
    api_version = base.API_VERSION + 1


class NoVersion(Lines):
    api_version = "1.0"


class NeedsArguments(Lines):
    def __init__(self, width: int) -> None:
        self.width = width


class WritesText(Lines):
    def save(self, lines: list[str], out: BinaryIO) -> None:
        out.write("\n".join(map(visible, lines)))  # type: ignore[arg-type] # the mistake


class Closes(Lines):
    def save(self, lines: list[str], out: BinaryIO) -> None:
        with out:
            super().save(lines, out)


class ClosesByLosingItsWrapper(Lines):
    def save(self, lines: list[str], out: BinaryIO) -> None:
        io.TextIOWrapper(out, encoding="utf-8").write("\n".join(map(visible, lines)))


class Nothing(Lines):
    def save(self, lines: list[str], out: BinaryIO) -> None:
        pass


class Prints(Lines):
    def save(self, lines: list[str], out: BinaryIO) -> None:
        super().save(lines, out)
        print("done")  # noqa: T201 - the mistake


class WritesElsewhere(Lines):
    def save(self, lines: list[str], out: BinaryIO) -> None:
        super().save(lines, out)
        Path("log.txt").write_text("\n".join(map(visible, lines)), encoding="utf-8")


class OtherBytesEachTime(Lines):
    calls = 0

    def save(self, lines: list[str], out: BinaryIO) -> None:
        type(self).calls += 1
        super().save([*lines, f"call {self.calls}"], out)


class KnowsObjectsById(Lines):
    def write(self, data: SummaryData, out: BinaryIO, options: Options) -> None:
        super().write(data, out, options)
        out.write(f"id {id(data)}\n".encode())


class ChangesTheData(Lines):
    def write(self, data: SummaryData, out: BinaryIO, options: Options) -> None:
        super().write(data, out, options)
        data.columns.adds[0] += 1


class TurnsTextAround(Lines):
    def save(self, lines: list[str], out: BinaryIO) -> None:
        out.write("\n".join(visible(line).replace(r"\u202e", "\u202e") for line in lines).encode())


class BreaksLines(Lines):
    def save(self, lines: list[str], out: BinaryIO) -> None:
        out.write("\n".join(visible(line).replace(r"\n", "\n") for line in lines).encode())


class FailsOnNamesThatAreNoUnicode(Lines):
    def save(self, lines: list[str], out: BinaryIO) -> None:
        out.write("\n".join(visible(line).replace(r"\ud800", "\ud800") for line in lines).encode())


class AnotherEncoding(Lines):
    def save(self, lines: list[str], out: BinaryIO) -> None:
        out.write("\n".join(map(visible, lines)).encode("utf-16"))


class LosesALayer(Lines):
    def save(self, lines: list[str], out: BinaryIO) -> None:
        super().save([line for line in lines if not line.startswith("decode")], out)


class LosesAChange(Lines):
    def write_comparison(self, comparison: Comparison, out: BinaryIO, options: Options) -> None:
        self.save([f"{comparison.change.parameters:+,}"], out)


class LosesAModel(Lines):
    def write_project(self, changes: ProjectChanges, out: BinaryIO, options: Options) -> None:
        self.save(["models", *(each.name for each in changes.models if each.comparison)], out)


class NoTotal(Lines):
    def save(self, lines: list[str], out: BinaryIO) -> None:
        super().save([line for line in lines if not line.startswith(("total", "+", "-"))], out)


class TotalOfWhatIsSelected(Lines):
    def write(self, data: SummaryData, out: BinaryIO, options: Options) -> None:
        view = build_view(data, fold=options.fold, selection=options.selection)
        total = 0 if options.selection.leaves_out else view.total
        self.save([*(group.path for group in view.groups), f"total {total}"], out)


class Reprs(Lines):
    def write(self, data: SummaryData, out: BinaryIO, options: Options) -> None:
        super().write(data, out, options)
        out.writelines(f"{problem}\n".encode("utf-8", "backslashreplace") for problem in build_view(data).problems)


class FormulaTree(Lines):
    def write(self, data: SummaryData, out: BinaryIO, options: Options) -> None:
        super().write(data, out, options)
        trees = [why.formula.tree for why in data.records.explanations if why.formula]
        out.write(f"{trees}\n".encode())


class ReprOfAnObject(Lines):
    def write(self, data: SummaryData, out: BinaryIO, options: Options) -> None:
        super().write(data, out, options)
        out.write(f"{re.sub('0x.*', '0x0', object.__repr__(self))}\n".encode())


class NoSelection(Lines):
    def write(self, data: SummaryData, out: BinaryIO, options: Options) -> None:
        if options.selection.columns:
            raise NotImplementedError("columns")
        super().write(data, out, options)


class OnlyWithASingleLevel(Lines):
    def write(self, data: SummaryData, out: BinaryIO, options: Options) -> None:
        def depth(layer: int) -> int:
            return 1 + depth(data.layers[layer].parent) if layer >= 0 else 0

        depth(len(data.layers) - 1)
        super().write(data, out, options)


@pytest.mark.parametrize(
    ("exporter", "message"),
    [
        (NoSuffixes, "no valid suffixes"),
        (OneText, "no valid suffixes"),
        (NoDot, "no valid suffixes"),
        (Capitals, "no valid suffixes"),
        (TwoDots, "no valid suffixes"),
        (BuiltInSuffix, "of the built-in format 'markdown'"),
        (NoMethod, "no method that writes a report"),
        (OfTomorrow, "version 2 of the exporter contract"),
        (NoVersion, "api_version = '1.0'"),
        (NeedsArguments, "cannot be made without arguments"),
        (WritesText, "raises TypeError"),
        (Closes, "closes the file"),
        (ClosesByLosingItsWrapper, "closes the file"),
        (Nothing, "writes nothing"),
        (Prints, "prints 'done"),
        (WritesElsewhere, "writes another file: 'log.txt'"),
        (OtherBytesEachTime, "other bytes the second time"),
        (KnowsObjectsById, "other bytes the second time"),
        (ChangesTheData, "changes the data"),
        (TurnsTextAround, "invisible character '\\u202e'"),
        (BreaksLines, "has lost the layer 'a\\nb.a\\nb'"),
        (FailsOnNamesThatAreNoUnicode, "raises UnicodeEncodeError"),
        (AnotherEncoding, "cannot be read back (UnicodeDecodeError"),
        (LosesALayer, "has lost the layer 'decode'"),
        (LosesAChange, "has lost the change of 'encode'"),
        (LosesAModel, "has lost the model 'broken'"),
        (NoTotal, "has no total: 81"),
        (TotalOfWhatIsSelected, "has no total: 2923"),
        (Reprs, 'repr of a Python object: "Problem(look='),
        (FormulaTree, 'repr of a Python object: "Product('),
        (ReprOfAnObject, "repr of a Python object"),
        (NoSelection, "columns=('path',) raises NotImplementedError"),
        (OnlyWithASingleLevel, "'deep' with the default options raises RecursionError"),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "",
)
def test_each_way_to_break_the_contract_is_reported(
    exporter: type, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(AssertionError) as caught:
        check(exporter)
    assert str(caught.value).startswith(f"{exporter.__name__}: ")
    assert message in str(caught.value)


@pytest.mark.large
def test_what_is_not_asked_of_a_format_can_be_switched_off() -> None:
    check(LosesALayer, names=False)
    check(NoTotal, total=False)
    check(AnotherEncoding, read=lambda report: report.decode("utf-16"))
    check(TurnsTextAround, read=None)


class Point:
    """An entry point of a package that is not installed."""

    def __init__(self, name: str, cls: type) -> None:
        self.name, self.cls = name, cls

    def load(self) -> type:
        return self.cls


def install(monkeypatch: pytest.MonkeyPatch, *classes: type) -> None:
    points = [Point(cls.__name__, cls) for cls in classes]
    monkeypatch.setattr(base, "entry_points", lambda group: points if group == base.GROUP else [])


@pytest.mark.parametrize(
    ("cls", "message", "hint"),
    [
        (OfTomorrow, "'OfTomorrow' is written for version 2 of the exporter contract", "upgrade summarykit"),
        (NoVersion, "'NoVersion' has api_version = '1.0'", "declare api_version = 1"),
        (NoMethod, "'NoMethod' has no method that writes a report", "define one of: write, "),
        (OneText, "'OneText' has no valid suffixes: '.lines'", "end the file name in one of"),
    ],
)
def test_a_plug_in_that_cannot_be_used_is_reported(
    cls: type, message: str, hint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, cls)
    with pytest.raises(UnknownFormatError) as caught:
        base.exporter_for(Path("out.lines"))
    assert message in caught.value.what
    assert hint in caught.value.hint
    assert base.exporter_for(Path("out.md"))


def test_a_plug_in_for_an_older_version_works_or_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, Lines)
    monkeypatch.setattr(base, "API_VERSION", 3)
    assert isinstance(base.exporter_for(Path("out.lines")), Lines)
    monkeypatch.setattr(base, "OLDEST_API_VERSION", 2)
    with pytest.raises(UnknownFormatError, match="version 1 of the exporter contract; this summarykit supports 2 to 3"):
        base.exporter_for(Path("out.lines"))


def test_a_plug_in_with_a_problem_does_not_hide_another_one(monkeypatch: pytest.MonkeyPatch) -> None:
    class Later(Lines):
        """Has the same suffix as a plug-in that cannot be used."""

    install(monkeypatch, OfTomorrow, NoSuffixes, Later)
    assert isinstance(base.exporter_for(Path("out.lines")), Later)


def test_a_format_without_a_method_names_the_plug_ins_that_have_it(monkeypatch: pytest.MonkeyPatch) -> None:
    class Plain:
        suffixes = (".plain",)
        write = Lines.write

    install(monkeypatch, Lines, Plain)
    with pytest.raises(UnknownFormatError) as caught:
        base.exporter_for(Path("out.plain"), Comparison)
    assert ".lines" in caught.value.hint
    assert ".plain" not in caught.value.hint


@pytest.mark.parametrize("name", exporters.__all__)
def test_every_name_of_the_contract_can_be_imported(name: str) -> None:
    code = f"from summarykit.exporters import {name}; import sys; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "False\n"
    assert getattr(exporters, name) is not None
