"""The JSON Schema of ``[tool.summarykit]`` accepts what the parser accepts, and refuses what it refuses."""

import inspect
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from summarykit.errors import SummaryKitError
from summarykit.formulas.rules import build
from summarykit.formulas.user_rules import rule_from
from summarykit.options import parse_defaults
from summarykit.projects.models import MODEL_SETTINGS, parse_model
from summarykit.settings import DEFAULTS, TABLES, check_table, settings_schema
from summarykit.summary.budget.limits import KEYS, LAYERS
from support.json_schema import fits

SCHEMA = settings_schema()
HERE = Path(__file__).parent


def parsed(table):
    """Return whether the parser accepts the table."""
    try:
        check_table(table)
        parse_defaults({key: value for key, value in table.items() if key in DEFAULTS}, HERE)
        models, formulas = table.get("models", {}), table.get("formulas", {})
        if not isinstance(models, dict) or not isinstance(formulas, dict):
            return False
        for name, model in models.items():
            parse_model(name, model, HERE / "pyproject.toml")
        for name, formula in formulas.items():
            rule_from(name, formula, name)
    except SummaryKitError:
        return False
    return True


ODD = st.sampled_from([True, False, 0, 3, -1, 1.5, "", "x", " ", [], ["x"], [1], {}, {"x": 1}])
AMOUNTS = ODD | st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["1", "0", "12_000", "1_", "_1", "-1", "1.", " 7"]),
    st.sampled_from(["", ".0", ".5", ".000", ".1234", ".1230000", ".1234567"]),
    st.sampled_from(["", " ", "  "]),
    st.sampled_from(["", "k", "K", "M", "m", "B", "G", "T", "kB", "KB", "MB", "GB", "TB", "%", "GBs", "% "]),
)
BINARY = st.builds("{} {}iB".format, st.integers(0, 9), st.sampled_from("kKMGTm"))
SOME_LIMITS = st.dictionaries(st.sampled_from([*KEYS, "max_colour"]), AMOUNTS | BINARY, max_size=2)
MODELS = st.builds(
    lambda target, rest, limits: {**({} if target is None else {"target": target}), **rest, **limits},
    st.sampled_from(["m:build", "m:build", "saved.json", "", None, 3]),
    st.dictionaries(st.sampled_from([*MODEL_SETTINGS, "colour"]), ODD, max_size=2)
    | st.builds(lambda layers: {"layers": layers}, st.dictionaries(st.sampled_from(["a.*", ""]), SOME_LIMITS | ODD)),
    SOME_LIMITS,
)
PATTERNS = st.text("a*,[] .", max_size=8)
NAMES = st.lists(st.sampled_from(["type", "total", " path ", "colour", ""]), max_size=3)
VALUES = {
    "only": PATTERNS | st.lists(PATTERNS, max_size=2) | ODD,
    "exclude": PATTERNS | st.lists(PATTERNS, max_size=2) | ODD,
    "columns": NAMES | NAMES.map(",".join) | ODD,
    "sort": st.sampled_from(["model", "macs", "colour"]) | ODD,
    "templates": st.sampled_from([".", [], ["."], [1], 3, True, {}]),
    "models": ODD | st.dictionaries(st.sampled_from(["a", "b"]), MODELS | ODD, max_size=2),
    "formulas": ODD.filter(lambda value: value != {"x": 1})
    | st.dictionaries(
        st.sampled_from(["a.B", "C"]),
        st.sampled_from(["a * b", {"count": "a"}, {"shapes": {}}, {"count": "a", "colour": 1}, 3, [], {}]),
    ),
}


@st.composite
def tables(draw):
    keys = draw(st.sets(st.sampled_from([*DEFAULTS, *TABLES, "colour"]), max_size=2))
    return {key: draw(VALUES.get(key, ODD)) for key in sorted(keys)}


@given(tables())
@example({"only": "[,]"})
@example({"only": "[,],"})
@example({"only": "a[,b"})
@example({"models": {"a": {"target": "m:b", "max_macs": 1}}})
@example({"models": {"a": {"target": "m:b", "layers": {"x": {"max_macs": 1}}}}})
@example({"models": {"a": {"target": "m:b", "input_size": [1], "max_macs": "1 GiB"}}})
@example({"models": {"a": {"target": "m:b", "max_bytes": "1 GiB", "max_increase": "1.5%"}}})
def test_schema_and_parser_accept_the_same_tables(table):
    assert fits(table, SCHEMA, SCHEMA) == parsed(table)


@given(MODELS)
def test_schema_and_parser_accept_the_same_models(model):
    table = {"models": {"a": model}}
    assert fits(table, SCHEMA, SCHEMA) == parsed(table)


def test_schema_and_parser_have_the_same_keys():
    parts = SCHEMA["definitions"]
    assert SCHEMA["properties"].keys() == {*DEFAULTS, *TABLES}
    assert parts["model"]["properties"].keys() == {*MODEL_SETTINGS, *KEYS, LAYERS}
    assert parts["layerLimits"]["properties"].keys() == {key for key in KEYS if "active" not in key}
    arguments = inspect.signature(build).parameters.keys() - {"target", "users", "library"}
    assert parts["formula"]["anyOf"][1]["properties"].keys() == arguments


def test_editors_get_what_they_expect():
    assert SCHEMA["$schema"].startswith("http://json-schema.org/draft-07")
    assert SCHEMA["$id"]
    assert SCHEMA["title"]
    assert all("description" in part for part in SCHEMA["properties"].values())
    with pytest.raises(ValueError, match="other"):
        settings_schema("other")
