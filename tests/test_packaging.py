"""What users install: the built wheel, tried away from the checkout."""

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

ROOT = Path(__file__).resolve().parents[1]


def run(*command: str | Path, **options: object) -> str:
    done = subprocess.run([sys.executable, "-P", *command], capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, f"{command} exited {done.returncode}:\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built by way of the source archive, so that one is tried too; from what is installed, without network."""
    folder = tmp_path_factory.mktemp("dist")
    run("-m", "build", "--no-isolation", "--outdir", folder, ROOT)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """Runs Python where summarykit is the wheel's, far from the checkout; other packages are this environment's."""
    target = tmp_path_factory.mktemp("site")
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    run("-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", target, wheel)
    env = {**os.environ, "PYTHONPATH": str(target)}

    def python(*arguments: str | Path) -> str:
        return run(*arguments, cwd=elsewhere, env=env)

    where = Path(python("-c", "import summarykit; print(summarykit.__file__)").strip())
    assert where.is_relative_to(target), f"the checkout at {where} was imported, not the wheel"
    return python


def test_wheel_holds_the_package_and_its_templates_only(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    templates = {path.relative_to(ROOT).as_posix() for path in (ROOT / "templates").rglob("*") if path.is_file()}
    assert templates
    assert {f"summarykit/{name}" for name in templates} <= names
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"summarykit"}


def test_wheel_has_the_licence_and_the_command(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (info,) = {name.partition("/")[0] for name in archive.namelist() if ".dist-info/" in name}
    assert archive.read(f"{info}/licenses/LICENSE") == (ROOT / "LICENSE").read_bytes()
    assert "summarykit = summarykit.cli:main" in archive.read(f"{info}/entry_points.txt").decode()


def test_installed_package_reports_in_every_format(installed: Callable[..., str], tmp_path: Path) -> None:
    outputs = [tmp_path / f"tiny{suffix}" for suffix in (".md", ".html", ".xlsx", ".json")]
    options = [text for path in outputs for text in ("-o", str(path))]
    installed("-m", "summarykit", "report", "summarykit.examples:sequential", *options)
    markdown, html, workbook, saved = outputs
    for text in (markdown.read_text("utf-8"), html.read_text("utf-8")):
        assert "4 × (16 + 1)" in text
        assert "81" in text
    assert openpyxl.load_workbook(workbook).sheetnames
    assert json.loads(saved.read_text("utf-8"))
