"""Chromium, and the case page in it as a person uses it."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
DRIVER = shutil.which("chromedriver")
AXE = Path(__file__).parent / "js/node_modules/axe-core/axe.min.js"
_ARGUMENTS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")
_WATCH = """
window.slow = [];
window.wanted = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.wanted.push(event.blockedURI);
});
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.slow.push(Math.round(entry.duration));
}).observe({ entryTypes: ["longtask"] });
"""
"""Notes what blocks longer than 50 ms, and what the policy of the page refused."""


def missing() -> str:
    """Return what is not here that these tests need; an empty text if all is."""
    try:
        import selenium  # noqa: F401
    except ImportError:
        return "selenium is not installed: pip install -e '.[browser]'"
    return "" if CHROMIUM and DRIVER else "chromium and chromedriver are not installed"


def need_browser() -> None:
    """Skip a test where no browser is; fail where one has to be."""
    _need(missing())


def need_axe() -> None:
    """Skip a test where axe-core is not; fail where it has to be."""
    _need("" if AXE.exists() else "axe-core is not installed: npm install --prefix tests/page/js")


def _need(reason: str) -> None:
    if reason and os.environ.get("XLOGDECODE_BROWSER") == "required":
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)


class View:
    """A window with a page in it."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def open(self, path: Path, hash: str = "") -> "View":  # noqa: A002 - as a browser calls it
        """Open a page and wait for its records."""
        self.driver.get("about:blank")
        self.driver.get(f"{path.as_uri()}{hash}")
        self.wait("document.documentElement.dataset.state")
        assert self.run("return document.documentElement.dataset.state") == "ready"
        return self

    def run(self, script: str, *values: object) -> Any:
        """Run a script in the page."""
        return self.driver.execute_script(script, *values)

    def wait(self, condition: str, seconds: float = 30) -> None:
        """Wait until a condition, in JavaScript, holds."""
        from selenium.webdriver.support.ui import WebDriverWait

        waiting = WebDriverWait(self.driver, seconds, poll_frequency=0.03)
        waiting.until(lambda _: self.run(f"return Boolean({condition})"), condition)

    def one(self, selector: str) -> Any:
        """Return the first element that fits."""
        return self.driver.find_element("css selector", selector)

    def texts(self, selector: str) -> list[str]:
        """Return the text of each element that fits."""
        return self.run(
            "return [...document.querySelectorAll(arguments[0])].map((e) => e.textContent)",
            selector,
        )

    def click(self, selector: str, text: str | None = None) -> None:
        """Click the first element that fits and has this text, or any."""
        for element in self.driver.find_elements("css selector", selector):
            if text is None or element.text.strip() == text:
                self.run("arguments[0].scrollIntoView({ block: 'center' })", element)
                element.click()
                self.settle()
                return
        raise AssertionError(f"no {selector} says {text!r}")

    def settle(self) -> None:
        """Wait until the page has nothing to do."""
        self.driver.execute_async_script(
            "const done = arguments[0]; const look = () => app.working ? setTimeout(look, 10) :"
            "requestAnimationFrame(() => setTimeout(done, 0)); setTimeout(look, 30)"
        )

    def search(self, query: str) -> str:
        """Look for `query`; return how many hits the page says there are."""
        field = self.one("#query")
        field.clear()
        field.send_keys(query)
        how = "{ regex: inputOf('regex').checked, matchCase: inputOf('case').checked }"
        asked = f"patternOf({json.dumps(query)}, {how}).source"
        self.wait(f"app.search.pattern?.source === {asked} && !app.working")
        self.settle()
        field.send_keys("\ue00c")  # Escape: back to the list
        return self.one("#hits").text

    def press(self, *keys: str) -> None:
        """Press keys on the list: letters, or names as `Enter`."""
        from selenium.webdriver.common.action_chains import ActionChains
        from selenium.webdriver.common.keys import Keys

        for key in keys:
            pressed = key if len(key) == 1 else getattr(Keys, key.upper())
            ActionChains(self.driver).send_keys(pressed).perform()
            self.settle()

    @property
    def shown(self) -> int:
        """How many records the page says are shown."""
        digits = self.one("#count").text.replace(",", "").replace("/", " ").split()
        return int(digits[0])

    @property
    def slow(self) -> list[int]:
        """Milliseconds of each stretch over 50 in which the page heard no key, since last time."""
        return self.run("return window.slow.splice(0)")


@contextmanager
def browser(width: int = 1280, height: int = 900) -> Iterator[View]:
    """Start Chromium, and end it."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    for argument in (*_ARGUMENTS, f"--window-size={width},{height}"):
        options.add_argument(argument)
    options.binary_location = CHROMIUM
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    options.set_capability("unhandledPromptBehavior", "ignore")
    driver = webdriver.Chrome(options, Service(DRIVER))
    try:
        driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": _WATCH})
        yield View(driver)
    finally:
        driver.quit()
