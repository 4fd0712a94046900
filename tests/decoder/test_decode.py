"""The first thing a person does: one command, one file."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_a_log_becomes_text_on_standard_output():
    done = subprocess.run(
        [sys.executable, "-m", "xlogdecode", "-c", ROOT / "fixtures/imsdk_20240101.xlog"],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0
    assert done.stderr == b""
    assert done.stdout.count(b"\nTIM: ") > 100
