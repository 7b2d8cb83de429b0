"""A watched forward beside others: a bare forward on meta and on fake tensors, torchinfo with a real input, a real run.

``python benchmarks/runs.py memory`` prints the seconds of watching an 8-billion model and the megabytes it added.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import torch
from processes import peak
from timing import Times, interleaved
from torch import nn

ROUNDS = 5
FLOOR, FAKE, OURS, CLONE, TORCHINFO, REAL = (
    "a bare forward on meta",
    "a bare forward on fake tensors",
    "summarykit, the run alone",
    "of it, the clone",
    "torchinfo with a real input",
    "a real forward",
)


class Case(NamedTuple):
    """A model and what it is given."""

    called: str
    build: Callable[[], nn.Module]
    size: tuple[int, ...]
    dtype: torch.dtype
    real: bool  #: small enough to be run with values


def resnet() -> nn.Module:
    from transformers import ResNetConfig, ResNetForImageClassification

    return ResNetForImageClassification(ResNetConfig())


def gpt2() -> nn.Module:
    from transformers import GPT2Config, GPT2LMHeadModel

    return GPT2LMHeadModel(GPT2Config())


def detection() -> nn.Module:
    from transformers import YolosConfig, YolosForObjectDetection

    return YolosForObjectDetection(YolosConfig(image_size=[480, 640], num_hidden_layers=6))


def llama() -> nn.Module:
    """Return a model like Llama-3.1-8B."""
    from transformers import LlamaConfig, LlamaForCausalLM

    shape = {"hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32, "vocab_size": 128_256}
    config = LlamaConfig(num_attention_heads=32, num_key_value_heads=8, max_position_embeddings=131_072, **shape)
    with torch.device("meta"):
        return LlamaForCausalLM(config).to(torch.bfloat16)


CASES = (
    Case("a ResNet-50, 1 × 3 × 224 × 224", resnet, (1, 3, 224, 224), torch.float32, True),
    Case("GPT-2, 1 × 128", gpt2, (1, 128), torch.int64, True),
    Case("a detector (YOLOS), 1 × 3 × 480 × 640", detection, (1, 3, 480, 640), torch.float32, True),
    Case("an 8-billion Llama on meta, 1 × 4,096", llama, (1, 4096), torch.int64, False),
)


def compare(case: Case) -> Times:
    """Return the times of all tasks on one model."""
    model = case.build().eval()
    meta = model if not case.real else case.build().eval().to("meta")
    nothing = torch.empty(case.size, dtype=case.dtype, device="meta")
    given = torch.zeros(case.size, dtype=case.dtype) if case.real else nothing
    tasks = {
        FLOOR: partial(_forward, meta, nothing),
        FAKE: partial(_fake_forward, model, given),
        OURS: partial(_watched, model, nothing),
        CLONE: partial(_cloned, model),
    }
    if case.real:
        tasks |= {TORCHINFO: partial(_torchinfo, model, given), REAL: partial(_forward, model, given)}
    return interleaved(tasks, ROUNDS)


def _forward(model: nn.Module, given: torch.Tensor) -> object:
    with torch.no_grad():
        return model(given)


def _fake_forward(model: nn.Module, given: torch.Tensor) -> object:
    from torch._subclasses.fake_tensor import FakeTensorMode
    from torch.func import functional_call

    mode = FakeTensorMode(allow_non_fake_inputs=True)
    held = {name: mode.from_tensor(tensor) for name, tensor in model.state_dict().items()}
    with torch.no_grad(), mode:
        return functional_call(model, held, (mode.from_tensor(given),), strict=False, tie_weights=False)


def _watched(model: nn.Module, given: torch.Tensor) -> object:
    from summarykit.reading import trace

    numbers = {id(module): number for number, module in enumerate(model.modules())}
    run = trace.run(model, (given,), {}, layer_numbers=numbers)
    assert run.ok, run.error
    return run


def _cloned(model: nn.Module) -> object:
    from summarykit.reading.trace.clone import clone
    from summarykit.reading.trace.fake_tensors import FakeTensorFactory

    return clone(model, FakeTensorFactory(), {id(module) for module in model.modules()})


def _torchinfo(model: nn.Module, given: torch.Tensor) -> object:
    import torchinfo

    return torchinfo.summary(model, input_data=given, verbose=0)


def large() -> tuple[float, float]:
    """Return seconds and megabytes of watching an 8-billion model, in a process of its own."""
    command = [sys.executable, __file__, "memory"]
    found = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=Path.cwd())
    seconds, megabytes = found.stdout.split()
    return float(seconds), float(megabytes)


def main() -> None:
    model = llama()
    given = torch.empty((1, 4096), dtype=torch.int64, device="meta")
    _watched(nn.Linear(2, 2), torch.empty(1, 2, device="meta"))  # imports are not what is asked
    before = peak()
    start = perf_counter()
    _watched(model, given)
    print(perf_counter() - start, (peak() - before) / 1e6)


if __name__ == "__main__":
    main()
