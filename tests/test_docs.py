"""The documentation says what is there: columns, errors, names, commands, templates, links; and its examples run."""

import importlib.util
import inspect
import os
import re
import subprocess
import sys
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import torch
import typer
from torch import nn

import summarykit
from summarykit import errors, exporters
from summarykit.cli.main import app
from summarykit.exporters import base, testing
from summarykit.exporters.excel import values as excel_values
from summarykit.exporters.excel.review import Change, Review
from summarykit.exporters.html.diff import table_values
from summarykit.exporters.view import values
from summarykit.exporters.view.diff import values as diff_values
from summarykit.formulas import all_rules
from summarykit.formulas.rules import use_project_rules
from summarykit.formulas.user_rules import load_project_rules
from summarykit.records import Evidence
from summarykit.summary.data import Totals
from summarykit.summary.diff import Checkpoint, State
from summarykit.summary.flows import Trace
from summarykit.summary.texts import ExplanationTexts
from support.packages import complaints

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "reports" / "README.md",
    *sorted(DOCS.rglob("*.md")),
]
LINK = re.compile(r"(?<!\!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def page(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


def section(text: str, heading: str) -> str:
    """What stands under a heading, up to the next one of the same depth."""
    marks = heading.partition(" ")[0]
    found = re.search(rf"^{re.escape(heading)}$(.*?)(?=^{marks} |\Z)", text, re.DOTALL | re.MULTILINE)
    assert found, f"no heading {heading!r}"
    return found[1]


def cells(text: str) -> list[list[str]]:
    """The rows of every Markdown table in *text*, headings and rules left out."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    rows = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    return [row for row in rows if row[0].startswith("`")]


class Tied(nn.ModuleDict):
    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self["head"](self["norm"](self["embed"](ids)))


def tied() -> nn.Module:
    model = Tied({"embed": nn.Embedding(10, 4), "norm": nn.BatchNorm1d(4), "head": nn.Linear(4, 10)})
    model["head"].weight = model["embed"].weight
    model["norm"].bias.requires_grad_(False)
    model["again"] = model["norm"]
    return model


SUMMARY = summarykit.summarize(tied(), input_size=(1,), dtypes="int64")


@pytest.mark.parametrize("frame", ["layers", "tensors", "folded", "calls", "memory()"])
def test_every_column_is_documented_with_its_dtype(frame: str) -> None:
    documented = {
        name.strip("`"): dtype for name, dtype, *_ in cells(section(page("columns.md"), f"## summary.{frame}"))
    }
    found = SUMMARY.memory() if frame == "memory()" else getattr(SUMMARY, frame)
    assert documented == {name: str(dtype) for name, dtype in found.dtypes.items()}


def test_every_column_of_a_diff_is_documented_with_its_dtype() -> None:
    documented = {name.strip("`"): dtype for name, dtype, *_ in cells(section(page("columns.md"), "## diff.changes"))}
    found = summarykit.diff(tied(), nn.Linear(2, 2)).changes
    assert documented == {name: str(dtype) for name, dtype in found.dtypes.items()}


def test_all_that_is_told_of_checkpoints_and_states_is_documented() -> None:
    loading = section(page("comparing.md"), "## Will checkpoints load?")
    assert {row[0].strip("`") for row in cells(loading)} == {*Checkpoint._fields, "silently_wrong"} - {
        "names",
        "reason",
    }
    states = section(page("comparing.md"), "## What can happen to a layer")
    told = [word.strip("`") for row in cells(states) for word in row[0].split(", ")]
    assert told == [str(state) for state in State]


def test_all_that_a_trace_tells_is_documented() -> None:
    assert [row[0].strip("`") for row in cells(section(page("columns.md"), "## summary.trace"))] == list(Trace._fields)


def make_columns() -> Any:
    spec = importlib.util.spec_from_file_location("make_columns", DOCS / "make_columns.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_tables_of_columns_are_what_the_specs_say() -> None:
    generator = make_columns()
    pages = {path: path.read_text("utf-8") for path in generator.PAGES}
    for path, text in pages.items():
        assert text == generator.page(text), f"{path.name}: run `make docs` and read the diff"
    marks = re.findall(r"^<!-- columns: (.*?) -->$", "\n".join(pages.values()), re.MULTILINE)
    assert sorted(marks) == sorted(generator.tables()), "each table has one place in the pages"


def test_columns_sum_to_the_totals_as_documented() -> None:
    rows = cells(section(page("columns.md"), "## Whose sum is which total"))
    assert {column.strip("`").partition(".")[0] for column, _ in rows} == {
        "layers", "tensors", "folded", "calls", "changes",
    }  # fmt: skip
    diff = summarykit.diff(SUMMARY, summarykit.summarize(nn.Linear(2, 2), input_size=(1, 2)))
    for column, total in rows:
        frame, name = column.strip("`").split(".")
        owner = diff if frame == "changes" else SUMMARY
        fields = [field.rpartition(".")[2] for field in total.partition(",")[0].strip("`").split(" + ")]
        assert getattr(owner, frame)[name].sum() == sum(getattr(owner.totals, field) for field in fields), column


def test_totals_evidence_and_checks_are_documented() -> None:
    text = page("columns.md")
    assert [row[0].strip("`") for row in cells(section(text, "## summary.totals"))] == list(Totals._fields)
    assert [row[0].strip("`") for row in cells(section(text, "## Evidence"))] == [str(grade) for grade in Evidence]
    of_container = summarykit.summarize(torch.nn.TransformerEncoderLayer(8, 2, 4), input_size=(3, 1, 8)).checks.list
    sparse = torch.nn.Linear(3, 3, bias=False)
    sparse.weight = torch.nn.Parameter(torch.eye(3).to_sparse())
    slugs = {check.slug for check in (*of_container, *summarykit.summarize(sparse).checks.list)}
    documented = [row[0].strip("`") for row in cells(section(text, "## summary.checks"))]
    assert sorted(documented) == sorted(slugs)


@pytest.mark.parametrize("kind", [Review, Change])
def test_all_that_a_review_tells_is_documented(kind: type) -> None:
    told = cells(section(page("review.md"), f"## {kind.__name__}"))
    assert tuple(row[0].strip("`") for row in told) == kind._fields


def all_errors() -> list[type[errors.SummaryKitError]]:
    found = [errors.SummaryKitError]
    for kind in found:  # grows while it is read
        found += kind.__subclasses__()
    return found


@pytest.mark.parametrize("error", all_errors())
def test_every_error_has_its_paragraph(error: type[errors.SummaryKitError]) -> None:
    assert error.__module__ == "summarykit.errors"
    told = section(page("errors.md"), f"## {error.slug}")
    assert f"`{error.__name__}`" in told
    python = next((base for base in error.__bases__ if base.__module__ == "builtins"), None)
    assert python in (None, Exception) or f"(`{python.__name__}`)" in told


def test_no_paragraph_is_for_an_error_that_is_gone() -> None:
    documented = re.findall(r"^## (\S+)$", page("errors.md"), re.MULTILINE)
    assert sorted(documented) == sorted(error.slug for error in all_errors())


@pytest.mark.parametrize("name", summarykit.__all__)
def test_every_public_name_is_documented(name: str) -> None:
    assert f"`summarykit.{name}" in section(page("index.md"), "## The public names")


def commands() -> dict[str, typer.core.TyperCommand]:
    return typer.main.get_command(app).commands


@pytest.mark.parametrize("name", commands())
def test_every_command_has_help_and_is_documented(name: str) -> None:
    told = section(page("index.md"), "## The command line")
    command = commands()[name]
    assert command.help
    assert f"`summarykit {name}" in told
    for parameter in command.params:
        assert getattr(parameter, "help", None), parameter.name
        if parameter.param_type_name == "option" and parameter.name != "help":
            assert any(f"`{spelling}" in told or f" {spelling} " in told for spelling in parameter.opts), parameter.opts


def test_every_argument_of_rule_is_documented() -> None:
    documented = [row[0].strip("`") for row in cells(section(page("extending.md"), "## A formula of your own"))]
    arguments = summarykit.rule.__kwdefaults__.keys() | {"target", "count"}
    assert arguments <= set(documented)


def test_every_value_of_a_template_is_documented() -> None:
    text = page("templates.md")
    found = [each for module in (values, diff_values, table_values, excel_values) for each in vars(module).values()]
    kinds = [kind for kind in found if isinstance(kind, type) and hasattr(kind, "_fields")]
    documented = {}
    for kind in kinds:
        found = re.search(rf"^\*\*{kind.__name__}\*\*:(.*?)(?=^\*\*|\Z)", text, re.DOTALL | re.MULTILINE)
        assert found, f"docs/templates.md says nothing of {kind.__name__}"
        documented[kind.__name__] = tuple(row[0].strip("`") for row in cells(found[1]))
    assert documented == {kind.__name__: kind._fields for kind in kinds}


def anchors(path: Path) -> set[str]:
    """The places of a page that a link can point at, as GitHub makes them from its headings."""
    text = FENCE.sub("", path.read_text("utf-8"))
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    for link, image in LINK.findall(FENCE.sub("", path.read_text("utf-8"))):
        target, _, anchor = (link or image).partition("#")
        if target.startswith(("https:", "http:")):
            continue
        there = (path.parent / target).resolve() if target else path
        assert there.exists(), f"{path.name}: {link or image}"
        if anchor:
            assert anchor in anchors(there), f"{path.name}: {link}"


def test_every_page_is_reached_from_the_index() -> None:
    linked = {link for link, _ in LINK.findall(page("index.md"))}
    pages = {path.name for path in DOCS.glob("*.md")} - {"index.md"}
    indirect = {"templates.md"}
    assert pages - indirect <= linked


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_examples_run(path: Path, tmp_path: Path) -> None:
    """All Python of a page, in order, as one program in an empty folder."""
    blocks = [code for language, code in FENCE.findall(path.read_text("utf-8")) if language == "python"]
    if not blocks:
        return
    program = "\n".join(blocks)
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False, env=environment()
    )
    assert done.returncode == 0, done.stderr


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}


def test_the_example_of_an_entry_point_names_the_group() -> None:
    (example,) = (code for language, code in FENCE.findall(page("exporters.md")) if language == "toml")
    assert list(tomllib.loads(example)["project"]["entry-points"]) == [base.GROUP]


def names_of(text: str) -> list[str]:
    """Return the names in code in the first cells of all tables, up to the next section."""
    rows = cells(text.partition("\n## ")[0])
    return [name.strip("`").split("(")[0] for row in rows for name in re.findall(r"`[^`]+`", row[0])]


def test_the_contract_of_exporters_is_documented_whole() -> None:
    text = page("exporters.md")
    assert f"version {exporters.API_VERSION} of the contract" in text
    assert sorted(names_of(section(text, "### Names to import"))) == sorted(exporters.__all__)
    assert names_of(section(text, "## Options")) == [field.name for field in fields(exporters.Options)]
    assert names_of(section(text, "### Formulas and sentences")) == list(ExplanationTexts._fields)
    models, arguments = names_of(section(text, "## Trying an exporter")), inspect.signature(testing.check).parameters
    assert models == [*testing.models(), *arguments]
    methods = [method for method, _ in base.METHODS.values()]
    assert names_of(section(text, "## The contract"))[: 2 + len(methods)] == ["suffixes", "api_version", *methods]


def test_the_data_of_exporters_is_there() -> None:
    rows = cells(section(page("exporters.md"), "## Data"))
    data = testing.models()["run"]
    for name in names_of(section(page("exporters.md"), "## Data").split("###")[0]):
        assert hasattr(data, name.removeprefix("data.")), name
    (columns,) = (row[1] for row in rows if row[0] == "`data.columns`")
    assert re.findall(r"`(\w+)`", columns) == list(data.columns._fields)


def test_every_stable_field_of_a_view_is_there() -> None:
    kinds = {**vars(diff_values), **vars(values)}
    rows = [row for row in cells(section(page("exporters.md"), "## Views")) if row[0].strip("`") in kinds]
    assert len(rows) > 15
    for name, documented in rows:
        assert set(re.findall(r"`(\w+)`", documented)) <= set(kinds[name.strip("`")]._fields), name


def test_every_argument_of_a_view_is_there() -> None:
    documented = names_of(section(page("exporters.md"), "## Views").partition("These fields")[0])
    assert set(documented) <= set(inspect.signature(exporters.build_view).parameters)


def test_the_example_of_formulas_in_a_project_is_read(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("\n".join(toml_blocks()), encoding="utf-8")
    load_project_rules(tmp_path)
    try:
        assert examples_of_toml()["tool"]["summarykit"]["formulas"].keys() <= all_rules().keys()
    finally:
        use_project_rules(())


def toml_blocks() -> list[str]:
    return [code for language, code in FENCE.findall(page("extending.md")) if language == "toml"]


def examples_of_toml() -> dict[str, Any]:
    return tomllib.loads("\n".join(toml_blocks()))


def test_the_example_of_a_template_works(tmp_path: Path) -> None:
    text = section(page("extending.md"), "## Templates of your own")
    example = next(code for language, code in FENCE.findall(text) if "extends" in code)
    (tmp_path / "markdown").mkdir()
    (tmp_path / "markdown" / "report.md.j2").write_text(example, encoding="utf-8")
    made = summarykit.report(nn.Linear(16, 4), tmp_path / "out.md", templates=[tmp_path]).fingerprint
    assert f"Reviewed by the platform team · {made}" in (tmp_path / "out.md").read_text("utf-8")


def workbook_of_acme(folder: Path) -> dict[str, str]:
    """The templates of the example, written below *folder*; by name."""
    text = section(page("extending.md"), "## A workbook of your own")
    found = {}
    for _, code in FENCE.findall(text):
        name = re.match(r"\{# brand/excel/(\S+?)[ ,]", code)
        assert name, code
        found[name[1]] = code
        (folder / "excel").mkdir(exist_ok=True)
        (folder / "excel" / name[1]).write_text(code, encoding="utf-8")
    return found


@pytest.mark.filterwarnings("ignore:.*[eE]xtension is not supported:UserWarning:openpyxl")
def test_the_example_of_a_workbook_works(tmp_path: Path) -> None:
    templates = workbook_of_acme(tmp_path)
    built_in = (ROOT / "templates" / "excel" / "colours.j2").read_text("utf-8")
    named = re.compile(r"set (\w+) =")
    assert named.findall(templates["colours.j2"]) == named.findall(built_in)
    out = tmp_path / "out.xlsx"
    summarykit.report(nn.Sequential(nn.Linear(16, 4), nn.Linear(4, 2)), out, templates=[tmp_path])
    book = openpyxl.load_workbook(out)
    assert [sheet.title for sheet in book if sheet.sheet_state == "visible"][-1] == "Cost"
    said = {cell.value: cell for row in book["Overview"].iter_rows() for cell in row if cell.value is not None}
    assert said["ACME Models & Co. · for internal use"].font.i
    assert "Released by" in said
    assert "Reviewer" not in said
    assert said["In numbers"].fill.fgColor.rgb == "00DCEBE1"
    assert book["Cost"].tables["Cost"].ref == "A5:B9"
    shown = openpyxl.load_workbook(out, data_only=True)["Cost"]
    assert shown["B3"].value == pytest.approx(78 * 4 / 10**9 * 4.5)
    assert complaints(out.read_bytes()) == []


@pytest.mark.filterwarnings("ignore:.*[eE]xtension is not supported:UserWarning:openpyxl")
def test_the_places_a_sheet_can_refer_to_are_there(tmp_path: Path) -> None:
    text = section(page("extending.md"), "## A workbook of your own")
    places = [place for row in cells(text) for place in re.findall(r"`(\{.*?\})`", row[0])]
    assert len(places) >= 8
    keys = {
        place: re.findall(r"`(\w+)`", row[1]) for row in cells(text) for place in re.findall(r"`(\{.*?\})`", row[0])
    }
    wanted = [place.replace("KEY", key) for place in places for key in (keys[place] if "KEY" in place else [""])]
    wanted = [place for place in wanted if not ("layers" in place and place[:-1].endswith((".counted", ".bytes")))]
    rows = "".join(f'<row><cell type="number" formula="=SUM({place})">0</cell></row>' for place in wanted)
    sheet = f'{{% block sheets %}}<sheet name="X">{rows}</sheet>{{% endblock %}}'
    markup = f'{{% extends "summarykit/excel/report.xml.j2" %}}{sheet}'
    (tmp_path / "excel").mkdir()
    (tmp_path / "excel" / "report.xml.j2").write_text(markup, encoding="utf-8")
    out = tmp_path / "out.xlsx"
    summarykit.report(nn.Sequential(nn.Linear(16, 4)), out, templates=[tmp_path], input_size=(2, 16))
    assert openpyxl.load_workbook(out)["X"].max_row == len(wanted)
