"""Templates: nothing leaks unescaped, nothing of the program can be reached, and a user's own goes first."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup
from markupsafe import escape as html_escape
from torch import nn

import summarykit
from summarykit.errors import TemplateError
from summarykit.exporters.markdown.exporter import escape as markdown_escape
from summarykit.exporters.rendering import bind, render, text_class
from summarykit.exporters.view.words import visible

NAME = "a|B<c>`d*"
ESCAPES = {"markdown": markdown_escape, "html": html_escape}
WAYS = [
    "{{ v }}", "{{ v ~ 'x' }}", "{{ 'x' ~ v }}", "{{ v + v }}", "{{ v * 2 }}", "{{ v|upper }}", "{{ (v|upper) ~ v }}",
    "{{ v ~ (v|upper) }}", "{{ v|lower ~ v|e }}", "{{ v|e }}", "{{ v|e|e }}", "{{ v|escape ~ v|upper }}",
    "{{ v|safe }}",
    "{{ v|replace('zz', 'y') }}", "{{ 'q'|replace('q', v) }}", "{{ v|replace('a', v|upper) }}", "{{ '%s'|format(v) }}",
    "{{ '%s %s'|format(v, v|upper) }}", "{{ '{}'.format(v) }}", "{{ '{0.lower}'.format(v) }}", "{{ '%s' % v }}",
    "{{ [v, v]|join(', ') }}", "{{ [v|upper, v]|join('') }}", "{{ [v]|join(v|upper) }}", "{{ l|join }}", "{{ l }}",
    "{{ [{'a': v}]|join(attribute='a') }}", "{{ (v,) }}", "{{ {'a': v} }}", "{{ v|list }}", "{{ l|list }}",
    "{{ l|pprint }}",
    "{{ v[:9] }}", "{{ v[:9] ~ v }}", "{{ v.upper() ~ v }}", "{{ v.split('q')[0] ~ v }}", "{{ 'x'.join([v, v]) ~ v }}",
    "{{ v|attr('upper')() ~ v }}", "{{ v|trim }}", "{{ v|truncate(900) }}", "{{ v|center(90) }}", "{{ v|wordwrap(9) }}",
    "{{ v|indent }}", "{{ v|title ~ v }}", "{{ v|capitalize ~ v }}", "{{ v|string }}", "{{ v|forceescape }}",
    "{{ v|striptags }}", "{{ {'a': v}|xmlattr }}", "{{ v|reverse ~ v }}", "{{ v|default('') }}",
    "{{ l|map('upper')|join }}",
    "{{ l|map('upper')|join ~ v }}", "{{ l|first ~ l|last|upper }}", "{{ l|groupby(0) }}", "{{ l|batch(1)|list }}",
    "{% set x %}{{ v }}{% endset %}{{ x }}", "{% set x = v|upper %}{{ x ~ v }}", "{{ (v if v else '') ~ v|upper }}",
    "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(v) }}", "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(v|upper) ~ v }}",
    "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(v) + v|upper }}", "{% filter trim %}{{ v|upper }}{% endfilter %}",
    "{% macro m() %}{{ caller() }}{% endmacro %}{% call m() %}{{ v|upper }}{% endcall %}", "{{ help(v) }}",
    "{% autoescape false %}{{ v }}{{ v|upper }}{% endautoescape %}", "{% for c in v %}{{ c }}{% endfor %}",
    "{% with w = v|upper %}{{ w ~ w }}{% endwith %}", "{% for c in l %}{{ loop.cycle(v, v|upper) ~ c }}{% endfor %}",
]  # fmt: skip


@pytest.fixture
def written(tmp_path):
    def write(text, name="t.j2", **values):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return lambda escape=markdown_escape, **options: render(name, values, escape, folders=[tmp_path], **options)

    return write


@pytest.mark.parametrize("form", ESCAPES)
@pytest.mark.parametrize("way", WAYS)
def test_no_way_leaks(way, form, written):
    out = written(way, v=NAME, l=(NAME, NAME))(ESCAPES[form], helpers={"help": lambda text: text.upper()})
    shown = re.sub(r'^ a="', "", out) if "xmlattr" in way else out
    assert "<" not in shown
    assert ">" not in shown
    if form == "markdown":
        assert "|" not in shown
        assert not re.search(r"(?<!\\)[`*]", shown)


@given(name=st.text(max_size=20))
def test_what_is_printed_is_escaped_exactly_once(name):
    text = text_class(markdown_escape)
    assert Markup.escape(bind(name, text)) == markdown_escape(visible(name))
    assert Markup.escape(Markup.escape(bind(name, text))) == markdown_escape(visible(name))


@pytest.mark.parametrize(
    "way",
    [
        "{{ report.__class__ }}", "{{ report._replace }}", "{{ report._asdict() }}", "{{ ''.__class__.__mro__ }}",
        "{{ code.__globals__ }}", "{{ code.__code__ }}", "{{ self.__init__.__globals__ }}",
        "{{ cycler.__init__.__globals__ }}",
        "{{ report.title.__html__.__func__ }}", "{{ report|attr('__class__') }}",
        "{{ '{0.__class__}'.format(report) }}",
        "{{ '{0.__class__.__mro__}'.format(report.title) }}", "{% set _ = report.rows.append(1) %}{{ 1 }}",
        "{{ lipsum.__globals__.os.popen('touch x') }}", "{{ environment }}", "{{ report.title.escape }}",
        "{% import 'os' as os %}", "{% include '/etc/passwd' %}", "{% include '../../pyproject.toml' %}",
        "{{ range(999999999)|list }}", "{% for a in range(100001) %}{% endfor %}", "{{ open('x', 'w') }}",
    ],
)  # fmt: skip
def test_nothing_of_the_program_can_be_reached(way, written, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    written(way, name="markdown/report.md.j2")
    summary = summarykit.summarize(nn.Linear(2, 2), templates=tmp_path)
    before = sorted(tmp_path.rglob("*"))
    try:
        out = summary.to_markdown()
    except TemplateError:
        out = ""
    assert "class" not in out
    assert "object at" not in out
    assert "root:" not in out
    assert "function" not in out
    assert sorted(tmp_path.rglob("*")) == before


def values_of(value, way="report"):
    yield way, value
    if isinstance(value, tuple):
        for name, inner in zip(getattr(value, "_fields", range(len(value))), value, strict=True):
            yield from values_of(inner, f"{way}.{name}")


def test_a_template_receives_plain_values_only(monkeypatch):
    given_values = {}

    def keep(template, values, escape, **options):
        given_values.update(values)
        return ""

    monkeypatch.setattr("summarykit.exporters.markdown.exporter.render", keep)
    summarykit.summarize(nn.Sequential(nn.Linear(2, 2), nn.LazyLinear(3))).to_markdown()
    for way, value in values_of(given_values["report"]):
        assert value is None or isinstance(value, str | int | tuple), way
    with pytest.raises(TypeError):
        bind({"report": Path("x")}, text_class(str))
    with pytest.raises(TypeError):
        bind(nn.Linear(2, 2), text_class(str))


def test_a_users_template_goes_first_and_can_extend_the_built_in(written, tmp_path):
    text = '{% extends "summarykit/markdown/report.md.j2" %}{% block foot %}Ours: {{ report.total }}{% endblock %}'
    written(text, name="markdown/report.md.j2")
    model = nn.Sequential(nn.Linear(16, 4))
    markdown = summarykit.summarize(model, templates=[tmp_path]).to_markdown()
    plain = summarykit.summarize(model).to_markdown()
    assert markdown.endswith("Ours: 68")
    assert markdown.startswith("### `Sequential`: 68 parameters")
    assert plain.startswith(markdown.removesuffix("Ours: 68"))


def test_one_macro_file_can_be_replaced(written, tmp_path):
    text = '{% import "summarykit/markdown/macros.j2" as theirs with context %}'
    text += "{% macro rich(p) %}!{{ theirs.rich(p) }}{% endmacro %}"
    written(text + "{% macro bar(n) %}{{ n }}{% endmacro %}", name="markdown/macros.j2")
    markdown = summarykit.summarize(nn.Sequential(nn.Linear(16, 4)), templates=[tmp_path]).to_markdown()
    assert "!All are in" in markdown
    assert "█" not in markdown


def test_the_first_folder_goes_before_the_second(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name / "markdown").mkdir(parents=True)
        (tmp_path / name / "markdown" / "report.md.j2").write_text(name)
    folders = [tmp_path / "one", tmp_path / "two"]
    assert summarykit.summarize(nn.Linear(2, 2), templates=folders).to_markdown() == "one"
    assert summarykit.summarize(nn.Linear(2, 2), templates=folders[::-1]).to_markdown() == "two"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("one\n{% if %}", "line 2"),
        ("one\n\n{{ report.nothing }}", "line 3: "),
        ("{{ nothing }}", "'nothing' is undefined"),
        ("one\n{{ 1 // 0 }}", "line 2: "),
        ("{{ report.total + 1 }}", "line 1: "),
        ("{{ report.total|tojson }}", "tojson"),
        ("{% include 'none.j2' %}", "no template 'none.j2'"),
        ("{% extends 'markdown/report.md.j2' %}", "without an end"),
        ("{{ report.rows[99].name }}", "line 1"),
        ("{% for row in report.rows %}{{ row.nme }}{% endfor %}", "nme"),
    ],
)
def test_a_mistake_in_a_template_is_told_with_its_place(text, said, written, tmp_path):
    written(text, name="markdown/report.md.j2")
    with pytest.raises(TemplateError) as caught:
        summarykit.summarize(nn.Linear(2, 2), templates=tmp_path).to_markdown()
    assert said in str(caught.value)
    assert "markdown/report.md.j2" in str(caught.value)
    assert "built-in template" in caught.value.hint


def test_a_template_in_another_encoding_is_told(tmp_path):
    (tmp_path / "markdown").mkdir()
    (tmp_path / "markdown" / "report.md.j2").write_bytes(b"gr\xf6\xdfe")
    with pytest.raises(TemplateError):
        summarykit.summarize(nn.Linear(2, 2), templates=tmp_path).to_markdown()
