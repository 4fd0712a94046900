"""Places for a sweep's memory and policy; none of them in the user's own folders."""

from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _state_of_its_own(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("user-state")
    monkeypatch.setenv("XDG_STATE_HOME", str(folder))
    monkeypatch.setenv("LOCALAPPDATA", str(folder))


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A folder for lock and last run, which is not there yet."""
    return tmp_path / "state"


@pytest.fixture
def policy(tmp_path: Path) -> Callable[[str], Path]:
    """A way to write a policy, which returns its path."""

    def write(text: str) -> Path:
        path = tmp_path / "sweep.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write
