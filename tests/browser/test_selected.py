"""A page of what was asked for: the controls work on the rows that are shown, and nothing else comes back."""

import pytest
from selenium.webdriver.common.by import By
from torch import nn

from browser.test_controls import Page
from summarykit.summary.columns import REPORT_COLUMNS
from summarykit.summary.selection import Selection
from support.pages import Odd, repeated, write_page

pytestmark = pytest.mark.browser


@pytest.fixture
def open_page(browser, tmp_path):
    yield lambda model, **selection: Page(browser, write_page(model, tmp_path, selection=Selection(**selection)))
    assert browser.messages() == []


def stages():
    def block(width):
        return nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, width, bias=False))

    body = nn.ModuleList(nn.ModuleList(block(8) for _ in range(3)) for _ in range(4))
    return nn.ModuleDict({"stem": nn.Conv2d(3, 8, 3), "body": body, "head": nn.Linear(8, 1000)})


def left_out_text(page):
    return page.driver.find_element(By.CSS_SELECTOR, ".left-out").text


def test_what_is_shown_is_searched_sorted_shut_and_opened(open_page):
    page = open_page(stages(), only=("body.?.1",))
    assert page.names() == ["ModuleDict", "body", "0–3", "1", "0", "1", "2"]
    assert "not shown" in left_out_text(page)
    assert page.search("64").startswith("4 of 26 layers · 256 of 10,856 parameters")
    assert page.search("stem").startswith("No layer")
    page.search("")
    page.click("[name=collapse]")
    assert page.names() == ["ModuleDict", "body"]
    page.click("[name=expand]")
    page.head("own")
    assert page.names() == ["ModuleDict", "body", "0–3", "1", "0", "2", "1"]
    page.again("#body.2.1.2")
    assert page.opened() == ["2"]
    assert page.names().count("0") == 1 + 4  # each copy with what was asked for, and nothing beside it
    assert "stem" not in page.names()


def test_what_is_too_deep_counts_where_it_is_cut_off(open_page):
    page = open_page(stages(), depth=1)
    assert page.names() == ["ModuleDict", "stem", "body", "head"]
    assert page.search("body") == "24 of 26 layers · 1,632 of 10,856 parameters"
    assert page.driver.find_elements(By.CSS_SELECTOR, "[name=fold]") == []
    page.click("[name=expand]")
    assert page.names() == ["ModuleDict", "body"]


def test_a_sorted_page_keeps_its_order_until_it_is_sorted_otherwise(open_page):
    page = open_page(stages(), sort="size")
    assert page.names()[:3] == ["ModuleDict", "head", "body"]
    page.head("name")
    assert page.names()[1] == "body"
    page.head("name")
    page.head("name")
    assert page.names()[:3] == ["ModuleDict", "head", "body"]


def test_a_row_without_parameters_that_was_asked_for_is_seen(open_page):
    page = open_page(Odd(), only=("ReLU",))
    assert page.names() == ["Odd", "body", "act"]
    assert not page.driver.find_element(By.CSS_SELECTOR, ".idle").is_displayed()


def test_the_picture_of_the_whole_leads_only_to_rows_that_are_there(open_page):
    page = open_page(stages(), only=("head",))
    page.click(".icicle summary")
    links = {}
    for box in page.driver.find_elements(By.CSS_SELECTOR, ".boxes > [aria-level='1']"):
        page.driver.execute_script("arguments[0].focus()", box)
        about = page.driver.find_element(By.CSS_SELECTOR, ".about")
        links[about.find_element(By.TAG_NAME, "code").text] = len(about.find_elements(By.TAG_NAME, "a"))
    assert links == {"stem": 0, "body.0–3.0–2 × 12": 0, "head": 1}


HEADS = """
return [...document.querySelectorAll('.tree > thead th')].filter(head => getComputedStyle(head).display !== 'none')
  .map(head => head.dataset.key)
"""


HEADINGS = """
return [...document.querySelectorAll('.tree > tbody > tr')].map(row => [...row.cells]
  .filter(cell => getComputedStyle(cell).display !== 'none').map((cell, i) =>
    (i ? cell : cell.querySelector('code')).textContent.trim()))
"""


def headings(page):
    """The visible cells of each row, by its path, the column before the last."""
    return {cells[-2]: cells for cells in page.driver.execute_script(HEADINGS)}


def test_the_columns_that_were_asked_for_are_shown_and_the_others_offered(open_page, browser):
    columns = ("type", "weight_shape", "total", "times", "path", "trainable")
    page = open_page(stages(), columns=columns)
    keys = ["name", "type", "inside", "weight", "c-times", "c-path", "trainable"]
    assert page.driver.execute_script(HEADS) == keys
    assert headings(page)["body.0–3.0–2.0"] == ["0", "Linear", "864 12 × 72", "8 × 8", "12", "body.0–3.0–2.0", "864"]
    page.click("[name=fold]")
    assert headings(page)["body.2.1.0"] == ["0", "Linear", "72", "8 × 8", "1", "body.2.1.0", "72"]
    page.head("c-times")
    page.column("share")
    page.column("c-path")
    assert page.driver.execute_script(HEADS) == [*keys[:3], "share", *keys[3:5], "trainable"]
    assert "columns=share+c-path" in page.hash


def test_the_columns_that_were_asked_for_are_shown_without_script_too(browser, tmp_path):
    path = write_page(stages(), tmp_path, selection=Selection(columns=("total", "depth", "dtype")))
    browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        driver = browser.open(path)
    finally:
        browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    assert driver.execute_script(HEADS) == ["name", "inside", "c-depth", "format"]
    head = driver.find_element(By.ID, "head")
    told_there = [cell.text for cell in head.find_elements(By.CSS_SELECTOR, ":scope > td") if cell.is_displayed()]
    assert told_there == ["9,000", "1", "float32"]


def test_any_column_can_be_asked_for(open_page):
    page = open_page(repeated(), columns=tuple(REPORT_COLUMNS))
    page.click("[name=fold]")
    page.driver.execute_script("document.querySelectorAll('.tree summary').forEach(each => each.click())")
    assert len(page.driver.execute_script(HEADS)) == len(REPORT_COLUMNS) + 1
