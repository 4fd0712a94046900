"""`xlogdecode encode`: text to xlog."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import click

from xlogdecode.encode.blocks import iter_blocks
from xlogdecode.encode.cipher import parse_public_key
from xlogdecode.encode.kinds import CODECS, FORMATS, MODES
from xlogdecode.errors import XlogError


@click.command()
@click.argument("source", metavar="[FILE|-]", type=click.File("rb"), default="-")
@click.option(
    "-o", "--output", metavar="FILE", required=True,
    help="The file to write, replaced whole once all is encoded; - is standard output.",
)  # fmt: skip
@click.option("--codec", type=click.Choice(CODECS), default="zlib", show_default=True)
@click.option(
    "--mode", type=click.Choice(MODES), default="async", show_default=True,
    help="async: compressed blocks; sync: a plain block a line.",
)  # fmt: skip
@click.option(
    "--format", "layout", type=click.Choice(FORMATS), default="mars", show_default=True,
    help="imsdk: the 13-byte headers of the IM and LiteAV SDKs (zlib only, no key).",
)  # fmt: skip
@click.option(
    "--public-key", metavar="HEX",
    help="Encrypt for this server: 128 hex digits, X then Y of its public key.",
)  # fmt: skip
def encode(
    source: BinaryIO, output: str, codec: str, mode: str, layout: str, public_key: str | None
) -> None:
    """Turn text into an xlog file, for fixtures and tests.

    No banners are added: decoding gives back exactly the text. Text that holds NUL is refused.
    """
    key = parse_public_key(public_key) if public_key else None
    blocks = iter_blocks(source, codec=codec, mode=mode, layout=layout, public_key=key)
    if output == "-":
        sys.stdout.buffer.writelines(blocks)
    else:
        _write_whole(Path(output), blocks)


def _write_whole(path: Path, blocks: Iterator[bytes]) -> None:
    """Write `path` under another name beside it, and rename: it is whole, or as it was."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("xb") as file:
            file.writelines(blocks)
        part.replace(path)
    except OSError as error:
        reason = error.strerror or error
        raise XlogError(f"{path}: cannot be written: {reason}; choose another place") from error
    finally:
        part.unlink(missing_ok=True)
