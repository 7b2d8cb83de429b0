"""Make the example reports anew: ``make gallery``. Nothing in them changes unless the output does."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn

import summarykit
from summarykit.examples import sequential

SUFFIXES = (".md", ".html", ".xlsx", ".json", ".txt")


def gpt2() -> nn.Module:
    from transformers import GPT2Config, GPT2LMHeadModel

    with torch.device("meta"):
        return GPT2LMHeadModel(GPT2Config())


def resnet() -> nn.Module:
    from transformers import ResNetConfig, ResNetForImageClassification

    with torch.device("meta"):
        return ResNetForImageClassification(ResNetConfig())


def resnet_in_groups() -> nn.Module:
    """The model of a pull request: the last stage convolves in groups, and the head has a layer more."""
    model = resnet()
    with torch.device("meta"):
        for block in model.resnet.encoder.stages[3].layers:
            dense = block.layer[1].convolution
            block.layer[1].convolution = nn.Conv2d(512, 512, 3, dense.stride, 1, groups=32, bias=False)
        model.classifier = nn.Sequential(nn.Flatten(), nn.Linear(2048, 256), nn.ReLU(), nn.Linear(256, 2))
    return model


#: File name, the model, the line that says where it came from, and what its forward is given.
MODELS: dict[str, tuple[Callable[[], nn.Module], str, dict[str, Any]]] = {
    "sequential": (sequential, "summarykit.examples:sequential", {}),  # the same as `make report` writes
    "gpt2": (gpt2, "transformers, GPT2Config()", {"inputs": "declared"}),
    "resnet": (resnet, "transformers, ResNetConfig()", {"input_size": (1, 3, 224, 224)}),
}

#: File name, the model before and after, and the line that says where they came from.
DIFFS: dict[str, tuple[Callable[[], nn.Module], Callable[[], nn.Module], str]] = {
    "resnet-diff": (resnet, resnet_in_groups, "main → grouped"),
}


def write(folder: Path, name: str) -> list[Path]:
    """Write the reports on one model, or on one change, in every format, and return their paths."""
    paths = [folder / f"{name}{suffix}" for suffix in SUFFIXES]
    if name in DIFFS:
        before, after, source = DIFFS[name]
        summarykit.diff(before(), after(), *paths, source=source)
    else:
        model, source, given = MODELS[name]
        summarykit.report(model(), *paths, source=source, **given)
    return paths


def main() -> None:
    folder = Path(__file__).resolve().parent
    for name in (*MODELS, *DIFFS):
        for path in write(folder, name):
            print(f"wrote {path.relative_to(folder.parent)}", file=sys.stderr)


if __name__ == "__main__":
    main()
