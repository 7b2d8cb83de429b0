"""``summarykit.rule``: one line for a user's own layer, checked like any other, refused with a reason."""

import pytest
import torch
from torch import nn

import summarykit
from summarykit.errors import ExpressionError, RuleError
from summarykit.formulas import rules
from support.own_layers import Mixer


@pytest.fixture(autouse=True)
def _forget_rules(monkeypatch):
    monkeypatch.setattr(rules, "_USERS", {})


def row(model):
    return summarykit.summarize(model).layers.iloc[0]


def test_without_a_rule_there_is_only_the_size():
    found = row(Mixer())
    assert found.evidence == "shape only"
    assert found.formula is None
    assert "not checked" in found.explanation


@pytest.mark.parametrize("target", [Mixer, f"{Mixer.__module__}.{Mixer.__qualname__}"], ids=["class", "name"])
@pytest.mark.parametrize("shapes", [None, {"weight": "heads, dim", "bias": "heads"}], ids=["count", "shapes"])
def test_one_line_is_enough(target, shapes):
    summarykit.rule(target, "heads * (dim + 1)", shapes=shapes)
    found = row(Mixer())
    assert found.evidence == "verified"
    assert found.formula == "heads × (dim + 1)"
    assert found.formula_numbers == "3 × (5 + 1) = 18"
    assert row(Mixer(7, 2)).formula_numbers == "7 × (2 + 1) = 21"


def test_the_name_of_a_tensor_reads_its_presence():
    summarykit.rule(Mixer, "heads * (dim + bias)", says="[bias: With || Without] bias.")
    mixer = Mixer()
    assert row(mixer).explanation == "With bias."
    mixer.bias = None
    assert row(mixer).formula_numbers == "3 × 5 = 15"
    assert row(mixer).explanation == "Without bias."


def test_a_sentence_is_said():
    summarykit.rule(Mixer, "heads * (dim + 1)", says="{heads:One head|# heads} of {dim + 1:1 number|# numbers}.")
    assert row(Mixer(1, 5)).explanation == "One head of 6 numbers."


@pytest.mark.parametrize(
    ("count", "shapes", "said"),
    [
        ("heads * dim", None, "the formula says 15, the tensors hold 18"),
        ("heads * (dim + 1)", {"weight": "dim, heads", "bias": "heads"}, "`weight` is 3 × 5, the formula says 5 × 3"),
        ("heads * (dim + 1)", {"weight": "heads, dim, 1", "bias": "heads"}, "3 × 5 × 1"),
        ("heads * (size + 1)", None, "no setting `size`"),
        ("heads * config.hidden_size", None, "no setting `config.hidden_size`"),
        ("heads // (dim - 5)", None, "divided by zero"),
        ("2 ** dim ** dim ** dim", None, "too large"),
        ("weight[3]", None, "no `weight[3]`"),
        ('"heads" * 3', None, ""),
    ],
)
def test_a_wrong_rule_disagrees_with_the_reason_and_never_crashes(count, shapes, said):
    summarykit.rule(Mixer, count, shapes=shapes)
    summary = summarykit.summarize(Mixer())
    found = summary.layers.iloc[0]
    assert found.evidence == "disagrees"
    assert said.lower() in found.explanation.lower()
    assert not summary.checks.ok
    assert summary.totals.parameters == 18
    assert "18" in str(summary)


def test_a_users_rule_goes_first_and_holds_for_subclasses():
    class Own(nn.Linear):
        pass

    summarykit.rule(nn.Linear, "in_features * out_features + out_features", says="Mine.")
    assert row(nn.Linear(4, 3)).formula_numbers == "4 × 3 + 3 = 15"
    assert row(Own(4, 3)).explanation == "Mine."
    summarykit.rule(Own, "out_features * (in_features + 1)")
    assert row(Own(4, 3)).formula_numbers == "3 × (4 + 1) = 15"
    assert row(nn.Linear(4, 3)).explanation == "Mine."


def test_a_later_rule_replaces_the_earlier():
    summarykit.rule(Mixer, "heads * dim")
    summarykit.rule(Mixer, "heads * (dim + 1)")
    assert row(Mixer()).evidence == "verified"


def test_a_forgotten_rule_leaves_the_shipped_one():
    summarykit.rule(nn.Linear, "0", aliases=["torch.nn.modules.sparse.Embedding"])
    assert row(nn.Embedding(4, 3)).evidence == "disagrees"
    rules.unregister(nn.Linear)
    assert row(nn.Linear(4, 3)).evidence == "verified"
    assert row(nn.Embedding(4, 3)).evidence == "verified"


def test_families_of_tensors():
    class Stack(nn.Module):
        def __init__(self):
            super().__init__()
            self.depth, self.width = 3, 4
            for i in range(3):
                self.register_parameter(f"w{i}", nn.Parameter(torch.zeros(4, i + 1)))

    summarykit.rule(
        Stack, "depth * (depth + 1) // 2 * width", repeat={"i": "depth"}, shapes={"w{i}": "width, i + 1"},
        each="width * (i + 1)", label="table {i}",
    )  # fmt: skip
    found = row(Stack())
    assert found.evidence == "verified", found.explanation
    (why,) = summarykit.summarize(Stack()).data.records.explanations
    assert [(line.label, line.value) for line in why.lines] == [("table 0", 4), ("table 1", 8), ("table 2", 12)]


@pytest.mark.parametrize("count", ["10 ** 9", "-1", "2 ** 63"])
def test_a_family_without_end_is_refused_or_disagrees(count):
    summarykit.rule(Mixer, "18", repeat={"i": count}, shapes={"w{i}": "heads"})
    assert row(Mixer()).evidence in {"disagrees", "shape only"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"target": 3}, "a rule is for a class"),
        ({"target": ""}, "a rule is for a class"),
        ({"target": "not a name"}, "a rule is for a class"),
        ({"target": Mixer()}, "a rule is for a class"),
        ({"count": "heads *"}, "not an expression"),
        ({"count": "__import__('os').system('x')"}, "not part of the formula language"),
        ({"count": "heads.__class__()"}, "not part of the formula language"),
        ({"count": 18}, "not text"),
        ({"count": None}, "text"),
        ({"shapes": {"weight": "heads, dim /2"}}, "divide with //"),
        ({"shapes": {"weight": ("heads", "dim")}}, "text"),
        ({"shapes": "heads, dim"}, "not a dict"),
        ({"shapes": {3: "heads"}}, "name"),
        ({"says": "{heads"}, "not closed"),
        ({"says": 3}, "text"),
        ({"takes": "in features"}, "not the name of a setting"),
        ({"gives": 3}, "not the name of a setting"),
        ({"axis": "rows"}, "not an axis"),
        ({"aliases": "a.b.C"}, "aliases"),
        ({"aliases": [3]}, "a rule is for a class"),
        ({"repeat": {"layer": "heads /2"}}, "divide with //"),
        ({"repeat": "layer"}, "repeat"),
        ({"repeat": {"layer": "heads"}, "each": "heads /2"}, "divide with //"),
        ({"repeat": {"layer": "heads"}, "label": "{"}, "not closed"),
        ({"repeat": {"layer": "heads"}, "shapes": {"w{other}": "heads"}}, "other"),
        ({"shapes": {"w{other}": "heads"}}, "other"),
        ({"about": 3}, "about"),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, dict) else "",
)
def test_a_rule_that_is_none_is_refused_at_registration(options, said):
    arguments = {"target": Mixer, "count": "heads * (dim + 1)"} | options
    with pytest.raises(RuleError) as caught:
        summarykit.rule(arguments.pop("target"), arguments.pop("count"), **arguments)
    assert isinstance(caught.value, ValueError)
    assert said in str(caught.value)
    assert caught.value.hint
    assert "docs/errors.md#" in str(caught.value)
    assert row(Mixer()).evidence == "shape only"  # and nothing is registered


def test_an_error_points_at_the_spot():
    with pytest.raises(ExpressionError) as caught:
        summarykit.rule(Mixer, "heads * (dim + 1) / 2")
    assert "heads * (dim + 1) / 2" in str(caught.value)
    assert "^" in str(caught.value)
