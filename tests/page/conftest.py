from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command import run
from tests.page.browser import View, browser, need_browser


@pytest.fixture(scope="session")
def window() -> Iterator[View]:
    """A browser that all tests share; each opens its own page in it."""
    need_browser()
    with browser() as view:
        yield view


@pytest.fixture
def opened(window: View, tmp_path: Path):
    """Make a page by the command, open it, and return the window."""

    def make(*args: object, hash: str = "") -> View:  # noqa: A002 - as a browser calls it
        path = tmp_path / "case.html"
        done = run("html", *args, "-f", "-o", path)
        assert path.exists(), done.err
        return window.open(path, hash)

    return make
