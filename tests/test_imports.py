"""Every module can be the first to be imported, and every public name still works after it.

A submodule replaces a function of the same name on the package as soon as anything imports it: with a module
``summarykit/diff.py``, ``summarykit.diff(...)`` would be a call of a module. Only an import in a process of its own
shows that, so each module is imported in a fork of a process that has loaded nothing of the package.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "summarykit"

#: So many tests share the modules, so that workers share the time.
SHARES = 4

#: Imports what the package is built on, then each module named on standard input in a fork of its own.
DRIVER = """
import os, sys, traceback
import jinja2, lxml.etree, openpyxl, pandas, rich, torch, typer  # shared by all forks, since they are slow
from importlib import import_module

def call_every_name():
    import summarykit
    from summarykit import SummaryKitError
    layer = torch.nn.Linear(16, 4)
    summary = summarykit.summarize(layer)
    used = {"Checked", "Diff", "ProjectDiff", "Summary", "SummaryKitError", "__version__"}
    calls = {
        "check": lambda: summarykit.check(layer, max_parameters=68).ok,
        "diff": lambda: summarykit.diff(summary, layer).same,
        "diff_all": lambda: refused(summarykit.diff_all, git="HEAD"),
        "load": lambda: refused(summarykit.load, "missing.json"),
        "lock": lambda: refused(summarykit.lock),
        "read_review": lambda: refused(summarykit.read_review, "missing.xlsx"),
        "report": lambda: summarykit.report(summary).totals.parameters == 68,
        "rule": lambda: summarykit.rule("acme.layers.Layer", "heads", shapes={"weight": "heads"}) is None,
        "summarize": lambda: summarykit.summarize(layer) == summary,
    }
    def refused(function, *args, **kwargs):
        try:
            function(*args, **kwargs)
        except SummaryKitError:
            return True
        return False
    assert used | calls.keys() == set(summarykit.__all__), used ^ calls.keys() ^ set(summarykit.__all__)
    assert isinstance(summarykit.__version__, str)
    assert isinstance(summary, summarykit.Summary)
    assert isinstance(summarykit.diff(layer, layer), summarykit.Diff)
    assert isinstance(summarykit.check(layer), summarykit.Checked)
    assert isinstance(summarykit.ProjectDiff, type)
    for name, call in calls.items():
        assert call(), name

failed = []
for name in sys.stdin.read().split():
    child = os.fork()
    if child == 0:
        try:
            import_module(name)
            call_every_name()
        except BaseException:
            print(f"--- {name} first:", file=sys.stderr)
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(1)
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        failed.append(name)
sys.exit(" ".join(failed) or 0)
"""


def modules() -> list[str]:
    """Return the names of all modules; importing ``__main__`` would run the command."""
    paths = (path.relative_to(PACKAGE.parent).with_suffix("") for path in sorted(PACKAGE.rglob("*.py")))
    names = (".".join(path.parts).removesuffix(".__init__") for path in paths)
    return [name for name in names if not name.endswith(".__main__")]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("share", range(SHARES))
def test_every_module_can_be_imported_first(share, tmp_path):
    names = modules()
    assert "summarykit.cli" in names
    run = subprocess.run(
        [sys.executable, "-c", DRIVER],
        input="\n".join(names[share::SHARES]),
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert run.returncode == 0, run.stderr


def test_no_module_has_the_name_of_a_public_function():
    import summarykit

    names = {path.stem if path.suffix else path.name for path in PACKAGE.iterdir()}
    assert not names & set(summarykit.__all__)
