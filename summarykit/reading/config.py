"""A model's own config as plain values, such as transformers models carry: read as data, no property is called."""

from __future__ import annotations

from collections import Counter
from typing import Any

from torch import nn

from summarykit.formulas.source.live import getattr_plain, is_record
from summarykit.reading.layer_kinds import plain_settings
from summarykit.records import Settings

#: Where a config that tells of several models keeps that of the one that writes.
_TEXT = ("text_config", "llm_config", "language_config")


def plain_config(model: nn.Module) -> Settings:
    """Return the plain values of the config of *model*, or of its text part; empty where it has none.

    Beside them stand the names that its ``attribute_map`` gives them, its ``model_type``, and how often each word
    stands in its ``layer_types``: ``"layer_types.full_attention": 9``.
    """
    config = model.__dict__.get("config")
    if not is_record(config):
        return ()
    held = _attributes(config)
    inner = next((held[name] for name in _TEXT if is_record(held.get(name))), None)
    config, held = (config, held) if inner is None else (inner, _attributes(inner))
    found = dict(plain_settings((name, value) for name, value in held.items() if not name.startswith("_")))
    found |= {name: found[kept] for name, kept in _names(config).items() if kept in found}
    kind = _of_class(config, "model_type")
    found |= {"model_type": kind} if isinstance(kind, str) else {}
    kinds = held.get("layer_types")
    if isinstance(kinds, list | tuple):
        found |= {f"layer_types.{word}": times for word, times in Counter(map(str, kinds)).items()}
    return tuple(sorted(found.items()))


def _attributes(config: Any) -> dict[str, Any]:
    return getattr_plain(config, "__dict__") or {}


def _of_class(config: Any, name: str) -> Any:
    return next((vars(base)[name] for base in type(config).__mro__ if name in vars(base)), None)


def _names(config: Any) -> dict[str, str]:
    found = _of_class(config, "attribute_map")
    return found if isinstance(found, dict) else {}
