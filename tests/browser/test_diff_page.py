"""What the script of a diff's page offers: the list, the tree of both models, search, sort, keys, links, rankings."""

import pytest
import torch
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from torch import nn

import summarykit
from support.pages import HOSTILE, changed_net, hostile, net, write_diff
from support.reader import CELLS, Page

pytestmark = pytest.mark.browser

LIST = ["changed body.0–2.conv × 3", "new body.3", "replaced fc", "renamed new"]
TREE = ["ModuleDict", "body", "0–2 × 3", "changed conv", "new 3", "replaced fc", "renamed new"]
#: Level, before, after and change of each row of the tree; nothing and "–" are 0.
NUMBERS = """
const number = text => Number(text.replace('−', '-').replace(/[^0-9-]/g, '')) || 0;
const own = cell => [...cell.childNodes].filter(each => each.nodeType === 3).map(each => each.data).join('');
return [...document.querySelectorAll('.tree > tbody > tr')].map(row => [Number(row.getAttribute('aria-level')),
  ...[3, 4, 5].map(at => number(own(row.cells[at])))]);
"""


@pytest.fixture
def open_diff(browser, tmp_path):
    def open_(before, after, size=None, **options):
        return Page(browser, write_diff(before, after, tmp_path, **options), **(size or {}))

    yield open_
    assert browser.messages() == []


def names(page):
    return [cells[0] for cells in page.driver.execute_script(CELLS)]


def blocks(page):
    rows = page.driver.find_elements(By.CSS_SELECTOR, ".split tbody tr")
    return [(row.find_element(By.TAG_NAME, "th").text, row.find_elements(By.TAG_NAME, "td")[1].text) for row in rows]


def held_inside(rows):
    """Yield what each row with rows below it counts, and what those right below it count together."""
    for at, (level, *numbers) in enumerate(rows):
        inside = []
        for other, *below in rows[at + 1 :]:
            if other <= level:
                break
            if other == level + 1:
                inside.append(below)
        if inside:
            yield numbers, [sum(column) for column in zip(*inside, strict=True)]


def test_the_list_comes_first_and_the_tree_by_a_switch(open_diff):
    page = open_diff(*changed_net())
    assert names(page) == LIST
    page.click("[name=list]")
    assert names(page) == TREE
    assert page.hash == "#?list="
    page.again("#?list=")
    assert names(page) == TREE
    page.click("[name=list]")
    assert names(page) == LIST
    assert page.cells()["replaced fc"][2:4] == ["170", "118"]


def test_visible_siblings_add_up_to_their_parent(open_diff):
    before, after = net(blocks=4), net(4, blocks=5, odd=(("more", nn.Linear(3, 3)),))
    page = open_diff(before, after)
    page.click("[name=idle]")  # with what is as it was, for the two sides to add up as well
    page.click("[name=expand]")
    for _ in range(2):
        rows = page.driver.execute_script(NUMBERS)
        assert rows[0][3] == rows[0][2] - rows[0][1] == summarykit.diff(before, after).totals.parameters
        pairs = list(held_inside(rows))
        assert len(pairs) > 3
        assert all(own == total for own, total in pairs)
        page.click("[name=fold]")


def test_without_what_is_unchanged_the_changes_still_add_up(open_diff):
    page = open_diff(net(blocks=4), net(4, blocks=5))
    page.click("[name=list]")
    pairs = list(held_inside(page.driver.execute_script(NUMBERS)))
    assert pairs
    assert all(own[2] == total[2] for own, total in pairs)


def test_unchanged_layers_show_in_their_places(open_diff):
    page = open_diff(*changed_net())
    assert "Show the 2 unchanged rows in place" in page.driver.find_element(By.CSS_SELECTOR, ".idle").text
    page.click("[name=idle]")
    order = names(page)
    assert order[:4] == ["ModuleDict", "stem", "body", "0–2 × 3"]
    assert not page.driver.find_element(By.CSS_SELECTOR, "[name=list]").is_selected()
    page.click("[name=list]")
    assert names(page) == LIST
    assert not page.driver.find_element(By.CSS_SELECTOR, "[name=idle]").is_selected()


def test_what_is_told_as_a_whole_is_shut_at_first(open_diff):
    page = open_diff(*changed_net())
    page.click("[name=list]")
    assert page.row("3").get_attribute("aria-expanded") == "false"
    page.row("3").find_element(By.CSS_SELECTOR, ".twist").click()
    assert names(page)[4:7] == ["new 3", "new conv", "new norm"]
    page.click("[name=collapse]")
    assert names(page) == ["ModuleDict", "body", "replaced fc", "renamed new"]
    page.click("[name=expand]")
    assert names(page)[-4:] == ["replaced fc", "new neck", "new out", "renamed new"]


def test_repeats_unfold_in_the_list_and_in_the_tree(open_diff):
    page = open_diff(*changed_net())
    page.click("[name=fold]")
    assert names(page)[:3] == ["changed body.0.conv", "changed body.1.conv", "changed body.2.conv"]
    assert page.cells()["changed body.0.conv"] == [
        "Conv2d", "16 × (8 × 3 × 3 + 1) 16 × (8 ÷ 4 × 3 × 3 + 1)", "1,168", "304", "−864",
    ]  # fmt: skip
    page.click("[name=list]")
    assert names(page)[2:6] == ["0", "changed conv", "1", "changed conv"]


@pytest.mark.parametrize("make", [changed_net, lambda: (nn.Module(), hostile()), lambda: (hostile(), net())])
def test_an_unfolded_page_and_its_script_say_the_same(browser, tmp_path, make):
    """Rows that the script makes are those that the template makes."""
    texts = []
    for fold in (True, False):
        page = Page(browser, write_diff(*make(), tmp_path, fold=fold))
        if fold and page.driver.find_elements(By.CSS_SELECTOR, "[name=fold]"):
            page.click("[name=fold]")
        texts.append(page.driver.execute_script(CELLS))
    assert texts[0] == texts[1]
    assert browser.messages() == []


def test_search_finds_names_types_numbers_and_states(open_diff):
    page = open_diff(*changed_net())
    assert page.search("conv2d changed") == "3 of 6 changes · −2,592 of −2,308 parameters"
    assert page.search("removed") == "No change has this name, type, number or state."
    assert page.search("renamed").startswith("1 of 6 changes · –")
    assert page.search("kept fixed").startswith("1 of 6")
    assert page.search("1,168") == page.search("304 changed") == "3 of 6 changes · −2,592 of −2,308 parameters"
    assert page.search("body.1.conv").startswith("3 of 6")
    assert page.search("fc.neck") == "1 of 6 changes · −52 of −2,308 parameters"  # told with the layer it is in
    page.search("")
    page.click("[name=list]")
    assert page.search("conv2d").startswith("3 of 6 changes · −2,592 of −2,308 parameters · 1 other layer")
    assert names(page) == ["ModuleDict", "body", "0–2 × 3", "changed conv", "new 3", "new conv"]


def test_heads_sort_changes_by_their_size(open_diff):
    page = open_diff(*changed_net())
    page.head("change")
    assert names(page) == LIST
    page.head("change")
    assert names(page) == LIST[::-1]
    page.head("after")
    assert names(page)[:2] == LIST[:2]
    page.head("name")
    assert names(page)[0] == "changed body.0–2.conv × 3"
    page.click("[name=list]")
    page.head("change")
    assert next(name for name in names(page) if name in ("body", "replaced fc", "renamed new")) == "body"


def test_columns_are_switched(open_diff):
    page = open_diff(*changed_net())
    page.column("bytes")
    cells = page.driver.find_elements(By.CSS_SELECTOR, "td.bytes")
    assert [cell.text for cell in cells] == ["−10,368", "+1,344", "−208", ""]
    page.click("[name=list]")
    assert page.driver.find_elements(By.CSS_SELECTOR, "td.bytes")[0].text == "−9,232"
    page.column("type")
    assert not page.driver.find_element(By.CSS_SELECTOR, ".tree > tbody > tr > td").is_displayed()
    assert page.hash == "#?list=&columns=type+bytes"


def test_an_opened_row_tells_both_sides_wherever_it_stands(open_diff):
    page = open_diff(*changed_net())
    page.click("[name=list]")
    for name, texts in (
        ("conv", ("Before, each of 3 · Conv2d", "16 × (8 ÷ 4 × 3 × 3 + 1) = 304", "groups 1 → 4", "reshaped")),
        ("new", ("Before and after · LayerNorm", "kept fixed", "saved under another name")),
    ):
        page.row(name).find_element(By.TAG_NAME, "summary").click()
        more = page.row(name).find_element(By.CSS_SELECTOR, ".more").text
        assert all(each in more for each in texts)
    page.click("[name=expand]")
    page.row("neck").find_element(By.TAG_NAME, "summary").click()
    more = page.row("neck").find_element(By.CSS_SELECTOR, ".more").text
    assert "fc.neck" in more
    assert "After · Linear" in more
    assert "4 × (16 + 1) = 68" in more
    assert "missing in them" in more


def test_links_open_rows_of_the_list_and_of_the_tree(open_diff):
    page = open_diff(*changed_net())
    page.row("body.3").find_element(By.TAG_NAME, "summary").click()
    assert page.hash == "#body.3"
    for hash_, order, row in (
        ("#body.0.conv", LIST, ["body.0–2.conv"]),
        ("#fc", LIST, ["fc"]),
        ("#body", TREE, []),
        ("#stem", ["ModuleDict", "stem", *TREE[1:]], ["stem"]),
    ):
        page.again(hash_)
        assert names(page)[:2] == order[:2]
        assert page.opened() == row
    page.again("#body.1.conv")
    assert page.opened() == ["body.1.conv"]
    page.again("#fc.neck")
    assert page.opened() == ["neck"]


def test_keys_go_through_the_rows(open_diff):
    page = open_diff(*changed_net())
    page.driver.find_element(By.TAG_NAME, "body").send_keys("/")
    page.keys(Keys.ENTER)
    assert page.focused() == "body.0–2.conv"
    page.keys(Keys.ARROW_DOWN, Keys.ENTER)
    assert page.opened() == ["body.3"]
    page.keys(Keys.ESCAPE, Keys.END)
    assert page.opened() == []
    assert page.focused() == "new"
    page.click("[name=list]")
    page.driver.find_element(By.TAG_NAME, "body").send_keys("/")
    page.keys(Keys.ENTER, Keys.ARROW_DOWN, Keys.ARROW_LEFT)
    assert names(page) == ["ModuleDict", "body", "replaced fc", "renamed new"]


def test_a_row_is_copied_with_both_sides(open_diff):
    page = open_diff(*changed_net())
    page.driver.execute_script("navigator.clipboard.writeText = async text => { window.copied = text; }")
    page.row("fc").find_element(By.TAG_NAME, "summary").click()
    buttons = page.row("fc").find_elements(By.CSS_SELECTOR, ".acts button")
    next(each for each in buttons if each.text == "Copy row").click()
    cells = page.driver.execute_script("return window.copied").split("\t")
    assert cells[:2] == ["fc", "replaced"]
    assert cells[-3:] == ["170", "118", "-52"]


def test_where_it_changed_is_told_by_block_by_part_and_by_class(open_diff):
    page = open_diff(*changed_net())
    assert blocks(page) == [("body.0–2 × 3 Block", "−2,592"), ("body.3 Block", "+336"), ("fc ModuleDict", "−52")]
    page.click("[name=by][value=class]")
    assert blocks(page) == [("Conv2d × 4", "−2,288"), ("Linear × 3", "−52"), ("BatchNorm2d", "+32")]
    page.click("[name=of][value=bytes]")
    assert blocks(page)[0] == ("Conv2d × 4", "−9.2 kB")
    assert page.hash == "#?by=class&of=bytes"
    page.again(page.hash)
    assert blocks(page)[0] == ("Conv2d × 4", "−9.2 kB")
    bars = page.driver.find_elements(By.CSS_SELECTOR, ".split svg")
    assert [(bar.get_attribute("class") or "") for bar in bars] == ["less", "less", ""]
    assert bars[0].get_attribute("width") == "50%"


def test_the_picture_marks_what_changed_and_leads_to_its_row(open_diff):
    page = open_diff(*changed_net())
    page.click(".icicle summary")
    page.driver.find_element(By.XPATH, "//*[name() = 'title'][starts-with(., 'body.0–2.conv × 3')]/..").click()
    about = page.driver.find_element(By.CSS_SELECTOR, ".about")
    assert about.text.startswith("body.0–2.conv × 3 Conv2d · changed · 912 parameters")
    assert [each.text for each in page.driver.find_elements(By.CSS_SELECTOR, ".looks li") if each.text][-1] == "changed"
    about.find_element(By.TAG_NAME, "a").click()
    assert page.driver.switch_to.active_element.text.startswith("changed")


def test_multiply_adds_are_told_where_both_ran(open_diff):
    def with_run(width):
        model = nn.Sequential(nn.Linear(8, width), nn.ReLU(), nn.Linear(width, 2))
        return summarykit.summarize(model, input_size=(1, 8))

    page = open_diff(with_run(4), with_run(6))
    assert page.cells()["changed 0"][-1] == "+16"
    page.click("[name=list]")
    assert page.cells()["Sequential"][-1] == "+20"
    page.click("[name=of][value=macs]")
    assert blocks(page) == [("0 Linear", "+16"), ("2 Linear", "+4")]
    page.row("0").find_element(By.TAG_NAME, "summary").click()
    assert "32 → 48 multiply-adds" in page.row("0").text


USE_ALL = """
const every = '.tools [type=checkbox], .idle input, thead button, [name=by], [name=of], .tree summary, .twist';
for (const each of document.querySelectorAll(every)) each.click();
const field = document.querySelector('[type=search]');
for (const words of ['a', '1', 'linear', 'new', '']) { field.value = words; field.dispatchEvent(new Event('input')); }
for (const each of document.querySelectorAll('.tools [type=checkbox], .idle input, .tree summary')) each.click();
"""


def cycle():
    model = nn.Sequential(nn.Linear(2, 2))
    model._modules["self"] = model
    return model


def enormous(width):
    with torch.device("meta"):
        return nn.ModuleList(nn.Linear(2**28, width, bias=False) for _ in range(3))


ODD = {
    "hostile": lambda: (hostile(), nn.Module()),
    "hostile again": lambda: (net(), hostile()),
    "a cycle": lambda: (cycle(), net()),
    "unrelated": lambda: (nn.Linear(2, 2), net()),
    "wrapped": lambda: (nn.Linear(2, 2), nn.Sequential(nn.Linear(2, 2))),
    "unwrapped": lambda: (nn.Sequential(nn.Linear(2, 2), nn.ReLU()), nn.Linear(2, 2)),
    "renamed alone": lambda: (nn.ModuleDict({"a": nn.Linear(2, 2)}), nn.ModuleDict({"b": nn.Linear(2, 2)})),
    "empty": lambda: (nn.Module(), nn.Linear(1, 1)),
    "lazy": lambda: (nn.ModuleDict({"a": nn.LazyLinear(3)}), nn.ModuleDict({"a": nn.Linear(4, 3)})),
    "half": lambda: (net(), net().half()),
    "enormous": lambda: (enormous(2**28), enormous(2**28 + 1)),
}


@pytest.mark.parametrize("name", ODD)
def test_no_pair_of_models_is_too_odd(open_diff, name):
    page = open_diff(*ODD[name]())
    for width in (1280, 390):
        page.browser.resize(width, 900)
        page.driver.execute_script(USE_ALL)
        assert page.driver.execute_script("return document.documentElement.scrollWidth") <= width
    assert page.driver.execute_script("return performance.getEntriesByType('resource').length") == 0


def test_numbers_of_any_size_are_exact(open_diff):
    page = open_diff(enormous(2**28), enormous(2**28 + 1))
    page.click("[name=list]")
    assert page.cells()["ModuleList"][-1] == f"+{3 * 2**28:,}"
    assert page.cells()["ModuleList"][2] == f"{3 * 2**56:,}"


def test_nothing_changed_has_no_script_and_no_table(open_diff):
    page = open_diff(net(), net())
    assert not page.driver.find_elements(By.CSS_SELECTOR, ".tree, script")
    assert "Nothing changed" in page.driver.find_element(By.TAG_NAME, "main").text


def test_hostile_names_are_text(open_diff):
    page = open_diff(nn.Module(), hostile())
    text = " ".join(names(page))
    assert "<script>alert(1)</script>" in text
    assert "\\u202eabc" in text
    page.click("[name=list]")
    page.click("[name=expand]")
    assert HOSTILE[0] in " ".join(names(page))
    assert not page.driver.find_elements(By.CSS_SELECTOR, "main img, main script")
