"""What the README says of the sweep: its unit is as tight as it claims, no option is untold."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from xlogdecode.cli.sweep import sweep as command

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")


def units() -> dict[str, str]:
    blocks = re.findall(r"```ini\n(.*?)```", README, re.DOTALL)
    return {"service" if "[Service]" in text else "timer": text for text in blocks}


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
def test_the_service_is_exposed_to_less_than_one(tmp_path):
    unit = tmp_path / "xlogdecode-sweep.service"
    unit.write_text(units()["service"])
    result = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=10", unit],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    score = re.search(r"Overall exposure level for \S+: ([0-9.]+)", result.stdout)
    assert score, result.stderr
    assert float(score[1]) < 1.0
    assert f"exposure {score[1]} by" in README


def test_the_service_s_options_exist():
    line = next(x for x in units()["service"].splitlines() if x.startswith("ExecStart="))
    known = {option for parameter in command.params for option in parameter.opts}
    assert set(re.findall(r" (--?[a-z-]+)", line)) <= known


def test_every_option_is_told_of():
    options = {o for p in command.params for o in p.opts if o.startswith("--")}
    assert [o for o in sorted(options - {"--help", "--quiet", "--json"}) if o not in README] == []
