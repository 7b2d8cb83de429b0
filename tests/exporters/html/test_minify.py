"""Scripts and style sheets as a page carries them: shorter, and saying the same."""

import re

import pytest

from summarykit.exporters.html.minify import minify_script, minify_style
from summarykit.exporters.rendering import template_root

STRINGS = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"")


@pytest.mark.parametrize(
    ("source", "small"),
    [
        ("const a = [1, 2];", "const a=[1,2];"),
        ("  if (a) {\n    b();\n  }", "if(a){b();}"),
        ("// a note\nf();", "f();"),
        ("/* a note\n   of two lines */\nf();", "f();"),
        ("f(\"a , b = c\", 1, '{ x }')", "f(\"a , b = c\",1,'{ x }')"),
        ('f("a \\" , b", 1)', 'f("a \\" , b",1)'),
        ("f(`a , ${b , c} , d`, e)", "f(`a , ${b , c} , d`,e)"),
        ("f(`a , ${`b , c`} , d`, e)", "f(`a , ${`b , c`} , d`, e)"),
        ("f(a, `b ,", "f(a, `b ,"),
        ("const a = [1, 2]; // two, of them", "const a=[1,2];"),
        ("f(a, 'b // c', \"d // e\")", "f(a,'b // c',\"d // e\")"),
        ("a = b / c; d = e / f", "a=b / c;d=e / f"),
        ("a = b /c; d", "a = b /c; d"),
        ("f(x => /a = \\/ , [/]/.test(x), 1)", "f(x=>/a = \\/ , [/]/.test(x),1)"),
        ("f(); // don't {\ng();", "f(); // don't {\ng();"),
        ("f(`a {\nb\nc`);\ng({\n})", "f(`a {\nb\nc`);g({})"),
        ("x.split(/ , /)", "x.split(/ , /)"),
        ('const u = "https://a , b"; // c', 'const u="https://a , b";'),
        ("f(); // a\n\n/** b */\ng();", "f();g();"),
        ("let a = {\n  b,\n}\nlet c = [\n  d\n].e\nf()\n;[g]", "let a={b,}\nlet c=[d].e\nf()\n;[g]"),
        ("a + +b - -c", "a + +b - -c"),
        ("return a in b ? typeof c : d", "return a in b?typeof c:d"),
        ("a\n(b)", "a\n(b)"),
    ],
)
def test_a_script_loses_what_says_nothing(source, small):
    assert minify_script(source).strip("\n") == small


@pytest.mark.parametrize(
    ("source", "small"),
    [
        ("a { color: red; margin: 0 1px; }", "a{color:red;margin:0 1px}"),
        ("/* note */ a > b, c d { } /* note */", "a>b,c d{}"),
        ('a::after { content: " , { " ; }', 'a::after{content:" , { "}'),
        ("a :hover { width: calc(1px + var(--b) * 2) }", "a :hover{width:calc(1px + var(--b) * 2)}"),
        ("@media screen and (max-width: 1px) { a { b: c } }", "@media screen and (max-width:1px){a{b:c}}"),
        ("tr:has(> th + td) { a: b }", "tr:has(>th + td){a:b}"),
    ],
)
def test_a_style_sheet_loses_what_says_nothing(source, small):
    assert minify_style(source) == small


def test_no_text_of_the_scripts_and_styles_is_touched():
    for path in (template_root() / "html").rglob("*.css"):
        text = path.read_text("utf-8")
        assert STRINGS.findall(minify_style(text)) == STRINGS.findall(re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL))
    for path in (template_root() / "html").rglob("*.js"):
        text = path.read_text("utf-8")
        code = re.sub(r"^\s*(//.*|/\*.*?\*/)$", "", text, flags=re.MULTILINE)
        assert STRINGS.findall(minify_script(text)) == STRINGS.findall(code)
