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
    examples = {made.layer_example(code)[0] for code in made.EXAMPLES} | made.LIBRARY_EXAMPLES.keys()
    rules = {rule.target: rule for rule in all_rules().values() if not rule.users}
    missing = [
        f"add an example of {target} to {'LIBRARY_EXAMPLES' if rule.library else 'EXAMPLES'} in docs/make_formulas.py, "
        "then run `make docs`"
        for target, rule in rules.items()
        if target not in examples
    ]
    assert not missing, "\n".join(missing)
    gone = sorted(examples - rules.keys())
    assert not gone, f"docs/make_formulas.py has examples of layers without a rule: {', '.join(gone)}"
