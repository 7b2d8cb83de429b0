"""The models that are measured, all on the meta device: no weights, no network."""

from __future__ import annotations

import torch
from torch import nn

BLOCKS, EXPERTS = 58, 256


class Expert(nn.Module):
    """A gated MLP, as DeepSeek and Mixtral have it."""

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(width, inner, bias=False)
        self.up_proj = nn.Linear(width, inner, bias=False)
        self.down_proj = nn.Linear(inner, width, bias=False)
        self.act_fn = nn.SiLU()


class Block(nn.Module):
    """One layer of the mixture."""

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.input_norm = nn.LayerNorm(width)
        self.attention = nn.Linear(width, width)
        self.expert_norm = nn.LayerNorm(width)
        self.router = nn.Linear(width, EXPERTS, bias=False)
        self.experts = nn.ModuleList(Expert(width, inner) for _ in range(EXPERTS))


class Mixture(nn.Module):
    """58 blocks of 256 experts, each 3 linear layers and an activation."""

    def __init__(self, width: int = 7168, inner: int = 2048) -> None:
        super().__init__()
        self.embedding = nn.Embedding(129_280, width)
        self.blocks = nn.ModuleList(Block(width, inner) for _ in range(BLOCKS))


def moe() -> nn.Module:
    """Return the mixture of experts of 74,591 modules."""
    with torch.device("meta"):
        return Mixture()


def sequential() -> nn.Module:
    """Return three linear layers with 81 parameters."""
    with torch.device("meta"):
        return nn.Sequential(nn.Linear(16, 4), nn.Linear(4, 2), nn.Linear(2, 1))


def gpt2() -> nn.Module:
    """Return GPT-2 with its head, 124,439,808 parameters."""
    from transformers import GPT2Config, GPT2LMHeadModel

    with torch.device("meta"):
        return GPT2LMHeadModel(GPT2Config())


def forward_input(model: nn.Module) -> torch.Tensor | None:
    """Return what the forward of a model takes, for peers that must run it; None where it has no forward."""
    if isinstance(model, Mixture):
        return None
    if isinstance(model, nn.Sequential):
        return torch.zeros(1, 16, device="meta")
    return torch.zeros(1, 8, dtype=torch.int64, device="meta")


def tree(modules: int) -> nn.Module:
    """Return a tree of exactly so many modules: blocks of a norm, two linear layers and an activation."""
    with torch.device("meta"):
        root = nn.Sequential()
        for number in range((modules - 1) // 5):
            width = 8 + number % 7
            block = nn.Sequential(
                nn.LayerNorm(width), nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)
            )
            root.append(block)
        for _ in range((modules - 1) % 5):
            root.append(nn.Identity())
        return root
