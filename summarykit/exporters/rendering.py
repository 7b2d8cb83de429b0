"""The Jinja2 environment: where templates are found, and how text is made harmless in each format.

Every text of the view is made *visible* once and handed over as a ``str`` that escapes itself in the way of its
format (``__html__``). Jinja and markupsafe know HTML alone: wherever they would escape a plain ``str``, which
filters and methods leave behind, the environment does it in the way of the format instead: where a value is
printed (``finalize``) and where texts are joined (``~``, ``+`` and ``join``).
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, FileSystemLoader, PrefixLoader, StrictUndefined, TemplateNotFound, TemplateSyntaxError
from jinja2 import nodes as jinja_nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.filters import make_attrgetter
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import pass_environment
from markupsafe import Markup

from summarykit.errors import TemplateError
from summarykit.exporters.view.words import visible
from summarykit.expression import Words

_PACKAGE = Path(__file__).resolve().parent.parent
#: The wheel holds ``summarykit/templates``; a checkout and an editable install have them beside the package.
_CANDIDATES = (_PACKAGE / "templates", _PACKAGE.parent / "templates")


class FormatText(str):
    """Text of the view; ``__html__`` gives it escaped for the format it is bound to."""

    __slots__ = ("words",)
    words: Words  #: the text with its numbers, where it is of such a kind
    _escape: Callable[[str], str] = staticmethod(str)

    def __html__(self) -> str:
        return Markup(type(self)._escape(str(self)))


@lru_cache(maxsize=16)
def text_class(escape: Callable[[str], str]) -> type[FormatText]:
    """Return the class of texts that escape themselves with *escape*."""
    return type("Text", (FormatText,), {"_escape": staticmethod(escape), "__slots__": ()})


#: Most of what a view holds beside texts.
_AS_THEY_ARE = frozenset({int, bool, float, type(None), Markup})


def bind(value: Any, text: type[FormatText]) -> Any:
    """Return *value* with every text in it made visible and bound to a format; deep, and nothing else changes."""
    kind = type(value)
    if kind is str:
        return text(visible(value))
    if kind in _AS_THEY_ARE or isinstance(value, Markup | FormatText | int | float):
        return value
    if isinstance(value, str):
        bound = text(visible(value))
        if isinstance(value, Words):
            bound.words = value
        return bound
    if isinstance(value, tuple) and hasattr(kind, "_make"):
        return kind._make([bind(inner, text) for inner in value])
    if isinstance(value, Mapping):
        return {key: bind(inner, text) for key, inner in value.items()}
    if isinstance(value, Sequence):
        return tuple([bind(inner, text) for inner in value])
    raise TypeError(f"a template receives texts, numbers and tuples, not a {kind.__name__}")


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
    bound = bind(values, text)
    environment = _environment(tuple(folders), text) if folders else _built_in_environment(text)
    environment.globals.update(helpers or {})
    try:
        return environment.get_template(template).render(bound)
    except TemplateSyntaxError as error:
        what = f"{error.filename or error.name}, line {error.lineno}: {error.message}"
        raise TemplateError(what, hint=_HINT) from error
    except TemplateNotFound as error:
        raise TemplateError(f"{template}: there is no template {error.name!r}", hint=_HINT) from error
    except RecursionError as error:
        raise TemplateError(f"{template} includes itself without end", hint=_HINT) from error
    except Exception as error:  # a template is code: whatever it raises is a mistake in it
        raise TemplateError(f"{_place(error, template)}: {str(error) or type(error).__name__}", hint=_HINT) from error


_HINT = "compare it with the built-in template of the same name; docs/extending.md lists what a template receives"


def _place(error: Exception, template: str) -> str:
    """Return the innermost line of a template that *error* went through."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.filename.endswith(".j2"):
            return f"{frame.filename}, line {frame.lineno}"
    return template


class _Joining(CodeGenerator):
    """Compiles ``a ~ b`` to a call of the environment's own ``joined``."""

    def visit_Concat(self, node: jinja_nodes.Concat, frame: Frame) -> None:
        self.write("environment.joined((")
        for part in node.nodes:
            self.visit(part, frame)
            self.write(", ")
        self.write("))")


class _Environment(ImmutableSandboxedEnvironment):
    code_generator_class = _Joining
    intercepted_binops = frozenset("+")

    def __init__(self, text: type[FormatText], **options: Any) -> None:
        super().__init__(autoescape=True, finalize=self.harmless, undefined=StrictUndefined, **options)
        self.text = text
        self.filters["join"] = _join
        for name in ("tojson", "urlize"):  # they write JSON and links for HTML, whatever the format
            del self.filters[name]

    def harmless(self, value: Any) -> Any:
        """Return what is printed for *value*: escaped in the way of the format, numbers as they are."""
        if value is None or isinstance(value, Markup | int | float):
            return value
        return (value if type(value) is self.text else self.text(value)).__html__()

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return a field of a view at once, which is never unsafe; everything else as the sandbox allows."""
        if attribute in getattr(type(obj), "_fields", ()):
            return getattr(obj, attribute)
        return super().getattr(obj, attribute)

    def joined(self, parts: Iterable[Any]) -> str:
        """Return *parts* as one text; what is escaped already stays so."""
        held = [part if isinstance(part, Markup) else self.text(part) for part in parts]
        if any(isinstance(part, Markup) for part in held):
            return Markup().join(held)
        return self.text("".join(held))

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        if isinstance(left, str) and isinstance(right, str):
            return self.joined((left, right))
        return super().call_binop(context, operator, left, right)


@pass_environment
def _join(environment: _Environment, values: Iterable[Any], between: str = "", attribute: Any = None) -> str:
    """The filter ``join``, in the way of the format."""
    if attribute is not None:
        values = map(make_attrgetter(environment, attribute), values)
    parts: list[Any] = []
    for value in values:
        parts += [between, value] if parts else [value]
    return environment.joined(parts)


def _environment(folders: tuple[Path, ...], text: type[FormatText]) -> _Environment:
    built_in = FileSystemLoader(template_root())
    return _Environment(
        text,
        loader=ChoiceLoader([*map(FileSystemLoader, folders), built_in, PrefixLoader({"summarykit": built_in})]),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


@lru_cache(maxsize=16)
def _built_in_environment(text: type[FormatText]) -> _Environment:
    """Return the one for built-in templates alone: compiled once, since no file can come to stand before them."""
    return _environment((), text)


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
