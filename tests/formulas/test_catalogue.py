"""docs/formulas.md is what the registry says, and each rule has an example that is checked on a real layer."""

import importlib.util
from pathlib import Path

from summarykit.formulas import all_rules

DOCS = Path(__file__).resolve().parents[2] / "docs"


def generator():
    found = importlib.util.spec_from_file_location("make_formulas", DOCS / "make_formulas.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def test_the_page_is_what_the_registry_says():
    page = (DOCS / "formulas.md").read_text(encoding="utf-8")
    assert page == generator().catalogue(), "run `make docs` and read the diff"


def test_each_rule_has_an_example():
    made = generator()
    explained = {made.layer_example(code)[0] for code in made.EXAMPLES} | made.LIBRARY_EXAMPLES.keys()
    assert explained == {rule.target for rule in all_rules().values() if not rule.users}
