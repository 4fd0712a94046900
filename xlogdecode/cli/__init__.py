"""The command line: the only room that knows click, tqdm, the terminal and exit statuses."""

import gc
import sys
from typing import Any, NoReturn

__all__ = ["main"]


def main(args: list[str] | None = None, **extra: Any) -> NoReturn:
    """Run the command line and leave with its exit status."""
    gc.disable()  # what loading makes stays; `Commands.get_command` switches it on again
    try:
        from xlogdecode.cli.app import run

        run(args, **extra)
    except KeyboardInterrupt:  # while all that was loaded
        sys.exit(130)
