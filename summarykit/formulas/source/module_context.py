"""A layer with its place in the model: parent, name and config."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from summarykit.formulas.source.live import CONTAINERS, children_of, is_record


@dataclass(frozen=True, eq=False)
class ModuleContext:
    """A live layer at its place in the model."""

    module: Any
    name: str  #: in its parent
    parent: ModuleContext | None
    kind: object = None  #: the same object for layers that are alike, whatever their place

    @property
    def cls(self) -> type:
        """The layer's class."""
        return type(self.module)

    @property
    def attributes(self) -> Mapping[str, Any]:
        """The layer's own ``__dict__``."""
        return self.module.__dict__  # type: ignore[no-any-return]

    @property
    def children(self) -> Mapping[str, Any]:
        """The layer's children by name."""
        return children_of(self.module)

    def config(self) -> Any:
        """Return the nearest ``config`` object, the layer's own or an ancestor's, None if there is none."""
        return self._config

    @cached_property
    def _config(self) -> Any:
        context: ModuleContext | None = self
        while context is not None:
            record = vars(context).get("_config", context.attributes.get("config"))
            if is_record(record):
                return record
            context = context.parent
        return None

    @cached_property
    def is_container(self) -> bool:
        """Whether a layer is one of torch's lists of modules, which construct nothing themselves."""
        return f"{self.cls.__module__}." == CONTAINERS

    @cached_property
    def called_by(self) -> str:
        """The name of the class whose code constructs a layer: that of the nearest parent that is no container."""
        above = self.parent
        while above is not None and above.is_container:
            above = above.parent
        return above.cls.__name__ if above is not None else ""


class ClassContext(ModuleContext):
    """A class without a layer: nothing is known of what its constructor is given."""

    def __init__(self, cls: type) -> None:
        super().__init__(cls, "", None)

    @property
    def cls(self) -> type:
        """The class itself."""
        return self.module  # type: ignore[no-any-return]

    @property
    def attributes(self) -> Mapping[str, Any]:
        """Nothing."""
        return {}

    @property
    def children(self) -> Mapping[str, Any]:
        """Nothing."""
        return {}
