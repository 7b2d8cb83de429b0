"""Where a module stands, for the few sentences that name one."""

from __future__ import annotations

from torch import nn

from summarykit.reading.layer_kinds import WRAPPERS


def path_of(wanted: nn.Module | None, model: nn.Module) -> str:
    """Return the first path of a module in backquotes, wrappers seen through; of the root, "the model"."""
    stack: list[tuple[str, nn.Module]] = [("", model)]
    seen: set[int] = set()
    while stack:
        path, module = stack.pop()
        if module is wanted:
            return f"`{path}`" if path else "the model"
        if id(module) in seen:
            continue
        seen.add(id(module))
        kind = type(module)
        hidden = WRAPPERS.get(f"{kind.__module__}.{kind.__qualname__}")
        children = module.__dict__.get("_modules")
        for name, child in reversed(children.items()) if children else ():
            if child is not None:
                stack.append((path if name == hidden else f"{path}.{name}" if path else name, child))
    return "the model"
