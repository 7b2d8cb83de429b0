"""The Jinja2 environment: where templates are loaded from, and how text is escaped in each format.

Every text of the view passes through ``visible`` once and becomes a ``str`` that escapes itself for its format
(``__html__``). Jinja and markupsafe know HTML alone. Filters and methods return a plain ``str``, which they would
escape as HTML; the environment escapes it for the format instead, where a value is
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
#: A wheel has ``summarykit/templates``; a checkout and an editable install have ``templates`` beside the package.
_CANDIDATES = (_PACKAGE / "templates", _PACKAGE.parent / "templates")


class FormatText(str):
    """A text of the view; ``__html__`` returns it escaped for its format."""

    __slots__ = ("words",)
    words: Words  #: the text with its numbers, where it is of such a kind
    _escape: Callable[[str], str] = staticmethod(str)

    def __html__(self) -> str:
        return Markup(type(self)._escape(str(self)))


@lru_cache(maxsize=16)
def text_class(escape: Callable[[str], str]) -> type[FormatText]:
    """Return the class of texts that escape themselves with *escape*."""
    return type("Text", (FormatText,), {"_escape": staticmethod(escape), "__slots__": ()})


#: The types of most values in a view other than texts.
_AS_THEY_ARE = frozenset({int, bool, float, type(None), Markup})


def bind(value: Any, text: type[FormatText]) -> Any:
    """Return *value* with every text in it, at any depth, made visible and bound to a format."""
    kind = type(value)
    if kind is str:
        return text(visible(value))
    if kind is Words:
        bound = text(visible(value))
        bound.words = value
        return bound
    if kind in _AS_THEY_ARE or isinstance(value, Markup | FormatText | int | float):
        return value
    if isinstance(value, str):
        return text(visible(value))
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

    A file of the same name in one of *folders* replaces the built-in one, which can still be loaded as
    ``summarykit/markdown/report.md.j2``.

    Raises:
        TemplateError: The template does not exist, has an error, or reads a field that does not exist.

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
        raise TemplateError(f"{template} includes itself without an end", hint=_HINT) from error
    except Exception as error:  # a template is code: any error it raises is an error of the template
        raise TemplateError(f"{_place(error, template)}: {str(error) or type(error).__name__}", hint=_HINT) from error


_HINT = "compare it with the built-in template of the same name; docs/templates.md lists every field"


def _place(error: Exception, template: str) -> str:
    """Return the innermost line of a template in the traceback of *error*."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.filename.endswith(".j2"):
            return f"{frame.filename}, line {frame.lineno}"
    return template


class _ConcatCompiler(CodeGenerator):
    """Compiles ``a ~ b`` to a call of the environment's own ``join_texts``."""

    def visit_Concat(self, node: jinja_nodes.Concat, frame: Frame) -> None:
        self.write("environment.join_texts((")
        for part in node.nodes:
            self.visit(part, frame)
            self.write(", ")
        self.write("))")


class _Environment(ImmutableSandboxedEnvironment):
    code_generator_class = _ConcatCompiler
    intercepted_binops = frozenset("+")

    def __init__(self, text: type[FormatText], **options: Any) -> None:
        super().__init__(autoescape=True, finalize=self.escape_value, undefined=StrictUndefined, **options)
        self.text = text
        self.filters["join"] = _join
        for name in ("tojson", "urlize"):  # they write JSON and links for HTML, whatever the format
            del self.filters[name]

    def escape_value(self, value: Any) -> Any:
        """Return *value* escaped for the format; numbers and escaped texts are unchanged."""
        if value is None or isinstance(value, Markup | int | float):
            return value
        return (value if type(value) is self.text else self.text(value)).__html__()

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return a field of a view without the sandbox's checks, for it is always safe; anything else with them."""
        if attribute in getattr(type(obj), "_fields", ()):
            return getattr(obj, attribute)
        return super().getattr(obj, attribute)

    def join_texts(self, parts: Iterable[Any]) -> str:
        """Return *parts* as one text; parts that are escaped already are not escaped again."""
        texts = [part if isinstance(part, Markup) else self.text(part) for part in parts]
        if any(isinstance(part, Markup) for part in texts):
            return Markup().join(texts)
        return self.text("".join(texts))

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        if isinstance(left, str) and isinstance(right, str):
            return self.join_texts((left, right))
        return super().call_binop(context, operator, left, right)


@pass_environment
def _join(environment: _Environment, values: Iterable[Any], between: str = "", attribute: Any = None) -> str:
    """The filter ``join``, which escapes for the format."""
    if attribute is not None:
        values = map(make_attrgetter(environment, attribute), values)
    parts: list[Any] = []
    for value in values:
        parts += [between, value] if parts else [value]
    return environment.join_texts(parts)


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
    """Return the environment of built-in templates alone; they are compiled once, for no file can replace them."""
    return _environment((), text)


@lru_cache(maxsize=1)
def template_root() -> Path:
    """Return the folder of the built-in templates.

    Raises:
        TemplateError: The installation lacks them.

    """
    for root in _CANDIDATES:
        if (root / "_shared").is_dir():
            return root
    raise TemplateError(
        "summarykit is installed without its templates",
        hint="install it again: pip install --force-reinstall summarykit",
    )


def built_in_text(name: str) -> str:
    """Return the source of a built-in template or asset, unchanged."""
    return (template_root() / name).read_text(encoding="utf-8")
