"""Messages on standard error: a line for what matters, none for what went as it should."""

import contextlib
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from xlogdecode.cli.streams import has_colour
from xlogdecode.errors import MissingExtraError
from xlogdecode.outputs.sanitize import shown

if TYPE_CHECKING:  # a sweep prints errors and needs no decoder
    from xlogdecode.decoder.report import Report
    from xlogdecode.jobs.result import Result

__all__ = [
    "Messages", "give_way", "hold", "make_way", "release", "say", "say_notes", "summary_of",
    "without_keys",
]  # fmt: skip

_NOTE = "note:"

SHOWN = 3
"""Losses of an input that are listed one by one."""


_ways: list[Callable[[], object]] = []
"""Takes away what is on the line of the terminal: a bar, which comes back by itself."""


def give_way(clear: Callable[[], object] | None) -> None:
    """Have `clear` called before each line that is printed; None for nothing more."""
    _ways[:] = [clear] if clear is not None else []


def make_way() -> None:
    """Take away what is on the line of the terminal, before something is printed."""
    for clear in _ways:
        clear()


_held: list[str] = []
"""Lines that wait."""

_is_held = False


def hold() -> None:
    """Let lines wait while something else has the terminal."""
    global _is_held  # noqa: PLW0603 - there is one standard error
    _is_held = sys.stderr is not None and sys.stderr.isatty()


def release() -> None:
    """Print the lines that waited."""
    global _is_held  # noqa: PLW0603 - as above
    _is_held = False
    lines, _held[:] = "".join(_held), []
    _print(lines)


def say(line: str, state: str = "") -> None:
    """Print a line; where standard error takes none, the work goes on without.

    `state` is what came of an input (`summary_of`), which comes last and may have colours.
    """
    text = shown(line)
    if state or line.startswith(_NOTE):
        text = _in_colours(text, shown(state))
    text = f"xlogdecode: {text}\n"
    if _is_held:
        _held.append(text)
    else:
        _print(text)


def _in_colours(text: str, state: str) -> str:
    if not has_colour(sys.stderr):
        return text + state
    from xlogdecode.outputs.colour import in_states, painted

    if text.startswith(_NOTE):
        text = painted(_NOTE, "note") + text.removeprefix(_NOTE)
    return text + in_states(state)


def _print(text: str) -> None:
    if sys.stderr is None:
        return
    try:
        make_way()
        sys.stderr.write(without_keys(text))
        sys.stderr.flush()
    except BrokenPipeError:
        raise
    except OSError:
        with contextlib.suppress(OSError):
            sys.stderr.close()  # what it holds would be tried once more at the end
        sys.stderr = None


def without_keys(text: str) -> str:
    """Return a message without what may be a key on the command line."""
    if all(len(word) < _SHORTEST_KEY for word in sys.argv):
        return text
    from xlogdecode.cli.keys import hide_keys

    return hide_keys(text)


_SHORTEST_KEY = 44
"""Characters of a key in base64."""


def say_notes(notes: Iterable[str], *, quiet: bool) -> None:
    """Print what is worth knowing of a run."""
    for note in () if quiet else notes:
        say(f"note: {note}")


def say_what_is_missing() -> None:
    """Print that a package that makes decoding fast is not installed."""
    from xlogdecode.codecs.deflate_library import IS_INSTALLED

    if not IS_INSTALLED:
        say("note: the package deflate is not installed, so zlib is used, which is slower")


class Messages:
    """Prints the results of a run, and once what is wrong with all inputs."""

    def __init__(self, *, quiet: bool = False, verbose: bool = False, test: bool = False) -> None:
        """Print errors only if `quiet`, and what went as it should as well if `verbose`."""
        self.quiet = quiet
        self._verbose = verbose
        self._test = test
        self._general: set[str] = set()

    def print_fault(self, result: "Result") -> None:
        """Print what went wrong with an input, if anything did, or that it is not a log."""
        if result.report.is_not_a_log and not result.is_skipped:
            say(f"{result.name}: ", summary_of(result.report))
        if result.error is None or str(result.error) in self._general:
            return
        say(result.message)
        if isinstance(result.error, MissingExtraError):
            self._general.add(str(result.error))

    def print(self, result: "Result") -> None:
        """Print a line on an input, and one for each of its first losses."""
        self.print_fault(result)
        if not result.message or result.report.blocks:
            self._print(result)

    def _print(self, result: "Result") -> None:
        from xlogdecode.jobs.exit_status import Status, key_remedy

        name, report, status = result.name, result.report, result.status
        if self.quiet and status is Status.LOCKED:
            say(f"{name}: ", f"{report.summary()}{key_remedy(report.lock_reason)}")
        if self.quiet and status is not Status.FAILED:
            return
        is_up_to_date = result.is_skipped and result.path is not None
        if result.note and (self._verbose or not is_up_to_date):
            say(f"{name}: {result.note}")
        if result.is_skipped or report.is_not_a_log:
            return
        if status is not Status.OK or not result.is_printed or self._verbose:
            say(f"{name}: ", self._line(result))
            for loss in report.losses[:SHOWN]:
                say(f"{name}: {loss}{key_remedy(loss.reason) if loss.locked_blocks else ''}")
            if len(report.losses) > SHOWN:
                say(f"{name}: {len(report.losses) - SHOWN} more; --report FILE lists them")
            if self._test and report.why:
                say(f"{name}: likely cause: {report.why}")
        self._print_gaps(result)

    def _print_gaps(self, result: "Result") -> None:
        report = result.report
        if not report.gaps:
            return
        first = next((note.text for note in report.notes if "missing" in note.text), "")
        more = f"; {report.gaps - 1:,} more such gaps" if report.gaps > 1 else ""
        say(f"note: {result.name}: {first}{more}")

    def _line(self, result: "Result") -> str:
        line = summary_of(result.report)
        if result.path is not None:
            size = "" if result.size is None else f" ({result.size:,} bytes)"
            return f"{line} -> {result.path}{size}"
        is_plain = bool(result.report.plain_text) and not result.report.blocks
        if is_plain and not result.is_printed and not self._test:
            return "already plain text, nothing to decode (-c prints it)"
        return line


def summary_of(report: "Report") -> str:
    """Return the line on an input."""
    return report.outcome()
