"""`xlogdecode keygen`: a key pair, one half for the app, one for those who read its logs."""

import os
from pathlib import Path

import click

from xlogdecode.cli.common_options import PathOption
from xlogdecode.cli.grouped_help import Command
from xlogdecode.cli.streams import standard_output
from xlogdecode.errors import OutputError, UsageError
from xlogdecode.outputs import SaveFile
from xlogdecode.secp256k1 import make_key_pair

__all__ = ["keygen"]

STDOUT = "-"


@click.command("keygen", cls=Command)
@click.option(
    "-o", "--output", type=PathOption(), metavar="FILE", required=True,
    help="Where the private key goes, for --key-file; - shows it on standard output.",
)  # fmt: skip
def keygen(output: str) -> None:
    """Make a key pair for encrypted logs.

    The public key, 128 hex digits, is printed: it goes into the app, as Mars wants it
    (XLogConfig.pubkey_). The private key goes into FILE, which only its owner may read, and opens
    every log that the app then writes. A FILE that exists is never written over.
    """
    private, public = make_key_pair()
    text = f"# private key to the public key {public.hex()[:16]}...\n{private.hex()}\n"
    if output == STDOUT:
        standard_output().write(text.encode())
        click.echo(public.hex(), err=True)
    else:
        _save(Path(output), text)
        try:
            standard_output().write(f"{public.hex()}\n".encode())
        except BaseException:
            Path(output).unlink(missing_ok=True)  # half a pair is of no use to anyone
            raise


def _save(path: Path, text: str) -> None:
    """Write a file that was its owner's alone from the first moment."""
    if os.path.lexists(path) and not path.is_file():
        raise UsageError(f"{path}: is not a file; name one that is to hold the key")
    if path.is_file():
        raise OutputError(f"{path}: exists, and no key is written over; choose another name")
    with SaveFile(path, secret=True) as file:
        file.write(text.encode())
