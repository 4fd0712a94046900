"""A new magic is one row of the table in `format`: nothing else has to know it."""

import subprocess
import sys

import pytest

from tests.mars import KINDS, file_of, log, mars_lines

ROW = """
import sys, xlogdecode.format as format
format.READINGS[0x1e] = format.Reading(0x1e, {size}, format.Codec.{codec})
from xlogdecode import Options, decode_bytes
text, report = decode_bytes(sys.stdin.buffer.read(), Options(marks=False))
sys.stdout.buffer.write(text)
sys.stderr.write(f"{{report.blocks.total()}} {{len(report.losses)}}")
"""


def decoded(kind: str, data: bytes) -> tuple[bytes, str]:
    """Decode in a process whose table has one row more, made up."""
    codec = {"deflate": "DEFLATE", "chunked": "CHUNKED", "zstd": "ZSTD", "plain": "PLAIN"}
    script = ROW.format(size=KINDS[kind].header_size, codec=codec[KINDS[kind].codec])
    done = subprocess.run([sys.executable, "-c", script], input=data, capture_output=True)
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr.decode()


@pytest.mark.parametrize("kind", ["zlib", "zstd", "imsdk-chunked", "sync-zlib"])
def test_blocks_of_a_made_up_magic_are_read_and_found_again_behind_damage(kind: str) -> None:
    blocks = log(KINDS[kind], list(mars_lines(2, 60)), per_block=10)
    renamed = [b"\x1e" + one.data[1:] for one in blocks]
    texts = [one.text for one in blocks]
    assert decoded(kind, b"".join(renamed)) == (b"".join(texts), f"{len(blocks)} 0")
    harmed = [renamed[0], b"\xff\xfe" * 50, *renamed[1:3], file_of(blocks[3:4]), *renamed[4:]]
    assert decoded(kind, b"".join(harmed)) == (b"".join(texts), f"{len(blocks)} 1")
    torn = [renamed[0], renamed[1][: len(renamed[1]) // 2], *renamed[2:]]
    text, counts = decoded(kind, b"".join(torn))
    assert text.startswith(texts[0])
    assert text.endswith(b"".join(texts[2:]))
    assert counts == f"{len(blocks) - 1} 1"
