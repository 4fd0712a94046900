"""The commands, and words on the command line that look like one but are none."""

import os
from collections.abc import Iterable

from xlogdecode.errors import UsageError

__all__ = ["COMMANDS", "GROUP_OPTIONS", "refuse_commands"]

COMMANDS = {
    "decode": "xlogdecode.cli.decode:decode_command",
    "summary": "xlogdecode.cli.summary:summary_command",
    "html": "xlogdecode.cli.html:html_command",
    "batch": "xlogdecode.cli.batch:batch_command",
    "lnav": "xlogdecode.cli.lnav:lnav_command",
    "sweep": "xlogdecode.cli.sweep:sweep",
    "layouts": "xlogdecode.cli.layouts:layouts",
    "encode": "xlogdecode.cli.encode:encode",
    "keygen": "xlogdecode.cli.keygen:keygen",
    "help": "xlogdecode.cli.help:help_command",
    "man": "xlogdecode.cli.man:man",
    "completion": "xlogdecode.cli.completion:completion",
}
"""Command -> where its click command is; imported only when it is run."""

GROUP_OPTIONS = {"--help", "-h", "--version", "-V"}


def refuse_commands(words: Iterable[str]) -> None:
    """Raise UsageError for a word that is not a file, and is or resembles a command."""
    for word in words:
        if not word.isalpha() or os.path.lexists(word):
            continue
        if word in COMMANDS:
            raise UsageError(
                f"{word}: is not a file; a command comes first, before its options: "
                f"xlogdecode {word} ..."
            )
        import difflib

        close = difflib.get_close_matches(word, COMMANDS, 1, 0.75)
        if close:
            raise UsageError(f"{word}: is not a file or a command; did you mean {close[0]}?")
