"""Logs that want to be more than text."""

import json
import re
from pathlib import Path

import pytest

from tests.page.browser import AXE, View, need_axe

pytestmark = [pytest.mark.browser, pytest.mark.heavy]

EVIL = [
    "<script>window.evil = 1; alert(1)</script>",
    "</script><script>window.evil = 1; alert(2)</script>",
    "<img src=x onerror='window.evil = 1'><svg onload='window.evil = 1'>",
    "<!-- <script> {title} {style} {policy}",
    "javascript:alert(3) <a href='http://attacker.example/x'>a</a> <base href='http://attacker.example/'>",
    "\u202egnirts\u2066 \u200b\ufeff\u2028\u2029 bidi",
    "NUL \0 and \x1b[31mred\x07",
    "]]> ${alert(4)} `${alert(5)}` {0} {1} $& $'",
    "x" * 1_000_000 + "<script>window.evil = 1</script>",
    "__proto__|constructor|toString",
]


def evil_log(folder: Path) -> Path:
    """Write a log whose every field is hostile."""
    lines = ["^^^^^^^^^^Dec 12 2023^^^15:15:13^^^^^^^^^^[1,1][2024-01-01 +0800 08:00:00]\n"]
    for number, text in enumerate(EVIL):
        short = text[:60].replace("|", " ").replace("]", ")")
        lines.append(
            f"[E][2024-01-01 +8.0 08:00:{number:02}.000][1, 2*]"
            f"[{short}][{short}:1, {short}][{text}\n"
        )
        lines.append(f"TIM: ======  SDK Version: {short}\nTIM: ======  Device Type: {short}\n")
        lines.append(f"{text}\n")
    log = folder / "evil<img src=x onerror=alert(6)>_20240101.log"
    log.write_bytes("".join(lines).encode() + b"\xff\xfe\x80 not UTF-8\n")
    return log


def requests_of(view: View) -> list[str]:
    log = view.driver.get_log("performance")
    entries = [json.loads(entry["message"])["message"] for entry in log]
    urls = [
        entry["params"]["request"]["url"]
        for entry in entries
        if entry["method"] == "Network.requestWillBeSent"
    ]
    return [url for url in urls if not url.startswith(("file:", "about:", "blob:"))]


@pytest.mark.parametrize("redacting", [(), ("--no-redact",)])
def test_a_hostile_log_is_inert(opened, tmp_path, redacting):
    view = opened(evil_log(tmp_path), *redacting, "--title", EVIL[1])
    view.click("#tab-records")
    for key in "jjjjjjjjjjjjjjjjjjjjjjjjj":
        view.press(key)
    view.press("Enter")
    view.search("<script>")
    view.press("n", "n", "n", "n")
    view.run("for (const facet of app.filters.facets) app.facets.toggleAll(facet.name)")
    view.click("#language")
    view.run("dispatchEvent(new Event('beforeprint'))")
    view.settle()
    assert view.run("return window.evil") is None
    assert view.run("return window.wanted") == []
    assert requests_of(view) == []
    assert view.run("return document.querySelectorAll('img, iframe, base, a[href]').length") == 0
    scripts = "return document.querySelectorAll('script:not([type])').length"
    assert view.run(scripts) == 1
    shown = view.run("return document.body.innerText")
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b\x00\x07\x1b]", shown)
    assert [entry for entry in view.driver.get_log("browser") if entry["level"] == "SEVERE"] == []


def test_a_line_of_a_megabyte_is_shown_in_parts_and_blocks_nothing(opened, tmp_path):
    view = opened(evil_log(tmp_path), "--no-redact")
    view.click("#tab-records")
    view.slow  # noqa: B018 - forget what opening took
    view.search("x{20}<script")
    view.click("#regex")
    view.settle()
    view.press("n")
    assert len(view.run("return document.querySelector('#detail pre').textContent")) < 70_000
    view.click("#detail > p:not(.actions) button")
    assert len(view.run("return document.querySelector('#detail pre').textContent")) > 1_000_000


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("tab", ["overview", "records"])
def test_axe_finds_no_serious_fault(opened, tmp_path, theme, tab):
    from tests.page.cases import write_case

    need_axe()
    view = opened(write_case(tmp_path / "logs"), hash=f"#view={tab}&q=9508&level=E&record=210")
    view.run("document.documentElement.dataset.theme = arguments[0]", theme)
    view.settle()
    view.driver.execute_cdp_cmd("Runtime.evaluate", {"expression": AXE.read_text("utf-8")})
    found = view.driver.execute_async_script(
        "const done = arguments[0]; axe.run().then((result) => done(result.violations))"
    )
    serious = [
        (fault["id"], [node["html"][:120] for node in fault["nodes"][:3]])
        for fault in found
        if fault["impact"] in {"serious", "critical"}
    ]
    assert serious == []


NAMES = ["__proto__", "constructor", "toString", "hasOwnProperty", "</script>"]


def test_names_of_javascript_objects_are_values_like_others(opened, tmp_path):
    log = tmp_path / "imsdk_20240101.log"
    lines = [
        f"[E][2024-01-01 +8.0 08:00:0{number}.000][1, 2*][{name}][a.cpp:1, {name}][at {name}\n"
        for number, name in enumerate(NAMES)
    ]
    log.write_text("".join(lines) + lines[0].replace("2024-01-01", "2080-02-28"))
    view = opened(log, "--no-redact", hash="#view=records")
    assert "2080-02-28" in view.one("#range").text
    for name in NAMES:
        for facet in ("tag", "function"):
            view.click(f"[data-facet={facet}] input[data-value='{name}']")
            assert {*view.texts(".row .text")} == {f"at {name}"}
            assert view.shown == 1 + (name == NAMES[0])
            view.click("#clear")


def test_an_expression_that_would_take_for_ever_is_stopped(opened, tmp_path):
    log = tmp_path / "imsdk_20240101.log"
    log.write_text(
        f"[I][2024-01-01 +8.0 08:00:00.000][1, 2*][t][a.cpp:1, f][{'a' * 50}!\n"
        "[I][2024-01-01 +8.0 08:00:01.000][1, 2*][t][a.cpp:1, f][bb\n"
    )
    view = opened(log, "--no-redact", hash="#view=records")
    view.click("#regex")
    view.one("#query").send_keys("(a+)+$")
    view.wait("byId('hits').textContent.includes('takes too long')")
    assert max(view.slow, default=0) < 1000
    assert view.search("^b+$") == "1 hits"
    view.press("n")
    assert view.texts("#detail mark") == ["bb"]
    assert view.run("return app.search.matcher.works")
    assert view.run("return window.wanted") == []
