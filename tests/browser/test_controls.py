"""What the script of the page offers: search, sort, folding, columns, keys, links, copying."""

import pytest
import torch
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from torch import nn

import summarykit
from support.pages import HOSTILE, Odd, hostile, lent, page_from, repeated, sequential, taking_turns, write_page
from support.reader import CELLS, Page

pytestmark = pytest.mark.browser


@pytest.fixture
def open_page(browser, tmp_path):
    pages = []

    def open_(model, size=None, **options):
        pages.append(Page(browser, write_page(model, tmp_path, **options), **(size or {})))
        return pages[-1]

    yield open_
    assert browser.messages() == []


def two_stages():
    """Repeats within repeats, beside layers of their own."""

    def block(width):
        return nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, width, bias=False))

    with torch.device("meta"):
        return nn.ModuleDict(
            {
                "stem": nn.Conv2d(3, 8, 3),
                "body": nn.ModuleList(nn.ModuleList(block(8) for _ in range(3)) for _ in range(4)),
                "head": nn.Linear(8, 1000),
            }
        )


def tied():
    """Blocks whose names end in a number, each with a tie inside; one layer outside borrows too."""

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = nn.Sequential(nn.Linear(4, 4), nn.ReLU())
            self.head = nn.Linear(4, 4)
            self.head.weight = self.body[0].weight
            self.again = self.body

    model = nn.Module()
    for at in range(8, 12):
        model.add_module(f"block{at:02}", Block())
    model.add_module("out", nn.Linear(4, 4))
    model.out.weight = model.block09.body[0].weight
    return model


def test_search_shows_hits_below_what_holds_them_and_counts_them(open_page):
    page = open_page(two_stages())
    assert page.search("conv") == "1 of 26 layers · 224 of 10,856 parameters"
    assert page.names() == ["ModuleDict", "stem"]
    assert page.search("head") == "1 of 26 layers · 9,000 of 10,856 parameters"
    assert page.search("zebra") == "No layer has this name, type or number."
    assert page.names() == []
    assert page.search("relu") == "0 of 26 layers · 0 of 10,856 parameters · 12 modules without parameters"
    assert page.search("") == ""
    assert len(page.names()) == 8


def test_search_finds_numbers_as_they_are_written_or_not(open_page):
    page = open_page(two_stages())
    assert page.search("9,000") == page.search("9000") == "1 of 26 layers · 9,000 of 10,856 parameters"
    assert page.search("72").startswith("12 of 26")  # 8 × (8 + 1), one copy
    assert page.search("864").startswith("12 of 26")  # and all twelve
    assert page.search("7").startswith("No layer")  # no part of a number


def test_every_word_must_be_found(open_page):
    page = open_page(two_stages())
    assert page.search("linear head").startswith("1 of 26")
    assert page.search("body.2.1.2").startswith("12 of 26")  # one of the copies that stand in one row
    assert page.search("body.7").startswith("No layer")


def test_a_container_that_is_found_can_be_opened(open_page):
    page = open_page(two_stages())
    page.search("sequential")
    assert page.names()[-1] == "0–2"
    page.row("0–2").find_element(By.CSS_SELECTOR, ".twist").click()
    assert page.names()[-2:] == ["0", "2"]


def test_folding_can_be_switched_off_and_every_copy_has_its_own_numbers(open_page):
    page = open_page(two_stages())
    cells_folded = page.cells()
    assert cells_folded["0–3 × 4"][3] == "1,632 4 × 408"
    page.click("[name=fold]")
    names = page.names()
    assert len(names) == 1 + 2 + 1 + 4 * (1 + 3 * 3)
    assert names[3:8] == ["0", "0", "0", "2", "1"]
    cells = page.driver.execute_script(CELLS)
    assert cells[5] == ["0", "Linear", "✓ 8 × (8 + 1)", "72", "72", "0.7%"]
    page.click("[name=fold]")
    assert page.cells() == cells_folded


@pytest.mark.parametrize("make", [two_stages, repeated, taking_turns, lent, tied, Odd, hostile])
def test_an_unfolded_page_and_its_script_say_the_same(browser, tmp_path, make):
    """Rows that the script makes are those that the template makes."""
    texts = []
    for fold in (True, False):
        page = Page(browser, write_page(make(), tmp_path, fold=fold))
        if fold and page.driver.find_elements(By.CSS_SELECTOR, "[name=fold]"):
            page.click("[name=fold]")
        for idle in page.driver.find_elements(By.CSS_SELECTOR, "[name=idle]"):
            idle.click()
        texts.append(page.driver.execute_script(CELLS))
    assert texts[0] == texts[1]
    assert browser.messages() == []


def test_heads_sort_within_what_holds_them_and_as_a_list(open_page):
    page = open_page(two_stages())
    page.head("inside")
    assert [name for name in page.names() if name in ("stem", "body", "head")] == ["head", "body", "stem"]
    assert page.driver.find_element(By.CSS_SELECTOR, "[aria-sort=descending]").text.startswith("With everything")
    assert page.driver.find_element(By.CSS_SELECTOR, ".sorted").text.startswith(
        "Sorted by with everything inside, each"
    )
    page.head("inside")
    assert [name for name in page.names() if name in ("stem", "body", "head")] == ["stem", "body", "head"]
    page.head("inside")
    assert not page.driver.find_elements(By.CSS_SELECTOR, "[aria-sort]")
    page.click("[name=list]")
    page.head("own")
    assert page.names() == ["head", "body.0–3.0–2.0", "body.0–3.0–2.2", "stem"]
    page.head("type")
    assert page.names()[0] == "stem"


def test_rows_fold_by_mouse_and_all_at_once(open_page):
    page = open_page(two_stages())
    all_rows = page.names()
    page.row("body").find_element(By.CSS_SELECTOR, ".twist").click()
    assert page.names() == ["ModuleDict", "stem", "body", "head"]
    assert page.row("body").get_attribute("aria-expanded") == "false"
    page.click("[name=expand]")
    assert page.names() == all_rows
    page.click("[name=collapse]")
    assert page.names() == ["ModuleDict", "stem", "body", "head"]


def test_columns_can_be_switched_on_and_off(open_page):
    page = open_page(two_stages())
    for name in ("weight", "bias", "format", "bytes", "trainable", "evidence"):
        page.column(name)
    stem = page.cells()["stem"]
    assert stem[5:] == ["8 × 3 × 3 × 3", "8", "float32", "896", "224", "Checked"]
    page.column("bias")
    assert "8 × 3 × 3 × 3 float32" in page.row("stem").text.replace("\n", " ")
    assert page.row("stem").size["height"] < 40
    assert page.driver.execute_script("return document.documentElement.scrollWidth") <= 1280


def test_columns_of_a_run_can_be_switched_off(browser, tmp_path):
    target = tmp_path / "run.html"
    target.write_bytes(page_from(summarykit.summarize(sequential(), input_size=(8, 16)).data).encode())
    page = Page(browser, target)
    assert page.driver.find_element(By.CSS_SELECTOR, "[data-key=output]").is_displayed()
    page.column("output")
    assert not page.driver.find_element(By.CSS_SELECTOR, "[data-key=output]").is_displayed()
    assert page.driver.find_element(By.CSS_SELECTOR, "[data-key=macs]").is_displayed()


def test_the_keys_of_a_tree(open_page):
    page = open_page(two_stages())
    page.keys("/")
    assert page.driver.execute_script("return document.activeElement.type") == "search"
    page.keys(Keys.ENTER)
    assert page.focused() == "ModuleDict"
    page.keys(Keys.ARROW_DOWN)
    assert page.focused() == "stem"
    page.keys(Keys.ARROW_RIGHT)
    assert page.opened() == ["stem"]
    page.keys(Keys.ARROW_LEFT)
    assert page.opened() == []
    page.keys(Keys.ENTER)
    assert page.opened() == ["stem"]
    page.keys(Keys.ESCAPE)
    assert page.opened() == []
    page.keys(Keys.ARROW_DOWN, Keys.ARROW_LEFT)
    assert page.names() == ["ModuleDict", "stem", "body", "head"]
    assert page.focused() == "body"
    page.keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    assert page.focused() == "0–3"
    page.keys(Keys.ARROW_LEFT, Keys.ARROW_LEFT)
    assert page.focused() == "body"
    page.keys(Keys.END)
    assert page.focused() == "head"
    page.keys(Keys.HOME)
    assert page.focused() == "ModuleDict"
    assert page.driver.execute_script("return document.querySelectorAll('tbody tr[tabindex=\"0\"]').length") == 1


def test_escape_clears_a_search(open_page):
    page = open_page(two_stages())
    page.search("stem")
    page.keys(Keys.ESCAPE)
    assert len(page.names()) == 8
    page.search("head")
    page.keys(Keys.ENTER)
    assert page.focused() == "head"
    page.keys(Keys.ESCAPE)
    assert len(page.names()) == 8


def test_a_link_opens_a_row_and_shows_it(open_page):
    page = open_page(two_stages())
    page.again("#head")
    assert page.opened() == ["head"]
    assert page.focused() == "head"
    assert "target" in page.row("head").get_attribute("class")


def test_a_link_opens_a_copy_inside_a_folded_row(open_page):
    page = open_page(two_stages())
    page.again("#body.2.1.2")
    assert page.opened() == ["2"]
    row = page.driver.switch_to.active_element
    assert row.find_element(By.CSS_SELECTOR, ".path").text == "body.2.1.2 · Linear"
    assert row.get_attribute("aria-level") == "5"
    assert not page.driver.find_element(By.CSS_SELECTOR, "[name=fold]").is_selected()


def test_a_link_to_the_first_copy_opens_the_row_that_stands_for_all(open_page):
    page = open_page(two_stages())
    page.again("#body.0.0.0")
    assert page.driver.find_element(By.CSS_SELECTOR, "[name=fold]").is_selected()
    assert page.driver.switch_to.active_element.find_element(By.CSS_SELECTOR, ".path").text.startswith(
        "body.0–3.0–2.0 × 12"
    )


def test_blocks_that_take_turns_stand_once_and_each_is_found(open_page):
    page = open_page(taking_turns())
    assert [name for name in page.names() if "," in name] == ["0–2,4–6,8–10,12", "3,7,11"]
    assert page.search("layers.7.2") == "3 of 29 layers · 792 of 4,599 parameters"
    assert page.names() == ["ModuleDict", "layers", "3,7,11", "2"]
    page.again("#layers.7.2")
    assert page.driver.switch_to.active_element.find_element(By.CSS_SELECTOR, ".path").text == "layers.7.2 · Linear"
    blocks = [name for name in page.names() if name.isdigit() and int(name) > 2]
    assert blocks == [str(number) for number in (*range(3, 13), 14)]


def test_a_note_of_copies_is_the_same_after_rows_were_made_anew(open_page):
    page = open_page(lent())
    before = page.cells()
    assert "5,8,11 × 3 3 × 272 more inside are counted elsewhere" in before
    assert "2 3 × 128 of them: same numbers as layers.2.shared.2, counted there" in before
    page.click("[name=fold]")
    assert "5 272 more inside are counted elsewhere" in page.cells()
    page.click("[name=fold]")
    assert page.cells() == before


def test_a_link_to_nothing_does_nothing(open_page):
    page = open_page(two_stages())
    page.again("#no.such.layer?q=&sort=nonsense&columns=nonsense%ff")
    assert len(page.names()) == 8
    assert page.opened() == []


def test_what_is_chosen_stands_in_the_address_and_comes_back(open_page):
    page = open_page(two_stages())
    page.search("linear")
    page.head("own")
    page.click("[name=list]")
    page.column("weight")
    chosen, cells = page.hash, page.cells()
    assert "q=linear" in chosen
    page.again(chosen)
    assert page.cells() == cells
    assert page.status() == "25 of 26 layers · 10,632 of 10,856 parameters"
    assert page.driver.execute_script(
        "try { return [localStorage.length, sessionStorage.length] } catch { return [0, 0] }"
    ) == [0, 0]


def test_back_takes_a_step_back(open_page):
    page = open_page(two_stages())
    before = page.names()
    page.click("[name=fold]")
    page.head("inside")
    page.driver.back()
    assert not page.driver.find_elements(By.CSS_SELECTOR, "[aria-sort]")
    page.driver.back()
    assert page.names() == before
    page.driver.forward()
    assert len(page.names()) == 44


def test_an_opened_row_offers_what_it_says_for_copying(open_page):
    page = open_page(two_stages())
    page.driver.execute_script(
        "Object.defineProperty(navigator, 'clipboard', {value: {writeText: async t => { window.got = t }}})"
    )
    page.row("stem").find_element(By.TAG_NAME, "summary").click()
    labels = [each.text for each in page.driver.find_elements(By.CSS_SELECTOR, ".acts button")]
    assert labels == ["Copy as LaTeX", "Copy row", "Copy link"]
    got = []
    for at, message in enumerate(("Formula copied as LaTeX.", "Row copied.", "Link copied.")):
        page.driver.find_elements(By.CSS_SELECTOR, ".acts button")[at].click()
        got.append(
            page.driver.execute_async_script("const done = arguments[0]; setTimeout(() => done(window.got), 20)")
        )
        assert page.status() == message
    assert r"\mathrm{out\_channels}" in got[0]
    assert "224" in got[0]
    assert got[1] == "stem\tConv2d\t8 × (3 × 3 × 3 + 1) = 224\t224\t224\t2.1%"
    assert got[2].endswith("page.html#stem")


def test_where_copying_is_denied_the_text_is_there_to_copy(open_page):
    page = open_page(two_stages())
    page.driver.execute_script(
        "Object.defineProperty(navigator, 'clipboard', {value: {writeText: async () => { throw new Error() }}});"
        "document.execCommand = () => false"
    )
    page.row("stem").find_element(By.TAG_NAME, "summary").click()
    page.driver.find_elements(By.CSS_SELECTOR, ".acts button")[1].click()
    field = page.driver.find_element(By.CSS_SELECTOR, "textarea")
    assert field.get_attribute("value").startswith("stem\tConv2d")
    assert "Ctrl+C" in page.status()


def test_a_copy_tells_of_itself_what_its_row_tells_of_all(open_page):
    page = open_page(two_stages())
    page.click("[name=fold]")
    page.again("#body.3.2.0")
    more = page.driver.find_element(By.CSS_SELECTOR, ".tree details[open] .more").text
    assert "body.3.2.0 · Linear" in more
    assert "8 × (8 + 1) = 72" in more
    assert "Each of the 8 neurons" in more
    assert "12 ×" not in more


def test_an_opened_row_has_its_formula_in_names_whichever_row_tells_it(open_page):
    page = open_page(nn.Sequential(nn.Linear(8, 7), nn.Linear(7, 6), nn.Linear(8, 7)))
    for name in ("1", "2", "0"):
        page.row(name).find_element(By.TAG_NAME, "summary").click()
        more = page.row(name).find_element(By.CSS_SELECTOR, ".more").text
        assert more.count("out_features × (in_features + 1)") == more.count("rule for torch.nn") == 1
        assert "names and rule" not in more
        assert "As in this row" not in more


def test_what_a_copy_borrows_is_named_inside_its_own_block(open_page):
    page = open_page(tied())
    page.again("#block10.head")
    row = page.driver.switch_to.active_element
    assert row.find_element(By.CSS_SELECTOR, ".below").text.endswith("same numbers as block10.body.0, counted there")
    assert "same numbers as block10.body.0.weight, counted there" in row.find_element(By.CSS_SELECTOR, ".tensors").text


def test_hostile_names_are_text_for_the_script_too(open_page):
    page = open_page(hostile())
    for name in HOSTILE[:3]:
        page.search(name)
        assert len(page.names()) >= 2
    page.search("")
    page.click("[name=list]")
    for row in page.driver.find_elements(By.CSS_SELECTOR, ".tree summary")[:5]:
        row.click()
    assert page.driver.execute_script("return [document.images.length, document.scripts.length]") == [0, 2]


# Of each row: its level, and in numbers what is in it, what it holds with everything inside, and its share.
SUMS = """
const number = cell => Number((cell.firstChild?.textContent ?? '').replaceAll(',', '').replace('%', '')) || 0;
return [...document.querySelectorAll('.tree > tbody > tr')].map(row => [
  Number(row.ariaLevel), number(row.cells[3]), number(row.cells[4]),
  Number(row.cells[5].innerText.replace(/[<>%]/g, '').replace('–', '0'))])
"""


@pytest.mark.parametrize("make", [two_stages, repeated, taking_turns, lent, hostile])
@pytest.mark.parametrize("fold", [True, False])
def test_siblings_add_up_to_what_holds_them(open_page, make, fold):
    page = open_page(make())
    if not fold and page.driver.find_elements(By.CSS_SELECTOR, "[name=fold]"):
        page.click("[name=fold]")
    rows = page.driver.execute_script(SUMS)
    parents = 0
    for at, (level, own, inside, share) in enumerate(rows):
        following = [row[0] for row in rows[at + 1 :]]
        end = next((i for i, other in enumerate(following) if other <= level), len(following))
        below = [row for row in rows[at + 1 : at + 1 + end] if row[0] == level + 1]
        if below:
            parents += 1
            assert own + sum(row[2] for row in below) == inside
            assert sum(row[3] for row in below) == pytest.approx(share, abs=0.06 * (len(below) + 1))
    assert parents


def test_the_ranked_parts_can_be_grouped_otherwise(open_page):
    page = open_page(two_stages())
    labels = (
        "return [...document.querySelectorAll('.blocks tbody tr')].map(r => r.innerText.trim().replace(/\\s+/g, ' '))"
    )
    usual = page.driver.execute_script(labels)
    page.click(".grouping [value=class]")
    by_class = page.driver.execute_script(labels)
    assert by_class == ["Linear × 25 10,632 97.9%", "Conv2d 224 2.1%"]
    page.again(page.hash)
    assert page.driver.execute_script(labels) == by_class
    page.click(".grouping [value=block]")
    assert page.driver.execute_script(labels) == usual
    assert page.hash == ""


def test_bytes_are_ranked_where_number_formats_differ(open_page):
    page = open_page(nn.Sequential(nn.Linear(64, 64).half(), nn.Linear(64, 64), nn.Linear(64, 32)))
    labels = "return [...document.querySelectorAll('.blocks tbody tr')].map(r => r.cells[0].innerText.trim())"
    assert page.driver.execute_script(labels)[0].startswith("0")
    page.click("[value=bytes]")
    assert page.driver.execute_script(labels)[0].startswith("1")
    assert not open_page(two_stages()).driver.find_element(By.CSS_SELECTOR, "[value=bytes]").is_displayed()


def odd_names():
    """Names that mean something to a script or in an address."""
    model = nn.Module()
    for name in ("__proto__", "constructor", "all", "q", "fold", "1e3", " 5", "-0", "", "a?b=c&d", "#x", "%41", "%"):
        model._modules[name] = nn.Linear(3, 3)
    return model


def cycle():
    model = nn.Sequential(nn.Linear(2, 2))
    model._modules["self"] = model
    return model


def enormous():
    """More numbers than a script can count exactly as its own."""
    with torch.device("meta"):
        return nn.ModuleList(nn.Linear(2**28, 2**28 + 1, bias=False) for _ in range(3))


USE_ALL = """
const every = '.tools [type=checkbox], thead button, [name=by], .tree summary';
for (const each of document.querySelectorAll(every)) each.click();
const field = document.querySelector('[type=search]');
for (const words of ['a', '1', 'linear', '']) { field.value = words; field.dispatchEvent(new Event('input')); }
"""


@pytest.mark.parametrize("make", [odd_names, cycle, enormous, nn.ReLU, nn.Sequential])
def test_no_model_is_too_odd(open_page, make):
    page = open_page(make())
    page.driver.execute_script(USE_ALL)
    assert page.driver.execute_script("return document.documentElement.scrollWidth") <= 1280


def test_a_link_to_an_odd_name_finds_it(open_page):
    page = open_page(odd_names())
    page.row("a?b=c&d").find_element(By.TAG_NAME, "summary").click()
    assert page.hash == "#a%3Fb%3Dc%26d"
    page.again(page.hash)
    assert page.opened() == ["a?b=c&d"]


def test_numbers_of_any_size_are_exact(open_page):
    page = open_page(enormous())
    page.search("linear")
    assert page.status() == f"3 of 3 layers · {3 * 2**28 * (2**28 + 1):,} of {3 * 2**28 * (2**28 + 1):,} parameters"
    page.search("")
    page.click("[name=fold]")
    assert page.cells()["2"][2:4] == [f"{2**28 * (2**28 + 1):,}"] * 2
