"""Options of `decode` that do not go together."""

from collections.abc import Mapping
from typing import Any

from xlogdecode.cli.filter_options import FLAGS
from xlogdecode.errors import UsageError

__all__ = ["refuse_clashes"]

_FLAGS = FLAGS | {
    "list_them": "-l", "test": "-t", "follow": "-F", "as_json": "--json", "output": "-o",
    "to_stdout": "-c", "remove": "--rm", "update": "-u", "recursive": "-r",
    "with_mmap": "--with-mmap", "force": "-f", "strict": "--strict", "report": "--report",
    "utf8": "--utf8",
}  # fmt: skip

_ONE = "each takes the place of decoding: ask for one"

_CLASHES = (
    ("list_them", "test", _ONE),
    ("list_them", "follow", _ONE),
    ("test", "follow", _ONE),
    ("to_stdout", "output", "they are two places: leave one of them out"),
    ("follow", "recursive", "it follows one log: name that"),
    ("follow", "output", "it prints: leave -o out"),
    ("follow", "remove", "a log that grows is not done with: leave --rm out"),
    ("follow", "update", "it prints: leave -u out"),
    ("follow", "force", "it prints, and writes over nothing: leave -f out"),
    ("follow", "strict", "it goes on past what is damaged: leave --strict out"),
    ("follow", "report", "a log that grows has no end to report: leave one of them out"),
    ("list_them", "report", "-l --json says what is in each: leave --report out"),
    ("follow", "merge", "a timeline needs the ends of its logs: follow each by itself"),
    ("follow", "count", "a log that grows has no last record: leave one of them out"),
    ("merge", "remove", "one text of several logs takes the place of none: leave --rm out"),
    ("merge", "update", "a timeline is written anew: leave -u out, -f writes over a file"),
    ("count", "form", "a number has one form: leave --format out"),
    ("count", "redact", "a number tells nobody's name: leave --redact out"),
    ("count", "redact_patterns", "a number tells nobody's name: leave --redact-patterns out"),
    ("count", "output", "it prints a number: leave -o out"),
    ("count", "remove", "it writes no text that could take the place of a log: leave --rm out"),
    ("redact", "remove", "what is replaced would be gone: leave --rm out"),
    ("redact_patterns", "remove", "what is replaced would be gone: leave --rm out"),
    ("utf8", "remove", "the bytes that are replaced would be gone: leave --rm out"),
    ("count", "update", "it writes no file: leave -u out"),
)
"""Two options, and why not both."""

_NEEDS = (
    ("as_json", "list_them", "it is how -l shows its table"),
    ("with_mmap", "follow", "it is part of -F; or name the crash buffer itself"),
    ("ignore_case", "grep", "it is how -g looks"),
    ("invert_match", "grep", "it turns -g around"),
)
"""An option, and one that it means nothing without."""

_LEAVE_OUT = ("since", "until", "level", "tags", "pids", "tids", "grep", "session")
"""Options that have some records left out."""

_CONTEXT = ("after", "before", "around")


def refuse_clashes(said: Mapping[str, Any]) -> None:
    """Raise UsageError for options that do not go together; `said` has their values by name."""
    for one, other, why in _CLASHES:
        if said.get(one) and said.get(other):
            raise UsageError(f"{_FLAGS[one]} and {_FLAGS[other]} do not go together: {why}")
    for one, needed, why in _NEEDS:
        if said.get(one) and said.get(needed) in (None, False):
            raise UsageError(f"{_FLAGS[one]} needs {_FLAGS[needed]}: {why}")
    leaves_out = next((_FLAGS[name] for name in _LEAVE_OUT if name in said), None)
    if leaves_out and said.get("remove"):
        raise UsageError(
            f"{leaves_out} and --rm do not go together: the records that are left out would be gone"
        )
    context = next((_FLAGS[name] for name in _CONTEXT if name in said), None)
    if context and not leaves_out:
        raise UsageError(f"{context} shows what stands around records: say which, -g for one")
    for whole in ("list_them", "test"):
        some = next((flag for name, flag in FLAGS.items() if said.get(whole) and name in said), "")
        if some:
            raise UsageError(f"{_FLAGS[whole]} looks at all of a log: leave {some} out")
