"""A user's rules declared on a class and in pyproject.toml, and what a disagreement does."""

import subprocess
import sys

import pytest
import torch
from torch import nn

import summarykit
from summarykit.errors import ExpressionError, ProjectError, RuleError
from summarykit.formulas import rules
from support.own_layers import Mixer, fill

NAME = f"{Mixer.__module__}.{Mixer.__qualname__}"


@pytest.fixture(autouse=True)
def _forget_rules(monkeypatch):
    monkeypatch.setattr(rules, "_USERS", {})
    monkeypatch.setattr(rules, "_PROJECTS", {})


def row(model):
    return summarykit.summarize(model).layers.iloc[0]


def declaring(given):
    """A Mixer whose class declares its formula as *given*."""
    return type("Declared", (Mixer,), {"__summarykit_formula__": given})()


@pytest.mark.parametrize(
    "given",
    [
        "heads * (dim + 1)",
        {"count": "heads * (dim + 1)", "shapes": {"weight": "heads, dim", "bias": "heads"}},
        lambda self: "heads * (dim + 1)",
        lambda self: {"count": f"{self.heads} * (dim + 1)"},
        staticmethod(lambda: "heads * (dim + 1)"),
        classmethod(lambda cls: {"count": "heads * (dim + 1)", "says": "{heads} heads."}),
    ],
    ids=["text", "dict", "method", "of the layer", "static", "class"],
)
def test_a_class_declares_its_own_formula(given):
    found = row(declaring(given))
    assert (found.evidence, found.formula_value) == ("verified", 18)


def test_a_registered_rule_for_the_very_class_goes_before():
    model = declaring("heads")
    assert row(model).evidence == "disagrees"
    summarykit.rule(type(model), "heads * (dim + 1)")
    assert row(model).evidence == "verified"


@pytest.mark.parametrize("given", [3, None, {"shapes": {}}, {"count": "heads", "colour": "red"}, lambda self: 1 / 0])
def test_what_is_no_formula_is_refused_and_names_the_class(given):
    with pytest.raises(RuleError) as caught:
        row(declaring(given))
    assert "Declared.__summarykit_formula__" in str(caught.value)


def test_a_syntax_error_points_at_the_spot():
    with pytest.raises(ExpressionError, match="divide with //"):
        row(declaring("heads / dim"))


@pytest.fixture
def project(tmp_path, monkeypatch):
    def written(text):
        (tmp_path / "pyproject.toml").write_text(text)
        (tmp_path / "deep" / "er").mkdir(parents=True, exist_ok=True)
        monkeypatch.chdir(tmp_path / "deep" / "er")

    return written


@pytest.mark.parametrize(
    "value",
    ['"heads * (dim + 1)"', '{count = "heads * (dim + 1)", shapes = {weight = "heads, dim", bias = "heads"}}'],
)
def test_the_nearest_project_declares_formulas(project, value):
    project(f'[tool.summarykit.formulas]\n"{NAME}" = {value}\n')
    assert row(Mixer()).evidence == "verified"


def test_another_project_has_other_formulas(project, tmp_path, monkeypatch):
    project(f'[tool.summarykit.formulas]\n"{NAME}" = "heads * (dim + 1)"\n')
    assert row(Mixer()).evidence == "verified"
    other = tmp_path / "other"
    other.mkdir()
    (other / "pyproject.toml").write_text("[project]\n")
    monkeypatch.chdir(other)
    assert row(Mixer()).evidence == "verified"
    (other / "pyproject.toml").write_text("[tool.summarykit]\n")
    assert row(Mixer()).evidence == "shape only"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("[tool", ProjectError),
        ("[tool.summarykit]\nformulas = 3\n", ProjectError),
        (f'[tool.summarykit.formulas]\n"{NAME}" = 3\n', RuleError),
        (f'[tool.summarykit.formulas]\n"{NAME}" = "heads *"\n', ExpressionError),
        ('[tool.summarykit.formulas]\n"not a name" = "heads"\n', RuleError),
    ],
)
def test_a_broken_project_says_so(project, text, error):
    project(text)
    with pytest.raises(error):
        row(Mixer())


def test_a_wrong_rule_is_told_first_in_every_format_with_both_numbers():
    summarykit.rule(Mixer, "heads * dim", shapes={"weight": "dim, heads", "bias": "heads"})
    summary = summarykit.summarize(Mixer())
    assert not summary.checks.ok
    for text in (str(summary), summary.to_markdown(), summary.to_html()):
        assert "differ" in text
        assert "15" in text
        assert "18" in text
        assert "3 × 5" in text
        assert "5 × 3" in text


@pytest.mark.large
def test_strict_ends_with_1_when_a_formula_disagrees(tmp_path):
    (tmp_path / "wrong.py").write_text(
        "import torch\nfrom torch import nn\n\n\nclass Net(nn.Linear):\n    __summarykit_formula__ = 'out_features'\n"
    )
    base = [sys.executable, "-m", "summarykit", "report", "wrong:Net", "--arg", "in_features=3", "--arg"]
    run = [*base, "out_features=4"]
    for options, code in (([], 0), (["--strict"], 1)):
        done = subprocess.run([*run, *options], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stderr
        assert "differ" in done.stdout


def test_a_torch_rule_that_a_subclass_outgrew_is_no_disagreement():
    class Odd(nn.Linear):
        def __init__(self):
            super().__init__(4, 3)
            del self.weight
            fill(self, weight=(6, 4))

    summary = summarykit.summarize(Odd())
    assert summary.checks.ok
    assert summary.layers.iloc[0].evidence == "shape only"
    assert torch.Size((6, 4)) == summary.layers.iloc[0].weight_shape
