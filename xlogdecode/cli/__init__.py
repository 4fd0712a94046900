"""The command line: the only package that knows click, tqdm, the terminal and exit statuses."""

import gc
import os
import signal
import sys
from typing import Any, NoReturn

__all__ = ["main"]

_STREAMS = (("stdin", "r", os.O_WRONLY), ("stdout", "w", os.O_RDONLY), ("stderr", "w", os.O_WRONLY))
"""The substitute for each that is closed: to read from it or to print to it fails, as it should;
messages go nowhere.
"""


def main(args: list[str] | None = None, **extra: Any) -> NoReturn:
    """Run the command line and leave with its exit status."""
    gc.disable()  # what loading makes stays; `settle` switches it on again
    if None in (sys.stdin, sys.stdout, sys.stderr):
        _stand_in()
    try:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that no hidden file stays
        from xlogdecode.cli import without_click

        words = sys.argv[1:] if args is None else args
        if not extra and without_click.takes(words):
            status = without_click.run(words)
        else:
            from xlogdecode.cli.app import run

            status = run(args, **extra)
    except KeyboardInterrupt:  # while all that was loaded
        status = 130
    sys.exit(status)


def settle() -> None:
    """Take what was loaded out of garbage collection: looking there took a tenth of a short run."""
    gc.freeze()
    gc.enable()


def _stand_in() -> None:
    """Put something in the place of standard streams that are closed, before a file gets there."""
    for number, (name, mode, flags) in enumerate(_STREAMS):
        if getattr(sys, name) is None and os.open(os.devnull, flags) == number:
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115
