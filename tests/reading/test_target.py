"""A target that is not there is told from one that is there and fails: by what is found, not by what is said."""

import sys

import pytest

from summarykit.errors import MissingTargetError, TargetError
from summarykit.reading import load_target


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder to import from, whose modules are forgotten afterwards."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    before = set(sys.modules)
    monkeypatch.chdir(tmp_path)
    package = tmp_path / "own"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (tmp_path / "plain.py").write_text("value = 3\n")
    yield tmp_path
    for name in set(sys.modules) - before:
        if name.partition(".")[0] in {"own", "plain"}:
            del sys.modules[name]


@pytest.mark.parametrize(
    "target",
    ["nowhere:build", "nowhere.deep:build", "own.new:build", "own.new.deep:build", "own:build", "own:a.b",
     "plain.new:b",
     "folder", "a/folder"],
)  # fmt: skip
def test_what_is_not_there_is_missing(target, folder):
    with pytest.raises(MissingTargetError):
        load_target(target)


@pytest.mark.parametrize(
    "text",
    [
        "import not_installed",
        "import own.gone",
        "from own import gone",
        "raise ModuleNotFoundError('own.broken')",
        "raise ModuleNotFoundError('own.broken', name='own.broken')",
        "raise ImportError('own.broken', name='own.broken')",
        "1 / 0",
        "raise SystemExit(0)",
        "def build():\n    import own.gone",
        "def build():\n    return build.nothing",
        "syntax error",
    ],
)
def test_what_is_there_and_fails_is_not(text, folder):
    (folder / "own" / "broken.py").write_text(f"{text}\n")
    with pytest.raises(TargetError) as raised:
        load_target("own.broken:build")
    assert not isinstance(raised.value, MissingTargetError)


@pytest.mark.parametrize("target", [":build", "own:", "plain.py", "own"])
def test_what_names_no_model_and_is_there_is_not_missing(target, folder):
    with pytest.raises(TargetError) as raised:
        load_target(target)
    assert not isinstance(raised.value, MissingTargetError)


@pytest.mark.parametrize(
    ("text", "target", "hint"),
    [
        (
            "import not_installed",
            "own.broken:build",
            "install the package that provides 'not_installed' with pip install",
        ),
        ("1 / 0", "own.broken:build", "importing it raised the error above; fix that first"),
        ("def build(width): ...", "own.broken:build", "give what it needs with --arg name=value"),
        (
            "def build():\n    int([])",
            "own.broken:build",
            "fix the error above in the code of own.broken:build, or give other arguments with --arg name=value",
        ),
        ("def build(): ...", "own.broken:build()", "leave out the brackets: build is called"),
        ("def build(): ...", "own.broken:biuld", "did you mean 'build'? It has: build"),
        ("def build(): ...", "own.broken:zzz", "it has: build"),
        ("", "own.gone:build", "check the spelling, or run from the folder that contains 'own': cd FOLDER"),
    ],
)
def test_the_hint_is_about_what_went_wrong(text, target, hint, folder):
    (folder / "own" / "broken.py").write_text(f"{text}\n")
    with pytest.raises(TargetError) as raised:
        load_target(target)
    assert raised.value.hint.startswith(hint)


def test_a_line_that_cannot_be_read_is_shown(folder):
    (folder / "own" / "broken.py").write_text("import sys\ndef build(:\n")
    with pytest.raises(TargetError) as raised:
        load_target("own.broken:build")
    assert f"\n    {folder / 'own' / 'broken.py'}:2: def build(:" in raised.value.what


def test_a_model_of_a_project_is_told_of_its_table(folder):
    with pytest.raises(TargetError) as raised:
        load_target("torch.nn:Linear", keywords={"in_features": 3})
    assert raised.value.hint == "give what it needs in its table: args = { name = value }"
