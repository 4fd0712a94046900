"""`xlogdecode encode`: text to xlog."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

import click

from xlogdecode.cli.common_options import PathOption
from xlogdecode.cli.grouped_help import Command
from xlogdecode.encode.block_format import CODECS, FORMATS, MODES
from xlogdecode.encode.blocks import iter_blocks
from xlogdecode.errors import InputError, OutputError
from xlogdecode.outputs import OpenFile, SaveFile, is_file_at


@click.command("encode", cls=Command)
@click.argument("source", metavar="[FILE|-]", type=click.File("rb"), default="-")
@click.option(
    "-o", "--output", type=PathOption(), metavar="FILE", required=True,
    help="The file to write, replaced once all is encoded; - is standard output.",
)  # fmt: skip
@click.option("--codec", type=click.Choice(CODECS), default="zlib", show_default=True)
@click.option(
    "--mode", type=click.Choice(MODES), default="async", show_default=True,
    help="async: compressed blocks; sync: a plain block a line.",
)  # fmt: skip
@click.option(
    "--format", type=click.Choice(FORMATS), default="mars", show_default=True,
    help="imsdk: the 13-byte headers of the IM and LiteAV SDKs (zlib only, no key).",
)  # fmt: skip
@click.option(
    "--public-key", metavar="HEX|FILE",
    help="Encrypt for this server: 128 hex digits, X then Y of its public key, or a file of them.",
)  # fmt: skip
def encode(
    source: BinaryIO,
    output: str,
    codec: str,
    mode: str,
    format: str,  # noqa: A002 - click passes by name
    public_key: str | None,
) -> None:
    """Turn text into an xlog file, for fixtures and tests.

    No banners are added: decoding gives back exactly the text. Text that holds NUL is refused.
    """
    blocks = iter_blocks(source, codec=codec, mode=mode, format=format, public_key=public_key)
    name = getattr(source, "name", "<stdin>")
    if output == "-":
        _write_all(OpenFile(sys.stdout.fileno(), "standard output"), blocks, name)
    else:
        _refuse_input(source, output)
        with SaveFile(Path(output), replace=True) as file:
            _write_all(file, blocks, name)


def _refuse_input(source: BinaryIO, output: str) -> None:
    try:
        found = os.fstat(source.fileno())
    except OSError:
        return  # no file of the system's, so none that has a name
    if is_file_at(output, found):
        raise OutputError(f"{output}: is the input itself; -o names another file")


def _write_all(target: OpenFile | SaveFile, blocks: Iterable[bytes], name: str) -> None:
    try:
        for block in blocks:
            target.write(block)
    except BrokenPipeError:
        raise
    except OSError as error:  # the source's: the target's are OutputErrors
        raise InputError(f"{name}: cannot be read: {error.strerror}") from None
