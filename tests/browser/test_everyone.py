"""The page for everyone: by ear, by keyboard, without script, where a host forbids style and script."""

import base64
import re
import subprocess

import pytest
from selenium.webdriver.common.by import By

import summarykit
from support import programs
from support.pages import (
    Odd,
    changed_net,
    hostile,
    page_from,
    page_of,
    repeated,
    sequential,
    wide,
    write_diff,
    write_page,
)

pytestmark = pytest.mark.browser

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
AXE = """
const done = arguments[arguments.length - 1];
const told = node => node.html.slice(0, 200) + ' ' + node.failureSummary;
axe.run(document, {runOnly: arguments[0]})
  .then(found => done(found.violations.map(each => [each.id, each.nodes.slice(0, 3).map(told)])));
"""


def told_by_axe(driver, axe):
    # The page's own policy forbids a script element, but not what the debugger evaluates.
    driver.execute_script(axe + ";window.axe = axe")
    return driver.execute_async_script(AXE, RULES)


def page_path(make, folder):
    """The page of a model, or of what changed from one to another."""
    return write_diff(*make(), folder) if make is changed_net else write_page(make(), folder)


def run_page(folder):
    target = folder / "run.html"
    target.write_bytes(page_from(summarykit.summarize(sequential(), input_size=(8, 16)).data).encode())
    return target


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("make", [sequential, repeated, Odd, wide, "run", changed_net])
def test_axe_finds_nothing(browser, tmp_path, axe, make, theme, width):
    features = [{"name": "prefers-color-scheme", "value": theme}]
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    page = run_page(tmp_path) if make == "run" else page_path(make, tmp_path)
    driver = browser.open(page, width=width)
    assert told_by_axe(driver, axe) == []
    driver.execute_script(
        "document.querySelectorAll('.tree details, .box, footer details').forEach((e, i) => { e.open = i < 40 });"
        "for (const box of document.querySelectorAll('.columns [type=checkbox]')) if (!box.checked) box.click();"
        "document.querySelector('thead .n button').click()"
    )
    assert told_by_axe(driver, axe) == []


def test_axe_would_find_something(browser, tmp_path, axe):
    driver = browser.open(write_page(sequential(), tmp_path))
    driver.execute_script(
        "document.querySelector('[type=search]').parentNode.replaceWith(document.querySelector('[type=search]'));"
        "document.querySelector('.facts').style.color = '#aaa'"
    )
    assert {rule for rule, _ in told_by_axe(driver, axe)} >= {"color-contrast"}


def test_a_row_has_its_role_its_level_and_its_state(browser, tmp_path):
    driver = browser.open(write_page(repeated(), tmp_path))
    tree = driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    roles = [node["role"]["value"] for node in tree if not node.get("ignored")]
    assert roles.count("treegrid") == 1
    rows = [node for node in tree if node["role"]["value"] == "row" and not node.get("ignored")]
    states = [{p["name"]: p["value"].get("value") for p in row["properties"]} for row in rows]
    assert [state.get("level") for state in states if "level" in state] == [1, 2, 2, 3, 4, 5, 5, 4]
    assert {state.get("expanded") for state in states if state.get("level") == 3} == {True}


def test_without_script_the_page_is_whole(browser, tmp_path):
    page = write_page(Odd(), tmp_path)
    browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        driver = browser.open(page)
        assert not driver.find_element(By.CSS_SELECTOR, ".tools").is_displayed()
        assert not driver.find_element(By.CSS_SELECTOR, "tr.none").is_displayed()
        driver.find_element(By.CSS_SELECTOR, ".idle").click()
        assert driver.find_element(By.CSS_SELECTOR, "tr.none").is_displayed()
        row = driver.find_element(By.CSS_SELECTOR, "#embed details")
        row.find_element(By.TAG_NAME, "summary").click()
        assert "A table with 1,000 rows" in row.text
        driver.get(f"{page.as_uri()}#body.attn")
        top = driver.find_element(By.ID, "body.attn").rect["y"]
        assert top > 0
    finally:
        browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_without_script_a_diff_is_whole(browser, tmp_path):
    page = write_diff(*changed_net(), tmp_path)
    browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        driver = browser.open(page)
        assert not driver.find_element(By.CSS_SELECTOR, ".tools").is_displayed()
        assert not driver.find_element(By.CSS_SELECTOR, ".idle").is_displayed()
        rows = driver.find_elements(By.CSS_SELECTOR, ".tree > tbody > tr")
        assert len(rows) == 4
        rows[0].find_element(By.TAG_NAME, "summary").click()
        assert "Each of the 16 filters has 18 weights" in rows[0].text
    finally:
        browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_a_diff_on_paper_has_every_change(browser, tmp_path):
    pdftotext = programs.require("pdftotext")
    driver = browser.open(write_diff(*changed_net(), tmp_path))
    driver.find_element(By.CSS_SELECTOR, "[name=list]").click()
    paper = tmp_path / "diff.pdf"
    paper.write_bytes(base64.b64decode(driver.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})["data"]))
    text = subprocess.run([pdftotext, "-layout", paper, "-"], check=True, capture_output=True, text=True).stdout
    for words in ("body.0–2.conv", "body.3", "replaced", "Each of the 16 filters has 18 weights", "16 × 2 × 3 × 3"):
        assert words in text
    assert not re.search("Expand all|Copy row|Name, type, number or state", text)


def test_where_a_host_forbids_style_and_script_it_can_be_read(browser, tmp_path):
    """As Jenkins does for archived files: a second policy goes before the page's own."""
    host = "<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'; sandbox\">"
    page = tmp_path / "hosted.html"
    page.write_text(page_of(repeated()).replace("<head>", f"<head>{host}", 1), "utf-8")
    driver = browser.open(page)
    text = driver.find_element(By.TAG_NAME, "main").text
    for words in ("95,275,776", "37 of 37 counts agree", "50,257 × 768", "12 × 1,536"):
        assert words in text
    assert driver.execute_script("return document.documentElement.scrollWidth") <= 1280
    tall = driver.execute_script("return Math.max(...[...document.querySelectorAll('svg')].map(e => e.clientHeight))")
    assert tall <= 12
    browser.messages()  # the host's refusals, as they should be


@pytest.mark.parametrize("make", [repeated, Odd, hostile, changed_net])
def test_nothing_is_asked_of_anyone(browser, tmp_path, make):
    driver = browser.open(page_path(make, tmp_path))
    driver.execute_script("document.querySelectorAll('button, summary, label').forEach(each => each.click())")
    assert driver.execute_script("return performance.getEntriesByType('resource').length") == 0
    assert driver.execute_script("return document.cookie") == ""
    assert browser.messages() == []


def test_paper_has_every_row_whatever_is_shut_or_drawn(browser, tmp_path):
    pdftotext = programs.require("pdftotext")
    driver = browser.open(write_page(repeated(), tmp_path))
    driver.find_element(By.CSS_SELECTOR, "[name=collapse]").click()
    driver.find_element(By.CSS_SELECTOR, "[name=fold]").click()
    before = driver.execute_script("return document.querySelector('.tree').innerText")
    pdf = driver.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})
    paper = tmp_path / "page.pdf"
    paper.write_bytes(base64.b64decode(pdf["data"]))
    text = subprocess.run([pdftotext, "-layout", paper, "-"], check=True, capture_output=True, text=True).stdout
    for words in ("0–11", "GELU", "Each of the 3,072 neurons", "3,072 × (768 + 1)"):
        assert words in text
    assert not re.search("Expand all|Copy row|Name, type or number", text)
    assert driver.execute_script("return document.querySelector('.tree').innerText") == before


def test_little_motion_is_none(browser, tmp_path):
    features = [{"name": "prefers-reduced-motion", "value": "reduce"}]
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": features})
    driver = browser.open(write_page(repeated(), tmp_path))
    moving = driver.execute_script(
        "return [...document.querySelectorAll('*')].filter(each => { const style = getComputedStyle(each);"
        " return style.transitionDuration !== '0s' || style.animationName !== 'none' }).length"
    )
    assert moving == 0
