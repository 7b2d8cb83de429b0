"""A package of somebody else's: installed as pip does it, found by its entry point, run by the command line."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from summarykit.errors import UnknownFormatError
from summarykit.exporters.testing import check, models

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = Path(__file__).parent / "summarykit_rst"
MARKUP = re.compile(r"``(.+?)``|\\(.)", re.DOTALL)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the installed package."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    command += ["--disable-pip-version-check", "--target", str(folder / "site"), str(copy_of_package(folder))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder / "site"


def copy_of_package(folder: Path) -> Path:
    """Building leaves files beside the source: not in this repository."""
    source = folder / "source"
    source.mkdir()
    for name in ("pyproject.toml", "summarykit_rst.py"):
        (source / name).write_text((PACKAGE / name).read_text("utf-8"), encoding="utf-8")
    return source


def run(site: Path, folder: Path, *arguments: str) -> str:
    path = os.pathsep.join([str(site), str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        [sys.executable, "-m", "summarykit", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stderr if done.returncode else ""


def plain(text: str) -> str:
    """What a reader of the document sees: literals as they are, a backslash gone before what it protects."""
    return MARKUP.sub(lambda match: match[1] or match[2].strip(), text)


def parts(document: str) -> dict[str, list[str]]:
    """The lines below each heading; a heading is at least as wide as its text."""
    lines = document.split("\n")
    found: dict[str, list[str]] = {}
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        if re.fullmatch("=+|-+", below) and line:
            assert len(below) >= len(line)
            found[plain(line)] = inside = []
        elif found and not re.fullmatch("=+|-+", line):
            inside.append(line)
    return found


def rows(lines: list[str]) -> list[list[str]]:
    """The cells of a list table; all rows have as many."""
    found: list[list[str]] = []
    for line in lines:
        if line.startswith("   * - "):
            found.append([plain(line[7:])])
        elif line.startswith("     - "):
            found[-1].append(plain(line[7:]))
    assert len({len(row) for row in found}) == 1
    return found


def problems_of_docutils(document: str) -> str:
    """What docutils finds wrong with a document; nothing where it is not installed."""
    try:
        from docutils.core import publish_doctree
    except ImportError:
        return ""
    return "".join(map(str, publish_doctree(document, settings_overrides={"report_level": 5}).findall(is_problem)))


def is_problem(node: object) -> bool:
    return type(node).__name__ == "system_message"


def test_a_report_and_a_diff_of_the_command_line(site: Path, tmp_path: Path) -> None:
    (tmp_path / "wide.py").write_text(
        "from torch.nn import Linear, Sequential\nmodel = Sequential(Linear(16, 8), Linear(8, 2), Linear(2, 1))\n",
        encoding="utf-8",
    )
    assert run(site, tmp_path, "report", "summarykit.examples:sequential", "-o", "out.rst") == ""
    assert run(site, tmp_path, "diff", "summarykit.examples:sequential", "wide:model", "-o", "diff.rst") == ""
    report, diff = ((tmp_path / name).read_text("utf-8") for name in ("out.rst", "diff.rst"))
    assert problems_of_docutils(report) == problems_of_docutils(diff) == ""
    found = parts(report)
    assert list(found) == ["Sequential", "All 3 layers", "Checks"]
    assert "**81 parameters**" in found["Sequential"]
    assert rows(found["All 3 layers"]) == [
        ["Layer", "Type", "Formula", "Parameters", "Check"],
        ["0", "Linear", "4 × (16 + 1) = 68", "68", "✓ Checked"],
        ["1", "Linear", "2 × (4 + 1) = 10", "10", "✓ Checked"],
        ["2", "Linear", "1 × (2 + 1) = 3", "3", "✓ Checked"],
    ]
    assert all(line.startswith("* ✓ ") for line in found["Checks"] if line)
    found = parts(diff)
    assert plain(found["Sequential"][1]) == "**+76 parameters (+93.8%)**"
    assert [row[0] for row in rows(found["Changes"])] == ["Layer", "0", "1"]
    assert rows(found["Changes"])[1][2:] == ["4 × (16 + 1) = 68", "8 × (16 + 1) = 136", "+68"]
    assert "will not load" in found["Checkpoints"][1]


def test_a_kind_of_report_that_it_does_not_write_is_refused_before_any_work(site: Path, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[tool.summarykit.models.small]\ntarget = "summarykit.examples:sequential"\n', encoding="utf-8"
    )
    message = run(site, tmp_path, "diff", "--all", "--base", ".", "-o", "all.rst")
    assert "the format .rst has no report on all models at once" in message
    assert not (tmp_path / "all.rst").exists()


def test_without_the_package_its_suffix_is_unknown(tmp_path: Path) -> None:
    message = run(tmp_path, tmp_path, "report", "summarykit.examples:sequential", "-o", "out.rst")
    assert "no format has the suffix '.rst'" in message
    assert UnknownFormatError.slug in message


def test_it_keeps_the_contract(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(site))
    from summarykit_rst import RstExporter

    documents: list[str] = []

    def read(report: bytes) -> str:
        documents.append(report.decode("utf-8"))
        return plain(documents[-1])

    check(RstExporter, read=read)
    for document in documents:
        assert problems_of_docutils(document) == ""
        for name, lines in parts(document).items():
            assert name
            if any(line.startswith("   * - ") for line in lines):
                assert len(rows(lines)) > 1
    assert len(documents) > len(models())


def test_it_imports_only_the_contract() -> None:
    source = (PACKAGE / "summarykit_rst.py").read_text("utf-8")
    modules = re.findall(r"^\s*(?:from|import) (summarykit[\w.]*)", source, re.MULTILINE)
    assert modules == ["summarykit.exporters"]
