"""Each model is built once for each worker, on the meta device: no weights, no network."""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import pytest
import torch
from torch import nn

import summarykit


class Real(NamedTuple):
    """A model as its library builds it, and its summary."""

    model: nn.Module
    summary: summarykit.Summary


def _transformers(model: str, config: str, **options: object) -> nn.Module:
    import transformers

    return getattr(transformers, model)(getattr(transformers, config)(**options))


LLAMA = {
    "vocab_size": 128_256, "hidden_size": 4_096, "intermediate_size": 14_336, "num_hidden_layers": 32,
    "num_attention_heads": 32, "num_key_value_heads": 8,
}  # fmt: skip
MODELS = {
    "GPT-2": lambda: _transformers("GPT2LMHeadModel", "GPT2Config"),
    "BERT": lambda: _transformers("BertModel", "BertConfig"),
    "T5": lambda: _transformers("T5ForConditionalGeneration", "T5Config"),
    "ViT": lambda: _transformers("ViTModel", "ViTConfig"),
    "ResNet": lambda: _transformers("ResNetForImageClassification", "ResNetConfig"),
    "Whisper": lambda: _transformers("WhisperForConditionalGeneration", "WhisperConfig"),
    "Llama-3.1-8B": lambda: _transformers("LlamaForCausalLM", "LlamaConfig", **LLAMA),
    "Mixtral": lambda: _transformers("MixtralForCausalLM", "MixtralConfig"),
    "DeepSeek-V3": lambda: _transformers("DeepseekV3ForCausalLM", "DeepseekV3Config"),
    "MoE": lambda: MoE(),
}


class Expert(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.gate, self.up, self.down = nn.Linear(32, 16), nn.Linear(32, 16), nn.Linear(16, 32)
        self.act = nn.SiLU()


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm, self.attention, self.out = nn.LayerNorm(32), nn.Linear(32, 96), nn.Linear(32, 32)
        self.router = nn.Linear(32, 256, bias=False)
        self.experts = nn.ModuleList(Expert() for _ in range(256))


class MoE(nn.Module):
    """58 blocks of 256 experts, each three Linear and an activation."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(100, 32)
        self.blocks = nn.ModuleList(Block() for _ in range(58))


@lru_cache
def _built(name: str) -> Real:
    with torch.device("meta"):
        model = MODELS[name]()
    return Real(model, summarykit.summarize(model))


@pytest.fixture(scope="session")
def real() -> Callable[[str], Real]:
    """``real("GPT-2")`` is the model and its summary."""
    return _built
