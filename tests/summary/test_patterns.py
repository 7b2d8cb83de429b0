"""Patterns: what a glob fits, that it is fast whatever it is, and what is near one that fits nothing."""

import fnmatch

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

import summarykit
from summarykit.records import LayerType
from summarykit.summary.patterns import glob, near_misses, type_fits


@pytest.mark.parametrize(
    ("pattern", "fits", "not_fits"),
    [
        ("layer4", ["layer4"], ["layer4.0", "layer", "xlayer4"]),
        ("layer4.*", ["layer4.0", "layer4.0.conv2", "layer4."], ["layer4", "layer41.0"]),
        ("layer4.*.conv2", ["layer4.0.conv2", "layer4.0.x.conv2"], ["layer4.conv2", "layer4.0.conv21"]),
        ("*.attn", ["h.0.attn", ".attn"], ["attn", "h.xattn"]),
        ("**.attn", ["attn", "h.0.attn"], ["xattn", "h.xattn", "attn.x"]),
        ("h.**.b", ["h.b", "h.0.b", "h.0.1.b"], ["h.xb", "hb", "xh.b"]),
        ("a.**.b.**.c", ["a.b.c", "a.x.b.q.b.c", "a.b.b.c"], ["a.c", "a.b.xc"]),
        ("**.*", ["a", "a.b", ""], []),
        ("a.**", ["a.b", "a.b.c"], ["a"]),
        ("h**.b", ["h.b", "hxx.y.b"], ["hb"]),
        ("*.**.c", ["x.c", "x.y.c"], ["c"]),
        ("h.?", ["h.1", "h.\ud800"], ["h.10", "h."]),
        ("h.[0-3]", ["h.0", "h.3"], ["h.4", "h.-"]),
        ("h.1[!0]", ["h.11"], ["h.10", "h.1"]),
        ("[]]", ["]"], ["["]),
        ("[!]]", ["["], ["]"]),
        ("a[b", ["a[b"], ["ab"]),
        ("[z-a]", ["[z-a]"], ["z", "a", "b"]),
        ("x[*]", ["x[*]", "x*"], ["xx"]),
        ("(a|b)+", ["(a|b)+"], ["a", "ab"]),
        (r"\d", [r"\d"], ["1"]),
        ("", [""], ["a"]),
        ("a*a", ["aa", "aba"], ["a"]),
    ],
)
def test_a_glob_fits(pattern, fits, not_fits):
    assert [name for name in fits if not glob(pattern).matches(name)] == []
    assert [name for name in not_fits if glob(pattern).matches(name)] == []


@given(pattern=st.text("ab.?*", max_size=10).filter(lambda text: "**." not in text), name=st.text("ab.", max_size=10))
def test_without_whole_names_it_is_fnmatch(pattern, name):
    assert glob(pattern).matches(name) == fnmatch.fnmatchcase(name, pattern)


def slowly(pattern, parts):
    """Whether a pattern of whole names fits *parts*: the plain way, every possibility tried."""
    if not pattern:
        return not parts
    if pattern[0] == "**":
        return any(slowly(pattern[1:], parts[at:]) for at in range(len(parts) + 1))
    return bool(parts) and fnmatch.fnmatchcase(parts[0], pattern[0]) and slowly(pattern[1:], parts[1:])


@given(
    pattern=st.lists(st.sampled_from(["**", "a", "b", "?"]), min_size=1, max_size=6).filter(lambda p: p[-1] != "**"),
    parts=st.lists(st.sampled_from(["a", "b", "ab"]), min_size=1, max_size=7),
)
def test_whole_names_are_any_number(pattern, parts):
    assert glob(".".join(pattern)).matches(".".join(parts)) == slowly(pattern, parts)


@given(pattern=st.text(max_size=30), name=st.text(max_size=30))
def test_any_text_is_a_pattern_and_fits_itself(pattern, name):
    assert glob(pattern).matches(pattern)
    glob(pattern).matches(name)


@pytest.mark.parametrize(
    "pattern",
    ["*a" * 30 + "b", "**.a." * 20 + "b", "*a" * 5_000, "[ab]*" * 2_000, "**." * 3_000 + "b", "*" * 10_000,
     "(" * 10_000, "\ud800" * 10_000, "[a-" * 3_000, "(a+)+$" * 1_000],
    ids=lambda pattern: ascii(pattern[:8]),
)  # fmt: skip
def test_no_pattern_is_slow(pattern):
    """An expression that goes back would take longer than the universe has."""
    names = [".".join("a" * 40) + str(number) for number in range(500)]
    assert sum(map(glob(pattern).matches, names)) in (0, 500)


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        ("Linear", True), ("Lin*", True), ("linear", False), ("torch.nn.*", True), ("torch.nn.Linear", True),
        ("torch.Linear", True), ("torch.nn.modules.linear.Linear", True), ("torch.nn.modules.*", True),
        ("*linear*", False), ("nn.Linear", False), ("*.Linear", False), ("torch", False), ("torchx.*", False),
    ],
)  # fmt: skip
def test_a_class_is_named_by_its_name_or_in_full(pattern, fits):
    assert type_fits(glob(pattern), LayerType("Linear", "torch.nn.modules.linear.Linear")) == fits


@pytest.mark.parametrize(
    ("pattern", "near"),
    [
        ("laier4.0", "layer4.0"), ("laier4.*", "layer4.*"), ("linear", "Linear"), ("relu", "ReLU"),
        ("layer4.0.cnv2", "layer4.0.conv2"),  ("*.conv3", "*.conv2"), ("x" * 5_000, ""),
    ],
)  # fmt: skip
def test_what_is_near_a_mistake(pattern, near):
    block = nn.ModuleDict({"conv2": nn.Linear(2, 2), "act": nn.ReLU()})
    data = summarykit.summarize(nn.ModuleDict({"layer4": nn.ModuleList([block])})).data
    found = near_misses(data, pattern)
    assert found[:1] == ([near] if near else [])
