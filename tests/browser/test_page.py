"""The page as a reader has it: in Chromium, on a screen, a phone and paper, by mouse and by keyboard."""

import base64
import subprocess

import pytest
from selenium.common.exceptions import NoAlertPresentException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from torch import nn

import summarykit
from summarykit.exporters.view.words import visible
from support import programs
from support.pages import HOSTILE, Odd, hostile, page_from, repeated, sequential, write_page

pytestmark = pytest.mark.browser

OPEN_ALL = "document.querySelectorAll('details').forEach(details => { details.open = true })"
SHOW_ALL = "document.querySelector('[name=idle]')?.click()"

# Every text that is seen, with its contrast to what lies behind it, as WCAG 2 counts it.
CONTRASTS = """
const parse = c => (c.match(/[\\d.]+/g) || [0, 0, 0, 0]).map(Number);
const light = c => { const [r, g, b] = c.map(v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
                     return .2126 * r + .7152 * g + .0722 * b };
const behind = e => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor);
                        if (c.length < 4 || c[3] === 1) return c; } return [255, 255, 255] };
const found = {};
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const e = walker.currentNode.parentElement, style = getComputedStyle(e);
  if (!walker.currentNode.data.trim() || !e.checkVisibility() || parseFloat(style.fontSize) === 0) continue;
  const [a, b] = [light(parse(style.color)), light(behind(e))].sort((x, y) => y - x);
  const pair = style.color + ' on ' + behind(e).join();
  found[pair] = (a + .05) / (b + .05);
}
return found;
"""


# The cells beside an opened row whose text reaches into it.
OVERLAPS = """
return [...document.querySelectorAll('.tree details[open]')].flatMap(details => {
  const top = details.querySelector('.more').getBoundingClientRect().top;
  return [...details.closest('tr').querySelectorAll(':scope > td')].filter(cell => {
    const range = document.createRange(); range.selectNodeContents(cell);
    return cell.textContent.trim() && range.getBoundingClientRect().bottom > top + 1 });
}).map(cell => cell.textContent)
"""


def write_run(folder, model, **inputs):
    """The page of a watched run as a file."""
    target = folder / "run.html"
    target.write_bytes(page_from(summarykit.summarize(model, **inputs).data).encode())
    return target


def network():
    """Layers that multiply often, and one without parameters."""
    blocks = (nn.Sequential(nn.Conv2d(64, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU()) for _ in range(4))
    return nn.Sequential(nn.Conv2d(3, 64, 7, 2, 3), *blocks, nn.Flatten(), nn.Linear(64 * 12_544, 10, device="meta"))


IMAGE = (1, 3, 224, 224)


def theme(browser, name, media=""):
    features = [{"name": "prefers-color-scheme", "value": name}]
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": features})


def colour(driver, selector, what):
    return driver.execute_script(
        f"return getComputedStyle(document.querySelector({selector!r})).getPropertyValue({what!r})"
    )


@pytest.mark.parametrize("make", [sequential, repeated, Odd, hostile])
@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_the_page_never_scrolls_sideways_and_complains_of_nothing(browser, tmp_path, make, width):
    driver = browser.open(write_page(make(), tmp_path), width=width)
    for step in ("", OPEN_ALL, SHOW_ALL):
        driver.execute_script(step)
        assert driver.execute_script("return document.documentElement.scrollWidth") <= width
    assert browser.messages() == []


@pytest.mark.parametrize("make", [Odd, repeated])
def test_no_text_of_the_table_lies_on_another(browser, tmp_path, make):
    driver = browser.open(write_page(make(), tmp_path))
    driver.execute_script(OPEN_ALL)
    assert driver.execute_script(OVERLAPS) == []


def test_a_row_opens_by_mouse_and_by_keyboard(browser, tmp_path):
    driver = browser.open(write_page(sequential(), tmp_path))
    rows = driver.find_elements(By.CSS_SELECTOR, ".tree details")
    sentence = rows[0].find_element(By.XPATH, ".//p[starts-with(., 'Each of the 4')]")
    assert not sentence.is_displayed()
    rows[0].find_element(By.TAG_NAME, "summary").click()
    assert sentence.is_displayed()

    driver.find_element(By.CSS_SELECTOR, "[type=search]").send_keys(Keys.ENTER)
    for key in (Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.ENTER):
        driver.switch_to.active_element.send_keys(key)
    assert rows[1].get_attribute("open")
    assert driver.execute_script("return getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_rows_without_parameters_come_at_a_click(browser, tmp_path):
    driver = browser.open(write_page(Odd(), tmp_path))
    assert not driver.find_elements(By.CSS_SELECTOR, "tr.none")
    driver.find_element(By.CSS_SELECTOR, ".idle").click()
    assert driver.find_element(By.CSS_SELECTOR, "tr.none").is_displayed()


def test_hostile_names_are_seen_and_run_nothing(browser, tmp_path):
    driver = browser.open(write_page(hostile(), tmp_path))
    driver.execute_script(OPEN_ALL)
    with pytest.raises(NoAlertPresentException):
        _ = driver.switch_to.alert.text
    scripts = driver.execute_script(
        "return [...document.querySelectorAll('script:not([type*=json])')].map(each => each.textContent)"
    )
    assert not [script for script in scripts if "alert" in script]
    assert driver.execute_script("return document.images.length") == 0
    assert browser.messages() == []
    names = [code.text for code in driver.find_elements(By.CSS_SELECTOR, "tr.d1 > th > code")]
    assert names == [visible(name) for name in HOSTILE]


@pytest.mark.parametrize(
    ("name", "page", "text", "bar"),
    [
        ("light", "rgb(255, 255, 255)", "rgb(26, 34, 48)", "rgb(11, 132, 216)"),
        ("dark", "rgb(15, 20, 27)", "rgb(230, 237, 243)", "rgb(169, 214, 245)"),
    ],
)
def test_each_theme_has_its_colours_and_every_text_its_contrast(browser, tmp_path, name, page, text, bar):
    theme(browser, name)
    driver = browser.open(write_page(Odd(), tmp_path))
    assert colour(driver, "body", "background-color") == page
    assert colour(driver, "body", "color") == text
    assert colour(driver, "td > svg", "background-color") == bar
    driver.execute_script(OPEN_ALL)
    contrasts = driver.execute_script(CONTRASTS)
    assert len(contrasts) >= 6
    assert {pair: ratio for pair, ratio in contrasts.items() if ratio < 4.5} == {}


def test_the_line_of_success_has_contrast_too(browser, tmp_path):
    for name in ("light", "dark"):
        theme(browser, name)
        driver = browser.open(write_page(sequential(), tmp_path))
        driver.execute_script(OPEN_ALL)
        assert min(driver.execute_script(CONTRASTS).values()) >= 4.5


def test_paper_is_light_and_has_everything(browser, tmp_path):
    pdftotext = programs.require("pdftotext")
    theme(browser, "dark")
    driver = browser.open(write_page(Odd(), tmp_path))
    pdf = driver.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})
    paper = tmp_path / "page.pdf"
    paper.write_bytes(base64.b64decode(pdf["data"]))
    text = subprocess.run([pdftotext, "-layout", paper, "-"], check=True, capture_output=True, text=True).stdout
    for words in (
        "The tree, added up from its leaves",  # how each check was made
        "ReLU",  # the row without parameters
        "each gate 64 weights",  # the sentence of an opened row
        "layer 1: 4 × 32 × (32 + 32 + 2) = 8,448",
        "weight_hh_l1",
        "nothing was run",  # how it was made
        "One number that the model can learn",  # the glossary
    ):
        assert words in text
    theme(browser, "dark", media="print")
    assert colour(driver, "body", "background-color") == "rgb(255, 255, 255)"


def test_a_phone_shows_layer_total_and_share_and_can_be_touched(browser, tmp_path):
    driver = browser.open(write_page(repeated(), tmp_path), width=390, height=844)
    heads = [head for head in driver.find_elements(By.CSS_SELECTOR, ".tree > thead th") if head.is_displayed()]
    assert len(heads) == 3
    assert heads[1].text == "Total"
    row = driver.find_element(By.XPATH, "//tr[th/details/summary/code = 'wte']")
    cell = row.find_element(By.XPATH, "./td[4]")
    assert driver.execute_script("return getComputedStyle(arguments[0], '::before').content", cell) == '"38.60 M"'
    row.find_element(By.TAG_NAME, "summary").click()
    assert row.find_element(By.XPATH, ".//p[. = 'With everything inside 38,597,376']").is_displayed()
    small = driver.execute_script(
        "return [...document.querySelectorAll('summary, label')].filter(e => e.checkVisibility()"
        " && e.getBoundingClientRect().height < 44).map(e => e.textContent)"
    )
    assert small == []


def test_the_head_of_the_table_stays_in_sight(browser, tmp_path):
    driver = browser.open(write_page(Odd(), tmp_path), height=500)
    driver.execute_script(OPEN_ALL)
    driver.execute_script("document.querySelectorAll('.tree > tbody > tr')[6].scrollIntoView()")
    top = driver.execute_script("return document.querySelector('.tree > thead th').getBoundingClientRect().top")
    assert top == pytest.approx(0, abs=1)


@pytest.mark.parametrize("width", [320, 390, 768, 900, 1100, 1280])
def test_a_run_fits_every_width_and_hides_no_text(browser, tmp_path, width):
    driver = browser.open(write_run(tmp_path, network(), input_size=IMAGE), width=width)
    for step in ("", OPEN_ALL, SHOW_ALL):
        driver.execute_script(step)
        assert driver.execute_script("return document.documentElement.scrollWidth") <= width
    assert driver.execute_script(OVERLAPS) == []
    assert browser.messages() == []


@pytest.mark.parametrize("name", ["light", "dark"])
def test_every_text_of_a_run_has_its_contrast(browser, tmp_path, name):
    theme(browser, name)
    driver = browser.open(write_run(tmp_path, network(), input_size=(1, 3, 30, 30)))  # the last layer does not fit
    driver.execute_script(OPEN_ALL)
    contrasts = driver.execute_script(CONTRASTS)
    assert {pair: ratio for pair, ratio in contrasts.items() if ratio < 4.5} == {}


def test_parameters_and_compute_stand_side_by_side_or_one_below_the_other(browser, tmp_path):
    page = write_run(tmp_path, network(), input_size=IMAGE)
    for width, beside in ((1280, True), (390, False)):
        driver = browser.open(page, width=width)
        tops = driver.execute_script(
            "return [...document.querySelectorAll('.pair > section')].map(e => e.getBoundingClientRect().top)"
        )
        assert len(tops) == 2
        assert (tops[0] == tops[1]) is beside


def test_a_phone_has_the_run_in_the_opened_row(browser, tmp_path):
    driver = browser.open(write_run(tmp_path, network(), input_size=IMAGE), width=390, height=844)
    heads = [head for head in driver.find_elements(By.CSS_SELECTOR, ".tree > thead th") if head.is_displayed()]
    assert len(heads) == 3
    row = driver.find_element(By.XPATH, "//tr[th/details/summary/code = '0']")
    row.find_element(By.TAG_NAME, "summary").click()
    assert row.find_element(By.XPATH, ".//b[contains(., '= 118,013,952')]").is_displayed()
    assert row.find_element(By.XPATH, ".//p[contains(., '→ 1 × 64 × 112 × 112')]").is_displayed()


def test_paper_has_the_run_and_the_memory(browser, tmp_path):
    pdftotext = programs.require("pdftotext")
    driver = browser.open(write_run(tmp_path, network(), input_size=IMAGE))
    pdf = driver.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})
    paper = tmp_path / "page.pdf"
    paper.write_bytes(base64.b64decode(pdf["data"]))
    text = subprocess.run([pdftotext, "-layout", paper, "-"], check=True, capture_output=True, text=True).stdout
    for words in ("How compute splits", "118,013,952", "1 × 64 × 112 × 112", "Adam or AdamW", "Multiply-add (MAC)"):
        assert words in text
