"""Headless Chromium, driven through Debian's ChromeDriver: what a reader of a report sees and clicks."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

FLAGS = (
    "--headless",
    "--no-sandbox",  # tests often run as root, in containers, where Chromium's own sandbox cannot start
    "--disable-gpu",
    # Nothing here may reach for the network: a report is one file that needs nothing else.
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # The same picture on every machine.
    "--force-device-scale-factor=1",
    "--hide-scrollbars",
    "--lang=en-US",
)


@contextmanager
def chrome(chromium: Path, chromedriver: Path, profile: Path) -> Iterator[Chrome]:
    """A browser with *profile* as its empty folder for everything it keeps; closed at the end."""
    options = ChromeOptions()
    options.binary_location = str(chromium)
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = Chrome(options=options, service=Service(executable_path=str(chromedriver)))
    try:
        yield driver
    finally:
        driver.quit()


class Browser:
    """One window. ``driver`` is Selenium's own, for everything that has no shorter name here."""

    def __init__(self, driver: Chrome) -> None:
        self.driver = driver

    def open(self, page: Path, *, width: int = 1280, height: int = 900) -> Chrome:
        """Show the file *page* in a window whose inside is *width* × *height* CSS pixels."""
        self.resize(width, height)
        self.driver.get(page.resolve().as_uri())
        return self.driver

    def resize(self, width: int, height: int) -> None:
        """Make the page's own area, without the window's frame, *width* × *height* CSS pixels."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def screenshot(self, target: Path, *, whole_page: bool = False) -> Path:
        """Write what the window shows, or the page to its end, as a PNG."""
        if whole_page:
            page = self.driver.execute_script("return [innerWidth, document.documentElement.scrollHeight]")
            self.resize(*page)
        if not self.driver.save_screenshot(str(target)):
            raise OSError(f"no screenshot at {target}")
        return target

    def messages(self) -> list[str]:
        """What the page complained about since the last call: script errors, refused content, failed loads."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def reset(self) -> None:
        """Forget the last page, the window's size and every emulation, so that each test starts alike."""
        self.driver.get("about:blank")
        self.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})
        self.messages()
