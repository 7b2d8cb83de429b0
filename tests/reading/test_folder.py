"""A folder with a config.json: its model on meta, by transformers; nothing of the folder runs, nothing is fetched."""

import json
import socket
import sys

import pytest
import torch

import summarykit
from summarykit.errors import MissingFileError, ModelFolderError, SavedFileError
from summarykit.reading import load_folder

LLAMA = {
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 100, "hidden_size": 16,
    "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "torch_dtype": "bfloat16",
}  # fmt: skip
TOTAL = 2 * 100 * 16 + 2 * (4 * 16 * 16 + 3 * 16 * 32 + 2 * 16) + 16


@pytest.fixture
def folder(tmp_path):
    """``folder(config)`` is the path of a folder that has it; a text is written as it stands."""

    def made(config, name="my-model"):
        path = tmp_path / name
        path.mkdir()
        text = config if isinstance(config, str) else json.dumps(config)
        (path / "config.json").write_text(text, encoding="utf-8")
        return path

    return made


def test_the_model_of_a_folder_is_built_on_meta(folder):
    path = folder(LLAMA)
    built = load_folder(path)
    assert type(built.model).__name__ == "LlamaForCausalLM"
    assert {tensor.device.type for tensor in built.model.parameters()} == {"meta"}
    summary = summarykit.report(path, path / "out.md", path / "out.json")
    assert summary.totals.parameters == TOTAL
    assert summary.totals.bytes == 2 * TOTAL
    assert summary.totals.embedding_parameters == 1_600
    assert summary.notes == ()
    assert "my-model" in (path / "out.md").read_text("utf-8")
    assert summarykit.load(path / "out.json").totals == summary.totals


def test_the_file_itself_is_good_too_and_told_from_a_saved_summary_by_its_content(folder):
    path = folder(LLAMA)
    assert summarykit.summarize(str(path / "config.json")).totals.parameters == TOTAL
    (path / "config.json").rename(path / "other.json")
    assert summarykit.summarize(path / "other.json").totals.parameters == TOTAL
    saved = path / "config.json"
    summarykit.report(torch.nn.Linear(2, 2), path / "saved.json")
    (path / "saved.json").rename(saved)
    assert summarykit.summarize(saved).totals.parameters == 6
    (path / "none.json").write_text("{}")
    with pytest.raises(SavedFileError):
        summarykit.summarize(path / "none.json")


def test_its_forward_can_be_watched(folder):
    summary = summarykit.summarize(folder(LLAMA), input_size=(1, 8), dtypes="int64")
    assert summary.trace.ok
    assert summary.totals.macs


@pytest.mark.parametrize(
    ("change", "kind", "note"),
    [
        ({"architectures": None}, "LlamaModel", ""),
        ({"architectures": ["LlamaForMusic"]}, "LlamaModel", "no class 'LlamaForMusic'"),
        ({"architectures": ["BertModel"]}, "LlamaModel", "another model_type"),
        ({"architectures": "LlamaForCausalLM"}, "LlamaModel", "no class 'LlamaForCausalLM'"),
        ({"architectures": ["os"]}, "LlamaModel", "no class 'os'"),
        ({"model_type": None}, "LlamaForCausalLM", ""),
        ({"quantization_config": {"quant_method": "fp8"}}, "LlamaForCausalLM", "quantization_config is not applied"),
        ({"attn_implementation": "someone/kernels"}, "LlamaForCausalLM", ""),
        ({"auto_map": {"AutoModelForCausalLM": "modeling_llama.X"}}, "LlamaForCausalLM", "(auto_map) was not run"),
    ],
)
def test_what_is_built_instead_is_said(folder, change, kind, note):
    config = {name: value for name, value in (LLAMA | change).items() if value is not None}
    summary = summarykit.summarize(folder(config))
    assert summary.model_name == kind
    assert (note in " ".join(summary.notes)) if note else summary.notes == ()


WRONG = {
    "broken": ("{", "cannot be read as JSON"),
    "a list": ("[]", "names no model"),
    "deep": ("[" * 100_000, "cannot be read as JSON"),
    "nothing": ({}, "names no model"),
    "of another library": ({"_class_name": "UNet2DConditionModel"}, "names no model"),
    "an unknown type": (LLAMA | {"model_type": "lama"}, "names model_type 'lama'"),
    "a type that is none": (LLAMA | {"model_type": ["llama"]}, "names model_type"),
    "a wrong size": (LLAMA | {"hidden_size": "many"}, "my-model"),
    "a negative size": (LLAMA | {"num_hidden_layers": 2, "vocab_size": -3}, "my-model"),
    "code of a stranger": (LLAMA | {"model_type": "x", "auto_map": {"AutoModel": "a/b--c.D"}}, "auto_map.*never run"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_built_is_said_with_a_hint(folder, name):
    config, said = WRONG[name]
    with pytest.raises(ModelFolderError, match=said) as caught:
        summarykit.summarize(folder(config))
    assert caught.value.hint


def test_code_beside_a_config_is_not_imported(folder):
    path = folder(LLAMA | {"auto_map": {"AutoConfig": "configuration_llama.X", "AutoModel": "modeling_llama.X"}})
    (path / "modeling_llama.py").write_text("raise SystemExit")
    (path / "configuration_llama.py").write_text("raise SystemExit")
    assert summarykit.summarize(path).totals.parameters == TOTAL


def test_a_folder_without_config_and_no_folder_at_all(tmp_path):
    with pytest.raises(ModelFolderError, match=r"has no config\.json"):
        summarykit.summarize(tmp_path)
    with pytest.raises(MissingFileError):
        summarykit.summarize(tmp_path / "nowhere")


def test_without_transformers_it_says_so(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(ModelFolderError, match="transformers") as caught:
        summarykit.summarize(folder(LLAMA))
    assert "pip install transformers" in caught.value.hint


def test_nothing_is_fetched(folder, monkeypatch):
    import transformers

    tried = []

    def reach_out(*_, **__):
        try:
            socket.create_connection(("192.0.2.1", 80), timeout=0.1)
        except Exception as error:  # noqa: BLE001 - as a library does that tries again
            tried.append(error)

    monkeypatch.setattr(transformers.LlamaForCausalLM, "__init__", reach_out)
    with pytest.raises(ModelFolderError, match="fetched"):
        summarykit.summarize(folder(LLAMA))
    assert not tried, "what swallows errors must not go on"
    with socket.socket() as server:  # afterwards the network is as it was
        server.bind(("127.0.0.1", 0))
        server.listen()
        socket.create_connection(server.getsockname()).close()


def test_a_backbone_of_the_hub_is_not_fetched(folder):
    config = {"model_type": "dpt", "backbone": "microsoft/resnet-50", "use_pretrained_backbone": True}
    with pytest.raises(ModelFolderError):
        summarykit.summarize(folder(config))
