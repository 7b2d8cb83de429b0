"""Pages of large models in Chromium: how large the file is, when it can be used, how long search and sort take.

Alone: ``python benchmarks/pages.py``.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import NamedTuple

import models
from torch import nn

import summarykit

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from support.browser import Browser, chrome

ROUNDS = 5

#: Each search and each sort, from the key or the click to the finished layout.
USED = """
const field = document.querySelector('[type=search]'), found = {search: [], sort: []};
const timed = (kind, act) => {
  const start = performance.now(); act(); document.body.offsetHeight; found[kind].push(performance.now() - start) };
const type = words => { field.value = words; field.dispatchEvent(new Event('input')) };
for (const words of ['linear', 'o_proj', '17.experts.3', '14680064', 'norm', 'e', '']) {
  timed('search', () => type(words));
}
for (const key of ['own', 'inside', 'name', 'type', 'formula']) {
  timed('sort', () => document.querySelector(`[data-key=${key}] button`).click());
}
return found;
"""


class Page(NamedTuple):
    """What was measured of one page; times in seconds."""

    called: str
    most: float  #: kilobytes that its file may have
    size: int
    opened: float  #: from the start of loading until the script is done and the page stands
    search: float  #: the slowest of several, median of the rounds
    sort: float


def resnet() -> nn.Module:
    """Return ResNet-50 as transformers builds it."""
    import torch
    from transformers import ResNetConfig, ResNetForImageClassification

    with torch.device("meta"):
        return ResNetForImageClassification(ResNetConfig())


CASES: tuple[tuple[str, Callable[[], nn.Module], bool, float], ...] = (
    ("the mixture of experts, unfolded", models.moe, False, 3_000),
    ("a tree of 75,000 modules, unfolded", lambda: models.tree(75_000), False, 3_000),
    ("ResNet-50", resnet, True, 120),
)


def measured() -> list[Page]:
    """Return the figures of every case, none where there is no Chromium."""
    chromium, driver = shutil.which("chromium") or shutil.which("google-chrome"), shutil.which("chromedriver")
    if not chromium or not driver:
        return []
    pages = []
    with tempfile.TemporaryDirectory() as folder:
        for called, model, fold, most in CASES:
            path = Path(folder) / "page.html"
            summarykit.report(model(), path, fold=fold)
            with chrome(Path(chromium), Path(driver), Path(folder) / called) as window:
                pages.append(_measured(Browser(window), called, most, path))
    return pages


def _measured(browser: Browser, called: str, most: float, path: Path) -> Page:
    opened, search, sort = [], [], []
    for _ in range(ROUNDS):
        browser.reset()
        driver = browser.open(path)
        opened.append(driver.execute_script("return performance.getEntriesByType('navigation')[0].loadEventEnd") / 1e3)
        found = driver.execute_script(USED)
        search.append(max(found["search"]) / 1e3)
        sort.append(max(found["sort"]) / 1e3)
    return Page(called, most, path.stat().st_size, median(opened), median(search), median(sort))


def main() -> None:
    for page in measured():
        times = f"opened {page.opened:.2f} s, search {page.search * 1e3:.0f} ms, sort {page.sort * 1e3:.0f} ms"
        print(f"{page.called}: {page.size / 1e3:,.0f} kB, {times}")


if __name__ == "__main__":
    main()
