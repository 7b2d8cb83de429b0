"""From a folder with a ``config.json`` to a model of transformers on the meta device: no weights, code or network."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, NamedTuple, NoReturn, cast

import torch
from torch import nn

from summarykit.errors import MissingFileError, ModelFolderError

CONFIG = "config.json"
#: Settings that say how to compute and not what a model holds; some name code that would be fetched.
_HOW = ("attn_implementation", "_attn_implementation", "experts_implementation", "_experts_implementation")
_QUANTIZATION_NOTE = "its quantization_config is not applied: parameters are counted as they are before packing"
_TRANSFORMERS = "give a folder with the config.json of a model that transformers has"


class FolderModel(NamedTuple):
    """A model as its folder describes it."""

    model: nn.Module
    name: str  #: of the folder
    notes: tuple[str, ...]


class _Fetching(BaseException):
    """Something asked for the network; no ``except Exception`` on the way may go on without it."""


def load_folder(path: Path) -> FolderModel:
    """Return the model that a folder's ``config.json``, or that file itself, describes; on the meta device.

    Nothing of the folder is run, no weights are read, nothing is fetched.

    Raises:
        MissingFileError: There is no such folder or file.
        ModelFolderError: No model can be built from it; the message says why.

    """
    file = path / CONFIG if path.is_dir() else path
    config = _read_json(file)
    name = file.resolve().parent.name
    transformers = _transformers()
    code = _own_code(transformers, config, name)
    with _no_network(name):
        model_config, notes = _config(transformers, config, name)
        return FolderModel(_model(transformers, model_config, config, name, notes), name, (*code, *notes))


def _read_json(file: Path) -> dict[str, Any]:
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if file.parent.is_dir():
            raise ModelFolderError(f"the folder {str(file.parent)!r} has no {CONFIG}", hint=_TRANSFORMERS) from None
        hint = f"check the spelling: ls {shlex.quote(str(file.parent.parent))} lists what is there"
        raise MissingFileError(f"there is no folder {str(file.parent)!r}", hint=hint) from None
    except (OSError, ValueError, RecursionError) as error:
        what = f"{str(file)!r} cannot be read as JSON: {error}"
        hint = f"python -m json.tool {shlex.quote(str(file))} shows the line; fix it, or download the file again"
        raise ModelFolderError(what, hint=hint) from None
    if not isinstance(config, dict) or not config.keys() & {"model_type", "architectures"}:
        what = f"{str(file)!r} names no model: it has neither model_type nor architectures"
        raise ModelFolderError(what, hint=_TRANSFORMERS)
    return config


def _own_code(transformers: Any, config: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """Return what is to be said of the Python code that comes with a model: it is never run.

    Raises:
        ModelFolderError: Nothing but that code makes the model.

    """
    auto_map = config.get("auto_map")
    if not auto_map:
        return ()
    kind = config.get("model_type")
    if isinstance(kind, str) and kind in transformers.CONFIG_MAPPING:
        return (f"the code that comes with it (auto_map) was not run; transformers' own {kind} was built",)
    own = ", ".join(sorted(map(str, auto_map))) if isinstance(auto_map, dict) else "auto_map"
    what = f"the model in {name!r} is made by Python code of its own (auto_map: {own}), and such code is never run"
    hint = "if you trust its code, build the model in Python and call summarykit.summarize(model)"
    raise ModelFolderError(what, hint=hint)


def _transformers() -> Any:
    try:
        import transformers
    except ImportError as error:
        hint = "run pip install transformers, or build the model in Python and call summarykit.summarize(model)"
        raise ModelFolderError(
            f"a {CONFIG} is read by transformers, and it cannot be imported: {error}", hint=hint
        ) from None
    return transformers


def _config(transformers: Any, config: dict[str, Any], name: str) -> tuple[Any, list[str]]:
    """Return the config as an object of transformers, and what is to be said of it."""
    kind = config.get("model_type")
    if kind is None:
        config_class = getattr(_named_class(transformers, config), "config_class", None)
    else:
        mapping = transformers.CONFIG_MAPPING
        config_class = mapping[kind] if isinstance(kind, str) and kind in mapping else None
    if config_class is None:
        what = (
            f"the {CONFIG} in {name!r} names model_type {kind!r}, and transformers {transformers.__version__} has none"
        )
        raise ModelFolderError(what, hint=f"fix model_type in the {CONFIG}, or run pip install --upgrade transformers")
    values = {key: value for key, value in config.items() if key not in (*_HOW, "auto_map")}
    notes = [_QUANTIZATION_NOTE] if values.pop("quantization_config", None) else []
    try:
        return config_class.from_dict(values), notes
    except Exception as error:  # noqa: BLE001 - a config is checked by code of many hands
        _fail(f"the {CONFIG} in {name!r} is no {config_class.__name__}", error)


def _named_class(transformers: Any, config: Mapping[str, Any]) -> Any:
    """Return the class that ``architectures`` names, None where transformers has none of that name."""
    names = config.get("architectures")
    name = names[0] if isinstance(names, list) and names else None
    candidate = getattr(transformers, name, None) if isinstance(name, str) and name.isidentifier() else None
    return candidate if isinstance(candidate, type) and issubclass(candidate, transformers.PreTrainedModel) else None


def _model(transformers: Any, model_config: Any, config: Mapping[str, Any], name: str, notes: list[str]) -> nn.Module:
    model_class = _named_class(transformers, config)
    if model_class is not None and not issubclass(type(model_config), model_class.config_class or ()):
        notes.append(f"architectures names {model_class.__name__}, which is of another model_type; AutoModel was used")
        model_class = None
    elif model_class is None and config.get("architectures"):
        architecture = config["architectures"]
        architecture = architecture[0] if isinstance(architecture, list) and architecture else architecture
        notes.append(f"transformers has no class {architecture!r}, which architectures names; AutoModel was used")
    try:
        with torch.device("meta"):
            if model_class is not None:
                return cast("nn.Module", model_class._from_config(model_config, attn_implementation="eager"))
            return cast("nn.Module", transformers.AutoModel.from_config(model_config, attn_implementation="eager"))
    except Exception as error:  # noqa: BLE001 - whatever a constructor raises
        _fail(f"the model in {name!r} cannot be built from its {CONFIG}", error)


def _fail(what: str, error: Exception) -> NoReturn:
    message = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    hint = f"fix that value in the {CONFIG}, or build the model in Python and call summarykit.summarize(model)"
    raise ModelFolderError(f"{what}: {message[:500]}", hint=hint) from error


_is_offline: ContextVar[bool] = ContextVar("closed", default=False)
_REACHING_OUT = frozenset({"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "subprocess.Popen"})
_AUDIT_HOOKS: list[bool] = []


def _audit(event: str, _: object) -> None:
    if event in _REACHING_OUT and _is_offline.get():
        raise _Fetching


@contextmanager
def _no_network(name: str) -> Iterator[None]:
    """Refuse whatever goes out to the network from here, in this thread and what it calls."""
    if not _AUDIT_HOOKS:
        sys.addaudithook(_audit)  # stays, and costs nothing while nothing is closed
        _AUDIT_HOOKS.append(True)
    token = _is_offline.set(True)
    try:
        yield
    except _Fetching:
        what = f"the {CONFIG} in {name!r} names something that would have to be fetched, and nothing is"
        raise ModelFolderError(what, hint="build the model in Python and call summarykit.summarize(model)") from None
    finally:
        _is_offline.reset(token)
