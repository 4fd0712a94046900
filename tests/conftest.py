"""What holds for all tests."""

import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings

# without deadlines: a busy machine fails no test
settings.register_profile("the same for all", derandomize=True, deadline=None)
settings.load_profile("the same for all")


@pytest.fixture(autouse=True, scope="session")
def _signals_are_heard() -> None:
    """Undo what children inherit: a shell lets its background ignore Ctrl-C, nohup a hang-up."""
    heard = {"SIGINT": signal.default_int_handler, "SIGHUP": signal.SIG_DFL}
    for name, handler in heard.items():
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is not None and signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)


@pytest.fixture(autouse=True, scope="session")
def _modules_are_compiled_once() -> None:
    """Let the many commands that tests run keep compiled modules, as installed ones do."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@pytest.fixture
def store() -> Iterator[Any]:
    """Return an empty store in memory, `memory://`."""
    fsspec = pytest.importorskip("fsspec", reason="the extra stores is not installed")
    memory = fsspec.filesystem("memory")
    yield memory
    memory.store.clear()
    memory.pseudo_dirs[:] = [""]
