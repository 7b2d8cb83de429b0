"""What a notebook shows, inside pages that set for tables and text what notebooks do, light and dark."""

import re

import pytest

from summarykit.exporters.base import Options
from summarykit.exporters.html.exporter import fragment
from support.pages import Odd, data_of, hostile, repeated

pytestmark = pytest.mark.browser

#: As in JupyterLab 4 (packages/rendermime/style/base.css), where these rules are the strongest.
JUPYTER = """
body { background: white; color: rgba(0, 0, 0, .87) }
body[data-jp-theme-light=false] { background: #111; color: white }
.jp-RenderedHTMLCommon table { table-layout: fixed; font-size: 12px; margin-left: auto; margin-right: auto }
.jp-RenderedHTMLCommon :is(td, th, tr) { vertical-align: middle; padding: .5em; border: none; font-weight: bold }
:not(.jp-RenderedMarkdown).jp-RenderedHTMLCommon :is(td, th, tr) { text-align: right }
.jp-RenderedHTMLCommon tbody tr:nth-child(even) { background: #f5f5f5 }
.jp-RenderedHTMLCommon code { background: #eee; color: black }
"""
PAGES = {
    "jupyter light": (JUPYTER, '<body data-jp-theme-light="true"><div class="jp-RenderedHTMLCommon">'),
    "jupyter dark": (JUPYTER, '<body data-jp-theme-light="false"><div class="jp-RenderedHTMLCommon">'),
    "vscode dark": ("body { background: #1e1e1e; color: #ccc }", '<body class="vscode-dark"><div>'),
    "colab dark": ("body { background: #383838; color: #d5d5d5 }", "<body><div>"),
    "github": ("", "<body><div>"),
}
OUTSIDE = '<table id="outside"><tr><th>outside</th><td class="n checked muted"><code>x</code></td></tr></table>'

CONTRASTS = """
const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
const rgb = (...colours) => { canvas.clearRect(0, 0, 1, 1);
  for (const colour of colours) { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1) }
  return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3) };
const light = c => { const [r, g, b] = c.map(v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
                     return .2126 * r + .7152 * g + .0722 * b };
const found = {};
const walker = document.createTreeWalker(document.querySelector('.summarykit'), NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const e = walker.currentNode.parentElement;
  if (e.tagName === 'STYLE' || !walker.currentNode.data.trim()) continue;
  const behind = ['white'];
  for (let up = e; up; up = up.parentElement) behind.splice(1, 0, getComputedStyle(up).backgroundColor);
  const [a, b] = [light(rgb(...behind)), light(rgb(...behind, getComputedStyle(e).color))].sort((x, y) => y - x);
  found[getComputedStyle(e).color + ' on ' + rgb(...behind)] = (a + .05) / (b + .05);
}
return found;
"""


def open_fragment(browser, folder, model, kind, *, width=1000):
    style, start = PAGES[kind]
    html = fragment(data_of(model), Options())
    if kind == "github":
        html = re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)
    page = folder / "notebook.html"
    head = f"<!DOCTYPE html><meta charset=utf-8><style>{style}</style>"
    page.write_bytes(f"{head}{start}{html}</div>{OUTSIDE}".encode("utf-8", "surrogatepass"))
    return browser.open(page, width=width)


@pytest.mark.parametrize("system", ["light", "dark"])
@pytest.mark.parametrize("kind", PAGES)
def test_every_text_has_contrast_whatever_theme_the_system_has(browser, tmp_path, kind, system):
    features = [{"name": "prefers-color-scheme", "value": system}]
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": features})
    driver = open_fragment(browser, tmp_path, Odd(), kind)
    contrasts = driver.execute_script(CONTRASTS)
    assert len(contrasts) >= (1 if kind == "github" else 3)
    assert {pair: ratio for pair, ratio in contrasts.items() if ratio < 4.5} == {}
    assert browser.messages() == []


ALIGNMENT = """
return [...document.querySelectorAll('.summarykit tbody tr:first-child > *')].map(cell =>
  getComputedStyle(cell).textAlign.replace('-webkit-', ''));
"""


@pytest.mark.parametrize("kind", PAGES)
def test_names_stand_left_and_numbers_right(browser, tmp_path, kind):
    driver = open_fragment(browser, tmp_path, repeated(), kind)
    sides = driver.execute_script(ALIGNMENT)
    assert [side.replace("start", "left") for side in sides] == ["left"] * 3 + ["right"] * 3


def test_nothing_outside_is_touched(browser, tmp_path):
    outside = """
    return [...document.querySelectorAll('#outside, #outside *')].map(e => { const s = getComputedStyle(e);
      return [s.color, s.font, s.padding, s.textAlign, s.borderBottomWidth, s.width] })"""
    driver = open_fragment(browser, tmp_path, Odd(), "jupyter light")
    before = driver.execute_script(outside)
    driver.execute_script("document.querySelector('.summarykit').remove()")
    assert driver.execute_script(outside) == before


@pytest.mark.parametrize("make", [hostile, repeated, Odd])
def test_it_fits_the_width_of_a_notebook(browser, tmp_path, make):
    driver = open_fragment(browser, tmp_path, make(), "jupyter light", width=900)
    assert driver.execute_script("return document.documentElement.scrollWidth") <= 900
    assert not driver.execute_script("return document.scripts.length + document.images.length")
