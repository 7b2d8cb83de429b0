"""``inputs_from_model()``: what the model itself says it takes: an example, a config, a pretrained setting."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from summarykit.errors import InputsError
from summarykit.reading.inputs import config as configs
from summarykit.reading.inputs import facts
from summarykit.reading.inputs.call import Call, NoInputs
from summarykit.reading.inputs.restore import restore_after
from summarykit.reading.inputs.sizes import meta_tensor

#: Attributes and properties that hold an example of what to feed.
_EXAMPLES = ("example_input_array", "dummy_inputs", "example_inputs", "example_input", "dummy_input", "sample_input")
_PRETRAINED_CONFIGS = ("pretrained_cfg", "default_cfg")
#: A convolution that takes more is not the one that takes the image.
_MOST_CHANNELS = 16
_TRANSFORMERS = "transformers.modeling_utils.PreTrainedModel"
_NOTHING = f"the model declares nothing to feed: it has no {', '.join(_EXAMPLES[:3])} or pretrained_cfg"


def inputs_from_model(model: nn.Module) -> Call | NoInputs:
    """Return what *model* declares it takes, also inside wrappers; or why nobody can tell.

    An example may be a property, which then runs; what it changes on the model and the random states is put back, and
    an exception becomes the reason. Sizes from a config become tensors without values.
    """
    inner = facts.unwrap(model)
    reasons: list[str] = []
    ways = (_from_example, _from_pretrained, _from_config)
    with restore_after(inner):
        for way in ways:
            call = _call_or_reason(way, inner)
            if isinstance(call, Call):
                return call
            reasons += [call.reason] if call else []
    return NoInputs("; ".join(reasons) or _NOTHING)


def _call_or_reason(way: Any, model: nn.Module) -> Call | NoInputs | None:
    try:
        call: Call | NoInputs | None = way(model)
    except InputsError as error:
        return NoInputs(error.what)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - what the model's own code raises is told
        return NoInputs(f"{type(error).__name__}: {error}")
    return call


# ---------------------------------------------------------------- an example


def _from_example(model: nn.Module) -> Call | NoInputs | None:
    reason = None
    for name in _EXAMPLES:
        attribute = inspect.getattr_static(model, name, None)
        if attribute is None or (name == "dummy_inputs" and _is_of_all(model)):
            continue
        try:
            example = getattr(model, name)
            example = example() if inspect.ismethod(example) else example
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a property of the user's
            reason = reason or NoInputs(f"`{name}` fails: {type(error).__name__}: {error}")
            continue
        if example is not None:
            call = _call_with(model, example, name)
            if isinstance(call, Call):
                return call
            reason = reason or call
    return reason


def _call_with(model: nn.Module, example: Any, name: str) -> Call | NoInputs:
    origin = f"the model's own example (`{name}`)"
    if isinstance(example, torch.Tensor):
        return Call((example,), {}, origin)
    if isinstance(example, Mapping) and all(isinstance(key, str) for key in example):
        keywords, left_out = _known_keywords(model, dict(example))
        missing = _missing(model, keywords)
        if missing:
            return NoInputs(f"`{name}` is without `{missing[0]}`, which forward needs")
        note = "".join(f", without `{key}`, which forward does not name" for key in left_out)
        return Call((), keywords, origin + note)
    if isinstance(example, tuple | list) and _holds_tensor(example):
        return Call((example,) if hasattr(example, "_fields") else tuple(example), {}, origin)
    return NoInputs(f"`{name}` is a {type(example).__name__} and holds no tensor")


def _known_keywords(model: nn.Module, example: dict[str, object]) -> tuple[dict[str, object], list[str]]:
    """Return the keywords that forward names, and the names of the others."""
    parameters = facts.parameters_of(model)
    if parameters is None or _TRANSFORMERS not in facts.lineage(model):
        return example, []
    names = {parameter.name for parameter in parameters}
    return {k: v for k, v in example.items() if k in names}, [key for key in example if key not in names]


def _missing(model: nn.Module, arguments: dict[str, object]) -> list[str]:
    return [
        one.name for one in facts.required_parameters(facts.parameters_of(model) or ()) if one.name not in arguments
    ]


def _holds_tensor(value: object) -> bool:
    if isinstance(value, Mapping):
        return any(map(_holds_tensor, value.values()))
    if isinstance(value, tuple | list):
        return any(map(_holds_tensor, value))
    return isinstance(value, torch.Tensor)


def _is_of_all(model: nn.Module) -> bool:
    """Return whether ``dummy_inputs`` is that of the base of all transformers, which knows nothing of this model."""
    owner = next((cls for cls in type(model).__mro__ if "dummy_inputs" in vars(cls)), None)
    return owner is not None and f"{owner.__module__}.{owner.__qualname__}" == _TRANSFORMERS


# ---------------------------------------------------------------- transformers: the main input, sized by the config


def _from_config(model: nn.Module) -> Call | NoInputs | None:
    if _TRANSFORMERS not in facts.lineage(model):
        return None
    parameters = facts.parameters_of(model) or ()
    names = tuple(parameter.name for parameter in parameters)
    required_names = tuple(parameter.name for parameter in facts.required_parameters(parameters))
    config = configs.Config(model.__dict__.get("config"))
    main = _main_input(model, names, config)
    dtype = facts.compute_dtype(model)
    arguments: dict[str, object] = {}
    for name in dict.fromkeys(configs.arguments_to_feed(config, main, names, required_names)):
        value = configs.size_of_argument(name, config, dtype)
        if value is None:
            return NoInputs(f"its config does not tell the size of `{name}`")
        arguments[name] = value
    return Call((), arguments, "the model's main input, with sizes from its config")


def _main_input(model: nn.Module, names: tuple[str, ...], config: configs.Config) -> str:
    """Return the name of the main input; text alone where images stand in it by their own tokens."""
    main = getattr(model, "main_input_name", None)
    main = main[0] if isinstance(main, list | tuple) and main else main
    if "input_ids" in names and configs.has_placeholder_tokens(config):
        return "input_ids"
    return main if isinstance(main, str) and (main in names or not names) else names[0]


# ---------------------------------------------------------------- timm


def _from_pretrained(model: nn.Module) -> Call | NoInputs | None:
    for name in _PRETRAINED_CONFIGS:
        settings = model.__dict__.get(name)
        if dataclasses.is_dataclass(settings) and not isinstance(settings, type):
            settings = {field.name: getattr(settings, field.name) for field in dataclasses.fields(settings)}
        size = facts.plain(settings).get("input_size") if isinstance(settings, Mapping) else None
        if isinstance(size, tuple) and size and all(map(facts.length, size)):
            size, note = _as_built(model, size)
            return Call(
                (meta_tensor((1, *size), facts.compute_dtype(model)),), {}, f"the model's own size (`{name}`){note}"
            )
    return None


def _as_built(model: nn.Module, size: tuple[int, ...]) -> tuple[tuple[int, ...], str]:
    """Return the declared *size* with the channels and sides the model was really built for, and words for that."""
    real_size = list(size)
    for _, module in facts.layers(model):
        settings = facts.settings(module)
        sides = settings.get("img_size")
        if isinstance(sides, tuple) and len(sides) == len(size) - 1 and all(map(facts.length, sides)):
            real_size[1:] = sides
        channels = facts.length(settings.get("in_channels"))
        if channels and "kernel_size" in settings:
            real_size[0] = channels if channels <= _MOST_CHANNELS else real_size[0]
            break
    return tuple(real_size), "" if tuple(real_size) == size else ", as this one was built"
