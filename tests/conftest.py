"""Fixtures of all tests. What they do is in support/; here stands only how a test asks for it."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest

from support import programs
from support.browser import Browser, chrome
from support.golden import Golden
from support.office import Office
from support.tex import Tex

pytest_plugins = ["pytester"]

# No time limit per example: the machine may be busy. In CI the same tree always gives the same answer.
hypothesis.settings.register_profile("local", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.register_profile("fast", deadline=None, max_examples=15)  # for `make test-fast`
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "local")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="accept what tests made as their golden files")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """``golden("tiny.md", text)`` compares with ``tests/golden/tiny.md``, byte for byte."""
    return Golden(update=request.config.getoption("--update-golden"))


@pytest.fixture(scope="session")
def chromium() -> Path:
    return programs.require("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def _one_browser(chromium: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Started once for each worker: starting takes longer than most tests."""
    chromedriver = programs.require("chromedriver")
    with chrome(chromium, chromedriver, tmp_path_factory.mktemp("chromium")) as driver:
        yield Browser(driver)


@pytest.fixture
def browser(_one_browser: Browser) -> Browser:
    """An empty window of headless Chromium: ``browser.open(page)``, ``browser.driver``, ``browser.messages()``."""
    _one_browser.reset()
    return _one_browser


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core, to be run in a page."""
    found = Path(__file__).parent / "browser/node_modules/axe-core/axe.min.js"
    return found.read_text("utf-8") if found.exists() else programs.give_up("axe-core")


@pytest.fixture
def screenshot(browser: Browser, tmp_path: Path) -> Callable[..., Path]:
    """``screenshot(page, width=390)`` opens a file and returns the path of a PNG of all of it."""

    def take(page: Path, *, width: int = 1280, height: int = 900, whole_page: bool = True) -> Path:
        browser.open(page, width=width, height=height)
        return browser.screenshot(tmp_path / f"{page.stem}-{width}.png", whole_page=whole_page)

    return take


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return Office(programs.require("soffice", "libreoffice"), tmp_path_factory.mktemp("libreoffice"))


@pytest.fixture(scope="session")
def libreoffice(office: Office) -> Callable[..., Path]:
    """``libreoffice(workbook, "pdf")`` returns the converted file; every formula is calculated anew."""
    return office.convert


@pytest.fixture(scope="session")
def pdftex() -> Callable[..., Path]:
    """``pdftex(folder, "main.tex")`` returns the PDF; what TeX complains of fails the test."""
    return Tex(programs.require("pdflatex")).pdf


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    missing = programs.missing_programs(terminalreporter.stats.get("skipped", []))
    if missing:
        terminalreporter.section("not tested, for want of a program")
        for program, count in sorted(missing.items()):
            terminalreporter.line(f"{count} test{'s' if count > 1 else ''}: {program}")
