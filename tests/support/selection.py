"""A model to choose rows of, and the rows that each format shows of it."""

import re
from pathlib import Path

from torch import nn

import summarykit
from summarykit.cli import main
from support.workbooks import opened


class Attention(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.qkv = nn.Linear(width, 3 * width)
        self.drop = nn.Dropout()


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.attn = Attention(width)
        self.mlp = nn.Sequential(nn.Linear(width, 2 * width), nn.ReLU(), nn.Linear(2 * width, width))


class Net(nn.Module):
    def __init__(self, width=4, blocks=3):
        super().__init__()
        self.embed = nn.Embedding(10, width)
        self.h = nn.ModuleList(Block(width) for _ in range(blocks))
        self.head = nn.Linear(width, 10, bias=False)
        self.head.weight = self.embed.weight

    def forward(self, ids):
        return self.head(self.embed(ids))


TOTAL = summarykit.summarize(Net()).totals.parameters


def project(text):
    Path("pyproject.toml").write_text(f"[tool.summarykit]\n{text}\n")


def table(text):
    """The rows of the table in the terminal, by what stands between two blanks; lines of their own go with the row."""
    lines = text[text.index("Layer  ") :].split("\n")[1:]
    end = next(at for at, line in enumerate(lines) if re.match(r"[\d,]+ rows? of the tree|Total ", line))
    return [re.split(r"\s{2,}", line.strip()) for line in lines[:end] if line[:12].strip()]


def names(summary):
    return [row[0] for row in table(str(summary))]


def listed(markdown):
    """The layers in the flat list of Markdown."""
    found = markdown.partition("with shapes and formulas")[2].partition("</details>")[0]
    return re.findall(r"^\| `([^`]*)`", found, re.MULTILINE)


def sheet(summary, tmp_path):
    """The rows of the Layers sheet by heading, the one on what is not shown among them."""
    summary.save(tmp_path / "out.xlsx")
    rows = [[cell.value for cell in row] for row in opened(tmp_path / "out.xlsx", values=True)["Layers"]]
    head = next(at for at, row in enumerate(rows) if row[0] == "Layer")
    return [dict(zip(rows[head], row, strict=True)) for row in rows[head + 1 :]], rows[:head]


def ran(capsys, *arguments):
    code = main(list(map(str, arguments)))
    out, error = capsys.readouterr()
    assert "Traceback" not in out + error
    return code, " ".join(out.split()), error
