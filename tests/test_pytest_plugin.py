"""The fixtures that pytest gets, tried in test runs of their own."""

import json
import os
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
HEAD = """
import pytest
import summarykit
from torch import nn

def build(width=4):
    return nn.Sequential(nn.Linear(16, width), nn.Linear(width, 2), nn.Linear(2, 1))
"""


@pytest.fixture
def ran(pytester, monkeypatch):
    """``ran(tests)`` runs them with the plugin, in a Python of its own."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    installed = any(point.value == "summarykit.pytest_plugin" for point in entry_points(group="pytest11"))
    pytester.makepyprojecttoml("")

    def run(tests, *arguments):
        pytester.makepyfile(HEAD + tests)
        chosen = () if installed else ("-p", "summarykit.pytest_plugin")
        return pytester.runpytest_subprocess("-p", "no:cacheprovider", *chosen, *arguments)

    return run


def test_a_model_within_its_limits_passes_and_its_summary_comes_back(ran):
    result = ran("""
def test_all(assert_summary, model_summary):
    assert assert_summary(build(), max_parameters=81, max_bytes="1kB").totals.parameters == 81
    watched = model_summary(build(), input_size=(1, 16))
    assert watched.totals.macs == 74
    assert model_summary(watched) is watched
    assert_summary(watched, max_macs=74, base=summarykit.summarize(build()), max_increase="0%")
    assert_summary(build())
""")
    result.assert_outcomes(passed=1)


def test_a_broken_limit_fails_with_who_breaks_it_and_no_lines_of_the_plugin(ran):
    result = ran("""
def test_whole(assert_summary):
    assert_summary(build(), max_parameters=80)

def test_part(assert_summary):
    assert_summary(build(), layers={"0": {"max_bytes": 1}})

def test_increase(assert_summary):
    assert_summary(build(8), base=summarykit.summarize(build()), max_increase="1%")
""")
    result.assert_outcomes(failed=3)
    result.stdout.fnmatch_lines([
        "E*AssertionError: Sequential: 81 parameters, 1 more than max_parameters = 80 allows; largest: 0 68 (84.0%)*",
        "E*AssertionError: Sequential: 272 bytes in 0, 271 more than max_bytes = 1 allows; largest: 0 272 (100.0%)",
        "E*81 → 157 parameters (+76), and max_increase = 1% allows 81; grew most: 0 +68 and 1 +8",
    ])  # fmt: skip
    assert "pytest_plugin.py" not in result.stdout.str()


def test_a_model_that_is_not_as_locked_fails_with_the_difference(ran, pytester):
    pytester.makepyprojecttoml('[tool.summarykit.models.tiny]\ntarget = "summarykit.examples:sequential"\n')
    tests = """
def test_lock(assert_summary):
    assert_summary(build(WIDTH), matches_lock="tiny")
"""
    ran("""
def test_lock():
    assert summarykit.lock().name == "summarykit.lock.json"
""").assert_outcomes(passed=1)
    ran(tests.replace("WIDTH", "4")).assert_outcomes(passed=1)
    result = ran(tests.replace("WIDTH", "8"))
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([
        "E*AssertionError: tiny: the parameters are not those of summarykit.lock.json; where that is meant: *lock tiny",
        "E *parameters: 81 → 157",
        "E *− 0: 68 parameters: weight 4 × 16 float32, bias 4 float32",
        "E *+ 0: 136 parameters: weight 8 × 16 float32, bias 8 float32",
    ])  # fmt: skip


def test_mistakes_are_errors_of_their_own_and_no_failed_limit(ran):
    ran("""
@pytest.mark.parametrize(("given", "said"), [
    ({"max_paramters": 1}, "did you mean 'max_parameters'"),
    ({"matches_lock": "tiny"}, "there is no summarykit.lock.json"),
    ({"matches_lock": True}, "True is no name of a model"),
    ({"base": "nothing.json"}, "there is no file"),
])
def test_mistake(assert_summary, given, said):
    with pytest.raises(summarykit.SummaryKitError, match=said):
        assert_summary(build(), **given)
""").assert_outcomes(passed=4)


def test_pytest_starts_without_torch_and_pandas(ran, pytester):
    pytester.makeconftest("""
import json, sys

def pytest_configure(config):
    assert config.pluginmanager.hasplugin("summarykit.pytest_plugin") or config.pluginmanager.hasplugin("summarykit")
    found = [name for name in ("torch", "pandas", "jinja2", "rich", "summarykit.pytest_plugin") if name in sys.modules]
    open("found.json", "w").write(json.dumps(found))
""")
    ran("").assert_outcomes()
    assert json.loads((pytester.path / "found.json").read_text()) == ["summarykit.pytest_plugin"]


@pytest.mark.parametrize("where", ["root", "package", "elsewhere"])
def test_each_test_file_has_the_settings_and_the_lock_of_its_project_from_any_root(ran, pytester, where):
    for name, width in (("a", 3), ("b", 7)):
        folder = pytester.mkdir(name)
        (folder / "tests").mkdir()
        (folder / "pyproject.toml").write_text(
            f'[tool.summarykit]\ntitle = "of {name}"\n[tool.summarykit.models.net]\ntarget = "net_{name}:build"\n'
        )
        (folder / f"net_{name}.py").write_text(
            f"from torch import nn\n\ndef build():\n    return nn.Linear({width}, 1)\n"
        )
        assert pytester.run(sys.executable, "-m", "summarykit", "lock", "--project", str(folder)).ret == 0
        (folder / "tests" / f"test_{name}.py").write_text(f"""
from torch import nn

def test_it(assert_summary, model_summary):
    assert model_summary(nn.Linear(1, 1)).options.title == "of {name}"
    assert_summary(nn.Linear({width}, 1), matches_lock="net")

def test_other(assert_summary):
    assert_summary(nn.Linear(5, 1), matches_lock="net")
""")
    files = [str(pytester.path / name / "tests" / f"test_{name}.py") for name in "ab"]
    arguments = {
        "root": (),
        "package": ("--rootdir", str(pytester.path / "a")),
        "elsewhere": ("-c", str(pytester.path / "b" / "pyproject.toml"), "--rootdir", str(pytester.path / "b")),
    }[where]
    if where == "elsewhere":
        os.chdir(pytester.mkdir("elsewhere"))
    result = ran("", *arguments, *files)
    result.assert_outcomes(passed=2, failed=2)
