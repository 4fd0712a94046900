"""A small strict reader, straight from the format's description: whole, undamaged files only."""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import zstandard

PLAIN = {0x03, 0x06, 0x08, 0x0A, 0x0B}
ENCRYPTED = {0x07, 0x0C}
ZSTD = {0x0C, 0x0D}
CHUNKED = {0x05}


@dataclass(frozen=True)
class Block:
    magic: int
    seq: int
    begin_hour: int
    end_hour: int
    key: bytes
    payload: bytes
    """Decrypted."""

    @property
    def text(self) -> bytes:
        if self.magic in PLAIN:
            return self.payload
        if self.magic in ZSTD:
            return zstandard.ZstdDecompressor().decompressobj().decompress(self.payload)
        inflate = zlib.decompressobj(-15)
        text = inflate.decompress(b"".join(self.chunks))
        assert not inflate.eof, "a stream was finished"
        return text

    @property
    def chunks(self) -> list[bytes]:
        if self.magic not in CHUNKED:
            return [self.payload]
        chunks, place = [], 0
        while place < len(self.payload):
            (size,) = struct.unpack_from("<H", self.payload, place)
            chunks.append(self.payload[place + 2 : place + 2 + size])
            assert len(chunks[-1]) == size
            place += 2 + size
        return chunks


def read_blocks(data: bytes, private_key: bytes | None = None) -> Iterator[Block]:
    """Yield the blocks of `data`; zeros may follow them, as in a crash buffer."""
    place = 0
    while place < len(data) and data[place]:
        magic, seq, begin, end, length = struct.unpack_from("<BHBBI", data, place)
        assert 3 <= magic <= 0x0D, f"magic {magic:#x} at {place}"
        start = place + (73 if magic >= 6 else 13)
        key = data[place + 9 : start]
        payload = data[start : start + length]
        assert len(payload) == length, f"block at {place} is cut"
        assert data[start + length] == 0, f"no tailer at {start + length}"
        if magic in ENCRYPTED:
            assert private_key is not None
            payload = decrypt(payload, shared_secret(private_key, key))
        yield Block(magic, seq, begin, end, key, payload)
        place = start + length + 1
    assert not any(data[place:]), f"bytes that are no block at {place}"


def read_text(data: bytes, private_key: bytes | None = None) -> bytes:
    return b"".join(block.text for block in read_blocks(data, private_key))


def shared_secret(private_key: bytes, client_key: bytes) -> bytes:
    from cryptography.hazmat.primitives.asymmetric import ec

    curve = ec.SECP256K1()
    private = ec.derive_private_key(int.from_bytes(private_key, "big"), curve)
    public = ec.EllipticCurvePublicKey.from_encoded_point(curve, b"\x04" + client_key)
    return private.exchange(ec.ECDH(), public)


def decrypt(data: bytes, secret: bytes) -> bytes:
    """TEA, 16 rounds, all groups at once; what is left of a group stays as it is."""
    k0, k1, k2, k3 = np.frombuffer(secret, "<u4", 4)
    whole = len(data) // 8 * 8
    groups = np.frombuffer(data, "<u4", whole // 4).reshape(-1, 2)
    y, z = groups[:, 0].copy(), groups[:, 1].copy()
    for turn in range(16, 0, -1):
        total = np.uint32(0x9E3779B9 * turn & 0xFFFFFFFF)
        z -= ((y << 4) + k2) ^ (y + total) ^ ((y >> 5) + k3)
        y -= ((z << 4) + k0) ^ (z + total) ^ ((z >> 5) + k1)
    return np.stack([y, z], axis=1).astype("<u4").tobytes() + data[whole:]
