"""Some thirty reports on models that use every part of a report, and a digest of each."""

import contextlib
import hashlib
import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import nn

import summarykit
from support.own_layers import fill

STATIC = (".md", ".html", ".xlsx", ".json", ".txt", ".csv", ".tsv", ".tex")
WITH_RUN = (".md", ".html", ".xlsx", ".json", ".txt")
SELECTED = (".md", ".html", ".xlsx", ".txt")
DIFF = (".md", ".html", ".xlsx", ".json", ".txt")
PROJECT = (".md", ".json", ".txt")

PROJECT_TABLES = """
[tool.summarykit.models.grouped]
target = "support.pinned:convolutional"
args = { groups = 4, classes = 20 }
max_parameters = "1k"
max_increase = "1%"
[tool.summarykit.models.same]
target = "support.pinned:sequential"
[tool.summarykit.models.new]
target = "support.pinned:sequential"
[tool.summarykit.models.broken]
target = "missing_package:build"
"""

#: The version of torch is in each report, and the checksum of a JSON file covers it.
TORCH = re.compile(re.escape(torch.__version__).encode() + rb'|(?<="checksum": ")\w+|(?<="checksum":")\w+')


class Troubled(nn.Module):
    """Tied, frozen, lazy, disagreeing and unknown, each once, beside blocks that fold."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(10, 4)
        self.frozen = nn.Linear(4, 4).requires_grad_(False)
        self.wrong = nn.Linear(4, 3)
        self.wrong.weight = nn.Parameter(torch.zeros(5, 4))
        self.lazy = nn.LazyLinear(2)
        self.blocks = nn.ModuleList(nn.TransformerEncoderLayer(8, 2, 16) for _ in range(3))
        self.norm = nn.BatchNorm1d(4)
        fill(self, scale=(4,))
        self.head = nn.Linear(4, 10)
        self.head.weight = self.embedding.weight


def sequential(width=4, head=1):
    return nn.Sequential(nn.Linear(16, width), nn.Linear(width, 2), nn.Linear(2, head))


def convolutional(groups=1, classes=10):
    """Blocks that fold, groups, norms, dropout and a head."""
    blocks = [
        nn.Sequential(nn.Conv2d(16, 16, 3, padding=1, groups=groups, bias=False), nn.BatchNorm2d(16), nn.ReLU())
        for _ in range(3)
    ]
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.1), nn.Linear(16, classes)]
    return nn.Sequential(nn.Conv2d(3, 16, 7, stride=2), *blocks, *head)


def reports(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield name and bytes of each report; files are written below *folder*."""
    troubled = summarykit.summarize(Troubled(), title="Troubled", source="tests:troubled")
    run = summarykit.summarize(convolutional(), input_size=(2, 3, 32, 32), source="tests:convolutional")
    diff = summarykit.diff(convolutional(), convolutional(4, 20), title="Grouped", source="main → grouped")
    yield from written(folder, "sequential", summarykit.summarize(sequential(), source="tests:sequential"), STATIC)
    yield from written(folder, "troubled", troubled, STATIC)
    yield from written(folder, "run", run, WITH_RUN)
    selected = {"depth": 1, "exclude": "BatchNorm2d", "columns": "type,formula,total,share", "sort": "size"}
    yield from written(folder, "selected", summarykit.report(run, **selected), SELECTED)
    yield from written(folder, "diff", diff, DIFF)
    yield from written(folder, "project", project(folder), PROJECT)
    yield "notebook.html", troubled._repr_html_().encode()
    yield "notebook.md", troubled._repr_markdown_().encode()
    yield "notebook-diff.html", diff._repr_html_().encode()


def written(folder: Path, name: str, report: object, suffixes: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    for path in report.save(*(folder / f"{name}{suffix}" for suffix in suffixes)):
        yield path.name, path.read_bytes()


def project(folder: Path) -> summarykit.ProjectDiff:
    """Models of a project: one over its limit, one the same, one new, one removed, one that cannot be built."""
    bases = folder / "bases"
    bases.mkdir()
    for name, model in {"grouped": convolutional(), "same": sequential(), "removed": sequential(8)}.items():
        summarykit.report(model, bases / f"{name}.json", title=name)
    (folder / "pyproject.toml").write_text(PROJECT_TABLES, encoding="utf-8")
    with contextlib.chdir(folder):
        return summarykit.diff_all(base="bases", title="Project")


def digest(data: bytes) -> str | dict[str, str]:
    """Return a digest of a report, of a workbook one a member; the version of torch does not matter."""
    if not data.startswith(b"PK"):
        return hashlib.sha256(TORCH.sub(b"", data)).hexdigest()[:16]
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: digest(archive.read(name)) for name in sorted(archive.namelist())}
