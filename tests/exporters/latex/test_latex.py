"""LaTeX: a table that adds up, that any TeX can set, whatever the names are."""

import re
import string
import subprocess
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

import summarykit
from summarykit.exporters.latex.exporter import escape, label, name
from summarykit.exporters.latex.table import paper_table
from summarykit.exporters.view.words import visible
from support import hostile, programs
from support.own_layers import fill


def sequential() -> nn.Module:
    return nn.Sequential(nn.Linear(16, 4), nn.Linear(4, 2), nn.Linear(2, 1))


class Troubled(nn.Module):
    """Tied in part and in whole, repeated, lazy, disagreeing, extended, unknown; with a long formula."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(100, 16)
        self.blocks = nn.ModuleList(nn.Linear(4, 4) for _ in range(3))
        self.wrong = nn.Linear(4, 3)
        self.wrong.weight = nn.Parameter(torch.zeros(5, 4))
        self.lazy = nn.LazyLinear(2)
        self.extended = nn.Linear(4, 4)
        self.extended.gain = nn.Parameter(torch.zeros(9))
        self.norms = nn.ModuleList(nn.LayerNorm(4) for _ in range(2))
        fill(self, scale=(3, 4))
        self.again = self.extended
        self.partly = nn.Linear(16, 100)
        self.partly.weight = self.embedding.weight
        self.head = nn.Linear(16, 100, bias=False)
        self.head.weight = self.embedding.weight
        self.lstm = nn.LSTM(10, 20, 3, bidirectional=True, proj_size=5)


class Deep(nn.Module):
    """More rows than a page has."""

    def __init__(self):
        super().__init__()
        for size in range(1, 70):
            setattr(self, f"part{string.ascii_lowercase[size % 26] * (size // 26 + 1)}", nn.Linear(size * 37 % 71, 3))


MODELS = {"sequential": sequential, "troubled": Troubled, "deep": Deep, "empty": nn.ReLU}


def tex_of(model: nn.Module, folder: Path, **options: object) -> str:
    summarykit.report(model, folder / "out.tex", **options)
    return (folder / "out.tex").read_bytes().decode("ascii")


@pytest.mark.parametrize("which", ["sequential", "troubled"])
def test_the_table_is_as_accepted(which, golden, tmp_path):
    text = tex_of(MODELS[which](), tmp_path, source=f"tests:{which}")
    golden(f"{which}.tex", re.sub(r"torch \d[\w.+]*", "torch X", text))


SELECTIONS = ({}, {"depth": 1}, {"only": "1.*"}, {"exclude": "1.1", "sort": "size"}, {"fold": False}, {"exclude": "*"})


@pytest.mark.parametrize("which", MODELS)
@pytest.mark.parametrize("selection", SELECTIONS, ids=str)
def test_rows_and_rest_add_up_to_the_total(which, selection):
    model = nn.Sequential(MODELS[which](), nn.Sequential(MODELS[which](), nn.Linear(3, 3)))
    summary = summarykit.summarize(model)
    options = summarykit.summarize(model, **selection).options
    table = paper_table(summary.data, title="x", fold=options.fold, selection=options.selection)
    lines = [*table.rows, *table.rest]
    assert sum(each.value for each in lines) == summary.totals.parameters
    assert len(table.rows) <= 40
    for row in table.rows:
        if row.formula and not row.note and row.word != "does not match":
            value = eval(row.plain.translate(str.maketrans("×−", "*-", ",")))  # noqa: S307 - of our own making
            assert value == row.value, row


def test_what_was_asked_for_is_shown_and_the_rest_is_told(tmp_path):
    text = tex_of(Troubled(), tmp_path, only="blocks, *norms*", sort="name")
    assert re.findall(r"^.texttt{(\w+)", text, re.MULTILINE) == ["blocks", "norms"]
    assert r"\multicolumn{3}{@{}l}{not listed, as asked: only blocks and *norms*} & 10,524 & 99.3\% \\" in text
    assert r"{Total} & 10,600 & 100.0\% \\" in text
    text = tex_of(Troubled(), tmp_path, depth=0)
    assert r"\texttt{Troubled} & \texttt{Troubled} & with everything inside, 14 layers & 10,600 & 100.0\% \\" in text


def test_a_layer_that_only_multiplies_has_no_row(tmp_path):
    class Product(nn.Module):
        def forward(self, x):
            return x @ x.T

    text = tex_of(nn.Sequential(nn.Linear(4, 4), Product()), tmp_path, input_size=(2, 4))
    assert "Product" not in text


def test_what_is_left_out_is_the_smallest_and_is_counted(tmp_path):
    text = tex_of(Deep(), tmp_path)
    assert r"\multicolumn{3}{@{}l}{29 smaller rows} & " in text
    counts = [int(count.replace(",", "")) for count in re.findall(r"\$ & ([\d,]+) & ", text)]
    (rest,) = re.findall(r"smaller rows} & ([\d,]+) &", text)
    total = sum(parameter.numel() for parameter in Deep().parameters())
    assert sum(counts) + int(rest.replace(",", "")) == total
    sizes = sorted((parameter.numel() + 3 for parameter in Deep().parameters() if parameter.dim() > 1), reverse=True)
    assert sorted(counts, reverse=True) == sizes[:40]


def test_what_is_not_checked_says_so(tmp_path):
    text = tex_of(Troubled(), tmp_path)
    assert "(does not match)" in text
    assert "(size only)" in text
    assert "Formula and PyTorch differ." in text


def test_blocks_of_the_template_can_be_replaced(tmp_path):
    (tmp_path / "latex").mkdir()
    own = (
        '{% extends "summarykit/latex/report.tex.j2" %}'
        r"{% block caption %}\caption{Ours, {{ report.title }}.}{% endblock %}"
        r"{% block label %}\label{tab:ours}{% endblock %}"
    )
    (tmp_path / "latex" / "report.tex.j2").write_text(own, encoding="utf-8")
    text = tex_of(sequential(), tmp_path, templates=tmp_path, title="50% & more")
    assert r"\caption{Ours, 50\% \& more.}" in text
    assert r"\label{tab:ours}" in text
    assert r"\toprule" in text


def test_what_a_label_holds():
    assert label("My model, 50%") == "My-model-50"
    assert label("层") == "model"


def test_names_are_written_as_tex_reads_them():
    assert escape(r"a_b\c%#&{$}^~") == (r"a\_b\textbackslash{}c\%\#\&\{\$\}\textasciicircum{}\textasciitilde{}")
    assert escape("größe – ñ × ß \u03b1 Ω n\u0303") == (
        r"gr\"{o}\ss{}e \textrm{--} \~{n} \ensuremath{\times} \ss{} \ensuremath{\alpha} \ensuremath{\Omega} \~{n}"
    )
    assert escape("层") == r"\allowbreak{}\textbackslash{}u5c42"
    assert escape(" a  b ") == r"\ a \ b\ "
    assert escape("--''") == "-{}-'{}'"
    assert name("h.0.c_fcLong") == r"\texttt{h.\allowbreak{}0.\allowbreak{}c\_\allowbreak{}fc\allowbreak{}Long}"


@given(st.text())
def test_nothing_of_a_name_means_anything_to_tex(text):
    tex = escape(visible(text))
    assert tex.isascii()
    assert "\n" not in tex
    rest = re.sub(r"\\(?:[A-Za-z]+|[^A-Za-z])", "", tex)
    assert not set(rest) & set('%#&$_^~"`<>|\\')
    depth = 0
    for sign in rest:
        depth += {"{": 1, "}": -1}.get(sign, 0)
        assert depth >= 0
    assert depth == 0


@pytest.mark.tex
@pytest.mark.parametrize("fonts", ["OT1", "T1"])
def test_tables_can_be_set(fonts, pdftex: Callable[..., Path], tmp_path):
    for which, make in MODELS.items():
        summarykit.report(make(), tmp_path / f"{which}.tex")
    for number, hostile_name in enumerate(hostile.NAMES):
        summarykit.report(hostile.model(hostile_name), tmp_path / f"{number}.tex", title=hostile_name or "x")
    files = [*MODELS, *range(len(hostile.NAMES))]
    pdftex(tmp_path, "\n".join(rf"\input{{{file}}}\clearpage" for file in files), fonts=fonts)


@pytest.mark.tex
def test_every_letter_can_be_set(pdftex: Callable[..., Path], tmp_path):
    """All of Latin, Greek, punctuation, arrows and mathematics, upright and in typewriter."""
    letters = [chr(code) for code in [*range(0x20, 0x600), *range(0x1E00, 0x2600)]]
    texts = [visible(letter) for letter in letters if unicodedata.category(letter) != "Cn"]
    body = [rf"{escape(text)} \texttt{{{escape(text)}}} \textbf{{{escape(text * 2)}}}" for text in texts]
    pdftex(tmp_path, "\\sloppy\n" + "\n\n".join(body))


@pytest.mark.tex
def test_what_the_paper_shows(pdftex: Callable[..., Path], tmp_path):
    summarykit.report(sequential(), tmp_path / "out.tex")
    pdf = pdftex(tmp_path, r"\input{out}")
    pdftotext = programs.require("pdftotext")
    text = subprocess.run([pdftotext, "-layout", pdf, "-"], capture_output=True, text=True, check=True).stdout
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert "Table 1: Where Sequential keeps its 81 parameters." in lines
    assert "0 Linear 4 × (16 + 1) 68 84.0%" in lines
    assert "Total 81 100.0%" in lines
    assert "3 of 3 counts agree with PyTorch." in lines
