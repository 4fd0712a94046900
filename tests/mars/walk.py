"""Takes healthy files of 13- and 73-byte headers apart, so that our writer can be held to them."""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import zstandard
from cryptography.hazmat.primitives.asymmetric import ec

from tests.mars.kinds import Kind, kind_of


@dataclass(frozen=True, slots=True)
class Raw:
    """A block as it stands in a file; `payload` is still encrypted where its kind is."""

    kind: Kind
    seq: int
    hours: tuple[int, int]
    key_area: bytes
    payload: bytes


def walk(data: bytes) -> Iterator[Raw]:
    """Yield the blocks of a healthy file."""
    offset = 0
    while offset < len(data):
        kind = kind_of(data[offset])
        seq, begin, end, length = struct.unpack_from("<xHBBI", data, offset)
        start = offset + kind.header_size
        payload = data[start : start + length]
        assert data[start + length] == 0, f"no tailer at {start + length}"
        yield Raw(kind, seq, (begin, end), data[offset + 9 : start], payload)
        offset = start + length + 1


def tea_key(server: bytes, client_key: bytes) -> bytes:
    """Return the TEA key of the session that opened with `client_key`; `server` is private."""
    curve = ec.SECP256K1()
    private = ec.derive_private_key(int.from_bytes(server, "big"), curve)
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(curve, b"\x04" + client_key)
    return private.exchange(ec.ECDH(), theirs)[:16]


def tea_decrypt(data: bytes, key: bytes) -> bytes:
    """Undo `crypt.tea_encrypt` one group of 8 bytes at a time, as the paper on TEA puts it."""
    whole = len(data) // 8 * 8
    k0, k1, k2, k3 = struct.unpack("<4I", key)
    clear = bytearray()
    for pair in struct.iter_unpack("<2I", data[:whole]):
        left, right = pair
        for turn in range(16, 0, -1):
            total = turn * 0x9E3779B9 & 0xFFFFFFFF
            right = right - ((left << 4) + k2 ^ left + total ^ (left >> 5) + k3) & 0xFFFFFFFF
            left = left - ((right << 4) + k0 ^ right + total ^ (right >> 5) + k1) & 0xFFFFFFFF
        clear += struct.pack("<2I", left, right)
    return bytes(clear) + data[whole:]


def unchunked(payload: bytes) -> list[bytes]:
    """Return the chunks of a 0x05 payload."""
    chunks, offset = [], 0
    while offset < len(payload):
        size = int.from_bytes(payload[offset : offset + 2], "little")
        chunks.append(payload[offset + 2 : offset + 2 + size])
        offset += 2 + size
    return chunks


def deflate_lines(payload: bytes) -> list[bytes]:
    """Return what was logged between one sync flush and the next."""
    pieces = payload.split(b"\0\0\xff\xff")
    assert pieces.pop() == b"", "the payload does not end in a flush"
    stream = zlib.decompressobj(-15)
    return [stream.decompress(piece + b"\0\0\xff\xff") for piece in pieces]


def zstd_lines(payload: bytes) -> list[bytes]:
    """Return the text of each zstd block: a line each, since each line was flushed."""
    assert payload[:6].hex() == "28b52ffd0030", "not a frame of window log 16 without a size"
    stream, offset = zstandard.ZstdDecompressor().decompressobj(), 6
    lines = [stream.decompress(payload[:6])]
    while offset < len(payload):
        head = int.from_bytes(payload[offset : offset + 3], "little")
        assert head & 1 == 0, "the frame is finished"
        end = offset + 3 + (1 if head >> 1 & 3 == 1 else head >> 3)
        lines.append(stream.decompress(payload[offset:end]))
        offset = end
    return lines[1:]
