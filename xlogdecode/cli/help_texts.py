"""The purpose, exit statuses, most used options and examples of each command, for help and man."""

from collections.abc import Mapping
from typing import NamedTuple

__all__ = ["GUESSES", "HELP", "CommandHelp"]

_DECODING = {
    "0": "all inputs are OK",
    "1": "an input gave nothing or could not be read; an output could not be written",
    "2": "usage or configuration is wrong",
    "3": "done, but bytes were lost",
    "4": "encrypted, and no key was given, or none that fits",
    "130": "interrupted; of all that apply, the first of 130, 2, 1, 4, 3, 0 counts",
}
_SIMPLE = {
    "0": "done",
    "1": "something could not be read or written",
    "2": "usage or configuration is wrong",
    "130": "interrupted",
}
_SWEEPING = {
    "0": "done, or nothing to do",
    "1": "something failed, or a ROOT holds no log folder",
    "2": "usage or policy is wrong",
    "3": "a guard refused; nothing was deleted",
    "75": "another sweep is running",
    "130": "interrupted",
}
_BATCHING = {
    "0": "all inputs of this run are OK",
    "1": "an input gave nothing or could not be read; an output could not be written",
    "2": "usage or the job is wrong",
    "3": "done, but bytes were lost",
    "4": "encrypted, and no key was given, or none that fits",
    "75": "another run has the target",
    "130": "interrupted; of all that apply, the first of 130, 2, 1, 4, 3, 0 counts",
}


class CommandHelp(NamedTuple):
    """The help of a command besides its options."""

    purpose: str
    """At most 60 characters, for lists of commands."""
    examples: tuple[tuple[str, str], ...]
    """A command line, and what it does."""
    statuses: Mapping[str, str] = _SIMPLE
    common: tuple[str, ...] = ()
    """The options that `-h` shows; none here: all of them."""


HELP = {
    "": CommandHelp(
        "Read Tencent Mars xlog files; keep IM SDK log folders to seven days.",
        (
            ("xlogdecode imsdk_20240101.xlog", "text into imsdk_20240101.xlog.log"),
            ("xlogdecode -c imsdk_20240101.xlog | less", "print the text"),
            ("xlogdecode case.zip", "each log of it, into the folder case"),
            ("xlogdecode summary imsdk_20240101.xlog", "what happened: errors, sessions"),
            ("xlogdecode html logs -o case.html", "one page to look at and to mail"),
            ("xlogdecode sweep sdcard", "what is older than seven days"),
        ),
        _DECODING,
    ),
    "decode": CommandHelp(
        "Turn xlog files into text.",
        (
            ("xlogdecode imsdk_20240101.xlog", "text into imsdk_20240101.xlog.log"),
            ("xlogdecode case.zip", "each log of it, into the folder case"),
            ("xlogdecode -r logs -o texts -u", "a folder, every night"),
            ("xlogdecode -lr logs", "a table of what is in each"),
            ("xlogdecode -c imsdk_20240101.xlog | less", "print the text"),
            ("xlogdecode -c -p W -S 10:00 -U 11:00 imsdk_20240101.xlog", "warnings of an hour"),
            ("xlogdecode -c --key-file server.key locked.xlog", "an encrypted log"),
        ),
        _DECODING,
        (
            "to_stdout", "output", "recursive", "force", "level", "grep", "since", "until",
            "merge", "form", "redact", "key_files", "list_them", "test", "follow",
        ),
    ),
    "summary": CommandHelp(
        "Show sessions, errors by hour, events, error codes.",
        (
            ("xlogdecode summary imsdk_20240101.xlog", "one log"),
            ("xlogdecode summary -r logs --timeline", "what happened, in order of time"),
            ("xlogdecode summary -S 10:00 imsdk_20240101.xlog", "from ten o'clock on"),
            ("xlogdecode summary --json case.zip", "for a script"),
        ),
        _DECODING,
        ("recursive", "timeline", "as_json", "since", "until", "level", "key_files"),
    ),
    "html": CommandHelp(
        "Make one HTML page of a case, to look at and to mail.",
        (
            ("xlogdecode html case.zip -o case.html", "all logs of a case, redacted"),
            ("xlogdecode html -p W logs -o warnings.html", "warnings and errors alone"),
        ),
        _DECODING,
        ("output", "force", "opens", "no_redact", "title", "since", "until", "level", "key_files"),
    ),
    "batch": CommandHelp(
        "Decode what is new in folders of logs, every night.",
        (
            ("xlogdecode batch --print-config", "a job to begin with"),
            ("xlogdecode batch --dry-run job.yaml", "what would be decoded"),
            ("xlogdecode batch -q job.yaml", "decode it, every night"),
            ("xlogdecode batch --failures job.yaml", "what gave nothing, and why"),
        ),
        _BATCHING,
    ),
    "lnav": CommandHelp(
        "Print the log formats for the viewer lnav.",
        (("xlogdecode lnav > xlog.json", "into ~/.lnav/formats/xlog/ with it"),),
    ),
    "sweep": CommandHelp(
        "Show, or delete, SDK logs older than seven days.",
        (
            ("xlogdecode sweep sdcard", "show what would be deleted"),
            ("xlogdecode sweep --keep 30d sdcard", "the same for thirty days"),
            ("xlogdecode sweep --print-config > policy.yaml", "a policy to begin with"),
            ("xlogdecode sweep --delete sdcard", "delete"),
        ),
        _SWEEPING,
        ("delete", "config", "print_config", "layout", "keep", "keep_last", "max_total", "archive"),
    ),
    "layouts": CommandHelp(
        "Show where the SDK keeps its logs, or find log folders.",
        (
            ("xlogdecode layouts", "the table of folders"),
            ("xlogdecode layouts sdcard", "folders with logs below sdcard"),
        ),
    ),
    "encode": CommandHelp(
        "Turn text into an xlog file.",
        (
            ("xlogdecode encode notes.txt -o notes.xlog", "a file"),
            ("echo 'a line' | xlogdecode encode -o line.xlog", "standard input"),
        ),
    ),
    "keygen": CommandHelp(
        "Make a pair of keys for encrypted logs.",
        (("xlogdecode keygen -o new.key", "private key into new.key; prints the public key"),),
    ),
    "help": CommandHelp(
        "Show a page of the manual, or the help of a command.",
        (
            ("xlogdecode help", "the list of pages"),
            ("xlogdecode help damage", "the page on damaged logs"),
            ("xlogdecode help sweep", "the help of the command sweep"),
        ),
    ),
    "man": CommandHelp(
        "Print the man page.",
        (
            ("xlogdecode man > xlogdecode.1", "then: man ./xlogdecode.1"),
        ),
    ),
    "completion": CommandHelp(
        "Print or install completion for bash, zsh or fish.",
        (
            ("xlogdecode completion bash", "print the script"),
            ("xlogdecode completion fish --install", "put it where fish looks for it"),
        ),
    ),
}  # fmt: skip
"""Command -> its help; "" is `xlogdecode` itself."""

GUESSES = {
    "--all": "without filters all records are printed",
    "--csv": "use --format csv",
    "--days": "use --keep 7d with sweep",
    "--decrypt": "use --key-file FILE",
    "--dry-run": "nothing is deleted without --delete",
    "--key": "use --key-file FILE, or the variable XLOGDECODE_KEY",
    "--older-than": "use --keep AGE",
    "--out": "use -o PATH",
    "--password": "use --key-file FILE, or the variable XLOGDECODE_KEY",
    "--private-key": "use --key-file FILE, or the variable XLOGDECODE_KEY",
    "--regex": "use -g REGEX",
    "--search": "use -g REGEX",
    "--sort": "use --merge for one timeline",
    "--tail": "use -n N for the last records, or -F to follow",
    "--filter": "use -g, -p, -S, -U or --tag",
}
"""Names that people try for options that are called otherwise -> what to use."""
