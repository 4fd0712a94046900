"""A payload into text: decrypted, unpacked, weighed; and what can be had of a broken one."""

from collections.abc import Iterator
from typing import NamedTuple

from xlogdecode.codecs import (
    CodecError,
    ends_a_flush,
    iter_unpack,
    may_start_with,
    unpack,
)
from xlogdecode.crypto import Keyring
from xlogdecode.decoder.salvage import salvage_plain, up_to_the_fault
from xlogdecode.decoder.soundness import Soundness, find_hole_in_view
from xlogdecode.format import CRASH_BUFFER_SIZE, NOT_TEXT, Codec
from xlogdecode.framing import Block, Proof, Verdict
from xlogdecode.secp256k1 import is_of_another_curve
from xlogdecode.tea import GROUP, TeaKey, decrypt
from xlogdecode.types import Buffer

__all__ = ["Payloads", "Unpacked"]

TEXT_LIMIT = 8 << 20
"""Bytes of text held at a time; a block that unpacks to more is streamed."""
_HEADS = (256, 2048)
"""Bytes of payload that show whether a key fits, or that a false header is one."""
_FIRST = 16
"""Bytes in which most wrong keys show: two groups of the cipher."""
_USUAL_RATIO, _MOST_RATIO = 16, 1040
"""Bytes of text for one of payload that are tried first, and that deflate makes at most."""
_REMEMBERED = 64 << 10
"""Bytes of payload up to which what they decrypt to is remembered, until the next block."""
_PROBING, _DECRYPTING, _A_BYTE, _A_BYTE_OF_TEXT = 20_000, 400_000, 10, 3
"""Nanoseconds: of any probe; of one that tries keys; of unpacking a byte."""
_FULL = CRASH_BUFFER_SIZE - 1024
"""Bytes of payload from which on zstd may end in mid-stream: the crash buffer was full."""
_PROOF = 64
"""Bytes of deflate that a wrong key does not make; of a zstd frame its opening is enough."""
_READABLE = 48
_VARIED = 10
"""Bytes of text, without a fault in UTF-8, and characters in them, that no wrong key makes: some
begin with one match of deflate that repeats a few letters.
"""


class Stream(NamedTuple):
    """A payload as its codec takes it: decrypted."""

    codec: Codec
    data: Buffer


class Unpacked(NamedTuple):
    """The result of one block; `text` is None where there is none, or too much to hold."""

    verdict: Verdict
    text: Buffer | None
    cost: int = 0
    """The cost of finding out that it is broken (`Proof`)."""
    stream: Stream | None = None


class Payloads:
    """Reads the payloads of one input with the keys of one keyring, one block at a time."""

    def __init__(self, keyring: Keyring, soundness: Soundness) -> None:
        """Take the keys, and what judges texts."""
        self._keyring = keyring
        self._soundness = soundness
        self._probed: tuple[Block, Unpacked] | None = None
        self._tried: tuple[tuple[int, ...], TeaKey | None] | None = None  # the last place
        self._begun: tuple[int, ...] | None = None  # magic, offset and length of what may start so
        self._decrypted: tuple[int, TeaKey, bytearray] | None = None  # the last place and key

    def probe(self, block: Block) -> Proof:
        """Try whether the payload decodes; where only its beginning is there, whether that does.

        A false header costs little: its first bytes are tried alone.
        """
        payload = block.payload
        if len(payload) < min(_HEADS[-1], block.header.length):
            return Proof(Verdict.OPEN, 0)
        cost = _DECRYPTING if block.reading.encrypted and self._keyring else _PROBING
        proof = self._probe_head(block, payload, cost)
        if proof is not None:
            return proof
        if len(payload) < block.header.length:
            return Proof(Verdict.OPEN, cost)
        result = self._read(block)
        self._probed = (block, result)
        return Proof(result.verdict, cost + (result.cost or _A_BYTE * len(payload)))

    def _probe_head(self, block: Block, payload: memoryview, cost: int) -> Proof | None:
        """Return what the first bytes tell, if they tell it all; they are looked at once."""
        place = (block.reading.magic, block.offset, block.header.length)
        if self._begun == place:
            return None
        for size in _HEADS:
            head = self._clear(block, payload[:size])
            if head is None:
                locked = self._locked_or_broken(block) is Verdict.LOCKED  # else no key was tried
                return Proof(Verdict.LOCKED, cost) if locked else Proof(Verdict.BROKEN, _PROBING)
            if not may_start_with(*head):
                return Proof(Verdict.BROKEN, cost + _A_BYTE * size)
        self._begun = place
        return None

    def read(self, block: Block) -> Unpacked:
        """Return the text of a block that was believed."""
        probed, self._probed = self._probed, None
        result = probed[1] if probed and probed[0] == block else self._read(block)
        if result.stream is not None and result.text is not None:
            self._soundness.learn(*result.stream, result.text)
        return result

    def _read(self, block: Block) -> Unpacked:
        payload = block.payload
        stream = self._clear(block, payload)
        if stream is None:
            return Unpacked(self._locked_or_broken(block), None)
        if find_hole_in_view(payload) >= 0:
            return Unpacked(Verdict.BROKEN, None)
        return self._unpack(stream)

    def iter_text(self, block: Block) -> Iterator[Buffer]:
        """Yield the text of a block that is too much to hold."""
        stream = self._clear(block, block.payload)
        if stream is not None:
            yield from iter_unpack(*stream)

    def salvage(self, broken: Block) -> Iterator[Buffer]:
        """Yield the text of a broken block up to the fault.

        Its payload ends where its length says, or where the next believed block begins; if all of
        that but a tailer decodes to its very end, the length was the fault and all of it is text.
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
        hole = find_hole_in_view(kept)
        kept = kept if hole < 0 else kept[:hole]
        if broken.reading.encrypted:
            kept = kept[: len(kept) // GROUP * GROUP]  # a cipher group cut in two is not text
        stream = self._clear(broken, kept)
        if stream is not None:
            yield from up_to_the_fault(*stream)

    # keys

    def key_at_once(
        self, codec: Codec, client_key: bytes, payload: memoryview
    ) -> tuple[TeaKey, bytearray | None] | None:
        """Return the TEA key that is proven for a client key; or else the one by which the server
        key that fitted last proves itself on this payload of it, and the payload decrypted.
        """
        key = self._keyring.proven(client_key)
        if key is not None:
            return key, None
        key = self._keyring.likely(client_key)
        if key is None:
            return None
        is_short = len(payload) <= _HEADS[0]  # then all of it costs what the first groups do
        if not is_short and not may_start_with(codec, decrypt(payload[:_FIRST], key)):
            return None
        clear = decrypt(payload, key)
        return (key, clear) if self._proves(client_key, key, Stream(codec, clear)) else None

    @property
    def untried(self) -> int:
        """Sessions that not all keys were tried on."""
        return self._keyring.untried

    def _locked_or_broken(self, block: Block) -> Verdict:
        """Tell a client key that is not a key from one that no key at hand goes with."""
        client_key = block.header.client_key
        if not self._keyring or self._keyring.is_client_key(client_key):
            return Verdict.LOCKED
        return Verdict.LOCKED if is_of_another_curve(client_key) else Verdict.BROKEN

    def _clear(self, block: Block, payload: memoryview) -> Stream | None:
        """Return `payload` as its codec takes it; None where no key fits."""
        reading = block.reading
        if not reading.encrypted:
            return Stream(reading.codec, payload)
        key = self._key_for(block)
        return None if key is None else Stream(reading.codec, self._decrypt(block, payload, key))

    def _decrypt(self, block: Block, payload: memoryview, key: TeaKey) -> bytearray:
        """Return the beginning of a block's payload decrypted; small ones are decrypted once."""
        size = len(payload)
        if self._decrypted is not None and self._decrypted[:2] == (block.offset, key):
            clear = self._decrypted[2]
            if size == len(clear) or (size < len(clear) and size % GROUP == 0):
                return clear[:size]
        clear = decrypt(payload, key)
        if size <= _REMEMBERED:
            self._decrypted = (block.offset, key, clear)
        return clear

    def _key_for(self, block: Block) -> TeaKey | None:
        """Return the TEA key that fits: the proven one, or else the one that the payload proves.

        A key is proven by a payload that decodes to its end, and by text that opens it: no wrong
        key makes either. A proof by the opening alone is not remembered: what is there of a payload
        depends on how the input is cut.
        """
        proven = self._keyring.proven(block.header.client_key)
        if proven:
            return proven
        size = min(_HEADS[-1], block.header.length)
        head = block.remains[:size]
        if len(head) < block.header.length:
            head = head[: len(head) // GROUP * GROUP]
        is_there = len(block.payload) >= block.header.length
        place = (block.reading.magic, block.offset, block.header.length, len(head), is_there)
        if self._tried is None or self._tried[0] != place:
            self._tried = (place, self._try_keys(block, head, is_there=is_there))
        return self._tried[1]

    def _try_keys(self, block: Block, head: memoryview, *, is_there: bool) -> TeaKey | None:
        codec, client_key = block.reading.codec, block.header.client_key
        for key in self._keyring.tea_keys(client_key, block.offset, block.header.length):
            if not may_start_with(codec, decrypt(head[:_FIRST], key)):
                continue
            clear = self._decrypt(block, head, key)
            if is_there and may_start_with(codec, clear):
                stream = Stream(codec, self._decrypt(block, block.payload, key))
                if self._proves(client_key, key, stream):
                    return key
            if _opens_as_text(codec, clear):
                return key
        return None

    def _proves(self, client_key: bytes, key: TeaKey, stream: Stream) -> bool:
        """Tell whether a payload that `key` decrypted proves that key, which is then remembered."""
        result = self._unpack(stream)
        is_proven = result.verdict is Verdict.WHOLE and _is_proof(stream, result.text)
        if is_proven:
            self._keyring.prove(client_key, key)
        return is_proven

    def _unpack(self, stream: Stream) -> Unpacked:
        codec, data = stream
        if codec is Codec.PLAIN:
            is_text = b"\0" not in bytes(data)
            return Unpacked(Verdict.WHOLE, data) if is_text else Unpacked(Verdict.BROKEN, None)
        most = TEXT_LIMIT if codec is Codec.ZSTD else min(_MOST_RATIO * len(data), TEXT_LIMIT)
        bounds = (min(_USUAL_RATIO * len(data) + 4096, most), most)
        for bound in dict.fromkeys(bounds if len(data) < TEXT_LIMIT else ()):
            text = unpack(codec, data, bound)
            if text is not None:
                return self._weighed(stream, text, Verdict.WHOLE)
        return self._unpack_slowly(stream)

    def _weighed(self, stream: Stream, text: Buffer, verdict: Verdict) -> Unpacked:
        if self._soundness.is_sound(*stream, text):
            return Unpacked(verdict, text, stream=stream)
        return Unpacked(Verdict.BROKEN, None, _A_BYTE * len(stream.data) + len(text))

    def _unpack_slowly(self, stream: Stream) -> Unpacked:
        """Take what the fast path does not: an end in mid-stream, or more text than it may hold."""
        codec, data = stream
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


def _is_proof(stream: Stream, text: Buffer | None) -> bool:
    """Tell whether a text that ended where it should is one, and not what a wrong key made."""
    is_long = stream.codec is Codec.ZSTD or len(stream.data) >= _PROOF
    return is_long or text is None or not NOT_TEXT.search(text) or _is_readable(bytes(text))


def _opens_as_text(codec: Codec, head: Buffer) -> bool:
    """Tell whether a payload that fails later begins with what can be a line of a log."""
    text = b""
    try:
        for piece in iter_unpack(codec, head):
            text += piece
            if len(text) >= _READABLE:
                break
    except CodecError:
        pass
    return _is_readable(text)


def _is_readable(text: bytes) -> bool:
    """Tell whether a text opens as a line of a log does, in UTF-8."""
    opening = text[:_READABLE].decode("utf-8", "ignore")
    lost = len(text[:_READABLE]) - len(opening.encode())
    is_text = len(text) >= _READABLE and lost < 3 and not NOT_TEXT.search(text, 0, _READABLE)
    return is_text and len(set(opening)) >= _VARIED
