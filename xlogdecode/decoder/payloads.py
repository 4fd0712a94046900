"""A payload into text: decrypted, unpacked; and what can be had of a broken one."""

from collections.abc import Iterator
from typing import NamedTuple

from xlogdecode.codecs import (
    CodecError,
    ends_a_flush,
    iter_unpack,
    may_start_with,
    unpack,
)
from xlogdecode.crypto import Keyring, TeaKey, decrypt
from xlogdecode.decoder.salvage import TEXT_LIMIT, salvage_plain, up_to_the_fault
from xlogdecode.format import CRASH_BUFFER_SIZE, NOT_TEXT, Codec
from xlogdecode.framing import Block, Proof, Verdict
from xlogdecode.types import Buffer

__all__ = ["Payloads", "Unpacked"]

_HEADS = (256, 2048)
"""Bytes of payload that show whether a key fits, or that a false header is one."""
_USUAL_RATIO, _MOST_RATIO = 16, 1040
"""Bytes of text for one of payload that are tried first, and that deflate makes at most."""
_PROBING, _DECRYPTING, _A_BYTE, _A_BYTE_OF_TEXT = 20_000, 400_000, 10, 3
"""Nanoseconds: of any probe; of one that tries keys, numpy being slow on little; of unpacking."""
_PROOF = 64
"""Bytes that a wrong key does not inflate without a fault."""
_HOLE = bytes(64)
_FULL = CRASH_BUFFER_SIZE - 1024
"""Bytes of payload from which on zstd may end in mid-stream: the crash buffer was full."""


class Stream(NamedTuple):
    """A payload as its codec takes it: decrypted."""

    codec: Codec
    data: Buffer


class Unpacked(NamedTuple):
    """What came of one block; `text` is None where there is none, or too much to hold, and `cost`
    what finding out that it is broken took (`Proof`).
    """

    verdict: Verdict
    text: Buffer | None
    cost: int = 0


class Payloads:
    """Reads payloads with the keys of one keyring."""

    def __init__(self, keyring: Keyring) -> None:
        """Take the keys."""
        self._keyring = keyring
        self._probed: tuple[Block, Unpacked] | None = None

    def probe(self, block: Block) -> Proof:
        """Try whether the payload decodes; where only its beginning is there, whether that does.

        A false header costs little: its first bytes are tried alone.
        """
        payload = block.payload
        if len(payload) < min(_HEADS[-1], block.header.length):
            return Proof(Verdict.OPEN, 0)
        cost = _DECRYPTING if block.reading.encrypted and self._keyring else _PROBING
        for size in _HEADS:
            head = self._clear(block, payload[:size])
            if head is None:
                locked = self._locked_or_broken(block) is Verdict.LOCKED  # else no key was tried
                return Proof(Verdict.LOCKED, cost) if locked else Proof(Verdict.BROKEN, _PROBING)
            if not may_start_with(*head):
                return Proof(Verdict.BROKEN, cost + _A_BYTE * size)
        if len(payload) < block.header.length:
            return Proof(Verdict.OPEN, cost)
        result = self.read(block)
        self._probed = (block, result)
        return Proof(result.verdict, cost + (result.cost or _A_BYTE * len(payload)))

    def read(self, block: Block) -> Unpacked:
        """Return the text of a whole block."""
        probed, self._probed = self._probed, None
        if probed and probed[0] == block:
            return probed[1]
        stream = self._clear(block, block.payload)
        if stream is None:
            return Unpacked(self._locked_or_broken(block), None)
        return self._unpack(stream)

    def iter_text(self, block: Block) -> Iterator[Buffer]:
        """Yield the text of a block that is too much to hold."""
        stream = self._clear(block, block.payload)
        if stream is not None:
            yield from iter_unpack(*stream)

    def salvage(self, broken: Block) -> Iterator[Buffer]:
        """Yield the text of a broken block up to the fault.

        Its payload ends where its length says, or where the next believed block begins; if all of
        that but a tailer decodes to its very end, the length was the fault and the text is whole.
        """
        remains = broken.remains
        absurd = broken.header.length > CRASH_BUFFER_SIZE  # then only an end that fits is proof
        if broken.reading.codec is Codec.PLAIN:
            yield from salvage_plain(remains, to_the_end=absurd)
            return
        if remains and remains[-1] == 0 and len(remains) - 1 != broken.header.length:
            stream = self._clear(broken, remains[:-1])
            result = None if stream is None else self._unpack(stream)
            if result and result.verdict is Verdict.WHOLE and result.text is not None:
                yield result.text
                return
        if absurd:
            return
        kept = remains[: broken.header.length]
        hole = bytes(kept).find(_HOLE)
        if hole >= 0 and (broken.reading.encrypted or broken.reading.codec is Codec.CHUNKED):
            kept, hole = kept[:hole], -1
        if broken.reading.encrypted:
            kept = kept[: len(kept) // 8 * 8]  # a cipher group cut in two is no text
        stream = self._clear(broken, kept)
        if stream is not None:
            yield from up_to_the_fault(*stream, hole)

    def _locked_or_broken(self, block: Block) -> Verdict:
        """Tell a client key that is no key at all from one that no key at hand goes with."""
        if self._keyring and not self._keyring.tea_keys(block.header.client_key):
            return Verdict.BROKEN
        return Verdict.LOCKED

    def _clear(self, block: Block, payload: memoryview) -> Stream | None:
        """Return `payload` as its codec takes it; None where no key fits."""
        reading = block.reading
        if not reading.encrypted:
            return Stream(reading.codec, payload)
        key = self._key_for(block)
        return None if key is None else Stream(reading.codec, decrypt(payload, key))

    def _key_for(self, block: Block) -> TeaKey | None:
        """Return the TEA key that fits: the proven one, or else the one that the payload proves."""
        client_key = block.header.client_key
        proven = self._keyring.proven(client_key)
        if proven:
            return proven
        codec = block.reading.codec
        head = block.remains[: min(_HEADS[-1], block.header.length)]
        if len(head) < block.header.length:
            head = head[: len(head) // 8 * 8]
        heads = [(key, decrypt(head, key)) for key in self._keyring.tea_keys(client_key)]
        fitting = [key for key, data in heads if may_start_with(codec, data)]
        whole = None
        is_there = len(block.remains) >= block.header.length  # less proves no more than its head
        for key in fitting if is_there else ():
            result = self._unpack(Stream(codec, decrypt(block.payload, key)))
            if result.verdict is Verdict.WHOLE:
                if len(head) >= _PROOF:
                    self._keyring.prove(client_key, key)
                    return key
                if not NOT_TEXT.search(result.text or b""):
                    return key
                whole = whole or key
        if whole or (fitting and len(head) >= _PROOF):
            return whole or fitting[0]
        return next((key for key, data in heads if _opens_as_text(codec, data)), None)

    def _unpack(self, stream: Stream) -> Unpacked:
        codec, data = stream
        limit = TEXT_LIMIT
        if codec is Codec.PLAIN:
            is_text = b"\0" not in bytes(data)
            return Unpacked(Verdict.WHOLE, data) if is_text else Unpacked(Verdict.BROKEN, None)
        most = limit if codec is Codec.ZSTD else min(_MOST_RATIO * len(data), limit)
        bounds = (min(_USUAL_RATIO * len(data) + 4096, most), most)
        for bound in dict.fromkeys(bounds if len(data) < limit else ()):
            text = unpack(codec, data, bound)
            if text is not None:
                return Unpacked(Verdict.WHOLE, text)
        return self._unpack_slowly(codec, data)

    def _unpack_slowly(self, codec: Codec, data: Buffer) -> Unpacked:
        """Take what the fast path does not: an end in mid-stream, or more text than it may hold."""
        pieces: list[bytes] = []
        size = 0
        try:
            for piece in iter_unpack(codec, data):
                size += len(piece)
                pieces.append(piece)
                if size + len(data) > TEXT_LIMIT:
                    pieces.clear()
        except CodecError:
            return Unpacked(Verdict.BROKEN, None, _A_BYTE * len(data) + _A_BYTE_OF_TEXT * size)
        flushed = ends_a_flush(codec, data)
        if size + len(data) > TEXT_LIMIT:
            return Unpacked(Verdict.WHOLE if flushed else Verdict.OPEN, None)
        if codec is not Codec.ZSTD and flushed:
            return Unpacked(Verdict.BROKEN, None)  # the mark was passed, and seen as something else
        if codec is Codec.ZSTD and len(data) < _FULL:
            return Unpacked(Verdict.BROKEN, None)  # a size in it was changed, and claims too much
        return Unpacked(Verdict.OPEN, b"".join(pieces))


def _opens_as_text(codec: Codec, head: Buffer) -> bool:
    """Tell whether a payload that fails later begins with what can be a line of a log."""
    text = b""
    try:
        for piece in iter_unpack(codec, head):
            text += piece
    except CodecError:
        pass
    return len(text) >= 16 and not NOT_TEXT.search(text, 0, 64)
