"""`xlogdecode [-c|-q|-f|-o PATH] FILE...` without click, which takes longer to load than a log to
decode.

Anything else is left to `app`: other options, globs, names that are not files. Both decode with the
same engine, and print the same.
"""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xlogdecode.jobs.exit_status import Status

__all__ = ["run", "takes"]

_FLAGS = frozenset("cqf")
_OUTPUT = "-o"
_SEPARATORS = tuple(filter(None, (os.sep, os.altsep)))


def takes(words: Sequence[str]) -> bool:
    """Tell whether the command line is a plain one."""
    flags, outputs, files = _parted(words)
    is_usual = flags <= _FLAGS and bool(files) and len(outputs) + ("c" in flags) <= 1
    return (
        is_usual
        and not _is_special()
        and all(map(_is_place, outputs))
        and all(map(_is_file, files))
    )


def _parted(words: Sequence[str]) -> tuple[set[str], list[str], list[str]]:
    """Return the letters of flags, the values of `-o`, and the files."""
    flags: set[str] = set()
    outputs: list[str] = []
    files: list[str] = []
    rest = iter(words)
    for word in rest:
        if word == _OUTPUT:
            outputs.append(next(rest, ""))
        elif word.startswith("-"):
            flags |= set(word[1:] or word)
        else:
            files.append(word)
    return flags, outputs, files


def _is_special() -> bool:
    """Tell whether the environment says more than the words: keys, completion."""
    return any(name in os.environ for name in ("XLOGDECODE_KEY", "_XLOGDECODE_COMPLETE"))


def _is_place(output: str) -> bool:
    """Tell whether an output is nothing but a path that is free, or one that can be read."""
    is_path = output != "" and not output.startswith("-") and "://" not in output
    return is_path and (not os.path.lexists(output) or os.access(output, os.R_OK))


def _is_file(word: str) -> bool:
    return os.path.isfile(word)  # noqa: PTH113 - pathlib takes 4 ms


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

    flags, outputs, files = _parted(words)
    request = Request(to_sink="c" in flags, replace="f" in flags)
    if outputs:
        from pathlib import Path

        is_folder = outputs[0].endswith(_SEPARATORS)
        request = request._replace(output=Path(outputs[0]), output_is_folder=is_folder)
    settle()
    messages = Messages(quiet="q" in flags)
    if not request.to_sink:
        return run_batch(Batch(files, request), messages)
    with log_output(request, pages=True) as (sink, seen):
        return run_batch(Batch(files, seen, sink), messages)
    return Status.OK  # the user has left the pager before the end
