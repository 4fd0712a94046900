"""Ten questions that a support engineer puts to a case, answered by clicks and keys, twice."""

import hashlib
from pathlib import Path

import pytest

from tests.command import run
from tests.page.browser import View
from tests.page.cases import times_of, write_case

pytestmark = [pytest.mark.browser, pytest.mark.heavy]
LANGUAGES = ("en", "zh")


@pytest.fixture(scope="module")
def case(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("case")
    path = folder / "case.html"
    assert run("html", write_case(folder / "logs"), "--no-redact", "-o", path).status == 0
    return path


@pytest.fixture(params=LANGUAGES)
def view(request, window: View, case: Path) -> View:
    """The page, in each language, at its overview."""
    window.open(case)
    if window.run("return document.documentElement.lang.slice(0, 2)") != request.param:
        window.click("#language")
    return window


def rows_of(view: View, card: str) -> list[list[str]]:
    script = (
        "return [...document.querySelectorAll('#card-' + arguments[0] + ' tbody tr')]"
        ".map((row) => [...row.cells].map((cell) => cell.textContent))"
    )
    return view.run(script, card)


def word(view: View, key: str) -> str:
    return view.run("return t(arguments[0])", key)


def test_which_session_crashed(view):
    sessions = {row[0]: row for row in rows_of(view, "sessions")}
    crashed = [
        number
        for number, row in sessions.items()
        if word(view, "end_no closing line; crash buffer recovered") in row
    ]
    assert crashed == ["1"]
    assert "2024-01-01 08:00:00" in sessions["1"]


def test_which_app_sdk_and_device(view):
    facts = " ".join(view.texts("#card-facts dd"))
    for known in ("1400000001", "7.7.5282", "Pixel 8", "2024-01-01 08:00:00"):
        assert known in facts


def test_how_many_9508_between_ten_and_eleven(view):
    view.click("#card-codes button", "9508")
    view.one("#from").send_keys("10:00")
    view.one("#until").send_keys("10:59:59.999")
    view.click("#facets form button")
    wanted = [at for at in times_of("9508") if at[11:13] == "10"]
    assert view.shown == len(wanted) == 60


def test_how_many_9508_between_ten_and_eleven_by_a_click_on_the_hour(view):
    view.click("#card-codes button", "9508")
    before = view.shown
    script = "[...document.querySelectorAll('.bar')].map((bar) => Number(bar.dataset.total))"
    bars = view.run(f"return {script}")
    assert sum(bars) == before == len(times_of("9508"))
    view.click(".bar rect")
    assert view.shown == bars[0]
    view.click("#unzoom")
    assert view.shown == before


def test_what_happened_before_the_first_disconnect(view):
    view.click("#tab-records")
    assert view.search("error code:9508").split()[0] == str(len(times_of("9508")))
    view.press("n")
    assert "socket closed by peer" in view.one("#detail pre").text
    view.press("k")
    assert "signal is weak" in view.one("#detail pre").text
    assert "2024-01-01 08:40:00.100" in view.one("#detail").text


def test_which_function_has_most_errors(view):
    (function, errors, _), *_ = rows_of(view, "functions")
    assert function == "NotifyReadWriteError"
    assert int(errors) == len(times_of(" E .*NotifyReadWriteError"))
    view.click("#card-functions button", function)
    assert view.shown == int(errors)


def test_when_was_the_user_kicked_and_what_does_it_mean(view):
    kicked = next(row for row in rows_of(view, "codes") if row[0] == "6208")
    assert kicked[1] == "1"
    assert kicked[2]
    assert "2024-01-01 08:50:00" in kicked
    view.click("#card-codes button", "2024-01-01 08:50:00")
    assert "kick_offline_type:1" in view.one("#detail pre").text


def test_what_took_longest(view):
    (cost, at, function), *_ = rows_of(view, "slow")
    assert (cost, at, function) == ("2,345\xa0ms", "2024-01-01 08:31:02.500", "LogRequestEnd")


def test_what_did_one_thread_do(view):
    view.click("#tab-records")
    view.click("input[data-value='5001-5077']")
    assert view.shown == len(times_of("5001-5077"))
    view.click("[data-facet=level] input[data-value=E]")
    assert view.shown == 1
    assert "not ready" in view.one(".row .text").text


def test_which_messages_are_chinese_and_what_is_around_them(view):
    view.click("#tab-records")
    view.click("#regex")
    hits = view.search("[\\u4e00-\\u9fff]{2}")
    assert hits.split()[0] == "2"
    view.click("#only")
    assert view.shown == 2
    assert word(view, "lines").replace("{0}", "3") in view.texts(".row .folded")
    view.run("document.getElementById('context').value = '3'; app.apply()")
    view.settle()
    assert view.shown == 6


def test_what_did_the_app_do_last_before_it_crashed(view):
    view.click("#tab-records")
    view.press("E", "k")
    view.search("about to crash")
    view.press("n")
    assert "about to crash" in view.one("#detail pre").text
    assert word(view, "crash") in view.one("#detail").text


def test_a_link_brings_back_the_filters_and_the_record(view, case):
    view.click("#card-codes button", "9508")
    view.click("#list")
    view.press("j", "j")
    shown, text = view.shown, view.one("#detail pre").text
    address = view.run("return location.hash")
    view.open(case, address)
    assert view.shown == shown
    assert "mark=code-9508" in address
    assert view.run("return location.hash") == address
    assert text in view.one("#detail").text


def test_enter_goes_to_a_hit_of_what_was_just_typed(view):
    view.click("#tab-records")
    view.one("#query").send_keys("6013\ue007")  # Enter
    view.wait("app.selected >= 0")
    assert "error code:6013" in view.one("#detail pre").text


def test_enter_on_the_list_shows_and_hides_the_record(view):
    view.click("#tab-records")
    view.press("j")
    view.run("document.getElementById('list').focus()")
    view.press("Enter")
    assert view.one("#detail").is_displayed()
    view.press("Enter")
    assert not view.one("#detail").is_displayed()


def test_a_dark_page_is_printed_dark_on_light(view):
    color = "return getComputedStyle(document.body).color.match(/[0-9]+/g).map(Number)"
    view.run("document.documentElement.dataset.theme = 'dark'")
    assert min(view.run(color)) > 150
    view.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        assert max(view.run(color)) < 100
    finally:
        view.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def test_from_when_to_when_records_were_left_out_for_their_size(opened, tmp_path):
    log = tmp_path / "imsdk_20240101.log"
    lines = [
        f"TIM: 2024-01-01 08:{n // 600 % 60:02}:{n // 10 % 60:02}.{n % 1000:03} {'DE'[n % 2]} 1-2"
        f"  |-a.cpp:1  Do  |{hashlib.sha256(b'%d' % n).hexdigest()}\n"
        for n in range(9000)
    ]
    log.write_text("".join(lines))
    view = opened(log, "--no-redact", "--max-size", "450K")
    (mark,) = view.texts("#chart .cut title")
    assert mark == view.texts("#card-leftout li")[0]
    assert mark.startswith(
        "4,500 records of level D, from 2024-01-01 08:00:00 to 2024-01-01 08:14:59"
    )
    assert "Left out for size" in view.texts("#legend .key")


def test_logs_with_long_names_are_told_apart_in_the_list(opened, tmp_path):
    for kind in ("zlib", "zstd"):
        folder = tmp_path / "a_folder_with_a_long_name" / kind
        folder.mkdir(parents=True)
        line = f"[I][2024-01-01 +8.0 08:00:00.000][1, 2*][t][a.cpp:1, f][{kind}\n"
        (folder / f"{kind}_async_crypt_20240101.xlog").write_text(line)
    view = opened(tmp_path / "a_folder_with_a_long_name", hash="#view=records")
    assert view.texts(".row .source") == ["zlib_asy…20240101", "zstd_asy…20240101"]
    assert view.one(".row .source").get_attribute("title") == "zlib/zlib_async_crypt_20240101.xlog"
    facets = view.texts("[data-facet=source] .value")
    assert [name[:4] for name in facets] == ["zlib", "zstd"]
