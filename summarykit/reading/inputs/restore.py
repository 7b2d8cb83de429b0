"""``restore_after()``: what a model's own code changes on the model or on random states is put back."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import nn

from summarykit.reading.inputs.facts import layers

_TABLES = ("_parameters", "_buffers", "_modules", "_forward_hooks", "_forward_pre_hooks")


@contextmanager
def restore_after(model: nn.Module) -> Iterator[None]:
    """Put back, at the end, the attributes and tables of every module, the random states and torch's defaults."""
    snapshots = [(module, _snapshot(module)) for _, module in layers(model)]
    python, numpy, dtype = random.getstate(), np.random.get_state(), torch.get_default_dtype()
    has_cuda = torch.cuda.is_available() and torch.cuda.is_initialized()
    devices = range(torch.cuda.device_count()) if has_cuda else ()
    with torch.random.fork_rng(devices), torch.no_grad():
        try:
            yield
        finally:
            random.setstate(python)
            np.random.set_state(numpy)
            torch.set_default_dtype(dtype)
            for module, (attributes, tables) in snapshots:
                _restore(module, attributes, tables)


def _snapshot(module: nn.Module) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    attributes = dict(module.__dict__)
    return attributes, {name: dict(attributes[name]) for name in _TABLES if isinstance(attributes.get(name), dict)}


def _restore(module: nn.Module, attributes: dict[str, Any], tables: dict[str, dict[str, Any]]) -> None:
    current = module.__dict__
    _refill(current, attributes)
    for name, entries in tables.items():
        _refill(current[name], entries)


def _refill(table: dict[str, Any], entries: dict[str, Any]) -> None:
    """Make *table* what it was; nothing is written where nothing changed."""
    same = len(table) == len(entries) and all(table.get(name, entries) is value for name, value in entries.items())
    if not same:
        table.clear()
        table.update(entries)
