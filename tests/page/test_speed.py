"""Large pages: how soon they open, and whether keys are heard while they work.

A busy machine may be slow once: what is tested is the best of three tries, and where more than one
process waits for each core, the limits grow as the waiting does.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.command import run
from tests.page.browser import View

pytestmark = [pytest.mark.browser, pytest.mark.heavy]

BLOCKS = 100
"""Milliseconds that the page may hear no key."""


def write_log(path: Path, records: int) -> None:
    """Write a log with something new in each line, as an app does."""
    files = [(f"module_{n}.cpp:{n + 7}", f"HandleSomething{n}") for n in range(40)]
    with path.open("w") as log:
        for n in range(records):
            at = f"2024-01-{1 + n // 86_400:02} {n // 3600 % 24:02}:{n // 60 % 60:02}:{n % 60:02}"
            file, function = files[n * 7919 % 40]
            level = "E" if n % 50 == 0 else "W" if n % 17 == 0 else "DI"[n % 2]
            code = f"|error code:{9508 if n % 100 else 6013}" if level == "E" else ""
            log.write(
                f"TIM: {at}.{n * 37 % 1000:03} {level} 4104-{4156 + n % 5}       |-{file:38}"
                f"{function:40}|task:{n}|sequence:{n * 2654435761 % 2**32}|seconds:{n % 97}{code}\n"
            )


@pytest.fixture(scope="module", params=[(100_000, 2000), (500_000, 8000)], ids=["100k", "500k"])
def large(request, window: View, tmp_path_factory) -> tuple[View, Path, int, int]:
    records, limit = request.param
    folder = tmp_path_factory.mktemp("large")
    write_log(folder / "imsdk_20240101.log", records)
    path = folder / "case.html"
    done = run("html", folder / "imsdk_20240101.log", "--no-redact", "-o", path)
    assert done.status == 0, done.err
    assert path.stat().st_size < records * 30
    return window, path, records, limit


def best_of_three(attempt: Callable[[], int], limit: int) -> int:
    """Return the least of up to three tries, fewer if one is below; less for a crowded machine."""
    least = attempt()
    for _ in range(2):
        if least < limit * _crowd():
            break
        least = min(least, attempt())
    return int(least / _crowd())


def _crowd() -> float:
    """Return how many processes share a core, 1 or more."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def test_a_large_page_opens_soon(large):
    view, path, records, limit = large

    def opened() -> int:
        view.open(path)
        return int(view.run("return document.documentElement.dataset.opened"))

    assert best_of_three(opened, limit) < limit
    view.click("#tab-records")
    assert view.shown == records


def test_nothing_that_a_person_does_blocks_the_page(large):
    view, path, records, _ = large
    view.open(path, "#view=records")

    def scroll() -> None:
        view.driver.execute_async_script(
            "const done = arguments[0]; const list = document.getElementById('list'); let n = 0;"
            "const step = () => { list.scrollTop += list.scrollHeight / 60;"
            "  n++ < 60 ? requestAnimationFrame(step) : done(); }; step();"
        )

    def search() -> None:
        assert "hit" in view.search("sequence:99")
        view.press("n", "n")

    def filter_them() -> None:
        view.click("[data-facet=level] input[data-value=E]")
        assert view.shown == records // 50
        view.click("#clear")

    for action in (scroll, search, filter_them):

        def slowest(action: Callable[[], None] = action) -> int:
            view.slow  # noqa: B018 - forget what was before
            action()
            view.settle()
            return max(view.slow, default=0)

        assert best_of_three(slowest, BLOCKS) < BLOCKS, action.__name__


def test_a_click_in_the_scrollbar_reaches_the_last_record(large):
    view, path, records, _ = large
    view.open(path, "#view=records")
    view.run("const list = document.getElementById('list'); list.scrollTop = list.scrollHeight")
    view.settle()
    assert f"task:{records - 1}|" in view.texts(".row .text")[-1]
