"""In other words the workbook computes the same: the live sentence, and what counts rows by the words in them."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from torch import nn

from support.rewording import MODELS, formulas, reword
from support.workbooks import formula_rows, opened, total, workbook_bytes

pytestmark = [
    pytest.mark.office,
    pytest.mark.filterwarnings("ignore:.*[eE]xtension is not supported:UserWarning:openpyxl"),
]


@pytest.mark.parametrize("make", MODELS)
def test_a_reworded_workbook_computes_what_python_wrote(
    make: Callable[[], nn.Module],
    libreoffice: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
):
    options = reword(monkeypatch, tmp_path / "templates")
    model = make()
    written = workbook_bytes(model, options=options)
    source = tmp_path / "book.xlsx"
    source.write_bytes(workbook_bytes(model, options=options, fill_cache=False))
    computed, expected = opened(libreoffice(source, "xlsx"), values=True), opened(written, values=True)
    compared = 0
    for sheet, place in formulas(written):
        value, other = computed[sheet][place].value, expected[sheet][place].value
        shown = pytest.approx(other) if isinstance(other, float) else other or 0
        assert (sheet, place, value or 0) == (sheet, place, shown)
        compared += 1
    assert compared > 20


def test_a_change_reaches_the_reworded_sentence(
    libreoffice: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    sequential = MODELS[0]
    plain = formula_rows(opened(workbook_bytes(sequential())))
    place = plain["0"]["out_features"].coordinate
    check = total(opened(workbook_bytes(sequential())), "Check").coordinate
    book = opened(workbook_bytes(sequential(), options=reword(monkeypatch, tmp_path / "templates"), fill_cache=False))
    book["Formulas"][place] = 6
    source = tmp_path / "book.xlsx"
    book.save(source)
    computed = opened(libreoffice(source, "xlsx"), values=True)
    # two layers follow the change: the second takes what the first gives
    assert computed["Formulas"][check].value == 1
    sentences = [cell.value for row in computed["Overview"].iter_rows() for cell in row if isinstance(cell.value, str)]
    (sentence,) = [text for text in sentences if "1,999" in text]
    assert re.findall(r"[\d,]*\d", sentence) == ["2,024", "1,999", "1", "3", "2"]
