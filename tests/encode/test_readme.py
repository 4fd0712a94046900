"""The README's Python, as it stands there."""

import re
import subprocess
import sys
from pathlib import Path

from tests.encode.folders import text_in

README = Path(__file__).parents[2] / "README.md"


def test_five_lines_make_a_service_log(tmp_path: Path) -> None:
    section = README.read_text("utf-8").split("\n## Write xlog from Python\n")[1]
    (code,) = re.findall(r"```python\n(.*?)```", section.split("\n## ")[0], re.DOTALL)
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
    assert b", <module>][user alice logged in\n" in text_in(tmp_path / "logs")
