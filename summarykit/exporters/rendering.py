"""The Jinja2 environment: where templates are found, and how text is made harmless in each format.

Every text of the view is made *visible* once and handed over as a ``str`` that escapes itself in the way of
its format (``__html__``), so that concatenation, ``join``, macros and ``|e`` are all right; a plain ``str``
that a filter leaves behind is caught by the environment's ``finalize``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, FileSystemLoader, PrefixLoader, StrictUndefined, TemplateSyntaxError
from jinja2 import TemplateError as JinjaError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from summarykit.errors import TemplateError
from summarykit.exporters.view.words import visible

_PACKAGE = Path(__file__).resolve().parent.parent
#: The wheel holds ``summarykit/templates``; a checkout and an editable install have them beside the package.
_CANDIDATES = (_PACKAGE / "templates", _PACKAGE.parent / "templates")


class FormatText(str):
    """Text of the view; ``__html__`` gives it escaped for the format it is bound to."""

    __slots__ = ()
    escape: Callable[[str], str] = staticmethod(str)

    def __html__(self) -> str:
        return Markup(type(self).escape(str(self)))


@lru_cache(maxsize=16)
def text_class(escape: Callable[[str], str]) -> type[FormatText]:
    """Return the class of texts that escape themselves with *escape*."""
    return type("Text", (FormatText,), {"escape": staticmethod(escape), "__slots__": ()})


def bind(value: Any, text: type[FormatText]) -> Any:
    """Return *value* with every text in it made visible and bound to a format; deep, and nothing else changes."""
    if isinstance(value, Markup | FormatText) or value is None or isinstance(value, int | float):
        return value
    if isinstance(value, str):
        return text(visible(value))
    if isinstance(value, Mapping):
        return {key: bind(inner, text) for key, inner in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_make"):
        return type(value)._make(bind(inner, text) for inner in value)
    if isinstance(value, Sequence):
        return tuple(bind(inner, text) for inner in value)
    raise TypeError(f"a template receives texts, numbers and tuples, not a {type(value).__name__}")


def render(
    template: str,
    values: Mapping[str, Any],
    escape: Callable[[str], str],
    *,
    folders: Sequence[Path] = (),
    helpers: Mapping[str, Callable[..., Any]] | None = None,
) -> str:
    """Return the text of *template*, such as ``"markdown/report.md.j2"``, with *values* in it.

    A file of the same name in one of *folders* goes before the built-in one, which stays reachable as
    ``summarykit/markdown/report.md.j2``.

    Raises:
        TemplateError: The template is not there, has an error, or asks for what does not exist.

    """
    text = text_class(escape)
    environment = _environment(tuple(folders), text)
    environment.globals.update(helpers or {})
    try:
        return environment.get_template(template).render(bind(values, text))
    except TemplateSyntaxError as error:
        raise TemplateError(
            f"{error.filename or error.name}, line {error.lineno}: {error.message}", hint=_HINT
        ) from error
    except JinjaError as error:
        raise TemplateError(f"{template}: {error}", hint=_HINT) from error
    except RecursionError as error:
        raise TemplateError(f"{template} includes itself without end", hint=_HINT) from error


_HINT = "compare it with the built-in template of the same name; docs/extending.md lists what a template receives"


def _environment(folders: tuple[Path, ...], text: type[FormatText]) -> ImmutableSandboxedEnvironment:
    root = template_root()
    built_in = FileSystemLoader(root)

    def finalize(value: Any) -> Any:
        return text(value) if isinstance(value, str) and not hasattr(value, "__html__") else value

    return ImmutableSandboxedEnvironment(
        loader=ChoiceLoader([*map(FileSystemLoader, folders), built_in, PrefixLoader({"summarykit": built_in})]),
        autoescape=True,
        finalize=finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


@lru_cache(maxsize=1)
def template_root() -> Path:
    """Return the folder of the built-in templates.

    Raises:
        TemplateError: summarykit is installed without them.

    """
    for root in _CANDIDATES:
        if (root / "_shared").is_dir():
            return root
    raise TemplateError(
        "summarykit is installed without its templates", hint="install it again: pip install summarykit"
    )


def built_in_text(name: str) -> str:
    """Return the source of a built-in template or asset, as it stands."""
    return (template_root() / name).read_text(encoding="utf-8")
