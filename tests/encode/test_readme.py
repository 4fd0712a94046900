"""The manual's service that logs, as it is on the page."""

import subprocess
import sys
from pathlib import Path

from tests.encode.folders import text_in
from tests.manual import fences


def test_five_lines_make_a_service_log(tmp_path: Path) -> None:
    (code,) = (body for kind, body in fences("xlogdecode/manual/writing.md") if kind == "python")
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
    assert b", <module>][user alice logged in\n" in text_in(tmp_path / "service-logs")
