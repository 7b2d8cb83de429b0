"""A page in a browser, and what a reader does with it: search, sort, fold, keys, links."""

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

NAMES = """
return [...document.querySelectorAll('.tree > tbody > tr:not(.space)')]
  .map(row => row.cells[0].querySelector('code').textContent)
"""
CELLS = """
return [...document.querySelectorAll('.tree > tbody > tr:not(.space)')].map(row => [...row.cells].map((cell, i) =>
  (i ? cell : cell.querySelector('summary') ?? cell).innerText.trim().replace(/\\s+/g, ' ')))
"""


class Page:
    """The page of one model, and what a reader does with it."""

    def __init__(self, browser, path, **size):
        self.driver = browser.open(path, **size)
        self.browser = browser
        self.path = path

    def names(self):
        return self.driver.execute_script(NAMES)

    def cells(self):
        return {cells[0]: cells[1:] for cells in self.driver.execute_script(CELLS)}

    def search(self, words):
        field = self.driver.find_element(By.CSS_SELECTOR, "[type=search]")
        field.send_keys(Keys.CONTROL, "a")
        field.send_keys(Keys.BACKSPACE, words)
        return self.status()

    def status(self):
        return self.driver.find_element(By.CSS_SELECTOR, "[role=status]").text

    def click(self, selector):
        self.driver.find_element(By.CSS_SELECTOR, selector).click()

    def head(self, key):
        self.click(f"thead [data-key={key}] button")

    def column(self, name):
        self.driver.execute_script("document.querySelector('.columns').open = true")
        self.click(f".columns [name={name}]")

    def row(self, name):
        at = self.names().index(name)
        return self.driver.find_elements(By.CSS_SELECTOR, ".tree > tbody > tr:not(.space)")[at]

    def keys(self, *keys):
        for key in keys:
            self.driver.switch_to.active_element.send_keys(key)

    def focused(self):
        return self.driver.execute_script("return document.activeElement.cells?.[0].querySelector('code').textContent")

    def opened(self):
        return self.driver.execute_script(
            "return [...document.querySelectorAll('.tree details[open]')].map(e => e.querySelector('code').textContent)"
        )

    @property
    def hash(self):
        return self.driver.execute_script("return location.hash")

    def go(self, hash_):
        self.driver.execute_script("location.hash = arguments[0]", hash_)

    def again(self, hash_):
        """Open the page anew at an address."""
        self.driver.get("about:blank")
        self.driver.get(f"{self.path.resolve().as_uri()}{hash_}")
