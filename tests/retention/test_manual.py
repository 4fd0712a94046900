"""The manual's page on sweeping: a systemd unit as tight as it claims, and each option."""

import re
import shutil
import subprocess

import pytest

from tests.manual import PAGES, fences
from xlogdecode.cli.sweep import sweep as command

PAGE = "xlogdecode/manual/sweeping.md"
TEXT = PAGES[PAGE].read_text("utf-8")


def units() -> dict[str, str]:
    blocks = [text for language, text in fences(PAGE) if language == "ini"]
    return {"service" if "[Service]" in text else "timer": text for text in blocks}


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
def test_the_service_is_exposed_to_little(tmp_path):
    unit = tmp_path / "xlogdecode-sweep.service"
    unit.write_text(units()["service"])
    result = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=10", unit],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    score = re.search(r"Overall exposure level for \S+: ([0-9.]+)", result.stdout)
    assert score, result.stderr
    assert float(score[1]) < 1.5  # its two capabilities are a part of it
    assert f"exposure {score[1]} by" in TEXT


def test_the_service_s_options_exist():
    line = next(x for x in units()["service"].splitlines() if x.startswith("ExecStart="))
    known = {option for parameter in command.params for option in parameter.opts}
    assert set(re.findall(r" (--?[a-z-]+)", line)) <= known


def test_each_option_is_on_the_page():
    options = {o for p in command.params for o in p.opts if o.startswith("--")}
    assert [o for o in sorted(options - {"--help", "--quiet", "--json"}) if o not in TEXT] == []
