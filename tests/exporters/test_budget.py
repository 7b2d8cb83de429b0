"""How much of a budget is used, in the headline of a diff: short, and never a figure that says something else."""

import pytest
from torch import nn

import summarykit
from summarykit.comparison import make_diff
from summarykit.exporters.view.diff import build_diff_view, build_project_view
from summarykit.options import Overrides
from summarykit.summary.budget import parse_limits
from summarykit.summary.diff import Comparison, ComparisonChecks, ModelChange, ProjectChanges


def view(limits, *, before=4, after=8, new=False, **inputs):
    one, other = (summarykit.summarize(nn.Linear(16, width), **inputs) for width in (before, after))
    return build_diff_view(make_diff(None if new else one, other, Overrides(), parse_limits(limits, "test")).comparison)


@pytest.mark.parametrize(
    ("limits", "used"),
    [
        ({"max_parameters": 200}, "136 of 200 budget (68%)"),
        ({"max_parameters": "30M"}, "136 of 30,000,000 budget (<0.1%)"),
        ({"max_parameters": 136}, "136 of 136 budget (100.0%)"),
        ({"max_parameters": 135}, "136 of 135 budget (100.7%)"),
        ({"max_parameters": 100}, "136 of 100 budget (136%)"),
        ({"max_parameters": 1}, "136 of 1 budget (13,600%)"),
        ({"max_parameters": 0}, "136 of 0 budget"),
        ({"max_trainable": 200}, "136 of 200 trainable budget (68%)"),
        ({"max_bytes": 600}, "544 of 600 bytes budget (91%)"),
        ({"max_bytes": "2kB"}, "0.5 of 2.0 kB budget (27%)"),
        ({"max_parameters": 1000, "max_bytes": 600}, "544 of 600 bytes budget (91%)"),  # the one used most
        ({"max_macs": 300}, ""),  # not known without inputs
        ({"max_increase": "1%"}, ""),
        ({"layers": {"Linear": {"max_parameters": 200}}}, ""),
        ({}, ""),
    ],
)
def test_the_limit_used_most_is_told(limits, used):
    told = view(limits)
    assert told.used == used
    assert told.numbers[-1] == used if used else "budget" not in " ".join(told.numbers)


def test_multiply_adds_are_told_as_such():
    assert view({"max_macs": 1000}, input_size=(2, 16)).used == "256 of 1,000 multiply-adds budget (26%)"


@pytest.mark.parametrize(
    ("limits", "look", "words", "broken"),
    [
        ({}, "", "", 0),
        ({"max_parameters": 200}, "ok", "within budget", 0),
        ({"max_parameters": 100, "max_bytes": 10, "max_trainable": 200}, "bad", "over budget", 2),
        ({"max_macs": 300}, "bad", "not known to be within budget", 1),
        ({"max_increase": "1%"}, "bad", "over budget", 1),
        ({"max_increase": "100%"}, "ok", "within budget", 0),
        ({"layers": {"Linear": {"max_parameters": 10}}}, "bad", "over budget", 1),
    ],
)
def test_the_verdict_is_by_what_breaks(limits, look, words, broken):
    told = view(limits)
    assert (told.look, told.budget, len(told.broken)) == (look, words, broken)
    assert told.headline == ", ".join(filter(None, ["+68 parameters (+100.0%)", words]))
    assert told.checkpoint.look == "bad"  # that breaks nothing


@pytest.mark.parametrize(
    ("limits", "cell"),
    [
        ({"max_parameters": 200, "max_increase": "50%"}, ("bad", "136 of 102 (133%)")),  # not the one that is kept
        ({"max_parameters": 200, "max_bytes": 500}, ("bad", "544 of 500 bytes (109%)")),
        ({"max_parameters": 200, "layers": {"Linear": {"max_bytes": 1}}}, ("bad", "over budget")),
        ({"max_parameters": 200, "max_macs": 300}, ("bad", "not known to be within budget")),
        ({"max_parameters": 200, "max_increase": "150%"}, ("ok", "136 of 200 (68%)")),
        ({"max_increase": "150%"}, ("ok", "within budget")),
        ({}, ("", "")),
    ],
)
def test_the_table_of_all_tells_the_limit_that_breaks_beside_its_sign(limits, cell):
    one, other = (summarykit.summarize(nn.Linear(16, width)) for width in (4, 8))
    diff = make_diff(one, other, Overrides(), parse_limits(limits, "test"))
    (row,) = build_project_view(ProjectChanges((ModelChange("m", diff.comparison),))).rows
    assert (row.budget_look, row.budget) == cell


def test_an_increase_of_a_new_model_is_not_judged():
    told = view({"max_increase": 0}, new=True)
    assert (told.look, told.budget, told.headline) == ("", "", "new, no base: 136 parameters")
    told = view({"max_increase": 0, "max_parameters": 200}, new=True)
    assert (told.look, told.headline) == ("ok", "new, no base: 136 parameters, within budget")


def test_a_check_that_does_not_hold_is_bad_without_a_budget(monkeypatch):
    monkeypatch.setattr(Comparison, "checks", ComparisonChecks(ok=False, list=()))
    assert view({}).look == view({"max_parameters": 200}).look == "bad"
