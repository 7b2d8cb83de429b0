"""A page whose rows are too many to stand in it: a window on them, and everything else as on a small page."""

from itertools import pairwise

import pytest
import torch
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from torch import nn

from support.pages import page_of, wide, write_page

pytestmark = pytest.mark.browser

ROWS_IN_PAGE = "return document.querySelectorAll('.tree > tbody > tr:not(.space)').length"
IN_SIGHT = """
const box = document.querySelector('.box-of-rows').getBoundingClientRect();
return [...document.querySelectorAll('.tree > tbody > tr:not(.space)')].filter(row => {
  const place = row.getBoundingClientRect(); return place.bottom > box.top + 40 && place.top < box.bottom;
}).map(row => row.cells[0].querySelector('code').textContent)
"""


class Expert(nn.Module):
    def __init__(self):
        super().__init__()
        self.gate = nn.Linear(64, 32, bias=False)
        self.up = nn.Linear(64, 32, bias=False)
        self.down = nn.Linear(32, 64, bias=False)
        self.act = nn.SiLU()


def experts(blocks=58, number=256):
    """A mixture of experts of some 75,000 modules; five modules an expert."""
    with torch.device("meta"):
        return nn.ModuleList(nn.ModuleList(Expert() for _ in range(number)) for _ in range(blocks))


@pytest.fixture
def large(browser, tmp_path):
    driver = browser.open(write_page(experts(), tmp_path, fold=False))
    yield driver
    assert browser.messages() == []


def rows_told(driver):
    return int(driver.find_element(By.CSS_SELECTOR, ".tree").get_attribute("aria-rowcount")) - 1


def search(driver, words):
    driver.find_element(By.CSS_SELECTOR, "[type=search]").send_keys(words)
    return driver.find_element(By.CSS_SELECTOR, "[role=status]").text


def test_the_file_is_small_and_its_rows_are_told_and_drawn_as_they_come_into_sight(large, tmp_path):
    assert (tmp_path / "page.html").stat().st_size < 150_000
    assert rows_told(large) == 1 + 58 + 58 * 256 * 4  # those without parameters are hidden at first
    assert large.execute_script(ROWS_IN_PAGE) < 150
    assert large.find_element(By.CSS_SELECTOR, ".windowing").is_displayed()
    large.find_element(By.CSS_SELECTOR, "[name=idle]").click()
    assert rows_told(large) == 1 + 58 + 58 * 256 * 5
    assert large.execute_script("return document.documentElement.scrollWidth") <= 1280


def test_scrolling_shows_the_rows_that_stand_there(large):
    box = large.find_element(By.CSS_SELECTOR, ".box-of-rows")
    for part in (0.5, 1, 0.25):
        large.execute_script("arguments[0].scrollTop = arguments[0].scrollHeight * arguments[1]", box, part)
        large.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")
        assert len(large.execute_script(IN_SIGHT)) > 15
        indexes = large.execute_script(
            "return [...document.querySelectorAll('tr[aria-rowindex]')].map(row => Number(row.ariaRowIndex))"
        )
        assert indexes == list(range(indexes[0], indexes[0] + len(indexes)))
        if part == 1:
            assert indexes[-1] == rows_told(large) + 1
            assert large.execute_script(IN_SIGHT)[-3:] == ["gate", "up", "down"]


def test_search_and_sort_and_links_reach_every_row(large, browser, tmp_path):
    assert search(large, "31.200.up") == "1 of 44,544 layers · 2,048 of 91,226,112 parameters"
    assert large.execute_script(IN_SIGHT)[-1] == "up"
    large.get("about:blank")
    large.get(f"{(tmp_path / 'page.html').as_uri()}#57.255.down")
    row = large.switch_to.active_element
    assert row.find_element(By.CSS_SELECTOR, ".path").text == "57.255.down · Linear"
    assert "64 × 32 = 2,048" in row.text
    assert row.get_attribute("aria-rowindex") == str(rows_told(large) + 1)


def test_keys_go_through_all_rows(large):
    search(large, "")
    large.switch_to.active_element.send_keys(Keys.ENTER)
    focus = "return document.activeElement.cells?.[0].querySelector('code').textContent"
    large.switch_to.active_element.send_keys(Keys.END)
    assert large.execute_script(focus) == "down"
    large.switch_to.active_element.send_keys(Keys.ARROW_UP)
    assert large.execute_script(focus) == "up"
    large.switch_to.active_element.send_keys(Keys.HOME)
    for _ in range(60):
        large.switch_to.active_element.send_keys(Keys.ARROW_DOWN)
    assert large.switch_to.active_element.get_attribute("aria-rowindex") == "62"


def test_an_opened_row_moves_those_below_it(large):
    search(large, "")
    large.switch_to.active_element.send_keys(Keys.ENTER)
    for _ in range(3):
        large.switch_to.active_element.send_keys(Keys.ARROW_DOWN)
    large.switch_to.active_element.send_keys(Keys.ENTER)
    large.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")
    places = large.execute_script(
        "return [...document.querySelectorAll('tr[aria-rowindex]')].map(r => r.getBoundingClientRect())"
        ".map(place => [place.top, place.bottom])"
    )
    assert all(upper[1] <= lower[0] + 1 for upper, lower in pairwise(places))
    assert large.find_element(By.CSS_SELECTOR, ".more").is_displayed()


def test_folded_again_it_is_a_small_page(large):
    large.find_element(By.CSS_SELECTOR, "[name=fold]").click()
    assert not large.find_element(By.CSS_SELECTOR, ".windowing").is_displayed()
    assert rows_told(large) == large.execute_script(ROWS_IN_PAGE) == 6


def test_rows_that_do_not_even_fit_folded_are_all_there(browser, tmp_path):
    driver = browser.open(write_page(wide(), tmp_path))
    assert rows_told(driver) == 3001
    assert search(driver, "2999") == "1 of 3,000 layers · 5,796 of 6,764,749 parameters"
    driver.find_element(By.CSS_SELECTOR, "[type=search]").send_keys(Keys.ENTER)
    driver.switch_to.active_element.send_keys(Keys.ENTER)
    more = driver.find_element(By.CSS_SELECTOR, ".more").text
    for text in ("2999 · Linear", "out_features × (in_features + 1)", "Checked verified", "weight"):
        assert text in more
    assert browser.messages() == []


def test_the_same_large_model_gives_the_same_bytes():
    assert page_of(experts(3, 4), fold=False) == page_of(experts(3, 4), fold=False)
