"""The page of a diff: its table, what opening a row shows, where the change is."""

import lxml.html
import pytest
import torch
from torch import nn

import summarykit


class Block(nn.Module):
    """Parts of their own names."""

    def __init__(self, groups):
        super().__init__()
        self.conv = nn.Conv2d(8, 16, 3, groups=groups)
        self.norm = nn.BatchNorm2d(16)


def net(groups=1, head=None):
    """Three blocks alike, and a head."""
    return nn.ModuleDict({"body": nn.Sequential(*(Block(groups) for _ in range(3))), "fc": head or nn.Linear(16, 10)})


def page(before, after, **options):
    return lxml.html.fromstring(summarykit.diff(before, after, **options).to_html())


def text_of(element):
    return " ".join(element.text_content().split())


def cell_of(cell):
    """The text of a cell, its lines beside each other."""
    return " / ".join(map(text_of, cell.xpath("./div"))) or text_of(cell)


def rows_of(document):
    """What a reader sees of each row: name, type, formulas, before, after, change."""
    rows = document.xpath("//table[contains(@class, 'tree')]/tbody/tr")
    return [[text_of(row.xpath("./th//summary")[0]), *map(cell_of, row.xpath("./td"))] for row in rows]


@pytest.fixture(scope="module")
def diff_page():
    head = nn.ModuleDict({"neck": nn.Linear(16, 4), "out": nn.Linear(4, 10)})
    return page(net(), net(groups=4, head=head))


def test_a_row_tells_what_it_was_and_what_it_is(diff_page):
    conv, head = rows_of(diff_page)
    assert conv == [
        "changed body.0–2.conv × 3", "Conv2d", "16 × (8 × 3 × 3 + 1) = 1,168 / 16 × (8 ÷ 4 × 3 × 3 + 1) = 304",
        "3,504", "912", "−2,592 3 × −864",
    ]  # fmt: skip
    assert head[0] == "replaced fc"
    assert head[3:] == ["170", "118", "−52"]


def test_an_opened_row_tells_both_sides(diff_page):
    conv, head = diff_page.xpath("//div[@class='more']")
    before, after = map(text_of, conv.xpath("./div[@class='told']"))
    assert "Before, each of 3 · Conv2d" in before
    assert "16 × (8 × 3 × 3 + 1) = 1,168" in before
    assert "Each of the 16 filters has 72 weights" in before
    assert "✓ Checked verified" in after
    assert "split into 4 groups" in after
    lines = [[text_of(cell) for cell in row] for row in conv.xpath(".//table[@class='tensors']/tr")]
    assert lines[1] == ["weight", "16 × 8 × 3 × 3", "16 × 2 × 3 × 3", "reshaped", "float32, learned in training"]
    assert lines[2] == ["bias", "16", "16", "", "float32, learned in training"]
    assert "Settings: groups 1 → 4" in text_of(conv)
    lines = [[text_of(cell) for cell in row] for row in head.xpath(".//table[@class='tensors']/tr")]
    assert lines[1] == ["weight", "10 × 16", "–", "removed, in checkpoints unexpected", "float32, learned in training"]
    assert "new neck Linear 4 × (16 + 1) = 68" in text_of(head)


def test_what_both_sides_have_in_common_is_told_once():
    document = page(nn.Sequential(nn.Linear(3, 4)), nn.Sequential(nn.Linear(3, 5)))
    before, after = map(text_of, document.xpath("//div[@class='told']"))
    assert "out_features × (in_features + 1)" in before
    assert "✓ Checked verified" in before
    assert after == (
        "After · Linear5 × (3 + 1) = 20Each of the 5 neurons has 3 weights, one per input, and 1 bias."
        "Formula and check as before"
    )


@pytest.mark.large
def test_a_page_of_as_many_rows_as_may_be_is_no_larger_than_three_megabytes():
    def layers(more):
        with torch.device("meta"):
            return nn.ModuleDict({f"x{at}y": nn.Conv2d(at % 89 + 1, at // 89 + 1 + more, 3) for at in range(2000)})

    markup = summarykit.diff(layers(0), layers(1)).to_html()
    assert len(rows_of(lxml.html.fromstring(markup))) == 2000
    assert len(markup.encode()) <= 3_000_000


def test_where_it_changed_adds_up_and_goes_to_both_sides():
    document = page(net(), net(groups=4, head=nn.Linear(16, 100)))
    blocks = [list(map(text_of, row)) for row in document.xpath("//table[contains(@class, 'split')]/tbody/tr")]
    assert [(block[0], block[2]) for block in blocks] == [("body.0–2 × 3 Block", "−2,592"), ("fc Linear", "+1,530")]
    bars = document.xpath("//table[contains(@class, 'split')]//svg")
    assert [(bar.get("class"), bar.get("width")) for bar in bars] == [("less", "50.0%"), (None, "29.5%")]


def test_what_holds_nothing_and_what_was_not_there_have_no_number():
    before = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    rows = rows_of(page(before, nn.Sequential(nn.Linear(2, 2), nn.GELU(), nn.Linear(5, 2))))
    assert rows == [
        ["new 2", "Linear", "2 × (5 + 1)", "–", "12", "+12"],
        ["replaced 1", "GELU", "ReLU replaced by GELU", "", "", "–"],
    ]


def test_a_layer_that_was_renamed_tells_its_old_name_and_what_to_rename_in_a_checkpoint():
    layer = nn.Linear(3, 4)
    document = page(nn.ModuleDict({"fc": layer}), nn.ModuleDict({"head": layer}))
    (row,) = rows_of(document)
    assert row == ["renamed head", "Linear", "4 × (3 + 1) / renamed, was fc", "16", "16", "–"]
    more = text_of(document.xpath("//div[@class='more']")[0])
    assert "Before and after · Linear" in more
    assert "in checkpoints saved under another name" in more


@pytest.mark.large
def test_of_very_many_changes_the_largest_stand_in_the_page():
    with torch.device("meta"):
        before = nn.ModuleList(nn.Linear(at + 1, 1) for at in range(2500))
        after = nn.ModuleList(nn.Linear(at + 1, 2) for at in range(2500))
    diff = summarykit.diff(before, after)
    document = lxml.html.fromstring(diff.to_html())
    rows = rows_of(document)
    assert len(rows) == 500
    assert rows[0][-1] == "+2,501"
    visible = sum(int(row[-1].replace(",", "")) for row in rows)
    (line,) = document.xpath("//p[contains(@class, 'left-out')]")
    assert text_of(line) == f"2,000 smaller changes are not shown here, +{diff.totals.parameters - visible:,}"


def test_a_model_that_is_new_has_a_page_and_nothing_is_said_of_checkpoints():
    from summarykit.comparison import Diff
    from summarykit.summary.diff.no_base import compare_without_base

    document = lxml.html.fromstring(Diff(compare_without_base(summarykit.summarize(net()).data)).to_html())
    assert [row[0] for row in rows_of(document)] == ["new body.0–2.conv × 3", "new fc", "new body.0–2.norm × 3"]
    assert "checkpoints" not in text_of(document.xpath("//table[contains(@class, 'tree')]")[0])


def test_the_picture_of_the_model_marks_what_changed_and_what_is_around_it():
    after = net()
    after["body"][1].conv = nn.Conv2d(8, 16, 3, groups=4)
    document = page(net(), after)
    boxes = {text_of(each): each.getparent().get("class") for each in document.xpath("//*[@class='boxes']//title")}
    marks = {title for title, look in boxes.items() if "changed" in look.split()}
    assert marks == {title for title in boxes if title.endswith(", changed")} == {
        "body, changed", ".1, changed", ".conv, changed",
    }  # fmt: skip
    assert ".0,2 × 2" in boxes
    assert "fc" in boxes
    assert [text_of(each) for each in document.xpath("//ul[@class='looks']/li")][-1] == "changed"


def test_a_model_that_lost_a_part_is_marked_where_it_lost_it():
    before, after = net(), net()
    before["body"][2].more = nn.Linear(3, 3)
    titles = [text_of(each) for each in page(before, after).xpath("//*[@class='boxes']//title")]
    assert [title for title in titles if "changed" in title] == ["body, changed", ".2, changed"]


def test_nothing_changed_has_no_table():
    document = page(net(), net())
    assert not document.xpath("//table[contains(@class, 'tree')]")
    assert "Nothing changed" in text_of(document)
