"""The command line: the only room that knows click, tqdm, the terminal and exit statuses."""

import gc
import os
import sys
from typing import Any, NoReturn

__all__ = ["main"]

_STREAMS = (("stdin", "r", os.O_WRONLY), ("stdout", "w", os.O_RDONLY), ("stderr", "w", os.O_WRONLY))
"""What stands in for each that is closed: to read from it or to print to it fails, as it should;
messages go nowhere.
"""


def main(args: list[str] | None = None, **extra: Any) -> NoReturn:
    """Run the command line and leave with its exit status."""
    gc.disable()  # what loading makes stays; `Commands.get_command` switches it on again
    if None in (sys.stdin, sys.stdout, sys.stderr):
        _stand_in()
    try:
        from xlogdecode.cli.app import run

        run(args, **extra)
    except KeyboardInterrupt:  # while all that was loaded
        sys.exit(130)


def _stand_in() -> None:
    """Put something in the place of standard streams that are closed, before a file gets there."""
    for number, (name, mode, flags) in enumerate(_STREAMS):
        if getattr(sys, name) is None and os.open(os.devnull, flags) == number:
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115
