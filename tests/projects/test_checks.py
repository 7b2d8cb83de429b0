"""What a project does with budgets and locks: pyproject.toml, the commands, mistakes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from torch import nn

import summarykit
from summarykit.cli import main
from summarykit.summary.lock import lock_model, lock_text, read_lock
from support import hostile

ROOT = Path(__file__).resolve().parents[2]
TINY = """
[tool.summarykit.models.tiny]
target = "summarykit.examples:sequential"
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """``project(text)`` is a project with that pyproject.toml, and the current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))

    def make(text):
        (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
        return tmp_path

    return make


def said(capsys, *arguments):
    code = main(list(arguments))
    out, err = capsys.readouterr()
    return code, out, err


def test_the_plainest_form_works_also_from_a_folder_inside(tmp_path):
    (tmp_path / "m.py").write_text("from torch import nn\n\ndef build():\n    return nn.Linear(16, 4)\n")
    (tmp_path / "pyproject.toml").write_text('[tool.summarykit.models.tiny]\ntarget = "m:build"\nmax_parameters = 10\n')
    inside = tmp_path / "a" / "b"
    inside.mkdir(parents=True)
    (inside / "m.py").write_text("raise SystemExit('the wrong one')\n")
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    for folder in (tmp_path, inside):
        command = [sys.executable, "-m", "summarykit", "check"]
        done = subprocess.run(command, cwd=folder, env=env, capture_output=True, encoding="utf-8", check=False)
        assert done.returncode == 1, done.stderr
        assert done.stdout == (
            "Model  Limit on    Found  At most    Used               \n"
            "tiny   parameters     68       10  680.0%  ✗ over budget\n"
            "✗ tiny: 68 parameters, 58 more than max_parameters = 10 allows; largest: Linear 68 (100.0%)\n"
            "✗ over budget: 1 of 1 limit not kept\n"
        )


def test_kept_limits_end_with_0_and_json_tells_the_same(project, capsys):
    project(TINY + 'max_parameters = 81\nmax_bytes = "1KiB"\nmax_increase = "1%"\n')
    code, out, _ = said(capsys, "check")
    assert code == 0
    assert "✓ within budget: 2 limits kept, 1 not checked for want of a base" in out
    code, out, _ = said(capsys, "check", "tiny", "--json")
    found = json.loads(out)
    assert (code, found["ok"], found["models"][0]["totals"]["parameters"]) == (0, True, 81)
    assert [limit["outcome"] for limit in found["models"][0]["limits"]] == ["within", "within", "no base"]
    assert str(summarykit.check("tiny")) == str(summarykit.check()) == str(summarykit.check(["tiny"]))


def test_all_settings_reach_the_model(project, capsys):
    project("""
[tool.summarykit.models.conv]
target = "torch.nn:Conv2d"
args = { in_channels = 3, out_channels = 8, kernel_size = 3 }
meta = true
input_size = [1, 3, 8, 8]
max_macs = 7776
max_bytes = 896
[tool.summarykit.models.specs]
target = "torch.nn:Linear"
args = { in_features = 3, out_features = 8 }
inputs = ["2,3"]
max_macs = 48
[tool.summarykit.models.specs.layers]
Linear = { max_macs = 47 }
""")
    code, out, _ = said(capsys, "check")
    assert code == 1
    assert "48 multiply-adds in Linear, 1 more than max_macs = 47 allows" in out
    assert "1 of 4 limits not kept" in out


def test_a_saved_summary_and_a_folder_of_bases(project, capsys):
    folder = project("""
[tool.summarykit.models.saved]
target = "kept/saved.json"
max_increase = 0
[tool.summarykit.models.other]
target = "summarykit.examples:sequential"
max_increase = 0
""")
    (folder / "kept").mkdir()
    (folder / "bases").mkdir()
    summarykit.report(nn.Linear(2, 3), folder / "kept" / "saved.json")
    summarykit.report(nn.Linear(2, 2), folder / "bases" / "saved.json")
    code, out, _ = said(capsys, "check", "--base", "bases")
    assert code == 1
    assert "saved: 6 → 9 parameters (+3), and max_increase = 0 allows 6; grew most: Linear +3" in out
    assert "new, no base" in out
    assert said(capsys, "check", "saved", "--base", "kept/saved.json")[0] == 0
    code, _, err = said(capsys, "check", "--base", "kept/saved.json")
    assert (code, "one base is given for 2 models" in err) == (2, True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "there is no model in pyproject.toml"),
        ("[tool.summarykit]\nmodels = 3", "is no table"),
        ("[tool.summarykit.models]\ntiny = 3", r"[tool.summarykit.models.tiny] is no table"),
        (TINY + "max_paramters = 1", "has no setting 'max_paramters'\n  hint: did you mean 'max_parameters'"),
        (TINY + "tagret = 1", "did you mean 'target'"),
        (TINY + "max_parameters = '10 apples'", "there is no unit 'apples' for it"),
        (TINY + "max_parameters = true", "max_parameters is True, and no amount"),
        (TINY + "max_macs = 1", "max_macs asks for multiply-adds, and no inputs are given"),
        (TINY + "meta = 1", "meta is 1\n  hint: write meta = true or false"),
        (TINY + "experts_per_token = true", "experts_per_token is True"),
        (TINY + "experts_per_token = 2", "[tool.summarykit.models.tiny]: "),
        (TINY + "inputs = [3]", "inputs is [3]"),
        (TINY + 'inputs = ["1,x"]', "[tool.summarykit.models.tiny]: --input"),
        (TINY + 'inputs = ["1,16"]\ninput_size = [1]', "inputs and input_size both say what to feed"),
        (
            TINY + "[tool.summarykit.models.tiny.layers]\nencoder = {max_bytes = 1}",
            "[tool.summarykit.models.tiny]: max_bytes: no layer fits 'encoder'",
        ),
        ("[tool.summarykit.models.tiny]\nmax_parameters = 1", "has no target"),
        ('[tool.summarykit.models.tiny]\ntarget = ""', "has no target"),
        (TINY + "args = { width = 3 }", "  hint: give what it needs in its table: args = { name = value }"),
        (
            '[tool.summarykit.models.tiny]\ntarget = "nowhere:model"',
            "'nowhere' cannot be imported: ",
        ),
        ('[tool.summarykit.models.tiny]\ntarget = "torch.nn"', "'torch.nn' names no model"),
        ('[tool.summarykit.models.tiny]\ntarget = "nothing.json"', "there is no file"),
        ('[tool.summarykit.models.a]\ntarget = "x:y"\n[tool.summarykit.models.a]\n', "pyproject.toml cannot be read"),
    ],
)
def test_a_mistake_ends_with_2_and_says_what_it_is(text, message, project, capsys):
    project(text)
    code, _, err = said(capsys, "check")
    assert code == 2
    assert message in err


def test_an_unknown_name_says_which_there_are(project, capsys):
    project(TINY)
    code, _, err = said(capsys, "check", "tinny")
    assert (code, "did you mean 'tiny'? There are: 'tiny'" in err) == (2, True)
    code, _, err = said(capsys, "check", "--base", "nothing.json")
    assert (code, "there is no file 'nothing.json'" in err) == (2, True)


def test_a_target_that_fails_shows_the_users_own_lines(project, capsys):
    folder = project('[tool.summarykit.models.bad]\ntarget = "own_bad_module:build"\n')
    (folder / "own_bad_module.py").write_text(
        "import json\n\ndef build():\n    return helper()\n\ndef helper():\n    return json.loads('[')\n"
    )
    code, _, err = said(capsys, "check")
    assert code == 2
    assert "own_bad_module:build() fails: JSONDecodeError" in err
    assert "own_bad_module.py:7 in helper: return json.loads('[')" in err
    assert "decoder.py" not in err
    assert "target.py" not in err


def test_one_that_cannot_be_checked_hides_none_of_the_others(project, capsys):
    project("""
[tool.summarykit.models.gone]
target = "summarykit.examples:nothing"
[tool.summarykit.models.astray]
target = "summarykit.examples:sequential"
layers = { encoder = { max_bytes = 1 } }
[tool.summarykit.models.over]
target = "summarykit.examples:sequential"
max_parameters = 80
""")
    code, out, _ = said(capsys, "check")
    assert code == 2
    assert "✗ over: 81 parameters, 1 more than max_parameters = 80 allows" in out
    assert "✗ gone: cannot be checked: 'summarykit.examples' has no 'nothing'\n    hint: " in out
    assert "✗ astray: cannot be checked: max_bytes: no layer fits 'encoder'\n" in out
    assert out.endswith("✗ 2 models cannot be checked; over budget: 1 of 1 limit not kept\n")
    code, out, _ = said(capsys, "check", "--json")
    told = json.loads(out)
    assert (code, told["ok"], sorted(told["failed"])) == (2, False, ["astray", "gone"])
    found = summarykit.check()
    assert (found.ok, [model.name for model in found.models]) == (False, ["over"])
    assert "has no 'nothing'" in found.failed["gone"]
    assert said(capsys, "check", "over")[0] == 1
    with pytest.raises(summarykit.SummaryKitError, match="has no 'nothing'"):
        summarykit.check("gone")


def test_what_a_model_prints_is_kept_out_of_what_is_asked_for(tmp_path):
    (tmp_path / "loud.py").write_text(
        "from torch import nn\nprint('imported')\n\nclass Loud(nn.Linear):\n    def forward(self, x):\n"
        "        print('called', x.shape)\n        return super().forward(x)\n\n"
        "def build():\n    print('built')\n    return Loud(4, 2)\n"
    )
    (tmp_path / "pyproject.toml").write_text(
        '[tool.summarykit.models.loud]\ntarget = "loud:build"\ninput_size = [1, 4]\nmax_macs = 8\n'
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    told = {}
    for arguments in ("check --json", "check", "report loud", "report loud:build --input 1,4", "diff loud loud:build"):
        command = [sys.executable, "-m", "summarykit", *arguments.split()]
        done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, encoding="utf-8", check=False)
        assert done.returncode == 0, done.stderr
        assert {"imported", "built"} <= set(done.stderr.splitlines()), arguments
        told[arguments] = done.stdout
        assert not {"imported", "built"} & set(done.stdout.splitlines()), arguments
        assert "called" not in done.stdout, arguments
    assert json.loads(told["check --json"])["ok"]


def test_a_name_near_one_of_the_project_is_told(project, capsys):
    project(TINY)
    for command in ("report tinny", "diff tinny tiny", "diff tiny tinny"):
        code, _, err = said(capsys, *command.split())
        assert (code, "hint: did you mean the model 'tiny' of pyproject.toml?" in err) == (2, True), command
    assert "write it as package.module:attribute" in said(capsys, "report", "another")[2]


def test_names_of_any_script_are_told_as_they_are_written(project, capsys):
    project(TINY.replace("tiny", '"größe 模型"'))
    assert "there are: 'größe 模型'" in said(capsys, "check", "x")[2]
    (Path.cwd() / "summarykit.lock.json").write_text('{"lock": 1, "models": {}}')
    assert (
        "does not hold the model 'größe 模型'\n  hint: add it with 'summarykit lock"
        in said(capsys, "check", "--locked")[2]
    )


def test_python_takes_a_model_or_names_and_not_both(project):
    project(TINY)
    assert summarykit.check(nn.Linear(2, 2), max_parameters="6").ok
    with pytest.raises(ValueError, match="max_bytes is given for models of the project"):
        summarykit.check("tiny", max_bytes=3)
    with pytest.raises(ValueError, match="locked=True needs the name of a model"):
        summarykit.check(nn.Linear(2, 2), locked=True)
    with pytest.raises(TypeError, match="the class Linear"):
        summarykit.check(nn.Linear)
    assert repr(summarykit.check(nn.Linear(2, 2))) == "<Checked 1 model: ok>"


# ---------------------------------------------------------------- the lock


def test_a_lock_holds_until_the_parameters_change(project, capsys, monkeypatch):
    folder = project(TINY)
    code, out, _ = said(capsys, "lock")
    assert (code, out) == (0, "wrote summarykit.lock.json\n")
    first = (folder / "summarykit.lock.json").read_bytes()
    assert said(capsys, "check", "--locked")[:2] == (0, said(capsys, "check")[1].replace("no limits", "as locked"))
    assert said(capsys, "lock")[0] == 0
    assert (folder / "summarykit.lock.json").read_bytes() == first
    changed = nn.Sequential(nn.Linear(16, 8), nn.Linear(8, 2), nn.Linear(2, 1))
    changed[2].requires_grad_(False)
    monkeypatch.setattr("summarykit.examples.sequential", lambda: changed)
    code, out, _ = said(capsys, "check", "--locked")
    assert code == 1
    assert out.partition("✗ ")[2] == (
        "tiny: the parameters are not those of summarykit.lock.json; where that is meant: summarykit lock tiny\n"
        "  parameters: 81 → 157\n"
        "  trainable: 81 → 154\n"
        "  bytes: 324 → 628\n"
        "  − 0: 68 parameters: weight 4 × 16 float32, bias 4 float32\n"
        "  + 0: 136 parameters: weight 8 × 16 float32, bias 8 float32\n"
        "  − 1: 10 parameters: weight 2 × 4 float32, bias 2 float32\n"
        "  + 1: 18 parameters: weight 2 × 8 float32, bias 2 float32\n"
        "  − 2: 3 parameters: weight 1 × 2 float32, bias 1 float32\n"
        "  + 2: 3 parameters: weight 1 × 2 float32 frozen, bias 1 float32 frozen\n"
        "✗ 1 model not as locked\n"
    )
    lock = json.loads(said(capsys, "check", "--locked", "--json")[1])["models"][0]["lock"]
    assert (lock["same"], len(lock["removed"]), lock["totals"]["parameters"]) == (False, 3, [81, 157])


def test_what_grew_stands_below_what_it_was(project, capsys, monkeypatch):
    project(TINY)

    def blocks(times):
        made = [nn.ModuleDict({"up": nn.Linear(2, 3), "down": nn.Linear(3, 2)}) for _ in range(times)]
        monkeypatch.setattr("summarykit.examples.sequential", lambda: nn.ModuleList(made))

    blocks(3)
    assert said(capsys, "lock")[0] == 0
    blocks(12)
    lines = said(capsys, "check", "--locked")[1].splitlines()
    rows = [line.split(":")[0].strip() for line in lines if line.startswith(("  −", "  +"))]
    assert rows == ["− 0–2.down × 3", "+ 0–11.down × 12", "− 0–2.up × 3", "+ 0–11.up × 12"]


def test_any_change_of_a_lock_is_told(project, capsys):
    folder = project(TINY)
    path = folder / "summarykit.lock.json"
    assert said(capsys, "lock")[0] == 0
    text = path.read_text("utf-8")
    first, second = [line.rstrip(",") for line in text.splitlines() if '"layer": ' in line][:2]
    path.write_text(text.replace(first, "x").replace(second, first).replace("x,", f"{second},"), encoding="utf-8")
    assert said(capsys, "check", "--locked")[0] == 0  # the order of layers means nothing
    for old, new in (
        ("81", "82"),
        ("324", "1"),
        ("b5ac4a168554", "b5ac4a168555"),
        ("4 × 16", "4 × 17"),
        ('"0"', '"a"'),
    ):
        path.write_text(text.replace(old, new), encoding="utf-8")
        code, out, _ = said(capsys, "check", "--locked")
        assert (code, out.count("\n") >= 5) == (1, True), out
        assert new.strip('"') in out


def test_a_name_that_cannot_be_seen_is_told_as_an_escape(project, capsys):
    project('[tool.summarykit.models."a\\u202eb"]\ntarget = "summarykit.examples:sequential"\nmax_parameters = 1\n')
    code, out, _ = said(capsys, "check")
    assert (code, "✗ a\\u202eb: 81 parameters" in out) == (1, True)
    assert said(capsys, "lock")[0] == 0
    assert said(capsys, "check", "--locked")[1].endswith("1 limit not kept; as locked\n")
    project('[tool.summarykit.models."a\\u202eb"]\ntarget = "nowhere:x"\n')
    assert "[tool.summarykit.models.'a\\u202eb']: " in said(capsys, "check")[2]


def test_a_name_that_begins_with_blanks_is_a_problem_of_its_own(project, capsys):
    project('[tool.summarykit.models."  a"]\ntarget = "summarykit.examples:sequential"\nmax_parameters = 1\n')
    code, out, _ = said(capsys, "check")
    assert (code, "\n✗   a: 81 parameters" in out) == (1, True)


def test_a_lock_of_one_model_leaves_the_others(project, capsys, monkeypatch):
    both = TINY + TINY.replace("tiny", "twin")
    folder = project(both)
    assert said(capsys, "lock")[0] == 0
    monkeypatch.setattr("summarykit.examples.sequential", lambda: nn.Linear(2, 2))
    assert said(capsys, "lock", "twin")[0] == 0
    held = read_lock((folder / "summarykit.lock.json").read_text("utf-8"))
    assert {name: model.parameters for name, model in held.items()} == {"tiny": 81, "twin": 6}
    project(TINY.replace("tiny", "twin"))
    code, out, _ = said(capsys, "check", "--locked")
    assert (code, "✗ tiny: is locked, and no longer in pyproject.toml; 'summarykit lock' leaves it out" in out) == (
        1,
        True,
    )
    assert said(capsys, "check", "--locked", "twin")[0] == 0
    assert said(capsys, "lock", "twin")[0] == 0
    assert "tiny" not in (folder / "summarykit.lock.json").read_text("utf-8")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "there is no summarykit.lock.json\n  hint: write it with 'summarykit lock'"),
        ('{"lock": 2, "models": {}}', "has format 2, and this summarykit reads 1"),
        ('{"lock": 1, "models": {}}', "does not hold the model 'tiny'"),
        ('{"lock": 1, "models": []}', "is damaged"),
        ('{"lock": 1, "models": {"tiny": {"parameters": 81}}}', "is damaged (KeyError"),
        ('{"lock": 1}', "is damaged"),
        ('{"lock": 1, "models": {"tiny": 1, "tiny": 2}}', "says 'tiny' twice\n  hint: a merge may have kept both"),
        ("[]", "is JSON, but no lock"),
        ('{"lock": 1, "mod', "is no JSON"),
        ("<<<<<<< ours\n", "a merge may have left its marks"),
        (b"\xff", "cannot be read"),
    ],
)
def test_a_lock_that_does_not_serve_is_told(text, message, project, capsys):
    folder = project(TINY)
    if text is not None:
        (folder / "summarykit.lock.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    code, _, err = said(capsys, "check", "--locked")
    assert code == 2
    assert message in err


def test_a_lock_that_cannot_be_written_leaves_the_old_one(project, capsys, monkeypatch):
    folder = project(TINY)
    (folder / "summarykit.lock.json").write_text("old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    code, _, err = said(capsys, "lock")
    assert (code, "could not be written: No space left on device" in err) == (2, True)
    assert [path.name for path in folder.iterdir() if "lock" in path.name] == ["summarykit.lock.json"]
    assert (folder / "summarykit.lock.json").read_text() == "old"


@pytest.mark.parametrize("name", hostile.NAMES, ids=ascii)
def test_a_lock_can_hold_any_name(name):
    models = {name: lock_model(summarykit.summarize(hostile.model(name)).data)}
    text = lock_text(models)
    assert read_lock(text.encode("utf-8", "backslashreplace").decode("utf-8")) == models
    assert all(line.isprintable() for line in text.removesuffix("\n").split("\n"))


def test_a_lock_tells_every_layer_of_kinds_that_take_turns():
    def text(wide):
        blocks = nn.ModuleList(nn.Linear(2, 3 if at in wide else 2) for at in range(40))
        return lock_text({"one": lock_model(summarykit.summarize(nn.ModuleDict({"blocks": blocks})).data)})

    one, other = text((1, 4, 6, 9, 13, 20, 27, 33, 38)), text((1, 4, 6, 9, 14, 20, 27, 33, 38))
    assert '"blocks.1,4,6,9,13,20,27,33,38"' in one
    assert '"blocks.1,4,6,9,14,20,27,33,38"' in other


def test_a_lock_folds_repeats_and_tells_ties_and_buffers():
    model = nn.ModuleDict({
        "embed": nn.Embedding(10, 4), "blocks": nn.ModuleList(nn.BatchNorm1d(4) for _ in range(12)),
        "head": nn.Linear(4, 10),
    })  # fmt: skip
    model["head"].weight = model["embed"].weight
    rows = lock_model(summarykit.summarize(model).data).layers
    told = [(row.layer, row.times, row.parameters) for row in rows]
    assert told == [("blocks.0–11", 12, 96), ("embed", 1, 40), ("head", 1, 10)]
    buffers = ("running_mean 4 float32 buffer", "running_var 4 float32 buffer", "num_batches_tracked 1 int64 buffer")
    assert rows[0].holds[2:] == buffers
    assert rows[2].holds[0] == "weight = embed.weight"
    assert sum(row.parameters for row in rows) == summarykit.summarize(model).totals.parameters
    empty = lock_model(summarykit.summarize(nn.Module()).data)
    assert read_lock(lock_text({"": empty})) == {"": empty}
    assert read_lock(lock_text({})) == {}
