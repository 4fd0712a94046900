"""What holds for all tests."""

import signal

import pytest
from hypothesis import settings

# without deadlines: a busy machine fails no test
settings.register_profile("the same for all", derandomize=True, deadline=None)
settings.load_profile("the same for all")


@pytest.fixture(autouse=True, scope="session")
def _ctrl_c_is_heard() -> None:
    """A shell lets what runs in its background ignore Ctrl-C, and all that this starts as well."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
