"""Real models, as their library builds them: every count is PyTorch's, every formula holds."""

import re

import pytest

import summarykit
from summarykit.summary.folding import Folding
from support import oracle

PARAMETERS = {
    "GPT-2": 124_439_808,
    "BERT": 109_482_240,
    "T5": 60_506_624,
    "ViT": 86_389_248,
    "ResNet": 23_512_130,
    "Whisper": 37_760_640,
    "Llama-3.1-8B": 8_030_261_248,
    "Mixtral": 46_702_792_704,
    "DeepSeek-V3": 671_026_404_352,
}
EXPERT = 2 * 16 * (32 + 1) + 32 * (16 + 1)
MOE = 58 * (2 * 32 + 96 * 33 + 32 * 33 + 256 * 32 + 256 * EXPERT) + 100 * 32


@pytest.mark.parametrize("name", PARAMETERS)
def test_the_count_is_known(real, name):
    model, summary = real(name)
    assert summary.totals.parameters == PARAMETERS[name]
    assert summary.totals.parameters == sum(tensor.numel() for tensor in model.parameters())
    assert summary.totals.bytes == sum(tensor.numel() * tensor.element_size() for tensor in model.parameters())
    assert summary.totals.buffers == sum(tensor.numel() for tensor in model.buffers())
    assert summary.totals.modules == len(list(model.modules()))
    assert summary.checks.ok
    assert summary.notes == ()


@pytest.mark.parametrize("name", PARAMETERS)
def test_every_subtree_is_pytorchs(real, name):
    model, summary = real(name)
    oracle.assert_right(summary, model)
    modules = dict(model.named_modules(remove_duplicate=False))
    for row in summary.layers.itertuples():
        assert row.total == sum(tensor.numel() for tensor in modules[row.path].parameters()), row.path


@pytest.mark.parametrize("name", PARAMETERS)
def test_every_layer_of_torch_is_verified(real, name):
    _, summary = real(name)
    layers = summary.layers
    known = layers[layers.qualified_type.str.startswith("torch.nn.modules.") & layers.formula_value.notna()]
    assert len(known)
    assert set(known.evidence) == {"verified"}
    assert (known.formula_value == known.parameters).all()
    assert "disagrees" not in set(layers.evidence)


@pytest.mark.parametrize("name", ["GPT-2", "Whisper", "T5", "BERT"])
def test_nothing_changes(real, name):
    model, summary = real(name)
    before = [(id(m), m.training, list(m.__dict__), [id(p) for p in m._parameters.values()]) for m in model.modules()]
    assert summarykit.summarize(model).to_json() == summary.to_json()
    after = [(id(m), m.training, list(m.__dict__), [id(p) for p in m._parameters.values()]) for m in model.modules()]
    assert before == after


def test_a_tied_head_counts_once(real):
    _, summary = real("GPT-2")
    layers = summary.layers.set_index("path")
    assert layers.loc["lm_head", "parameters"] == 38_597_376
    assert layers.loc["lm_head", "adds_to_total"] == 0
    assert layers.loc["lm_head", "shared_with"] == "transformer.wte"
    assert layers.loc["lm_head", "formula_numbers"] == "50,257 × 768 = 38,597,376"
    assert layers.loc["transformer", "total"] == summary.totals.parameters


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_report_can_be_made_in_text_and_markdown(real, name):
    _, summary = real(name)
    total = f"{summary.totals.parameters:,}"
    text, markdown = str(summary), summary.to_markdown()
    assert total in text
    assert total in markdown
    assert all(len(line) <= 100 for line in text.split("\n"))
    assert len(text.split("\n")) <= 50
    assert sum(row.times for row in Folding(summary.data).rows) == len(summary.layers)


@pytest.mark.parametrize("name", PARAMETERS)
def test_json_loses_nothing(real, name, tmp_path):
    _, summary = real(name)
    summary.save(tmp_path / "out.json")
    assert summarykit.load(tmp_path / "out.json").data.records == summary.data.records


def test_74_591_modules_are_right_and_fold_to_a_page(real):
    model, summary = real("MoE")
    assert summary.totals.modules == 74_591
    assert summary.totals.parameters == MOE
    oracle.assert_right(summary, model)
    assert len(summary.layers) == 74_591
    assert len(summary.tensors) == 58 * (2 + 2 + 2 + 1 + 256 * 6) + 1
    assert set(summary.layers.evidence.dropna()) == {"verified"}
    assert len(summary.data.records.explanations) < 20
    rows = Folding(summary.data).rows
    assert len(rows) == 14
    assert sum(row.times for row in rows) == 74_591
    assert f"{MOE:,}" in str(summary)
    markdown = summary.to_markdown()
    assert "58 ×" in markdown
    assert len(markdown) < 10_000


@pytest.mark.parametrize("form", ["md", "txt"])
def test_gpt2_reads_as_accepted(form, real, golden):
    _, summary = real("GPT-2")
    text = summary.to_markdown() if form == "md" else f"{summary}\n"
    golden(f"gpt2.{form}", re.sub(r"torch \d[\w.+]*", "torch X", text))
