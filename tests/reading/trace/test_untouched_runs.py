"""A run leaves the model, the inputs and everything around them exactly as they were, whatever the forward does."""

import random
import threading
import warnings

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations, prune
from torch.utils.checkpoint import checkpoint

from support.untouched import everything, untouched
from support.watched import watch

X = torch.linspace(-1, 1, 12).reshape(3, 4)


class Own(nn.Module):
    """A layer around a Linear whose forward is the function given."""

    def __init__(self, work, **held):
        super().__init__()
        self.inner = nn.Linear(4, 4)
        self.work = work
        for name, value in held.items():
            setattr(self, name, value)

    def forward(self, x):
        return self.inner(self.work(self, x))


def edits_its_input(layer, x):
    return x.mul_(2).add_(1)


def counts_its_calls(layer, x):
    layer.count += 1
    return x


def caches_on_itself(layer, x):
    layer.cache = x * 2
    layer.seen["last"] = layer.cache
    layer.log.append(x)
    return layer.cache


def registers(layer, x):
    layer.register_buffer("made", x.sum(0))
    layer.register_parameter("learnt", nn.Parameter(torch.ones(4)))
    layer.extra = nn.Linear(4, 4)
    layer.inner.register_forward_hook(lambda *_: None)
    return layer.extra(x) + layer.made * layer.learnt


def changes_the_world(layer, x):
    torch.manual_seed(3), random.seed(3), np.random.seed(3)
    torch.set_default_dtype(torch.float64)
    torch.set_default_device("meta")
    torch.set_grad_enabled(True)
    torch.backends.mkldnn.enabled = False
    torch.backends.cudnn.benchmark = True
    torch.set_float32_matmul_precision("medium")
    torch.use_deterministic_algorithms(True)
    torch.autograd.set_detect_anomaly(True)
    warnings.simplefilter("ignore")
    nn.modules.module.register_module_forward_hook(lambda *_: None)
    random.random(), np.random.rand()
    return x + torch.rand(4, device="cpu", dtype=torch.float32)


def writes_its_weights(layer, x):
    with torch.no_grad():
        layer.inner.weight.mul_(3)
        layer.inner.bias.data.zero_()
    layer.inner.weight.requires_grad_(False)
    layer.inner.train()
    return x


def draws(layer, x):
    layer.numbers.random()
    return x + torch.rand(4, generator=layer.generator)


def locks(layer, x):
    with layer.lock:
        return x


def raises(layer, x):
    layer.cache = layer.inner(x)
    layer.log.append(1)
    raise ValueError("halfway")


def goes_on_without_end(layer, x):
    while True:
        layer.count += 1


def hooked():
    model = nn.Sequential(nn.Linear(4, 4), nn.ReLU())
    seen = []
    model[0].register_forward_hook(lambda *_: seen.append("hook"))
    model[0].register_forward_pre_hook(lambda *_: seen.append("pre-hook"))
    model[1].register_full_backward_hook(lambda *_: seen.append("backward"))
    model.register_state_dict_post_hook(lambda *_: seen.append("state"))
    model.seen = seen
    return model


def tied():
    model = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4), nn.BatchNorm1d(4))
    model[1].weight = model[0].weight
    model.again = model[0]
    return model


def with_gradients():
    model = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.Linear(4, 1))
    model[0].weight.requires_grad_(False)
    model(X).sum().backward()
    return model


def half_in_eval():
    model = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.Dropout())
    model[1].eval()
    return model


def old(norm):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return nn.Sequential(norm(nn.Linear(4, 4)), nn.ReLU())


def deep(levels):
    model = nn.Linear(4, 4)
    for _ in range(levels):
        model = nn.Sequential(model)
    return model


def scripted():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return nn.Sequential(torch.jit.script(nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4))), nn.ReLU())


def quantized():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from torch.ao.nn.quantized.dynamic import Linear

        return nn.Sequential(Linear(4, 4), nn.Linear(4, 2))


def adapted():
    """As LoRA does it: a frozen layer, and a thin pair of layers beside it, by name."""

    class Adapted(nn.Module):
        def __init__(self):
            super().__init__()
            self.base_layer = nn.Linear(4, 4).requires_grad_(False)
            self.lora_a = nn.ModuleDict({"default": nn.Linear(4, 2, bias=False)})
            self.lora_b = nn.ModuleDict({"default": nn.Linear(2, 4, bias=False)})
            self.scaling = {"default": 0.5}

        def forward(self, x):
            found = self.base_layer(x)
            for name, scale in self.scaling.items():
                found = found + self.lora_b[name](self.lora_a[name](x)) * scale
            return found

    return nn.Sequential(Adapted(), nn.Linear(4, 2))


def patched():
    model = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4))
    old_forward = model[0].forward
    model[0].forward = lambda x: old_forward(x) * 2
    return model


MODELS = {
    "batch norm in train mode": lambda: nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4)),
    "dropout": lambda: nn.Sequential(nn.Dropout(), nn.Linear(4, 4)),
    "edits its input": lambda: Own(edits_its_input),
    "counts its calls": lambda: Own(counts_its_calls, count=0),
    "caches on itself": lambda: Own(caches_on_itself, cache=None, seen={"first": 1}, log=[]),
    "registers": lambda: Own(registers),
    "changes the world": lambda: Own(changes_the_world),
    "writes its weights": lambda: Own(writes_its_weights),
    "generators": lambda: Own(draws, numbers=random.Random(1), generator=torch.Generator()),
    "raises": lambda: Own(raises, cache=None, log=[]),
    "half in eval": half_in_eval,
    "hooks": hooked,
    "tied, and one layer under two names": tied,
    "gradients": with_gradients,
    "LSTM": lambda: nn.LSTM(4, 3, 2),
    "old spectral norm": lambda: old(nn.utils.spectral_norm),
    "spectral norm": lambda: nn.Sequential(parametrizations.spectral_norm(nn.Linear(4, 4))),
    "old weight norm": lambda: old(nn.utils.weight_norm),
    "weight norm": lambda: nn.Sequential(parametrizations.weight_norm(nn.Linear(4, 4))),
    "pruned": lambda: nn.Sequential(prune.l1_unstructured(nn.Linear(4, 4), "weight", 0.5)),
    "compiled": lambda: torch.compile(nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4))),
    "checkpointed": lambda: Own(lambda layer, x: checkpoint(layer.inner, x, use_reentrant=False)),
    "checkpointed, the old way": lambda: Own(lambda layer, x: checkpoint(layer.inner, x, use_reentrant=True)),
    "quantized child": quantized,
    "compiled to a script": scripted,
    "lock": lambda: Own(locks, lock=threading.Lock()),
    "array": lambda: Own(lambda layer, x: x * float(layer.array.sum()), array=np.ones(3)),
    "adapted": adapted,
    "patched forward": patched,
    "two parallel copies": lambda: nn.DataParallel(nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4))),
    "lazy": lambda: nn.Sequential(nn.LazyLinear(4), nn.LazyBatchNorm1d()),
    "transformer": lambda: nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 8, batch_first=True), 2),
}
FAILING = {"raises"}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("how", ["fake", "real"])
@pytest.mark.parametrize("name", MODELS)
def test_a_run_changes_nothing(name, how):
    torch.manual_seed(0)
    model = MODELS[name]()
    x = X[None].clone() if name == "transformer" else X.clone()
    with untouched(model, x):
        watched = watch(model, x, how=how)
    assert watched.record.ok == (name not in FAILING), watched.record.error
    assert watched.record.calls
    # What the run says stays what it says, and the model can be run afterwards as before.
    if name not in FAILING | {"lazy", "changes the world", "compiled", "compiled to a script"}:
        with torch.no_grad():
            model(x)


@pytest.mark.parametrize("grad", [True, False])
def test_a_run_that_never_ends_is_ended_and_changes_nothing(grad):
    model = Own(goes_on_without_end, count=0)
    with torch.set_grad_enabled(grad), untouched(model, X):
        record = watch(model, X, seconds=0.3).record
    assert not record.ok
    assert record.error == "TimeoutError: the forward did not end within 0.3 seconds"
    assert record.failed_at == 0


def test_a_chain_deeper_than_python_calls_is_copied_and_changes_nothing():
    model = deep(1500)
    with untouched(model, X):
        record = watch(model, X).record
    assert record.ok or record.error.startswith("RecursionError")
    assert len(record.calls) > 500


def test_shared_files_and_iterators_are_told(tmp_path):
    with (tmp_path / "log").open("w") as file:
        model = Own(lambda layer, x: x, file=file, steps=(n for n in range(3)))
        with untouched(model, X):
            watched = watch(model, X)
    assert watched.record.ok
    assert {note.partition(" in ")[0] for note in watched.record.notes} == {"a _io.TextIOWrapper", "a generator"}


def test_caller_surroundings_are_kept():
    model = nn.Sequential(nn.Linear(4, 4))
    with torch.autocast("cpu"), torch.inference_mode(), untouched(model, X):
        assert watch(model, X).record.ok
    with torch.device("meta"), untouched(model, X):
        assert watch(model, X).record.ok


def test_the_harness_sees_changes():
    model = with_gradients()
    before = everything(model, [X])
    for change in (
        lambda: model[0].weight.data.mul_(2),
        lambda: model[2].weight.grad.zero_(),
        lambda: model[1].eval(),
        lambda: model.__dict__.update(extra=1),
        lambda: torch.rand(1),
        lambda: model[0].register_forward_hook(lambda *_: None),
    ):
        change()
        after = everything(model, [X])
        assert after != before
        before = after
