"""The README and the manual as tests see them: pages, fenced blocks, and a folder to run them in.

`python -m tests.manual` runs the console examples and writes what they print into the pages.
"""

import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import xlogdecode
from tests.shared import FIXTURES, ROOT

MANUAL = Path(xlogdecode.__file__).parent / "manual"
"""In the package, so that an installed wheel is tested for it."""
PAGES = {"README.md": ROOT / "README.md"} | {
    f"xlogdecode/manual/{path.relative_to(MANUAL).as_posix()}": path
    for path in sorted(MANUAL.rglob("*.md"))
}
"""Name as seen from the top of the project -> file."""

FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_TOOLS = {
    "jq -r": lambda: shutil.which("jq"),
    "import duckdb": lambda: importlib.util.find_spec("duckdb"),
    "from deltalake": lambda: importlib.util.find_spec("deltalake"),
    "import pandas": lambda: importlib.util.find_spec("pandas"),
}
_MISSING = [sign for sign, find in _TOOLS.items() if not find()]
"""Signs of tools that are not installed here."""


class Example(NamedTuple):
    """A command of a `console` block with the output that the page shows, a script, or a file.

    A `yaml` block whose first line is `# NAME.yaml` is that file.
    """

    language: str
    code: str
    output: str = ""


def fences(page: str) -> Iterator[tuple[str, str]]:
    """Yield language and content of the fenced blocks of a page, in order."""
    for found in FENCE.finditer(PAGES[page].read_text("utf-8")):
        yield found[1], found[2]


def examples(page: str) -> Iterator[Example]:
    """Yield what can be run: console commands, lines for a shell, scripts in Python."""
    for language, body in fences(page):
        if language == "console":
            for command, output in console(body):
                yield Example("console", command, output)
        elif language == "sh":
            for line in body.replace("\\\n", "").splitlines():
                if line.strip() and not line.startswith("#"):
                    yield Example("sh", line)
        elif language in ("python", "yaml"):
            yield Example(language, body)


def console(body: str) -> Iterator[tuple[str, str]]:
    """Yield the commands of a console block, each with its output."""
    for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        while command.endswith("\\"):
            more, _, output = output.partition("\n")
            command = f"{command[:-1]}{more.removeprefix('> ')}"
        yield command, output


def needs_a_missing_tool(code: str) -> bool:
    """Return whether an example needs a tool that is not installed here."""
    return any(sign in code for sign in _MISSING)


def make_folder(folder: Path) -> dict[str, str]:
    """Put into `folder` what the pages speak of; return the environment to run them in."""
    shutil.copytree(FIXTURES, folder / "fixtures")
    (folder / "bin").mkdir()
    script = folder / "bin/xlogdecode"
    script.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m xlogdecode "$@"\n')
    script.chmod(0o755)
    for name in ("imsdk_20240101.xlog", "imsdk_C.mmap2"):
        (folder / "logs").mkdir(exist_ok=True)
        shutil.copy2(FIXTURES / name, folder / "logs" / name)
    shutil.copy2(FIXTURES / "imsdk_20240101.xlog", folder)
    shutil.copy2(FIXTURES / "async_zlib_crypt_small.xlog", folder / "locked.xlog")
    shutil.copy2(FIXTURES / "key", folder / "server.key")
    with zipfile.ZipFile(folder / "case.zip", "w") as case:
        for path in sorted((folder / "logs").iterdir()):
            case.write(path, path.name)
    (folder / "sweep.yaml").write_text(f"keep: 7d\nroots: [{{path: {folder / 'sdcard'}}}]\n")
    (folder / "job.yaml").write_text("sources: logs\ntarget: decoded\n")
    path = f"{folder / 'bin'}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}"
    env = os.environ | {
        "PATH": path + os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "HOME": str(folder),
        "COLUMNS": "120",
        "LC_ALL": "C.UTF-8",
    }
    env.pop("XLOGDECODE_KEY", None)
    return env


def run(example: Example, folder: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run one example; standard error comes with standard output, in order."""
    name = re.match(r"# (\S+\.yaml)\n", example.code)
    if example.language == "yaml":
        if name:
            (folder / name[1]).write_text(example.code)
        return subprocess.CompletedProcess([], 0, "", "")
    command = ["sh", "-c", example.code]
    if example.language == "python":
        command = [sys.executable, "-c", example.code]
    return subprocess.run(
        command,
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )


def update(page: str) -> None:
    """Write into a page what its console examples print today."""
    with tempfile.TemporaryDirectory() as name:
        env = make_folder(Path(name))

        def anew(found: re.Match[str]) -> str:
            language, body = found.groups()
            if language in ("python", "yaml"):
                run(Example(language, body), Path(name), env)
            if language != "console":
                return found[0]
            for command, output in console(body):
                if not needs_a_missing_tool(command):
                    done = run(Example("console", command), Path(name), env)
                    print(f"{page}: {command}: {done.returncode}", file=sys.stderr)
                    body = body.replace(f"{command}\n{output}", f"{command}\n{done.stdout}", 1)
            return f"```console\n{body}```"

        text = PAGES[page].read_text("utf-8")
        PAGES[page].write_text(FENCE.sub(anew, text), "utf-8")


if __name__ == "__main__":
    for each in sys.argv[1:] or PAGES:
        update(each)
