"""The checks of a summary: which apply to a model, and that a new one needs one function and one entry."""

import pytest
from torch import nn

import summarykit
from summarykit.summary import checks
from summarykit.summary.checks import Check


@pytest.mark.parametrize(
    ("model", "slugs"),
    [
        (nn.ReLU(), ["total", "tensors"]),
        (nn.BatchNorm1d(2, affine=False), ["total", "tensors"]),
        (nn.Linear(2, 2), ["total", "tensors", "tree", "formulas"]),
    ],
)
def test_a_check_that_could_not_fail_is_not_listed(model: nn.Module, slugs: list[str]) -> None:
    assert [check.slug for check in summarykit.summarize(model).checks.list] == slugs


@pytest.mark.parametrize("unit", ["values", "tensors", "layers", "calls"])
def test_a_new_check_needs_only_its_entry_to_be_in_the_reports(monkeypatch: pytest.MonkeyPatch, unit: str) -> None:
    def narrow(data: object) -> Check:
        return Check("narrow", ok=False, claim="Every layer is narrow", found=1, expected=3, problems=("a",), unit=unit)

    monkeypatch.setattr(checks, "CHECKS", (*checks.CHECKS, narrow))
    summary = summarykit.summarize(nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2)))
    assert not summary.checks.ok
    assert summary.checks.list[-1].slug == "narrow"
    for text in (str(summary), summary.to_markdown(), summary.to_html()):
        assert "Every layer is narrow" in text
    html = summary.to_html()
    assert ("1 of 3" in html) == (unit in ("layers", "calls"))


def test_units_say_what_the_figures_count() -> None:
    model = nn.TransformerEncoderLayer(8, 2, 4)
    units = {c.slug: c.unit for c in summarykit.summarize(model, input_size=(3, 1, 8)).checks.list}
    assert units == {
        "total": "values",
        "tensors": "tensors",
        "tree": "values",
        "formulas": "layers",
        "containers": "layers",
        "compute": "calls",
    }


def test_a_comparison_lists_a_failing_check_of_either_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "CHECKS", (lambda data: Check("x", False, "It holds", 1, 2, (), "layers"),))
    listed = summarykit.diff(nn.Linear(2, 2), nn.Linear(2, 3)).checks.list
    assert [check.slug for check in listed if not check.ok] == ["before-x", "after-x"]
