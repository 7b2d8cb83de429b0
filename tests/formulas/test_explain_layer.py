"""``summarykit explain``: which rule or code explains a layer, each check, and what gives a better grade."""

import re
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

import summarykit
from summarykit.cli.explain import find_layer
from summarykit.cli.main import main
from summarykit.errors import SelectionError
from summarykit.exporters.text.explain import REMEDIES, explain_lines
from summarykit.formulas.provenance import LayerProvenance, Remedy
from summarykit.formulas.rules import unregister
from summarykit.reading.explain_layer import explain_layer
from summarykit.reading.walk import read_numbered
from summarykit.records import Evidence

HERE = Path(__file__)
DOCS = HERE.parents[2] / "docs"


class Scale(nn.Module):
    """Read from its code: the width is an argument that it keeps, the depth one that its parent passes."""

    def __init__(self, width, depth=1):
        super().__init__()
        self.width = width
        self.gain = nn.Parameter(torch.zeros(width, depth))  # gain


class Hidden(nn.Module):
    """No code tells its size."""

    def __init__(self):
        super().__init__()
        self.__dict__["_parameters"]["gain"] = nn.Parameter(torch.zeros(3))


class Forgetful(nn.Module):
    """Does not keep its width."""

    def __init__(self, width):
        super().__init__()
        self.gain = nn.Parameter(torch.zeros(width))


class Counted(nn.Module):
    """Brings a rule of its own, which gives another number."""

    def __init__(self):
        super().__init__()
        self.width = 3
        self.gain = nn.Parameter(torch.zeros(3))

    def __summarykit_formula__(self):  # the rule
        return "width + 1"


class Model(nn.Module):
    """A container with a parameter of its own, tied weights and a layer in two places."""

    def __init__(self):
        super().__init__()
        self.scale = Scale(4, 9)
        self.conv = nn.Conv2d(6, 4, 3, groups=2)
        self.again = self.conv
        self.embedding = nn.Embedding(5, 4)
        self.head = nn.Linear(4, 5, bias=False)
        self.head.weight = self.embedding.weight
        self.token = nn.Parameter(torch.zeros(7))  # token


def line_of(text: str, file: Path = HERE) -> int:
    return next(number for number, line in enumerate(file.read_text().splitlines(), 1) if text in line)


def explanation_of(model: nn.Module, path: str = "") -> LayerProvenance:
    records, modules = read_numbered(model)
    return explain_layer(records, modules, find_layer([layer.path for layer in records.layers], path))


def text(layer: LayerProvenance) -> str:
    return "\n".join(explain_lines(layer, "(model)"))


def test_a_layer_of_torch_names_the_line_that_declares_its_rule():
    layer = explanation_of(Model(), "conv")
    assert layer.rule.target == "torch.nn.modules.conv.Conv2d"
    assert not layer.rule.users
    place = layer.rule.place
    assert place.file == "summarykit/formulas/torch_layers.py"
    lines = Path(summarykit.__file__).parent.joinpath("formulas/torch_layers.py").read_text().splitlines()
    assert lines[place.first - 1].strip() == "yield build("
    assert "conv.Conv2d" in lines[place.first]
    assert [(c.tensor, c.formula_shape, c.shape, c.agrees) for c in layer.checks] == [
        ("weight", (4, 3, 3, 3), (4, 3, 3, 3), True),
        ("bias", (4,), (4,), True),
    ]
    assert {b.name: b.origin for b in layer.bindings} == {
        "bias": "the layer has this parameter",
        "groups": "attribute of the layer",
        "in_channels": "attribute of the layer",
        "kernel_size": "attribute of the layer",
        "out_channels": "attribute of the layer",
    }
    assert layer.constructors == ()
    assert (layer.evidence, layer.remedy) == (Evidence.VERIFIED, Remedy.NOTHING)
    assert "4 × (6 ÷ 2 × 3 × 3 + 1) = 112" in text(layer)


@pytest.mark.parametrize(
    "target", ["torch.nn.modules.rnn.LSTM", "torch.nn.modules.rnn.GRUCell", "timm.layers.norm.RmsNorm"]
)
def test_each_rule_points_at_the_call_that_declares_it(target: str):
    from summarykit.formulas import all_rules

    place = all_rules()[target].place
    line = Path(place.file).read_text().splitlines()[place.first - 1]
    assert re.search(r"(build|_norm)\($", line.rstrip()) or f'"{target}"' in line


def test_families_of_tensors_are_checked_each_with_its_own_sizes():
    checks = explanation_of(nn.LSTM(2, 3, num_layers=2, bidirectional=True)).checks
    assert all(check.agrees for check in checks)
    assert {c.tensor: c.formula_shape for c in checks}["weight_ih_l1_reverse"] == (12, 6)
    assert {c.tensor: c.formula_shape for c in checks}["weight_ih_l0"] == (12, 2)


def test_a_source_read_layer_names_the_constructor_and_the_line_of_each_tensor():
    layer = explanation_of(Model(), "scale")
    (constructor,) = layer.constructors
    assert constructor.cls == f"{Scale.__module__}.Scale"
    assert constructor.lines == (("gain", line_of("# gain")),)
    assert Path(constructor.place.file).name == HERE.name
    assert constructor.place.first < line_of("# gain") <= constructor.place.last
    assert layer.rule is None
    assert {b.name: (b.value, b.origin) for b in layer.bindings}["depth"] == (9, "= 9 in Model")
    assert [(c.axes, c.formula_shape, c.agrees) for c in layer.checks] == [("width, depth", (4, 9), True)]
    assert (layer.evidence, layer.remedy) == (Evidence.FROM_SOURCE, Remedy.DECLARE_RULE)


def test_an_inherited_constructor_is_the_one_that_is_named():
    class Derived(Scale):
        def __init__(self):
            super().__init__(4)

    (constructor,) = explanation_of(Derived()).constructors
    assert constructor.cls == f"{Scale.__module__}.Scale"


def test_a_shape_only_layer_says_what_would_give_a_better_grade():
    layer = explanation_of(Hidden())
    assert (layer.evidence, layer.remedy) == (Evidence.SHAPE_ONLY, Remedy.DECLARE_RULE)
    assert [(c.formula_shape, c.shape, c.agrees) for c in layer.checks] == [(None, (3,), None)]
    (constructor,) = layer.constructors
    assert constructor.lines == ()
    assert f'summarykit.rule("{Hidden.__module__}.Hidden"' in text(layer)


def test_a_size_from_the_tensor_asks_to_keep_the_argument():
    layer = explanation_of(Forgetful(4))
    assert (layer.evidence, layer.remedy) == (Evidence.SIZE_FROM_TENSOR, Remedy.KEEP_ARGUMENT)


def test_a_lazy_layer_asks_for_a_first_call():
    layer = explanation_of(nn.LazyLinear(4))
    assert layer.remedy is Remedy.INITIALISE
    assert layer.parameters is None
    assert [check.shape for check in layer.checks] == [None, None]


def test_a_disagreeing_layer_has_both_shapes_and_both_counts():
    layer = nn.Linear(3, 2)
    layer.in_features = 9
    layer = explanation_of(layer)
    assert (layer.evidence, layer.remedy) == (Evidence.DISAGREES, Remedy.MATCH_SETTINGS)
    assert [(c.formula_shape, c.shape, c.agrees) for c in layer.checks] == [((2, 9), (2, 3), False), ((2,), (2,), True)]
    assert (layer.value, layer.parameters) == (20, 8)
    assert "2 × 9, is 2 × 3  ✗ differs" in text(layer)
    assert "20, is 8" in text(layer)


def test_a_rule_that_a_class_declares_points_at_its_method():
    layer = explanation_of(Counted())
    assert layer.rule.users
    assert layer.rule.place.first == line_of("# the rule")
    assert Path(layer.rule.place.file).name == HERE.name
    assert (layer.evidence, layer.remedy) == (Evidence.DISAGREES, Remedy.CORRECT_RULE)


def test_a_rule_of_the_users_points_at_the_call():
    summarykit.rule(Hidden, "3", shapes={"gain": "3"})  # registered here
    try:
        layer = explanation_of(Hidden())
    finally:
        unregister(Hidden)
    assert layer.rule.users
    assert layer.rule.place.first == line_of("# registered here")
    assert layer.evidence is Evidence.VERIFIED


def test_a_rule_that_does_not_cover_a_tensor_asks_for_it():
    layer = nn.Linear(3, 2)
    setattr(layer, "ex" + "tra", nn.Parameter(torch.zeros(5)))
    layer = explanation_of(layer)
    assert layer.remedy is Remedy.COVER_TENSOR
    assert {c.tensor: c.agrees for c in layer.checks} == {"weight": True, "bias": True, "extra": None}


def test_a_container_with_own_parameters_is_explained_apart_from_what_is_inside():
    model = Model()
    layer = explanation_of(model)
    assert layer.parameters == 7
    assert layer.parameters_inside == sum(parameter.numel() for parameter in model.parameters())
    assert [check.tensor for check in layer.checks] == ["token"]
    ((tensor, line),) = layer.constructors[0].lines
    assert (tensor, line) == ("token", line_of("# token"))


def test_a_layer_without_parameters_of_its_own_needs_no_grade():
    layer = explanation_of(nn.Sequential(nn.Linear(2, 3)))
    assert (layer.evidence, layer.parameters, layer.parameters_inside) == (None, 0, 9)
    assert "none of its own, 9 with everything inside" in text(layer)


def test_a_tied_tensor_names_the_place_where_it_is_counted():
    assert [check.shared_with for check in explanation_of(Model(), "head").checks] == ["embedding.weight"]
    assert "weight is embedding.weight: one tensor, counted once" in text(explanation_of(Model(), "head"))
    assert [check.shared_with for check in explanation_of(Model(), "embedding").checks] == [None]


def test_a_layer_met_again_names_its_first_place():
    layer = explanation_of(Model(), "again")
    assert layer.same_as == "conv"
    assert layer.parameters_inside == layer.parameters == 76 + 36


def test_a_parametrization_is_explained_by_the_rule_of_its_layer():
    model = nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Linear(3, 2)))
    layer = explanation_of(model, "0.parametrizations.weight")
    assert layer.rule.target == "torch.nn.modules.linear.Linear"
    assert {b.name: b.origin for b in layer.bindings} == {
        "in_features": "attribute of 0",
        "out_features": "attribute of 0",
    }
    assert all(check.agrees for check in layer.checks)


def test_a_list_of_parameters_names_the_class_that_fills_it():
    class Filled(nn.Module):
        def __init__(self):
            super().__init__()
            self.parts = nn.ParameterList([nn.Parameter(torch.zeros(3, 4))])

    layer = explanation_of(Filled(), "parts")
    assert layer.constructors[0].cls.endswith("Filled")
    assert layer.remedy is Remedy.NOTHING


def test_each_remedy_has_words():
    assert REMEDIES.keys() == set(Remedy) - {Remedy.NOTHING}


# ---------------------------------------------------------------- the command


def run(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, str, str]:
    code = main(["explain", *args])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_the_documented_example_is_what_the_command_prints(capsys: pytest.CaptureFixture[str]):
    page = (DOCS / "index.md").read_text(encoding="utf-8")
    command, _, output = page.partition("$ summarykit explain ")[2].partition("\n```")[0].partition("\n")
    code, out, _ = run(capsys, *command.split())
    assert code == 0
    # The line of a rule moves with its file; the test above looks at it.
    lines = re.compile(r"\.py:\d+")
    assert lines.sub(".py", out.strip()) == lines.sub(".py", output.strip())


def test_a_saved_summary_is_explained_without_file_and_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    saved = tmp_path / "model.json"
    summarykit.report(Model(), saved)
    code, out, _ = run(capsys, str(saved), "conv")
    assert code == 0
    assert "rule for torch.nn.modules.conv.Conv2d" in out
    assert "4 × 3 × 3 × 3, is 4 × 3 × 3 × 3  ✓ agrees" in out
    assert ".py" not in out


def test_a_model_of_the_project_and_its_rules_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "explained_model.py").write_text(
        "import torch\n\nclass Gain(torch.nn.Module):\n    def __init__(self, width):\n        super().__init__()\n"
        "        self.width = width\n        self.gain = torch.nn.Parameter(torch.zeros(width))\n"
    )
    (tmp_path / "pyproject.toml").write_text(
        '[tool.summarykit.models.small]\ntarget = "explained_model:Gain"\nargs = { width = 3 }\n\n'
        '[tool.summarykit.formulas]\n"explained_model.Gain" = "width"\n'
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    code, out, _ = run(capsys, "small")
    assert code == 0
    assert "your rule for explained_model.Gain, declared in " in out
    assert "pyproject.toml:6" in out
    assert run(capsys, "small", "--meta")[0] == 2


@pytest.mark.parametrize(
    ("layer", "hint"),
    [("cnov", "did you mean 'conv'?"), ("1", "did you mean 'layers.1'?"), ("zzz", "lists the layers")],
)
def test_a_wrong_path_answers_with_the_near_ones(layer: str, hint: str):
    with pytest.raises(SelectionError, match=re.escape(hint)):
        find_layer(["", "conv", "layers", "layers.0", "layers.1"], layer)


@pytest.mark.parametrize(("layer", "number"), [("", 0), ("(model)", 0), ("layers.0–1", 3), ("layers.1", 4)])
def test_a_path_is_taken_as_a_report_prints_it(layer: str, number: int):
    assert find_layer(["", "conv", "layers", "layers.0", "layers.1"], layer) == number


def test_a_hostile_name_reaches_no_terminal_and_can_be_typed_as_it_is_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    name = "red\x1b[31m\nlayer\u202e"
    model = nn.Module()
    model.add_module(name, type("Li\x1bnear", (nn.Linear,), {})(2, 3))
    model._modules[name].register_parameter("we\x1bird", nn.Parameter(torch.zeros(2)))
    saved = tmp_path / "model.json"
    summarykit.report(model, saved)
    code, out, _ = run(capsys, str(saved), r"red\x1b[31m\nlayer\u202e")
    assert code == 0
    assert "\x1b" not in out + text(explanation_of(model, name))
    assert out.startswith(r"red\x1b[31m\nlayer\u202e (")
    code, _, err = run(capsys, str(saved), "red\x1b")
    assert code == 2
    assert "\x1b" not in err
