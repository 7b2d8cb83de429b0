"""The page as it is written: what it says, in which order, and what it must not hold."""

import base64
import hashlib
import json
import re

import lxml.html
import pytest
import torch
from torch import nn

from summarykit import summarize
from summarykit.exporters.html.exporter import breaks
from summarykit.exporters.view import build_view
from summarykit.exporters.view.words import visible
from summarykit.summary.selection import Selection
from support.pages import HOSTILE, Odd, data_of, hostile, page_from, page_of, repeated, sequential, wide


def text_of(element):
    return " ".join(element.text_content().split())


def tree_of(page):
    """Each row of the table as the texts of its cells; of the first cell, the closed part alone."""
    rows = lxml.html.fromstring(page).xpath("//table[contains(@class, 'tree')]/tbody/tr")
    return [
        [text_of(row.xpath("./th/details/summary | ./th[not(details)]")[0]), *map(text_of, row.xpath("./td"))]
        for row in rows
    ]


def sha256(text):
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def policy_of(page):
    return lxml.html.fromstring(page).xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]


def test_the_smallest_model_is_told_in_words_and_numbers():
    page = page_of(sequential(), source="demo.py")
    text = text_of(lxml.html.fromstring(page).xpath("//main")[0])
    for sentence in (
        "81 parameters",
        "demo.py · torch",
        "✓ 3 of 3 counts agree with PyTorch",
        "Linear 0: each of the 4 neurons has 16 weights, one per input, and 1 bias: 4 × (16 + 1) = 68",
        "Total 68 + 10 + 3 = 81.",
        "out_features × (in_features + 1)",
        "verified · rule for torch.nn.modules.linear.Linear",
    ):
        assert sentence in text
    assert text.count("Checked means:") == 1


def test_the_table_says_what_the_view_says():
    data = data_of(repeated())
    tree = tree_of(page_of(repeated()))
    rows = build_view(data).rows
    assert len(tree) == len(rows)
    for cells, row in zip(tree, rows, strict=True):
        assert cells[0].split()[0] == row.name
        assert cells[1] == row.type
        assert cells[3] == row.own
        assert cells[4].startswith(row.inside)
        assert cells[5] == row.share


def test_a_folded_row_stands_for_all_its_copies_and_says_so():
    rows = {cells[0]: cells for cells in tree_of(page_of(repeated()))}
    assert rows["0–11 × 12"][4] == "56,678,400 12 × 4,723,200"
    assert rows["norm"][2:5] == ["✓ 2 × 768 = 1,536", "18,432", "18,432 12 × 1,536"]
    assert rows["wte"][2] == "✓ 50,257 × 768"  # the result stands beside it


def test_the_sections_come_in_order_and_so_do_the_headings():
    small, large = (lxml.html.fromstring(page_of(model)) for model in (sequential(), repeated()))
    ends = [
        "Where the parameters are",
        "Layers",
        "The tree as a picture",
        "Memory: to run, to train",
        "How it was made",
        "Glossary",
    ]
    assert [text_of(h) for h in small.xpath("//h1 | //h2 | //h3")] == ["Sequential", "In words", *ends]
    assert [text_of(h) for h in large.xpath("//h1 | //h2 | //h3")] == [
        "ModuleDict",
        "The whole total in one line",
        *ends,
    ]


def test_problems_come_first_in_words():
    document = lxml.html.fromstring(page_of(Odd()))
    boxes = [text_of(box) for box in document.xpath("//section[@aria-label='Checks']/*")]
    assert boxes[0].startswith("✗ Formula and PyTorch differ. body.wrong: the formula gives 4,160, PyTorch holds 4,224")
    assert boxes[1].startswith("! Not known until the first input.")
    assert boxes[-1].startswith("Checked means:")


def test_every_grade_has_its_sign_and_its_word():
    rows = {cells[0]: cells for cells in tree_of(page_of(Odd()))}
    assert rows["wrong"][2] == "✗ Does not match 64 × (64 + 1) = 4,160"
    assert rows["wrong"][3] == "4,224"
    assert rows["lazy"][2:4] == ["– Size only", "not known yet"]
    assert rows["Odd"][2] == "– Size only"
    signs = lxml.html.fromstring(page_of(Odd())).xpath("//td/i")
    assert {(text_of(sign), sign.get("aria-label"), sign.get("role")) for sign in signs} == {
        ("✓", None, None),  # read aloud as what it is
        ("–", "Size only", "img"),
        ("✗", "Does not match", "img"),
    }


def test_numbers_that_count_elsewhere_say_where():
    rows = {cells[0]: cells for cells in tree_of(page_of(Odd()))}
    assert rows["head same numbers as embed, counted there"][3:] == ["64,000", "0", "–"]
    assert rows["again same numbers as body.norm, counted there"][4] == "0"


def test_an_opened_row_has_every_tensor_and_every_line():
    page = page_of(Odd())
    row = lxml.html.fromstring(page).xpath("//tr[th/details/summary/code = 'rnn']")[0]
    assert [text_of(line) for line in row.xpath(".//ul/li")] == [
        "layer 0: 4 × 32 × (64 + 32 + 2) = 12,544",
        "layer 1: 4 × 32 × (32 + 32 + 2) = 8,448",
    ]
    tensors = [[text_of(cell) for cell in line] for line in row.xpath(".//table//tr[td]")]
    assert ["weight_ih_l0", "128 × 64", "8,192"] in tensors
    assert "float32, learned in training where nothing else is said" in page
    assert len(tensors) == 8


def test_rows_without_parameters_are_counted_where_they_are_hidden():
    document = lxml.html.fromstring(page_of(Odd()))
    assert "Show the one row without parameters" in text_of(document.xpath("//main")[0])
    assert len(document.xpath("//tr[contains(@class, 'none')]")) == 1
    assert not lxml.html.fromstring(page_of(sequential())).xpath("//label[@class='idle']")


@pytest.mark.large
def test_rows_that_do_not_fit_are_counted():
    data = data_of(wide())
    page, view = page_from(data), build_view(data, most_rows=500)
    assert len(page.encode()) <= 1_500_000
    assert len(tree_of(page)) == len(view.rows) == 500
    assert view.rows_left_out
    assert view.rows_left_out in page


def test_an_empty_model_has_a_page():
    assert "This model has no parameters." in page_of(nn.ReLU())


def test_the_policy_allows_the_style_and_the_script_that_are_there_and_nothing_else():
    page = page_of(Odd())
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    scripts = "".join(f" {sha256(script)}" for script in re.findall(r"<script>(.*?)</script>", page, re.DOTALL))
    sources = f"style-src {sha256(style)}; script-src{scripts}"
    assert policy_of(page) == f"default-src 'none'; {sources}; base-uri 'none'; form-action 'none'"


@pytest.mark.parametrize("make", [Odd, hostile, repeated])
def test_nothing_is_inline_and_nothing_is_asked_for(make):
    page = page_of(make(), source="x")
    document = lxml.html.fromstring(page)
    assert not document.xpath("//img | //link | //iframe | //object | //form | //base")
    assert [script.get("type") for script in document.xpath("//script")] == ["application/json", None]
    assert all(link.get("href").startswith("#") for link in document.xpath("//a"))
    attributes = {name for element in document.iter() for name in element.attrib}
    assert not {name for name in attributes if name.startswith("on")} | attributes & {"style", "src"}
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)[1]
    assert not re.search(r"url\(|@import|https?:|//", style)


def test_hostile_names_are_text_and_nothing_else():
    document = lxml.html.fromstring(page_of(hostile()))
    plain = lxml.html.fromstring(page_of(nn.Sequential(nn.Linear(3, 4), nn.ReLU())))
    own_tags = {"wbr", "a", "input", "label", "section", "nav", "script", "svg", "rect", "text"}
    assert {e.tag for e in document.iter()} - {e.tag for e in plain.iter()} <= own_tags
    names = [code.text_content() for code in document.xpath("//tr[contains(@class, 'd1')]/th/code")]
    assert names == [visible(name) for name in HOSTILE]
    tensors = {th.text_content() for th in document.xpath("//table[@class='tensors']//tr[td]/th")}
    assert tensors >= {visible(name) for name in HOSTILE}
    assert "49" not in names


def test_a_name_breaks_after_its_dots_and_copies_as_it_stands():
    assert breaks("model.layers.0–31.DownProj") == "model.<wbr>layers.<wbr>0–31.<wbr>Down<wbr>Proj"
    assert breaks("<b>.a & b.c</b>") == "&lt;b&gt;.<wbr>a &amp; b.<wbr>c&lt;/<wbr>b&gt;"
    assert breaks("a.b") == "a.b"


def test_the_same_model_gives_the_same_bytes():
    assert page_of(Odd()) == page_of(Odd())
    assert page_of(repeated()) == page_of(repeated())


def test_a_template_of_the_users_goes_before_and_its_policy_follows(tmp_path):
    folder, script = tmp_path / "html", "document.title += '!';"
    folder.mkdir()
    (folder / "report.html.j2").write_text(
        '{% extends "summarykit/html/report.html.j2" %}'
        "{% block style %}{{ super() }}h1 { color: #123456; }{% endblock %}"
        f"{{% block head %}}<script>{script}</script>{{% endblock %}}"
        "{% block foot %}{{ super() }}<p>For Example Ltd, {{ m.rich(report.sentence) }}</p>{% endblock %}"
    )
    page = page_of(sequential(), templates=(tmp_path,))
    assert "<p>For Example Ltd, 84.0% are in <code>0</code> (Linear), 68.</p>" in page
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)[1]
    assert "#123456" in style
    assert f"style-src {sha256(style)}; script-src {sha256(script)} " in policy_of(page)


def test_the_looks_alone_can_be_replaced(tmp_path):
    (tmp_path / "html").mkdir()
    (tmp_path / "html" / "report.css").write_text("body { margin: 1px; }")
    page = page_of(sequential(), templates=(tmp_path,))
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)[1]
    assert style.strip().startswith("body{margin:1px}")
    assert "--page" not in style.partition(".icicle")[0]
    assert sha256(style) in policy_of(page)


def test_the_page_can_be_read_aloud():
    document = lxml.html.fromstring(page_of(Odd()))
    assert document.get("lang") == "en"
    assert all(table.xpath("./caption") for table in document.xpath("//main//table[not(@class='tensors')]"))
    heads = document.xpath("//table[not(@class='tensors')]/thead//th | //table[not(@class='tensors')]/tbody/tr/th")
    assert heads
    in_rows = {head for head in heads if head.xpath("following-sibling::td") and not head.xpath("ancestor::thead")}
    assert all(head.get("scope") in ("col", "rowgroup") for head in set(heads) - in_rows)
    pictures = document.xpath("//svg[not(ancestor::svg)]")
    assert all(svg.get("aria-label") or svg.get("role") == "none" for svg in pictures)
    assert all(text_of(label) for label in document.xpath("//label"))
    assert len(document.xpath("//label/input")) == len(document.xpath("//input"))


@pytest.mark.parametrize(("make", "limit"), [(sequential, 68_500), (repeated, 71_500)])
def test_a_page_is_small(make, limit):
    assert len(page_of(make()).encode()) <= limit


def test_the_page_of_a_resnet_is_small():
    transformers = pytest.importorskip("transformers")
    with torch.device("meta"):
        model = transformers.ResNetForImageClassification(transformers.ResNetConfig())
        image = torch.zeros(1, 3, 224, 224)
    assert len(page_of(model).encode()) <= 120_000
    page = page_from(summarize(model, inputs=image).data)
    assert len(page.encode()) <= 173_000
    assert len(re.search(r"<script>(.*)</script>", page, re.DOTALL)[1].encode()) <= 40_000


def test_what_was_left_out_on_request_does_not_come_back_by_a_script():
    page = page_of(repeated(), selection=Selection(depth=1))
    document = lxml.html.fromstring(page)
    page_data = json.loads(document.xpath("//script[@type='application/json']")[0].text)
    assert [cells[0] for cells in tree_of(page)][:2] == ["ModuleDict", "wte"]
    assert len(tree_of(page)) == len(page_data["runs"]) == page_data["modules"] == 3
    assert (page_data["root"], page_data["names"]) == (1, ["wte", "h"])
    assert page_data["runs"] == [[], [1, 1, 0, 2, 1, 2], []]
    assert page_data["columns"]["layers"] == [1, 0, 36]  # what is not shown counts where it is
    assert sum(page_data["columns"]["adds"]) == page_data["total"] == 95_275_776
    assert "6 rows of the tree" in text_of(document.xpath("//p[contains(@class, 'left-out')]")[0])


def test_what_rows_have_in_common_is_told_once_and_pointed_to():
    document = lxml.html.fromstring(page_of(nn.ModuleDict({"a b": nn.Linear(8, 8), "c": nn.Linear(8, 8)})))
    (link,) = document.xpath("//tr[@id='c']//a[@class='as whole']/@href")
    assert link == "#.1"
    assert document.xpath("//tr[@id='a b']//div[@id='.1']/table[@class='tensors']")
    assert not document.xpath("//tr[@id='c']//table[@class='tensors']")


def test_formulas_in_names_are_told_once_and_numbers_in_every_row():
    document = lxml.html.fromstring(page_of(nn.Sequential(nn.Linear(8, 7), nn.Linear(7, 6), nn.Conv1d(2, 3, 1))))
    rows = [[text_of(line) for line in row.xpath(".//div[@class='told']/p")] for row in document.xpath("//tr[@id]")]
    assert rows[0][:2] == ["out_features × (in_features + 1)", "= 7 × (8 + 1) = 63"]
    assert rows[0][-1] == "✓ Checked verified · rule for torch.nn.modules.linear.Linear"
    assert [lines[0] for lines in rows[1:]] == [
        "= 6 × (7 + 1) = 48 names and rule",
        "out_channels × (in_channels × kernel_size[0] + 1)",
    ]
    (link,) = document.xpath("//tr[@id='1']//a[@class='as']/@href")
    assert document.xpath(f"//tr[@id='0']//div[@id='{link[1:]}']")


def test_a_page_carries_what_it_uses(tmp_path):
    small, ran, many = page_of(repeated()), page_from(summarize(sequential(), input_size=(1, 16)).data), page_of(wide())
    assert [("function look(" in page, ".ran{" in page) for page in (small, ran, many)] == [
        (False, False),
        (False, True),
        (True, False),
    ]
