"""The tasks that are measured, as tables: decoding, and answers over records."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Decoding:
    """Decoding of one input, beside the bare codec and the script on the same streams."""

    name: str
    source: str
    """An input of `inputs.Inputs`."""
    bare: str
    """The input with the same streams for the bare codec: not encrypted, not damaged."""
    options: tuple[str, ...] = ()
    script: bool = True
    """Whether the script can read it."""
    to_files: bool = False
    """Whether the text goes into files of a new folder, otherwise to standard output."""
    groups: tuple[str, ...] = ("decoding",)


ONE, FILES = ("-T", "1"), {"to_files": True, "groups": ("files",)}
DECODING = (
    Decoding("IM SDK 0x05, -T 1", "imsdk", "imsdk", ONE),
    Decoding("IM SDK 0x05", "imsdk", "imsdk"),
    Decoding("IM SDK 0x05, damaged", "harmed", "imsdk", script=False),
    Decoding("0x09 of 1 KB, -T 1", "small-zlib", "small-zlib", ONE),
    Decoding("0x0D of 1 KB, -T 1", "small-zstd", "small-zstd", ONE),
    Decoding("0x07 of 1 KB, -T 1", "small-zlib-crypt", "small-zlib", ONE, script=False),
    Decoding("0x0C of 1 KB, -T 1", "small-zstd-crypt", "small-zstd", ONE, script=False),
    Decoding("files of 8 KB into files", "pile", "pile", **FILES),
    Decoding("files of 8 KB, -c", "pile", "pile", groups=("files",)),
    Decoding("day files into files", "days", "days", **FILES),
    Decoding("IM SDK 0x05, 1 GB", "large", "large", groups=("large",)),
    Decoding("full zlib", "zlib", "zlib", groups=("full",)),
    Decoding("full zlib, -T 1", "zlib", "zlib", ONE, groups=("full",)),
    Decoding("full zlib encrypted", "zlib-crypt", "zlib", script=False, groups=("full",)),
    Decoding("full zstd", "zstd", "zstd", groups=("full",)),
    Decoding("full zstd encrypted", "zstd-crypt", "zstd", script=False, groups=("full",)),
    Decoding("one-line plain blocks", "plain", "zlib", groups=("full",)),
)

WORD = "9512"
"""A word that few records hold."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A question to the records of an input, on one thread, beside decoding it alone."""

    name: str
    arguments: tuple[str, ...]
    source: str = "imsdk"
    from_the_start: bool = False
    """Whether the figure is the time in all, otherwise what it takes beyond decoding."""
    decodes: bool = True
    """Whether it is a form of `decode`, which takes -c and -T."""


ANSWERS = (
    Answer("-p E", ("-p", "E")),
    Answer("-S DATE", ("-S", "{middle}")),
    Answer("-g WORD", ("-g", WORD)),
    Answer("-g WORD -C 2", ("-g", WORD, "-C", "2")),
    Answer("--count", ("--count",)),
    Answer("--count -g WORD", ("--count", "-g", WORD)),
    Answer("--count -p E", ("--count", "-p", "E")),
    Answer("--format json", ("--format", "json")),
    Answer("--format csv", ("--format", "csv")),
    Answer("--redact", ("--redact",)),
    Answer("-l", ("-l",)),
    Answer("summary", ("summary",), decodes=False),
    Answer("--merge of the days, in all", ("--merge",), "days", from_the_start=True),
)
