"""The icicle as a reader has it: looked into by mouse and by keyboard, led back, kept in the address."""

from itertools import pairwise

import pytest
import torch
from selenium.common.exceptions import ElementNotInteractableException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from torch import nn

import summarykit
from summarykit.exporters.view.words import visible
from support.pages import HOSTILE, Odd, hostile, page_from, repeated, sequential, wide, write_page

pytestmark = pytest.mark.browser

#: Name (by its tooltip), level, left and right of each box that is drawn.
BOXES = """
const whole = document.querySelector('.boxes').getBoundingClientRect();
return [...document.querySelectorAll('.boxes > *')].filter(box => getComputedStyle(box).display !== 'none').map(box => {
  const { left, right, top } = (box.querySelector('rect') ?? box).getBoundingClientRect();
  return [box.querySelector('title').textContent.split('\\n')[0], Math.round((top - whole.top) / 23),
    Math.round(left - whole.left), Math.round(right - whole.left)];
});
"""


def open_page(browser, page, *, width=1280, media=()):
    features = [{"name": "prefers-reduced-motion", "value": "reduce"}, *media]
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": features})
    driver = browser.open(page, width=width)
    driver.find_element(By.CSS_SELECTOR, ".icicle summary").click()
    return driver


def boxes(driver):
    return [tuple(box) for box in driver.execute_script(BOXES)]


def names(driver):
    return [name for name, *_ in boxes(driver)]


def box(driver, path):
    return next(
        each
        for each in driver.find_elements(By.CSS_SELECTOR, ".boxes > svg")
        if each.get_attribute("aria-label").split(", ")[0] == path and each.is_displayed()
    )


def trail(driver):
    return [each.text for each in driver.find_elements(By.CSS_SELECTOR, ".icicle nav li")]


def focus(driver):
    return driver.execute_script("return document.activeElement.querySelector('title')?.textContent.split('\\n')[0]")


def press(driver, *keys):
    for key in keys:
        driver.switch_to.active_element.send_keys(key)


WHOLE = [
    ("wte", 0, 0, 467), ("h.0–11 × 12", 0, 467, 1152), ("h.0–11.mlp × 12", 1, 467, 810),
    ("h.0–11.mlp.up × 12", 2, 467, 810), ("h.0–11.down × 12", 1, 810, 1152),
]  # fmt: skip


def test_a_click_looks_inside_and_the_way_back_is_named(browser, tmp_path):
    driver = open_page(browser, write_page(repeated(), tmp_path))
    before = boxes(driver)
    assert [each for each in before if each[3] - each[2] > 2] == WHOLE
    assert trail(driver) == ["ModuleDict"]
    box(driver, "h.0–11 × 12").click()
    assert boxes(driver)[0] == ("h.0–11.mlp × 12", 0, 0, 577)
    assert ("h.0–11.down × 12", 0, 577, 1152) in boxes(driver)
    assert trail(driver) == ["ModuleDict", "h 0–11 × 12"]
    box(driver, "h.0–11.mlp × 12").click()
    assert trail(driver) == ["ModuleDict", "h 0–11 × 12", "mlp"]
    assert "h.0–11.mlp.norm × 12" in names(driver)
    driver.find_element(By.XPATH, "//nav//button[. = 'ModuleDict']").click()
    assert boxes(driver) == before
    assert trail(driver) == ["ModuleDict"]
    assert browser.messages() == []


def test_keys_move_look_inside_and_lead_back(browser, tmp_path):
    driver = open_page(browser, write_page(repeated(), tmp_path))
    driver.execute_script("document.querySelector('.boxes > [tabindex=\"0\"]').focus()")
    assert focus(driver) == "wte"
    press(driver, Keys.ARROW_RIGHT)
    assert focus(driver) == "h.0–11 × 12"
    press(driver, Keys.ARROW_DOWN)
    assert focus(driver) == "h.0–11.mlp × 12"
    press(driver, Keys.ARROW_RIGHT, Keys.ARROW_LEFT, Keys.ARROW_UP)
    assert focus(driver) == "h.0–11 × 12"
    assert len(driver.find_elements(By.CSS_SELECTOR, '.boxes > [tabindex="0"]')) == 1
    press(driver, Keys.ENTER)
    assert trail(driver) == ["ModuleDict", "h 0–11 × 12"]
    assert focus(driver) == "h.0–11.mlp × 12"
    press(driver, " ")
    assert trail(driver)[-1] == "mlp"
    press(driver, Keys.ESCAPE)
    assert focus(driver) == "h.0–11.mlp × 12"
    press(driver, Keys.BACK_SPACE)
    assert trail(driver) == ["ModuleDict"]
    assert focus(driver) == "h.0–11 × 12"
    press(driver, Keys.ESCAPE)  # there is nowhere to go, and nothing happens
    assert trail(driver) == ["ModuleDict"]
    assert browser.messages() == []


def test_the_focus_can_be_seen(browser, tmp_path):
    driver = open_page(browser, write_page(repeated(), tmp_path))
    driver.find_element(By.CSS_SELECTOR, ".icicle summary").send_keys(Keys.TAB)
    press(driver, Keys.TAB)
    assert focus(driver) == "wte"
    rect = driver.switch_to.active_element.find_element(By.TAG_NAME, "rect")
    assert rect.value_of_css_property("stroke-width") == "6px"


def test_a_tree_is_what_a_screen_reader_is_told(browser, tmp_path):
    driver = open_page(browser, write_page(repeated(), tmp_path))
    picture = driver.find_element(By.CSS_SELECTOR, ".boxes")
    assert (picture.get_attribute("role"), picture.get_attribute("aria-orientation")) == ("tree", "horizontal")
    up = box(driver, "h.0–11.mlp.up × 12")
    assert up.get_attribute("aria-label") == "h.0–11.mlp.up × 12, Linear · 28,348,416 parameters · 29.8%"
    assert (up.get_attribute("role"), up.get_attribute("aria-level")) == ("treeitem", "3")
    assert up.get_attribute("aria-expanded") is None
    assert box(driver, "h.0–11 × 12").get_attribute("aria-expanded") == "true"


def test_the_address_keeps_what_is_looked_into(browser, tmp_path):
    page = write_page(repeated(), tmp_path)
    driver = open_page(browser, page)
    box(driver, "h.0–11 × 12").click()
    box(driver, "h.0–11.mlp × 12").click()
    address = driver.current_url
    assert address.endswith("#?icicle=h.0.mlp")
    driver.back()
    assert trail(driver) == ["ModuleDict", "h 0–11 × 12"]
    driver.back()
    assert trail(driver) == ["ModuleDict"]
    driver.forward()
    assert trail(driver) == ["ModuleDict", "h 0–11 × 12"]
    assert driver.execute_script("return localStorage.length + sessionStorage.length") == 0
    driver.get("about:blank")
    driver.get(address)
    assert driver.find_element(By.CSS_SELECTOR, ".icicle details").get_attribute("open")
    assert trail(driver) == ["ModuleDict", "h 0–11 × 12", "mlp"]
    driver.get(address.replace("h.0.mlp", "nowhere%E0"))
    assert trail(driver) == ["ModuleDict"]
    assert browser.messages() == []


def test_what_others_keep_in_the_address_stays_there(browser, tmp_path):
    driver = open_page(browser, write_page(repeated(), tmp_path))
    driver.execute_script("location.hash = '?theirs=1'")
    box(driver, "h.0–11 × 12").click()
    assert driver.execute_script("return location.hash") == "#?icicle=h.0&theirs=1"
    driver.execute_script("location.hash = '#wte'")  # a link to a row leaves the picture as it is
    assert trail(driver) == ["ModuleDict", "h 0–11 × 12"]
    assert driver.execute_script("return ['zoomed', 'picture', 'boxes'].filter(name => name in window)") == []


def test_a_box_leads_to_its_row(browser, tmp_path):
    driver = open_page(browser, write_page(repeated(), tmp_path))
    box(driver, "h.0–11.down × 12").click()
    about = driver.find_element(By.CSS_SELECTOR, ".about")
    assert about.text.startswith("h.0–11.down × 12 Linear · 28,311,552 parameters · 29.7%")
    assert about.find_element(By.TAG_NAME, "a").get_attribute("href").endswith("#h.0.down")


def test_small_neighbours_stand_together_until_one_looks_closer(browser, tmp_path):
    driver = open_page(browser, write_page(wide(), tmp_path))
    first = names(driver)[0]
    assert "small: 0 … " in first
    box(driver, first).click()
    assert len(names(driver)) > 2
    assert trail(driver)[1].endswith("small")
    last = boxes(driver)[-1]
    assert last[3] == 1152
    press(driver, Keys.ESCAPE)
    assert focus(driver) == first
    assert browser.messages() == []


@pytest.mark.parametrize("make", [repeated, Odd, wide, hostile])
def test_boxes_fill_the_one_above_them_at_every_width(browser, tmp_path, make):
    driver = open_page(browser, write_page(make(), tmp_path))
    for width in (1280, 900, 600):
        browser.resize(width, 900)
        every = boxes(driver)
        top = [each for each in every if each[1] == 0]
        assert top[0][2] == 0
        assert top[-1][3] == pytest.approx(min(width - 48, 1152) if width > 640 else width - 32, abs=1)
        for before, after in pairwise(top):
            assert before[3] == pytest.approx(after[2], abs=1)
        assert driver.execute_script("return document.documentElement.scrollWidth") <= width
    assert browser.messages() == []


def test_the_width_can_stand_for_multiply_adds(browser, tmp_path):
    class Net(nn.Sequential):
        pass

    net = Net(nn.Conv2d(3, 8, 3), nn.Flatten(), nn.Linear(8 * 14 * 14, 10))
    page = tmp_path / "run.html"
    page.write_text(page_from(summarykit.summarize(net, input_size=(1, 3, 16, 16)).data), "utf-8")
    driver = open_page(browser, page)
    buttons = driver.find_elements(By.CSS_SELECTOR, ".measures button")
    assert [each.text for each in buttons] == ["parameters", "multiply-adds (MACs)"]
    conv = next(each for each in boxes(driver) if each[0] == "0")
    buttons[1].click()
    assert buttons[1].get_attribute("aria-pressed") == "true"
    wider = next(each for each in boxes(driver) if each[0] == "0")
    assert wider[3] - wider[2] > 10 * (conv[3] - conv[2])
    assert box(driver, "0").get_attribute("aria-label") == "0, Conv2d · 42,336 multiply-adds · 73.0%"


def test_it_moves_only_where_motion_is_welcome(browser, tmp_path):
    driver = open_page(browser, write_page(repeated(), tmp_path))
    duration = "return getComputedStyle(document.querySelector('.boxes > svg')).transitionDuration.split(', ')[0]"
    assert driver.execute_script(duration) == "0s"
    browser.driver.execute_cdp_cmd(
        "Emulation.setEmulatedMedia",
        {"media": "", "features": [{"name": "prefers-reduced-motion", "value": "no-preference"}]},
    )
    assert driver.execute_script(duration) == "0.2s"


def test_a_phone_has_no_icicle_and_neither_has_one_layer(browser, tmp_path):
    driver = browser.open(write_page(repeated(), tmp_path), width=390)
    assert not driver.find_element(By.CSS_SELECTOR, ".icicle").is_displayed()
    with pytest.raises(ElementNotInteractableException):
        driver.find_element(By.CSS_SELECTOR, ".icicle summary").click()
    driver = browser.open(write_page(nn.Linear(3, 4), tmp_path))
    assert driver.find_elements(By.CSS_SELECTOR, ".icicle") == []


def test_without_script_the_picture_stands(browser, tmp_path):
    browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        driver = open_page(browser, write_page(repeated(), tmp_path))
    finally:
        browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    below = ["wte", "h.0–11 × 12", ".mlp × 12", ".up × 12", ".down × 12"]  # each from the box above it
    assert boxes(driver) == [(name, *where) for name, (_, *where) in zip(below, WHOLE, strict=True)]
    assert driver.find_element(By.CSS_SELECTOR, ".boxes").get_attribute("role") == "img"
    assert driver.find_element(By.CSS_SELECTOR, ".boxes").is_displayed()
    assert not driver.find_element(By.CSS_SELECTOR, ".icicle nav").is_displayed()
    assert [each.text for each in driver.find_elements(By.CSS_SELECTOR, ".looks li") if each.is_displayed()] == [
        "Linear",
        "Embedding",
    ]


def test_hostile_names_run_nothing_and_are_read(browser, tmp_path):
    driver = open_page(browser, write_page(hostile(), tmp_path))
    boxes = driver.find_elements(By.CSS_SELECTOR, ".boxes > [aria-level='1']")
    about = driver.find_element(By.CSS_SELECTOR, ".about")
    assert len(boxes) == len(HOSTILE)
    for each, name in zip(boxes, HOSTILE, strict=True):
        each.click()
        assert about.text.startswith(visible(name)[:40])
    assert browser.messages() == []


FILLS = """
return [...document.querySelectorAll('.boxes > svg')].filter(box => getComputedStyle(box).display !== 'none'
    && box.querySelector('text')?.textContent).map(box =>
  [getComputedStyle(box.querySelector('text')).fill, getComputedStyle(box.querySelector('rect')).fill]);
"""


def light(colour):
    parts = [int(part) / 255 for part in colour[4:-1].split(",")]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


class Families(nn.ModuleDict):
    def __init__(self):
        super().__init__(
            {
                "linear": nn.Linear(30, 30), "conv": nn.Conv2d(10, 10, 3), "embedding": nn.Embedding(100, 9),
                "norm": nn.LayerNorm(450), "other": nn.LSTM(14, 14),
                "block": nn.Sequential(nn.Linear(20, 20), nn.Linear(20, 21)),
            }
        )  # fmt: skip


@pytest.mark.parametrize("name", ["light", "dark"])
def test_what_is_written_on_a_box_has_contrast(browser, tmp_path, name):
    page = write_page(Families(), tmp_path)
    driver = open_page(browser, page, media=[{"name": "prefers-color-scheme", "value": name}])
    pairs = {tuple(pair) for pair in driver.execute_script(FILLS)}
    assert len(pairs) == 6
    for text, fill in pairs:
        dark, bright = sorted((light(text), light(fill)))
        assert (bright + 0.05) / (dark + 0.05) >= 4.5, (text, fill)


@pytest.mark.parametrize("make", [sequential, repeated])
def test_it_stands_on_paper_only_where_it_is_open(browser, tmp_path, make):
    driver = browser.open(write_page(make(), tmp_path))
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print", "features": []})
    assert not driver.find_element(By.CSS_SELECTOR, ".icicle").is_displayed()
    driver.execute_script("document.querySelector('.icicle details').open = true")
    assert driver.find_element(By.CSS_SELECTOR, ".boxes").is_displayed()
    assert driver.find_element(By.CSS_SELECTOR, ".boxes rect").is_displayed()
    assert not driver.find_element(By.CSS_SELECTOR, ".icicle nav").is_displayed()


def test_a_picture_of_a_meta_model_opens_fast_enough_to_be_looked_at(browser, tmp_path):
    with torch.device("meta"):
        model = nn.ModuleList(nn.Linear(1024, 1024 + index) for index in range(400))
    driver = open_page(browser, write_page(model, tmp_path))
    assert 2 < len(boxes(driver)) <= 300


def test_the_table_leaves_what_is_looked_into_in_the_address(browser, tmp_path):
    driver = open_page(browser, write_page(repeated(), tmp_path))
    box(driver, "h.0–11 × 12").click()
    looked_into = driver.execute_script("return new URLSearchParams(location.hash.split('?')[1]).get('icicle')")
    assert looked_into
    driver.find_element(By.CSS_SELECTOR, ".tools [type=search]").send_keys("wte")
    parameters = driver.execute_script("return Object.fromEntries(new URLSearchParams(location.hash.split('?')[1]))")
    assert parameters == {"q": "wte", "icicle": looked_into}
