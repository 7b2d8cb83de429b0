"""Every layer of torch.nn: the formula, worked out from the settings, equals what PyTorch holds."""

import importlib
import inspect
import pkgutil
import re

import pytest
import torch
from torch import nn

import summarykit
from summarykit.formulas.rules import all_rules, find_rule
from support.torch_layers import CASES

#: What a sentence counts.
NOUNS = "weight|neuron|filter|row|scale|shift|cell|gate|channel|window|output|layer|head|number|value|slope|group|input"
#: Classes that own parameters only through what is put into them, or that are no layers.
NO_FORMULA = {"Module", "ParameterList", "ParameterDict"}


def test_there_are_enough_cases():
    assert len(CASES) >= 250
    assert len({str(case) for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_formula_equals_pytorch(case):
    layer = case.make()
    summary = summarykit.summarize(layer)
    row = summary.layers.iloc[0]
    tensors = dict(layer.named_parameters(recurse=False))
    held = sum(tensor.numel() for tensor in tensors.values())
    assert summary.totals.parameters == sum(tensor.numel() for tensor in layer.parameters())
    assert summary.checks.ok
    if not tensors:
        assert row.formula is None
        assert row.parameters == 0
        return
    assert row.evidence == "verified", row.explanation
    assert row.formula_value == row.parameters == held
    assert row.formula_numbers.endswith(f"{held:,}")
    own = summary.tensors[summary.tensors.module == ""].query("kind == 'parameter'")
    assert dict(zip(own.name, own["shape"], strict=True)) == {n: tuple(t.shape) for n, t in tensors.items()}
    assert set(own.evidence) == {"verified"}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_words_and_numbers_agree(case):
    summary = summarykit.summarize(case.make())
    row = summary.layers.iloc[0]
    if row.formula is None:
        return
    said = row.explanation
    assert said.endswith("."), f"a sentence ends with a full stop: {said}"
    assert said[0].isupper(), f"a sentence begins with a capital letter: {said}"
    assert not re.search(r"[{}\[\]#|\\]|\|\|", said), "a sign of the template is left over"
    assert not re.search(r"  | [.,;]|\.\.|,,|;,", said), "blanks and stops"
    assert not re.search(rf"(?<![\d,])1 ({NOUNS})s\b|\b1 biases", said), "one with a plural"
    assert not re.search(rf"(?<![\d,])(?!1 )\d[\d,]* ({NOUNS}|bias)\b(?! channel)", said), "many with a singular"
    assert not re.search(r"\beach of the 1\b", said, re.IGNORECASE)
    # Every number of the sentence stands in the formula, is a product of what stands there, or a setting.
    settings = dict(summary.data.records.settings[0])
    plain = [value for value in settings.values() if isinstance(value, int)]
    known = {int(figure.replace(",", "")) for figure in re.findall(r"[\d,]*\d", row.formula_numbers)} | set(plain)
    known |= {a * b for a in known for b in known} | {a // b for a in known for b in known if b}
    known |= {a * b for a in known for b in known if b < 1_000}
    assert {int(figure.replace(",", "")) for figure in re.findall(r"[\d,]*\d", said)} <= known


def modules_of(package):
    yield package
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        yield importlib.import_module(found.name)


def classes_that_own_parameters():
    """Every Module of torch.nn whose own code makes a parameter, or takes one."""
    for module in modules_of(nn.modules):
        for name, cls in vars(module).items():
            if inspect.isclass(cls) and issubclass(cls, nn.Module) and cls.__module__ == module.__name__:
                source = "".join(inspect.getsource(part) for part in vars(cls).values() if inspect.isfunction(part))
                if re.search(r"\bParameter\(|register_parameter\(|UninitializedParameter\(", source):
                    yield name, cls


OWNERS = dict(classes_that_own_parameters())


def test_owners_are_found():
    assert {"Linear", "_ConvNd", "_NormBase", "RNNBase", "MultiheadAttention", "PReLU"} <= OWNERS.keys()
    assert len(OWNERS) > 15


@pytest.mark.parametrize("name", sorted(OWNERS.keys() - NO_FORMULA))
def test_every_class_that_can_own_parameters_has_a_rule(name):
    cls = OWNERS[name]
    lineage = [f"{base.__module__}.{base.__qualname__}" for base in cls.__mro__]
    subclasses = [sub for sub in cls.__subclasses__() if sub.__module__.startswith("torch.nn.modules")]
    found = find_rule(lineage)
    if found is None:  # a base that only its subclasses make use of
        where = "add one to summarykit/formulas/torch_layers.py"
        assert subclasses, f"{lineage[0]} owns parameters and has no rule: {where}"
        for sub in subclasses:
            assert find_rule([f"{base.__module__}.{base.__qualname__}" for base in sub.__mro__]), f"{sub}: {where}"


def test_every_class_with_parameters_among_the_cases_is_covered():
    covered = {base.__name__ for case in CASES for base in case.cls.__mro__}
    lazy = {name for name in OWNERS if "Lazy" in name}
    missing = OWNERS.keys() - covered - lazy - NO_FORMULA - {"NonDynamicallyQuantizableLinear"}
    assert not missing, f"add a Case with each option of {', '.join(sorted(missing))} to tests/support/torch_layers.py"


SHIPPED = [rule for rule in all_rules().values() if not rule.users and not rule.library]


@pytest.mark.parametrize("rule", SHIPPED, ids=lambda rule: rule.target)
def test_a_rule_is_for_a_class_that_is_there(rule):
    for name in (rule.target, *rule.aliases):
        module, _, cls = name.rpartition(".")
        found = getattr(importlib.import_module(module), cls)
        assert issubclass(found, nn.Module)
        assert f"{found.__module__}.{found.__qualname__}" == name
    assert rule.about.endswith("."), f"about ends with a full stop: {rule.about!r}"
    assert not re.search(r"\d", rule.about), f"about has no numbers: {rule.about!r}"
    assert rule.says, "a rule of summarykit has a sentence: says"


LAZY = [cls for name, cls in vars(nn).items() if name.startswith("Lazy")]


@pytest.mark.parametrize("cls", LAZY, ids=lambda cls: cls.__name__)
def test_a_lazy_layer_is_not_known_until_its_first_input_and_then_checked(cls):
    sizes = {"LazyLinear": (4,)}.get(cls.__name__, (4, 3) if "Conv" in cls.__name__ else ())
    rank = 1 if cls is nn.LazyLinear else int(cls.__name__[-2])
    layer = cls(*sizes, **({"affine": True} if "Instance" in cls.__name__ else {}))
    row = summarykit.summarize(layer).layers.iloc[0]
    assert row.evidence == "shape only"
    assert "not known until the first input" in row.explanation
    assert row.adds_to_total == 0
    layer(torch.zeros(2, 5, *[8] * (0 if cls is nn.LazyLinear else rank)))
    row = summarykit.summarize(layer).layers.iloc[0]
    assert row.evidence == "verified"
    assert row.formula_value == sum(tensor.numel() for tensor in layer.parameters())


def quantization_aware():
    """Layers of torch.ao that derive from torch.nn's and count as they do."""
    qat, fused = importlib.import_module("torch.ao.nn.qat"), importlib.import_module("torch.ao.nn.intrinsic.qat")
    return [
        (qat.Linear, (4, 3), {"bias": False}),
        (qat.Linear, (4, 3), {}),
        (qat.Conv1d, (4, 8, 3), {"groups": 2}),
        (qat.Conv2d, (4, 8, 3), {}),
        (qat.Conv3d, (4, 8, 3), {"bias": False}),
        (qat.Embedding, (10, 3), {}),
        (qat.EmbeddingBag, (10, 3), {}),
        (fused.LinearReLU, (4, 3), {}),
        (fused.ConvReLU2d, (4, 8, 3), {}),
        (fused.ConvBn2d, (4, 8, 3), {}),
        (fused.ConvBnReLU2d, (4, 8, 3), {"bias": True}),
    ]


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning", "ignore::FutureWarning")
@pytest.mark.parametrize("number", range(11))
def test_layers_for_training_with_quantization_inherit(number):
    cls, args, options = quantization_aware()[number]
    name = "float_qparams_weight_only_qat_qconfig" if "Embedding" in cls.__name__ else "default_qat_qconfig"
    qconfig = getattr(importlib.import_module("torch.ao.quantization"), name, None)
    if qconfig is None:
        qconfig = importlib.import_module("torch.ao.quantization.qconfig").default_embedding_qat_qconfig
    layer = cls(*args, qconfig=qconfig, **options)
    row = summarykit.summarize(layer).layers.iloc[0]
    assert row.evidence == "verified", row.explanation
    assert row.formula_value == sum(tensor.numel() for tensor in layer.parameters(recurse=False))
