"""What PyTorch itself says of a model, worked out in the plainest way, without recursion: the truth to test against."""

from collections.abc import Iterator

import torch
from torch import nn

#: The checks that hold whatever the model is, formulas of the user's included.
CHECKS = {"total", "tensors", "tree"}
#: Of a model with more rows, every so many are compared: each is worked out anew, which takes its time.
MOST_ROWS = 2_000


def reachable(root: nn.Module) -> list[nn.Module]:
    """Every module below *root* and itself, each once, in the order of ``modules()``."""
    seen: dict[int, nn.Module] = {}
    stack = [root]
    while stack:
        module = stack.pop()
        if id(module) in seen:
            continue
        seen[id(module)] = module
        children = module.__dict__.get("_modules") or {}
        stack += reversed([child for child in children.values() if child is not None])
    return list(seen.values())


def own(module: nn.Module, kind: str = "_parameters") -> Iterator[tuple[str, torch.Tensor]]:
    held = module.__dict__.get(kind) or {}
    return ((name, tensor) for name, tensor in held.items() if tensor is not None)


def size(tensor: torch.Tensor) -> int:
    return 0 if nn.parameter.is_lazy(tensor) else tensor.numel()


def distinct(root: nn.Module, kind: str = "_parameters") -> list[torch.Tensor]:
    """Every parameter (or buffer) below *root*, each once, as ``parameters()`` would give them."""
    return list({id(tensor): tensor for module in reachable(root) for _, tensor in own(module, kind)}.values())


def total(root: nn.Module) -> int:
    return sum(map(size, distinct(root)))


def places(root: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Path and module of every row: as ``named_modules(remove_duplicate=False)``, but nothing below a second visit."""
    seen: set[int] = set()
    stack = [("", root)]
    while stack:
        path, module = stack.pop()
        yield path, module
        if id(module) in seen:
            continue
        seen.add(id(module))
        children = module.__dict__.get("_modules") or {}
        below = [(f"{path}.{name}" if path else name, child) for name, child in children.items() if child is not None]
        stack += reversed(below)


def assert_right(summary, model: nn.Module) -> None:
    """Everything that must hold between a summary and its model, whatever the model is."""
    totals, layers, tensors = summary.totals, summary.layers, summary.tensors
    parameters, buffers = distinct(model), distinct(model, "_buffers")
    assert totals.parameters == sum(map(size, parameters))
    assert totals.trainable == sum(size(tensor) for tensor in parameters if tensor.requires_grad)
    assert totals.frozen == totals.parameters - totals.trainable
    assert totals.bytes == sum(size(tensor) * tensor.dtype.itemsize for tensor in parameters)
    assert totals.buffers == sum(map(size, buffers))
    assert totals.modules == len(reachable(model))
    for column, expected in {
        "adds_to_total": totals.parameters,
        "trainable": totals.trainable,
        "frozen": totals.frozen,
        "bytes": totals.bytes,
        "buffers": totals.buffers,
    }.items():
        assert sum(map(int, layers[column])) == expected, column
    assert sum(map(int, tensors.adds_to_total)) == totals.parameters
    rows = list(places(model))
    assert list(layers.path) == [path for path, _ in rows]
    known: dict[int, int] = {}
    some = max(1, len(rows) // MOST_ROWS)
    for row, (_, module) in list(zip(layers.itertuples(), rows, strict=True))[::some]:
        if id(module) not in known:
            known[id(module)] = total(module)
        assert row.total == known[id(module)], row.path
    applicable = CHECKS if parameters else CHECKS - {"tree"}
    assert {check.slug: check.ok for check in summary.checks.list if check.slug in CHECKS} == dict.fromkeys(
        applicable, True
    )
