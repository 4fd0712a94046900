"""Exceptions that end a run become a line on standard error, and an exit status."""

import contextlib
import sys
from collections.abc import Callable

from xlogdecode.cli.messages import say
from xlogdecode.errors import UsageError, XlogError
from xlogdecode.outputs.sanitize import shown

__all__ = ["status_of"]

_INTERRUPTED = 130


def status_of(work: Callable[[], int]) -> int:
    """Return the exit status of `work`, or that of what it raised."""
    try:
        return work()
    except XlogError as error:
        say(str(error))
        return 2 if isinstance(error, UsageError) else 1
    except BrokenPipeError:
        _close_streams()  # no one reads on: Python is not to try it once more
        return 1
    except OSError as error:
        return _of_system(error)
    except KeyboardInterrupt:
        return _INTERRUPTED
    except RuntimeError as error:
        if "new thread" not in str(error):
            raise
        say("the system has no thread to spare; -T 1 needs none")
        return 1


def _of_system(error: OSError) -> int:
    """Say what the system refused."""
    why = error.strerror or str(error)
    if error.filename is not None:
        say(f"{shown(str(error.filename))}: {why}")
    elif _is_of_printing(error):
        say(f"standard output: cannot be written: {why}; make room, or print elsewhere")
        _close_streams()
    else:
        say(why)
    return 1


def _is_of_printing(error: OSError) -> bool:
    """Tell whether it was raised where click prints: nothing else about the error says so."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and trace.tb_frame.f_code.co_name == "echo"


def _close_streams() -> None:
    """Keep Python from trying once more to write what could not be written."""
    for stream in (sys.stdout, sys.stderr):
        if stream is None:
            continue
        with contextlib.suppress(OSError):
            stream.flush()
            continue
        with contextlib.suppress(OSError):
            stream.close()
