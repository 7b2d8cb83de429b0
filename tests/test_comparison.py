"""What people do with a diff: every kind of model, every format, hostile names, mistakes."""

import json
import re

import pytest
import torch
from lxml import html
from torch import nn

import summarykit
from summarykit.cli import main
from summarykit.exporters.view.words import visible
from support import hostile
from support.hosts import PARSERS, parsed, unpadded


class Bottleneck(nn.Module):
    def __init__(self, groups):
        super().__init__()
        self.conv1 = nn.Conv2d(32, 64, 1, bias=False)
        self.conv2 = nn.Conv2d(64, 64, 3, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(64)


class Head(nn.Module):
    def __init__(self):
        super().__init__()
        self.neck, self.head = nn.Linear(64, 16), nn.Linear(16, 10)


class Net(nn.Module):
    def __init__(self, *, groups=1, head=None):
        super().__init__()
        self.stem = nn.Conv2d(3, 32, 7)
        self.layer4 = nn.Sequential(*(Bottleneck(groups) for _ in range(3)))
        self.fc = head or nn.Linear(64, 100)


def attention(heads):
    return nn.ModuleDict({"attn": nn.MultiheadAttention(32, heads), "norm": nn.LayerNorm(32)})


@pytest.fixture(scope="module")
def changed():
    after = Net(groups=32, head=Head())
    after.stem.requires_grad_(False)
    return summarykit.diff(Net(), after, title="Small ResNet", source="main → this branch")


def settled(text):
    return text.replace(f"torch {torch.__version__}", "torch X")


def test_the_comment_on_a_pull_request(changed, golden):
    golden("diff.md", settled(changed.to_markdown()))
    before_details = changed.to_markdown().partition("<details>")[0].splitlines()
    assert len(before_details) <= 25


def test_the_text_for_a_terminal(changed, golden):
    golden("diff.txt", settled(str(changed)) + "\n")
    assert max(map(len, str(changed).splitlines())) <= 100


def test_a_diff_of_any_two_kinds_is_the_same(changed, tmp_path):
    after = Net(groups=32, head=Head())
    after.stem.requires_grad_(False)
    summarykit.report(Net(), tmp_path / "before.json")
    summarykit.report(after, tmp_path / "after.json")
    for before in (Net(), summarykit.summarize(Net()), tmp_path / "before.json", str(tmp_path / "before.json")):
        for other in (after, summarykit.summarize(after), tmp_path / "after.json"):
            found = summarykit.diff(before, other, title="Small ResNet", source="main → this branch")
            assert found.to_markdown() == changed.to_markdown()
            assert found.to_json() == changed.to_json()


def test_the_frame_sums_to_the_totals_and_keeps_its_schema(changed):
    for name in ("parameters", "trainable", "bytes", "buffers"):
        assert changed.changes[name].sum() == getattr(changed.totals, name)
    empty = summarykit.diff(Net(), Net()).changes
    assert empty.empty
    assert list(empty.dtypes.items()) == list(changed.changes.dtypes.items())
    assert changed.changes.macs.isna().all()
    assert repr(changed).startswith("<Diff of Net ")


def test_the_json_has_the_keys_it_is_documented_with_and_adds_up(changed):
    told = json.loads(changed.to_json())
    empty = json.loads(summarykit.diff(Net(), Net()).to_json())
    keys = {
        "": "after before changes checkpoint checks comparison config groups limits new notes same totals "
        "unchanged_layers",
        "before": "fingerprint name torch totals",
        "checks": "list ok",
        "checkpoint": "converted loads loads_loosely merged misplaced missing names reason renamed reshaped "
        "silently_wrong unexpected untouched",
    }
    for found in (told, empty):
        assert {key: sorted(found[key] if key else found) for key in keys} == {k: v.split() for k, v in keys.items()}
    for change in told["changes"]:
        assert sorted(change) == ["after", "before", "change", "dtypes", "settings", "states"]
        assert sorted(change["change"]) == ["buffers", "bytes", "macs", "parameters", "trainable"]
        for side in filter(None, (change["before"], change["after"])):
            assert sorted(side) == ["adds_to_total", "formula", "path", "qualified_type", "type"]
    for group in told["groups"]:
        assert sorted(group) == ["each", "layers", "parameters", "path", "states", "times"]
        assert group["each"] * group["times"] == group["parameters"]
    change = told["totals"]["parameters"]
    assert sum(found["change"]["parameters"] for found in told["changes"]) == change
    assert sum(group["parameters"] for group in told["groups"]) == change
    assert sum(group["layers"] for group in told["groups"]) == len(told["changes"])


def test_numbers_beyond_64_bits_stay_exact():
    huge = nn.ModuleList()
    for _ in range(9):
        layer = nn.Module()
        layer.weight = nn.Parameter(torch.empty(2**30, 2**30, device="meta"))
        huge.append(layer)
    found = summarykit.diff(nn.ModuleList(), huge)
    assert found.totals.parameters == sum(found.changes.parameters) == 9 * 2**60
    assert found.checks.ok


def test_multiply_adds_are_compared_where_both_were_watched():
    before = summarykit.summarize(nn.Sequential(nn.Linear(8, 4), nn.Linear(4, 2)), input_size=(1, 8))
    after = summarykit.summarize(nn.Sequential(nn.Linear(8, 6), nn.Linear(6, 2)), input_size=(1, 8))
    found = summarykit.diff(before, after)
    assert found.totals.macs == found.changes.macs.sum() == (48 + 12) - (32 + 8)
    assert "40 → 60 multiply-adds" in found.to_markdown()
    again = summarykit.summarize(nn.Sequential(nn.Linear(8, 4), nn.Linear(4, 2)), input_size=(3, 8))
    other = summarykit.diff(before, again)
    assert set(other.changes.state) == {"compute"}
    assert "different inputs" in str(other.notes)
    assert "no multiply-adds" in str(summarykit.diff(before, nn.Linear(2, 2)).notes)


def test_nothing_changed_is_one_line(tmp_path, capsys):
    found = summarykit.diff(Net(), Net())
    assert str(found).count("\n") == 0
    assert "nothing changed" in str(found)
    marker, line = found.to_markdown().splitlines()
    assert marker == "<!-- summarykit:diff key=Net -->"
    assert "nothing changed" in line


def test_a_setting_that_changes_no_count_is_told():
    text = summarykit.diff(attention(8), attention(16)).to_markdown()
    assert "parameters unchanged" in text
    assert "`num_heads` 8 → 16" in text
    assert "✅ Existing checkpoints still load" in text


def test_two_different_models_are_no_error_and_it_is_said():
    found = summarykit.diff(Net(), attention(2))
    assert any("no layer in common" in note for note in found.notes)
    assert "⚠︎ Before is a Net, after is a ModuleDict." in found.to_markdown()


@pytest.mark.parametrize("parse", PARSERS)
@pytest.mark.parametrize("name", hostile.NAMES, ids=ascii)
def test_a_name_stays_in_its_cell(name, parse):
    for before, after in ((nn.Module(), hostile.model(name)), (hostile.model(name), nn.Module())):
        found = summarykit.diff(before, after, title=name)
        text = found.to_markdown()
        assert text.startswith("<!-- summarykit:diff key=")
        root = parse(text)
        rows = [[cell.text_content() for cell in row] for row in root.iter("tr")]
        assert {len(row) for row in rows} == {3}
        shown = visible(name) or '""'
        assert len(shown) > 60 or any(f" {shown}" in f" {row[0]}" for row in rows)
        assert json.loads(found.to_json())["comparison"] == 1
        assert str(found)


@pytest.mark.parametrize(
    ("title", "key"),
    [("my_model v2", "my_model%20v2"), ("__x__", "%5f%5fx%5f%5f"), ("a-->b", "a%2d-%3eb"), ("é*", "%e9%2a")],
)
def test_the_marker_of_a_comment_is_the_same_text_wherever_it_is_looked_for(title, key):
    text = summarykit.diff(nn.Linear(2, 2), nn.Linear(2, 3), title=title).to_markdown()
    assert text.startswith(f"<!-- summarykit:diff key={key} -->\n")


def test_in_a_terminal_names_and_formulas_stand_whole():
    def model(width):
        inner = nn.Sequential(nn.Conv2d(512, width, 3))
        for name in ("convolution", "layers", "encoder_of_the_lower_stage", "backbone"):
            inner = nn.ModuleDict({name: inner})
        return inner

    text = str(summarykit.diff(model(512), model(1024)))
    name = "backbone.encoder_of_the_lower_stage.layers.convolution.0"
    (line,) = (line for line in text.splitlines() if line.startswith("changed"))
    assert line == f"changed  {name}  +2,359,808"
    assert (
        "\n           512 × (512 × 3 × 3 + 1) = 2,359,808\n           1,024 × (512 × 3 × 3 + 1) = 4,719,616\n" in text
    )


def test_text_reaches_the_terminal_as_text():
    found = summarykit.diff(nn.Module(), hostile.model("[red]a\x1b[31m"))
    assert "[red]a\\x1b[31m" in str(found)


# ---------------------------------------------------------------- mistakes


def test_a_format_without_a_report_on_changes_is_refused_before_any_work(tmp_path):
    with pytest.raises(summarykit.SummaryKitError, match="no format has the suffix"):
        summarykit.diff(None, None, tmp_path / "x.nothing")


def test_a_saved_diff_is_no_summary(tmp_path):
    summarykit.diff(Net(), Net(), tmp_path / "diff.json")
    with pytest.raises(ValueError, match="what changed between two models"):
        summarykit.load(tmp_path / "diff.json")


def test_what_is_no_model_is_told():
    with pytest.raises(TypeError, match="the class Linear"):
        summarykit.diff(nn.Linear(2, 2), nn.Linear)


def test_a_newer_file_is_told_and_which_of_the_two_it_is(tmp_path):
    path = tmp_path / "new.json"
    path.write_text('{"format": 99}', encoding="utf-8")
    summarykit.report(nn.Linear(2, 2), tmp_path / "good.json")
    for pair in ((path, tmp_path / "good.json"), (tmp_path / "good.json", path)):
        with pytest.raises(ValueError, match=r"new\.json': the file has format 99"):
            summarykit.diff(*pair)


# ---------------------------------------------------------------- the command line


def test_the_command_prints_and_writes(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["report", "summarykit.examples:sequential", "-o", "base.json"]) == 0
    capsys.readouterr()
    arguments = ["--arg", "in_features=2", "--arg", "out_features=3", "--meta", "--title", "Mine"]
    assert main(["diff", "base.json", "torch.nn:Linear", *arguments, "-o", "pr.md", "-o", "pr.json"]) == 0
    printed = capsys.readouterr().out
    assert "Mine: −72 parameters" in printed
    assert "wrote pr.md" in printed
    assert "Before is a Sequential, after is a Linear." in (tmp_path / "pr.md").read_text("utf-8")
    assert json.loads((tmp_path / "pr.json").read_text())["totals"]["parameters"] == -72


def test_the_command_tells_in_one_line_that_nothing_changed(capsys):
    assert main(["diff", "summarykit.examples:sequential", "summarykit.examples:sequential"]) == 0
    assert capsys.readouterr().out == (
        "Sequential: nothing changed · 81 parameters · 324 bytes · Existing checkpoints still load\n"
    )


def test_the_command_watches_both_where_asked(capsys):
    target = "summarykit.examples:sequential"
    assert main(["diff", target, "torch.nn:Linear", "--input", "1,16"]) == 2  # a Linear needs arguments
    assert main(["diff", target, target, "--input", "1,16"]) == 0
    assert "nothing changed" in capsys.readouterr().out


def test_a_mistake_of_the_command_ends_with_2(capsys):
    assert main(["diff", "nowhere:model", "nothing.json"]) == 2
    assert main(["diff", "summarykit.examples:sequential", "nothing.json"]) == 2
    assert "there is no file 'nothing.json'" in capsys.readouterr().err


# ---------------------------------------------------------------- the page and the notebook


@pytest.mark.parametrize("name", hostile.NAMES, ids=ascii)
def test_a_name_is_text_on_the_page_and_in_the_notebook(name):
    found = summarykit.diff(hostile.model(name), nn.Module(), title=name, source=name)
    for markup, scripts in ((found.to_html(), ["application/json", None]), (found._repr_html_(), [])):
        root = html.document_fromstring(markup)
        assert [script.get("type") for script in root.iter("script")] == scripts
        rows = root.xpath("//tbody/tr/th[@scope = 'row'] | //table[contains(@class, 'tree')]//summary")
        names = [cell.text_content() for cell in rows]
        shown = visible(name) or '""'
        assert len(shown) > 60 or any(each.endswith(f" {shown}") for each in names)


def test_the_page_allows_its_own_style_and_nothing_else(changed):
    text = changed.to_html()
    root = html.document_fromstring(text)
    (policy,) = [meta.get("content") for meta in root.iter("meta") if meta.get("http-equiv")]
    assert re.fullmatch(
        "default-src 'none'; style-src 'sha256-[^ ]+'; script-src 'sha256-[^ ]+'; base-uri 'none'; form-action 'none'",
        policy,
    )
    assert "−112,426 parameters (−87.6%)" in root.text_content()
    assert "64 × (64 ÷ 32 × 3 × 3) = 1,152" in root.text_content()
    assert "The changes add up to −112,426" in root.text_content()


def test_a_template_of_ones_own_goes_before_the_built_in_one(tmp_path):
    for folder, text in (("markdown", "mine {{ diff.headline }}"), ("html", "<p>mine {{ diff.title }}</p>")):
        (tmp_path / folder).mkdir()
        suffix = "md" if folder == "markdown" else folder
        (tmp_path / folder / f"diff.{suffix}.j2").write_text(text, encoding="utf-8")
    found = summarykit.diff(nn.Linear(2, 2), nn.Linear(2, 3), title="<b>", templates=tmp_path)
    assert found.to_markdown() == "mine +3 parameters (+50.0%)"
    assert found.to_html() == "<p>mine &lt;b&gt;</p>"


def test_nothing_changed_says_so_everywhere():
    found = summarykit.diff(Net(), Net())
    assert "Nothing changed" in found.to_html()
    assert "nothing changed" in found._repr_html_()


class Counter(nn.Module):
    def __init__(self, *, persistent):
        super().__init__()
        self.register_buffer("seen", torch.zeros(2), persistent=persistent)


def test_what_no_formula_shows_is_told_tensor_by_tensor():
    text = summarykit.diff(Counter(persistent=False), Counter(persistent=True)).to_markdown()
    assert "`seen` 2 (not saved, not learned) → 2 (saved, not learned)" in text


def test_a_single_number_that_became_a_list_of_one_is_told():
    def model(*shape):
        held = nn.Module()
        held.scale = nn.Parameter(torch.zeros(shape))
        return held

    for before, after, told in (((), (1,), "a single number → 1"), ((1,), (), "1 → a single number")):
        assert f"`scale` {told}" in summarykit.diff(model(*before), model(*after)).to_markdown()


def test_a_new_layer_without_parameters_is_told_by_its_class():
    before, after = nn.Sequential(nn.Linear(2, 2)), nn.Sequential(nn.Linear(2, 2), nn.Dropout())
    assert "| new `1` | Dropout | – |" in unpadded(summarykit.diff(before, after).to_markdown())


class Wide(nn.Module):
    """Layers that are all different, with names as long as GitHub's comments can bear only so many of."""

    def __init__(self, number, size):
        super().__init__()
        for at in range(number):
            self._modules[f"{'|' * size}{at}"] = nn.Linear(at + 1, 1)


@pytest.mark.parametrize("size", [20, 60, 2_000])
def test_a_comment_stays_within_what_a_host_takes(size):
    text = summarykit.diff(nn.Module(), Wide(400, size), title="Wide").to_markdown()
    assert len(text) <= 60_000
    assert "left out here" in text
    assert "The changes add up to +80,600" in text
    assert parsed(text).find(".//sub") is not None
    assert text.count("<details>") == text.count("</details>")
