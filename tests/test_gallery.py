"""The reports in reports/ are what summarykit writes today: a change of output is seen in review."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import openpyxl
import pytest

from support.golden import difference

REPORTS = Path(__file__).resolve().parents[1] / "reports"
ACCEPT = "if the change is wanted, run `make gallery` and read the diff of reports/ before you commit it"
#: ``2.13.0+cpu`` and ``2.13.0+cu128`` are one version, built for different machines.
BUILD = re.compile(rb"(torch\W{1,4}\d+\.\d+\.\d+)\+\w+")
SHOWN = 20  #: cells that differ, in the message

Cells = dict[tuple[str, str], tuple[object, ...]]

pytestmark = pytest.mark.filterwarnings("ignore:.*[eE]xtension is not supported:UserWarning:openpyxl")


def gallery() -> ModuleType:
    found = importlib.util.spec_from_file_location("gallery", REPORTS / "gallery.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


GALLERY = gallery()


@pytest.mark.parametrize("name", [*GALLERY.MODELS, *GALLERY.DIFFS])
def test_the_gallery_is_what_is_written_today(name: str, tmp_path: Path) -> None:
    problems = [problem for path in GALLERY.write(tmp_path, name) if (problem := changed(REPORTS / path.name, path))]
    if problems:
        pytest.fail("\n\n".join([*problems, ACCEPT]), pytrace=False)


def test_every_report_of_the_gallery_is_made_by_it() -> None:
    made = {f"{name}{suffix}" for name in (*GALLERY.MODELS, *GALLERY.DIFFS) for suffix in GALLERY.SUFFIXES}
    there = {path.name for path in REPORTS.iterdir() if path.suffix in GALLERY.SUFFIXES and path.name != "README.md"}
    assert there == made, ACCEPT


def test_the_same_model_gives_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "again").mkdir()
    first, second = (GALLERY.write(folder, "sequential") for folder in (tmp_path, tmp_path / "again"))
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_only_the_build_of_torch_may_differ() -> None:
    assert without_build(b"torch 2.13.0+cu128 ") == b"torch 2.13.0 "
    assert without_build(b'"torch":"2.13.0+cpu"') == b'"torch":"2.13.0"'
    assert without_build(b"4 + 1 = 2.13.0+cpu") == b"4 + 1 = 2.13.0+cpu"


def changed(accepted: Path, now: Path) -> str:
    """Return how two reports differ, empty where they do not: text by bytes, a workbook by its cells."""
    if not accepted.exists():
        return f"{accepted.name}: not in reports/ yet"
    if now.suffix == ".xlsx":
        return changed_cells(accepted, now)
    old, new = without_build(accepted.read_bytes()), without_build(now.read_bytes())
    return "" if old == new else f"{accepted.name}:{difference(old, new)}"


def changed_cells(accepted: Path, now: Path) -> str:
    old, new = cells(accepted), cells(now)
    places = [place for place in {**old, **new} if old.get(place) != new.get(place)]
    if not places:
        return ""
    lines = [
        f"  {sheet}!{cell}: {old.get((sheet, cell))} -> {new.get((sheet, cell))}" for sheet, cell in places[:SHOWN]
    ]
    more = [f"  ... and {len(places) - SHOWN:,} more"] if len(places) > SHOWN else []
    return "\n".join([f"{accepted.name}: {len(places):,} cells differ", *lines, *more])


def cells(path: Path) -> Cells:
    """Return what each cell holds, what it shows and its number format."""
    found: Cells = {}
    held, shown = openpyxl.load_workbook(path), openpyxl.load_workbook(path, data_only=True)
    for sheet in held:
        for row in sheet.iter_rows():
            for cell in row:
                value, cached = cell.value, shown[sheet.title][cell.coordinate].value
                if value is not None:
                    facts = (plain(value), plain(cached), cell.number_format)
                    found[sheet.title, cell.coordinate] = facts
    return found


def plain(value: object) -> object:
    return without_build(value.encode()).decode() if isinstance(value, str) else value


def without_build(text: bytes) -> bytes:
    return BUILD.sub(rb"\1", text)
