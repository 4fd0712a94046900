"""The packages as a stranger gets them: from an index, by each of the usual tools."""

import importlib.util
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from tests.samples import LOG, TEXT
from tests.shared import ROOT

TOOLS = ("build", "pipx", "shiv", "twine", "uv")
pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(os.name != "posix", reason="the commands are written for POSIX"),
    pytest.mark.skipif(
        not all(map(importlib.util.find_spec, TOOLS)), reason="needs the extra release"
    ),
]
SCRIPTS = Path(sysconfig.get_path("scripts"))


def run(*command: object, env: dict[str, str] | None = None) -> bytes:
    """Run a command far from the checkout; return its output. Fails with what it printed."""
    clean = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "XLOGDECODE_KEY")}
    words = list(map(str, command))
    done = subprocess.run(words, cwd="/", env=clean | (env or {}), capture_output=True)
    assert done.returncode == 0, (words, done.stdout.decode(), done.stderr.decode())
    return done.stdout


@pytest.fixture(scope="module")
def dist(tmp_path_factory) -> Path:
    """A folder with the source distribution, and the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--outdir", folder, ROOT)
    return folder


@pytest.fixture(scope="module")
def index(dist, tmp_path_factory) -> str:
    """The address of an index that has these two alone; the packages they need are elsewhere."""
    folder = tmp_path_factory.mktemp("index") / "simple/xlogdecode"
    folder.mkdir(parents=True)
    links = [f'<a href="{path.as_uri()}">{path.name}</a><br>' for path in dist.iterdir()]
    (folder / "index.html").write_text("<!DOCTYPE html><html><body>" + "".join(links))
    return folder.parent.as_uri()


def test_both_packages_are_as_an_index_wants_them(dist):
    packages = sorted(dist.iterdir())
    assert [path.suffix for path in packages] == [".whl", ".gz"]
    run(sys.executable, "-m", "twine", "check", "--strict", *packages)


def test_pip_installs_and_removes_it(index, tmp_path):
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv/bin/python"
    run(python, "-m", "pip", "install", "-q", "--extra-index-url", index, "xlogdecode[crypt]")
    assert run(python.parent / "xlogdecode", "-c", LOG) == TEXT[LOG]
    assert b"https://" in run(python.parent / "xlogdecode", "-h")
    assert b"Damaged logs" in run(python.parent / "xlogdecode", "help", "damage")
    run(python, "-m", "pip", "uninstall", "-q", "-y", "xlogdecode")
    assert list((tmp_path / "venv").rglob("*xlogdecode*")) == []


def test_uvx_runs_it(index, tmp_path):
    env = {"UV_TOOL_DIR": str(tmp_path / "tools"), "UV_INDEX_STRATEGY": "unsafe-best-match"}
    uvx = [SCRIPTS / "uvx", "--python", sys.executable, "--index", index, "xlogdecode"]
    assert run(*uvx, "-c", LOG, env=env) == TEXT[LOG]


def test_pipx_installs_and_removes_it(index, tmp_path):
    places = {"PIPX_HOME": "home", "PIPX_BIN_DIR": "bin", "PIPX_MAN_DIR": "man"}
    env = {name: str(tmp_path / place) for name, place in places.items()}
    pipx = [sys.executable, "-m", "pipx"]
    run(*pipx, "install", "--python", sys.executable,
        "--pip-args", f"--extra-index-url {index}", "xlogdecode", env=env)  # fmt: skip
    assert run(tmp_path / "bin/xlogdecode", "-c", LOG) == TEXT[LOG]
    run(*pipx, "uninstall", "xlogdecode", env=env)
    assert not (tmp_path / "bin/xlogdecode").exists()
    assert list((tmp_path / "home").rglob("xlogdecode/pyvenv.cfg")) == []


def test_the_zipapp_runs_without_an_installation(dist, tmp_path):
    wheel = next(dist.glob("*.whl"))
    app = tmp_path / "xlogdecode.pyz"
    run(sys.executable, "-m", "shiv", "-q", "-c", "xlogdecode", "-o", app, f"{wheel}[crypt]")
    env = {"SHIV_ROOT": str(tmp_path / "unpacked")}
    assert run(sys.executable, "-I", app, "-c", LOG, env=env) == TEXT[LOG]
    assert app.stat().st_size < 60 << 20
