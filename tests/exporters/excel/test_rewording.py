"""What a workbook computes does not hang on how it says things: its formulas come from values, not from texts."""

import re

import pytest

from support.rewording import MODELS, TEXT, agreement, formulas, reword
from support.workbooks import opened, total, workbook_bytes


@pytest.mark.parametrize("make", MODELS)
def test_a_reworded_workbook_has_every_formula_in_its_cell(make, monkeypatch, tmp_path):
    model = make()
    expected = workbook_bytes(model)
    options = reword(monkeypatch, tmp_path / "templates")
    reworded = workbook_bytes(model, options=options)
    assert formulas(reworded) == formulas(expected)
    before, after = agreement(expected), agreement(reworded)
    check = total(opened(expected), "Check")
    live = f"FIXED(Formulas!${check.column_letter}${check.row},0)"  # how many layers agree, by the cells themselves
    assert TEXT.sub("", before).count(live) == TEXT.sub("", after).count(live) == 1
    assert TEXT.sub('""', before) != TEXT.sub('""', after), "the year stands in the sentence"
    words = [set(re.findall(r"[A-Za-z]{4,}", " ".join(TEXT.findall(text)))) for text in (before, after)]
    assert not words[0] & words[1]
