"""`xlogdecode [-c|-q|-f] FILE...` without click, which takes longer to load than a log to decode.

Anything else is left to `app`: other options, globs, names that are no files. Both decode with the
same engine, and print the same.
"""

import os
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xlogdecode.jobs.exit_status import Status

__all__ = ["run", "takes"]

_FLAGS = re.compile("-[cqf]+")


def takes(words: Sequence[str]) -> bool:
    """Tell whether the command line is a plain one."""
    files = [word for word in words if not _FLAGS.fullmatch(word)]
    return bool(files) and not _is_special() and all(map(_is_file, files))


def _is_special() -> bool:
    """Tell whether the environment says more than the words: keys, completion."""
    return any(name in os.environ for name in ("XLOGDECODE_KEY", "_XLOGDECODE_COMPLETE"))


def _is_file(word: str) -> bool:
    return not word.startswith("-") and os.path.isfile(word)  # noqa: PTH113 - pathlib takes 4 ms


def run(words: Sequence[str]) -> int:
    """Decode the files; return the exit status."""
    from xlogdecode.cli.failures import status_of

    return status_of(lambda: _decode(words))


def _decode(words: Sequence[str]) -> "Status":
    from xlogdecode.cli import settle
    from xlogdecode.cli.messages import Messages
    from xlogdecode.cli.run import run_batch
    from xlogdecode.cli.streams import log_output
    from xlogdecode.jobs.batch import Batch
    from xlogdecode.jobs.exit_status import Status
    from xlogdecode.jobs.request import Request

    flags = {letter for word in words if word.startswith("-") for letter in word}
    files = [word for word in words if not word.startswith("-")]
    request = Request(to_sink="c" in flags, replace="f" in flags)
    settle()
    messages = Messages(quiet="q" in flags)
    if not request.to_sink:
        return run_batch(Batch(files, request), messages)
    with log_output(request, pages=True) as (sink, seen):
        return run_batch(Batch(files, seen, sink), messages)
    return Status.OK  # the user has left the pager before the end
