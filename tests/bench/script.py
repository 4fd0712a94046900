"""A naive reader, to compare with: `python tests/bench/script.py [-o FOLDER] FILE...`.

It is what people write in an hour: a file in memory at once, a loop over chunks, one zlib object a
block; nothing is checked, nothing is found again after damage, and no key is known. Without -o the
text goes to standard output.
"""

import struct
import sys
import zlib
from pathlib import Path

PLAIN = (0x03, 0x06, 0x08, 0x0A, 0x0B)


def decode(data: bytes) -> bytes:
    """Return the text of a healthy file."""
    out = bytearray()
    offset = 0
    while offset < len(data):
        magic = data[offset]
        (length,) = struct.unpack_from("<I", data, offset + 5)
        start = offset + (13 if magic <= 0x05 else 73)
        payload = data[start : start + length]
        if magic in PLAIN:
            out += payload
        elif magic == 0x05:
            out += _chunks(payload)
        elif magic in (0x04, 0x09):
            out += zlib.decompressobj(-15).decompress(payload)
        elif magic == 0x0D:
            import zstandard

            out += zstandard.ZstdDecompressor().decompressobj().decompress(payload)
        else:
            sys.exit(f"{magic:#x}: it knows no such magic, or no key")
        offset = start + length + 1
    return bytes(out)


def _chunks(payload: bytes) -> bytes:
    stream = zlib.decompressobj(-15)
    out = bytearray()
    at = 0
    while at < len(payload):
        (size,) = struct.unpack_from("<H", payload, at)
        out += stream.decompress(payload[at + 2 : at + 2 + size])
        at += 2 + size
    return bytes(out)


def main(args: list[str]) -> None:
    """Decode each file named, into the folder behind -o or to standard output."""
    folder = None
    if args[:1] == ["-o"]:
        folder, args = Path(args[1]), args[2:]
        folder.mkdir(parents=True, exist_ok=True)
    for name in args:
        text = decode(Path(name).read_bytes())
        if folder is None:
            sys.stdout.buffer.write(text)
        else:
            (folder / f"{Path(name).name}.log").write_bytes(text)


if __name__ == "__main__":
    main(sys.argv[1:])
