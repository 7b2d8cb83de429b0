"""Closed formulas of containers: a check beside the sum of their parts, never part of a sum."""

import itertools

import pytest
from torch import nn

import summarykit
from summarykit.errors import RuleError
from summarykit.formulas import rules, subtrees

pytestmark = pytest.mark.filterwarnings("ignore:enable_nested_tensor")


@pytest.fixture(autouse=True)
def _forget_rules(monkeypatch):
    monkeypatch.setattr(rules, "_USERS", {})
    monkeypatch.setattr(subtrees, "_USERS", {})


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width, bias=False)


def containers(model):
    summary = summarykit.summarize(model)
    return summary, next((check for check in summary.checks.list if check.slug == "containers"), None)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(
    ("make", "checked"),
    [
        (lambda bias: nn.TransformerEncoderLayer(16, 2, 24, bias=bias), 1),
        (lambda bias: nn.TransformerDecoderLayer(16, 2, 24, bias=bias), 1),
        (lambda bias: nn.TransformerEncoder(nn.TransformerEncoderLayer(16, 2, 24, bias=bias), 3), 4),
        (lambda bias: nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, bias=bias), 2, norm=nn.LayerNorm(8)), 3),
        (lambda bias: nn.TransformerDecoder(nn.TransformerDecoderLayer(16, 2, 24, bias=bias), 3), 4),
        (lambda bias: nn.Transformer(16, 4, 2, 3, 32, bias=bias), 8),
        (lambda bias: nn.Transformer(16, 4, 1, 1, 32, bias=bias, norm_first=True), 5),
        (lambda bias: nn.AdaptiveLogSoftmaxWithLoss(64, 1000, [10, 100, 300], head_bias=bias), 1),
        (lambda bias: nn.AdaptiveLogSoftmaxWithLoss(64, 50, [10], div_value=2.0, head_bias=bias), 1),
    ],
)
def test_torch_containers_hold_what_their_closed_formula_says(make, checked, bias):
    summary, check = containers(make(bias))
    assert (check.ok, check.found, check.expected) == (True, checked, checked)
    value = int(summary.layers.closed_formula[0].rpartition("= ")[2].replace(",", ""))
    assert value == summary.totals.parameters == summary.layers.adds_to_total.sum()


def test_a_container_whose_parts_were_replaced_is_not_held_against_torchs_formula():
    model = nn.TransformerEncoderLayer(16, 2, 24)
    model.linear2 = nn.Linear(24, 17)
    summary, check = containers(model)
    assert check is None
    assert summary.checks.ok
    assert summary.layers.closed_formula.isna().all()


def test_a_derived_container_may_hold_more():
    class More(nn.TransformerEncoderLayer):
        def __init__(self):
            super().__init__(16, 2, 24)
            self.more = nn.Linear(3, 3)

    assert containers(More())[1] is None


def test_a_users_closed_formula_that_does_not_hold_is_told_first_with_both_numbers():
    summarykit.rule(Block, "8 * width * width", covers="subtree", reads={"width": "up.in_features"})
    model = nn.Sequential(Block(4), Block(2))
    summary, check = containers(model)
    assert (check.ok, check.found, check.expected, check.problems) == (False, 0, 2, ("0", "1"))
    assert not summary.checks.ok
    assert summary.totals.parameters == 144 + 40
    for text in (summary.to_markdown(), summary.to_html(), str(summary)):
        assert "gives 128, its parts hold 144 together" in " ".join(text.split())


def test_a_users_closed_formula_reads_settings_and_tensors_below():
    reads = {"width": "up.in_features", "up_bias": "up.bias", "down_bias": "down.bias"}
    summarykit.rule(Block, "8 * width * width + 4 * width * up_bias + width * down_bias", covers="subtree", reads=reads)
    summary, check = containers(Block(4))
    assert check.ok
    assert summary.layers.closed_formula[0].endswith("= 144")
    assert "8 × 4 × 4 + 4 × 4 = 144, the sum of its parts" in summary.to_html()
    rules.unregister(Block)
    assert containers(Block(4))[1] is None


def test_a_repeated_term_is_written_once_for_each():
    class Tower(nn.Sequential):
        def __init__(self, *widths):
            super().__init__(*(nn.Linear(a, b, bias=False) for a, b in itertools.pairwise(widths)))
            self.widths = widths

    summarykit.rule(
        Tower, "0", covers="subtree", repeat={"at": "len(widths) - 1"}, each="widths[{at}] * widths[{at} + 1]"
    )
    summary, check = containers(Tower(3, 5, 7))
    assert check.ok
    assert summary.totals.parameters == 50


@pytest.mark.parametrize("missing", ["nowhere.at", "up.nothing", "up.weight.shape"])
def test_a_setting_that_is_not_there_leaves_the_container_unchecked(missing):
    summarykit.rule(Block, "8 * width", covers="subtree", reads={"width": missing})
    check = containers(Block(4))[1]
    assert check is None or not check.ok


def test_what_makes_no_sense_is_refused():
    with pytest.raises(RuleError, match="covers"):
        summarykit.rule(Block, "1", covers="all")
    with pytest.raises(RuleError, match="shapes"):
        summarykit.rule(Block, "1", covers="subtree", shapes={"weight": "1"})
    with pytest.raises(RuleError):
        summarykit.rule(Block, "1", reads={"width": "up.in_features"})


def test_closed_formulas_are_saved(tmp_path):
    model = nn.Transformer(16, 4, 1, 1, 32)
    path = tmp_path / "model.json"
    saved = summarykit.report(model, path)
    assert summarykit.load(path).data == saved.data
    assert saved.data.records.cross_checks
