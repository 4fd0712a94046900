"""Whatever the file: no exception, an honest count, and the same text for any cuts."""

# ruff: noqa: E402 - what is fuzzed must be instrumented before the tests import it

import io
import sys
from pathlib import Path

import atheris

sys.path[0] = str(Path(__file__).parents[2])  # the project's root, in place of this folder

with atheris.instrument_imports(include=["xlogdecode"]):
    from xlogdecode import Options, decode_bytes
    from xlogdecode.decoder.decode import decode

from tests.damage import SERVER, same_but_for_marks
from tests.fuzz.seeds import fuzz

MOST = 4 << 20
"""Bytes of text beyond which the ways are not compared."""


class Drip(io.BytesIO):
    """A source that gives some bytes at a time, as a pipe does."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(size or 97, 97))


def target(data: bytes) -> None:
    """Decode with a key and without, whole and in drips."""
    for keys in ((), (SERVER,)):
        options = Options(keys=keys, marks=False)
        text, report = decode_bytes(data, options)
        assert report.bytes_in == len(data)
        assert 0 <= len(text) - report.bytes_out <= len(report.losses)  # a loss ends a line
        assert report.is_whole == (not report.losses)
        if len(text) > MOST:
            continue
        sink = io.BytesIO()
        decode(Drip(data), sink, options)
        assert sink.getvalue() == text
        marked, _ = decode_bytes(data, Options(keys=keys))
        if b"[F][xlogdecode] " not in text:
            marks = 0 if report.gave_nothing else len(report.losses)
            assert same_but_for_marks(marked, text) == marks


if __name__ == "__main__":
    fuzz("decoder", target)
