"""The Excel report: live counts beside PyTorch's, safe names, the same bytes each time."""

import io
import time
from pathlib import Path

import pandas as pd
import pytest
import torch
from torch import nn

from summarykit.errors import TemplateError
from summarykit.exporters.base import Options
from summarykit.exporters.excel.cells.labels import label
from summarykit.exporters.excel.exporter import ExcelExporter
from summarykit.reading import read_model
from summarykit.summary import SummaryData
from support.own_layers import fill
from support.workbooks import formula_rows, opened, overview, sheets, texts, total, workbook_bytes

# openpyxl says so of every file with solid data bars, those of Excel included.
pytestmark = pytest.mark.filterwarnings("ignore:.*[eE]xtension is not supported:UserWarning:openpyxl")


def tiny() -> nn.Sequential:
    return nn.Sequential(nn.Linear(16, 4), nn.Linear(4, 2), nn.Linear(2, 1))


class Mixed(nn.Module):
    """Wrong, kept fixed, unknown, tied, shared and extended layers at once."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(100, 16)
        self.wrong = nn.Linear(16, 4)
        self.wrong.weight = nn.Parameter(torch.zeros(5, 4))
        self.turned = nn.Linear(3, 6)
        self.turned.weight = nn.Parameter(torch.zeros(3, 6))
        self.fixed = nn.Linear(16, 16).requires_grad_(False)
        self.partly_fixed = nn.Linear(16, 16)
        self.partly_fixed.weight.requires_grad_(False)
        self.lazy = nn.LazyLinear(7)
        self.norm = nn.LayerNorm(16)
        self.plane = nn.LayerNorm((16, 4))
        self.extended = nn.Linear(4, 4)
        self.extended.gain = nn.Parameter(torch.zeros(9))
        fill(self, own=(3, 4))
        self.again = self.fixed
        self.partly_tied = nn.Linear(16, 100)
        self.partly_tied.weight = self.embed.weight
        self.head = nn.Linear(16, 100, bias=False)
        self.head.weight = self.embed.weight


def test_the_smallest_example_counts_live():
    made = workbook_bytes(tiny())
    rows, shown = formula_rows(opened(made)), formula_rows(opened(made, values=True))
    assert sheets(opened(made)) == ["Overview", "Formulas", "Layers", "Tensors", "Memory", "Glossary"]
    assert [shown[path]["By formula"].value for path in "012"] == [68, 10, 3]
    assert [shown[path]["PyTorch"].value for path in "012"] == [68, 10, 3]
    assert [shown[path]["Formula in words"].value for path in "012"] == ["4 × (16 + 1)", "2 × (4 + 1)", "1 × (2 + 1)"]
    assert {shown[path]["Check"].value for path in "012"} == {"✓ agrees"}
    first = rows["0"]
    out, into, bias = (first[name].coordinate for name in ("out_features", "in_features", "bias"))
    assert first["By formula"].value == f'=IFERROR({out}*({into}+{bias}),"–")'
    assert total(opened(made, values=True), "By formula").value == 81


def test_what_a_file_shows_before_anything_computes_is_what_pytorch_counts():
    model = Mixed()
    data = SummaryData(read_model(model))
    made = workbook_bytes(model)
    shown = opened(made, values=True)
    assert total(shown, "PyTorch").value == data.totals.parameters
    # one formula gives 68 where PyTorch holds 24: the totals differ by as much, and say so
    assert total(shown, "By formula").value == data.totals.parameters + 44
    assert total(shown, "Difference").value == formula_rows(shown)["wrong"]["Difference"].value == 44
    counted = [row["Counted in total"].value for row in formula_rows(shown).values()]
    assert sum(counted) == data.totals.parameters
    assert overview(shown, "Parameters")[:3] == [data.totals.parameters] * 2 + [0]
    assert overview(shown, "Learned in training")[:3] == [data.totals.trainable] * 2 + [0]
    frame = pd.read_excel(io.BytesIO(made), sheet_name="Layers", header=2, engine="openpyxl")
    assert frame["Counted in total"].sum() == data.totals.parameters
    assert frame["With everything inside"].iloc[0] == data.totals.parameters


def test_only_inputs_can_be_changed():
    book = opened(workbook_bytes(tiny()))
    sheet = book["Formulas"]
    assert sheet.protection.sheet
    assert not sheet.protection.password
    unlocked = {cell.coordinate for row in sheet.iter_rows() for cell in row if not cell.protection.locked}
    rows = formula_rows(book)
    yellow = [rows["0"][name] for name in ("out_features", "in_features", "bias")]
    yellow += [rows[path][name] for path in "12" for name in ("out_features", "bias")]
    assert unlocked == {cell.coordinate for cell in yellow}
    assert {cell.fill.fgColor.rgb for cell in yellow} == {"00FFF4CC"}
    assert all(isinstance(cell.value, int) for cell in yellow)


def test_what_may_be_typed():
    book = opened(workbook_bytes(nn.Conv2d(6, 8, (3, 5), groups=2)))
    (row,) = formula_rows(book).values()
    rules = {str(rule.sqref): rule for rule in book["Formulas"].data_validations.dataValidation}
    bias, groups, out = (rules[row[name].coordinate] for name in ("bias", "groups", "out_channels"))
    assert (bias.operator, bias.formula1, bias.formula2) == ("between", "0", "1")
    assert (groups.type, groups.operator, groups.formula1) == ("whole", "greaterThanOrEqual", "1")
    assert out.formula1 == "0"
    head = {str(cell.value).replace("\n", " ") for cell in book["Formulas"][row["bias"].row - 2]}
    assert {"Channels out", "Channels in", "Groups", "Window height", "Window width", "Bias"} <= head


def test_a_setting_nobody_named_is_written_with_blanks():
    assert label("hidden_units") == "Hidden units"
    assert label("steps[1]", among=("steps[0]", "steps[1]")) == "Steps 2"
    assert label("gain.numel") == "Numbers in gain"
    assert label("weight") == "Weight"
    assert label("bias", among=("weight", "bias")) == "Shift"


def test_proven_links_are_formulas():
    rows = formula_rows(opened(workbook_bytes(tiny())))
    for path, before in (("1", "0"), ("2", "1")):
        assert rows[path]["in_features"].value.replace("$", "") == f"={rows[before]['out_features'].coordinate}"


def test_equal_layers_in_a_chain_stand_apart_and_equal_blocks_together():
    chain = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 8))
    rows = formula_rows(opened(workbook_bytes(chain)))
    assert list(rows) == ["0", "2", "4"]
    assert rows["4"]["in_features"].value.replace("$", "") == f"={rows['2']['out_features'].coordinate}"
    blocks = nn.ModuleList(nn.Sequential(nn.Linear(8, 32), nn.GELU(), nn.Linear(32, 8)) for _ in range(5))
    rows = formula_rows(opened(workbook_bytes(blocks)))
    assert list(rows) == ["0–4.0", "0–4.2"]
    assert rows["0–4.2"]["in_features"].value.replace("$", "") == f"={rows['0–4.0']['out_features'].coordinate}"
    assert rows["0–4.0"]["in_features"].value == 8


def test_layers_that_do_not_agree_say_so_with_both_numbers():
    shown = formula_rows(opened(workbook_bytes(Mixed()), values=True))
    wrong, turned = shown["wrong"], shown["turned"]
    assert (wrong["By formula"].value, wrong["PyTorch"].value, wrong["Difference"].value) == (68, 24, 44)
    assert wrong["Check"].value == turned["Check"].value == "✗ formula and PyTorch differ"
    assert wrong["Counted in total"].value == 24
    assert "5 × 4" in wrong["Note"].value


def test_tied_shared_unknown_and_extended_layers():
    made = workbook_bytes(Mixed())
    shown, rows = formula_rows(opened(made, values=True)), formula_rows(opened(made))
    assert shown["head"]["Counted in total"].value == 0
    assert shown["head"]["Note"].value == "same numbers as embed, counted there"
    assert rows["head"]["in_features"].protection.locked
    assert shown["partly_tied"]["Counted in total"].value == 100
    assert shown["again"]["Counted in total"].value == 0
    assert shown["lazy"]["PyTorch"].value == "not known yet"
    assert shown["extended"]["gain.numel"].value == 9
    assert shown["extended"]["Check"].value == "– agrees in part"
    assert shown["norm"]["normalized_shape[1]"].value == "–"
    assert shown["Mixed"]["Shapes"].value == "own 3 × 4"


def test_the_overview_says_what_was_checked_and_what_was_not():
    assert "3 of 3 counts agree with PyTorch" in texts(opened(workbook_bytes(tiny()), values=True), "Overview")
    said = texts(opened(workbook_bytes(Mixed()), values=True), "Overview")
    assert any(text.startswith("7 of 9 checked counts agree with PyTorch; 3 of 12 layers") for text in said), said


HOSTILE = ['=HYPERLINK("x")', "#N/A", "@x", "+1", "-2", "A1", "{this:in0}", "<b>&\"'", "_x0041_"]
HOSTILE += ["x" * 300, "a\x1b\x00\u202eb"]


def test_names_are_text_and_never_part_of_a_formula():
    model = nn.Module()
    for name in HOSTILE:
        model.add_module(name, nn.Linear(3, 2))
    model.register_parameter("=1+1", nn.Parameter(torch.zeros(3)))
    for options in (Options(), Options(title='=cmd|"x"', source="@y")):
        book = opened(workbook_bytes(model, options=options))
        names = {"=HYPERLINK", "#N/A", "cmd", "@y"}
        for sheet in book:
            for cell in (cell for row in sheet.iter_rows() for cell in row if cell.value is not None):
                assert cell.data_type != "e"
                assert cell.data_type != "f" or not any(name in str(cell.value) for name in names)
        rows = formula_rows(book)
        assert {'=HYPERLINK("x")', "#N/A", "<b>&\"'", "x" * 300, r"a\x1b\x00\u202eb"} <= set(rows)
        assert {row["Layer"].data_type for row in rows.values()} == {"s"}


def test_the_same_model_gives_the_same_bytes():
    torch.manual_seed(0)
    assert workbook_bytes(Mixed()) == workbook_bytes(Mixed())


def test_a_model_without_parameters_and_one_beyond_excels_digits():
    shown = opened(workbook_bytes(nn.ReLU()), values=True)
    assert overview(shown, "Parameters")[:3] == [0, 0, 0]
    with torch.device("meta"):
        huge = nn.Sequential(nn.Linear(2**30, 2**30), nn.Linear(4, 4))
    book = opened(workbook_bytes(huge))
    assert "1 152 921 505 680 588 820".replace(" ", "\N{NARROW NO-BREAK SPACE}") in texts(book, "Overview")
    assert not any(cell.data_type == "f" for row in book["Formulas"].iter_rows() for cell in row)


class Expert(nn.Module):
    def __init__(self):
        super().__init__()
        self.gate = nn.Linear(7, 3, bias=False, device="meta")
        self.up = nn.Linear(7, 3, bias=False, device="meta")
        self.down = nn.Linear(3, 7, bias=False, device="meta")


class Mixture(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.RMSNorm(7, device="meta")
        self.experts = nn.ModuleList(Expert() for _ in range(256))


@pytest.mark.large
def test_a_mixture_of_thousands_of_experts_takes_seconds():
    model = nn.ModuleList(Mixture() for _ in range(24))
    data = SummaryData(read_model(model))
    out = io.BytesIO()
    start = time.perf_counter()
    ExcelExporter().write(data, out, Options())
    assert time.perf_counter() - start < 10
    shown = opened(out.getvalue(), values=True)
    rows = formula_rows(shown)
    assert len(rows) == 4
    assert rows["0–23.experts.0–255.up"]["Copies"].value == 24 * 256
    assert shown["Layers"].max_row < 20
    assert total(shown, "By formula").value == data.totals.parameters


def test_a_template_of_the_users_goes_before_the_built_in_one(tmp_path: Path):
    own = tmp_path / "excel"
    own.mkdir()
    cell = "<cell>{{ report.title }}: {{ report.total }}</cell>"
    markup = f'<workbook><sheet name="Mine"><row>{cell}</row></sheet></workbook>'
    (own / "report.xml.j2").write_text(markup, encoding="utf-8")
    book = opened(workbook_bytes(tiny(), options=Options(templates=(tmp_path,))))
    assert book.sheetnames == ["Mine"]
    assert book["Mine"]["A1"].value == "Sequential: 81"
    (own / "report.xml.j2").unlink()
    looks = (
        '{% extends "summarykit/excel/styles.xml.j2" %}{% block own %}<style name="brand" bold="true"/>{% endblock %}'
    )
    (own / "styles.xml.j2").write_text(looks, encoding="utf-8")
    assert opened(workbook_bytes(tiny(), options=Options(templates=(tmp_path,)))).sheetnames[0] == "Overview"
    (own / "report.xml.j2").write_text("{{ report.nonsense }}", encoding="utf-8")
    with pytest.raises(TemplateError):
        workbook_bytes(tiny(), options=Options(templates=(tmp_path,)))
