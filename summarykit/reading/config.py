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
    attributes = _attributes(config)
    inner = next((attributes[name] for name in _TEXT if is_record(attributes.get(name))), None)
    config, attributes = (config, attributes) if inner is None else (inner, _attributes(inner))
    settings = dict(plain_settings((name, value) for name, value in attributes.items() if not name.startswith("_")))
    settings |= {name: settings[alias] for name, alias in _names(config).items() if alias in settings}
    kind = _of_class(config, "model_type")
    settings |= {"model_type": kind} if isinstance(kind, str) else {}
    kinds = attributes.get("layer_types")
    if isinstance(kinds, list | tuple):
        settings |= {f"layer_types.{word}": times for word, times in Counter(map(str, kinds)).items()}
    return tuple(sorted(settings.items()))


def _attributes(config: Any) -> dict[str, Any]:
    return getattr_plain(config, "__dict__") or {}


def _of_class(config: Any, name: str) -> Any:
    return next((vars(base)[name] for base in type(config).__mro__ if name in vars(base)), None)


def _names(config: Any) -> dict[str, str]:
    names = _of_class(config, "attribute_map")
    return names if isinstance(names, dict) else {}
