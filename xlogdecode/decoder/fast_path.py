"""The fast path: runs of healthy blocks, each pass over all of a run.

walk (`framing.runs`) -> texts (decrypt, unpack, weigh) -> tally (`sequence`) -> write. A block that
does not fit ends the run: what came before it goes out, and the careful path (`framing.Framer`, one
proven block at a time) takes over there. All that is believed here would be believed there, too.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import accumulate
from operator import attrgetter
from typing import NamedTuple

from xlogdecode.codecs import unpack_lines
from xlogdecode.codecs.deflate_library import crc32
from xlogdecode.decoder.payloads import Payloads
from xlogdecode.decoder.sequence import Numbered
from xlogdecode.decoder.soundness import Soundness, find_hole
from xlogdecode.format import READINGS, Codec
from xlogdecode.framing import PlainRun, RunBlock, plain_run, walk
from xlogdecode.framing.buffer import InputWindow
from xlogdecode.framing.plaintext import is_noise
from xlogdecode.framing.runs import AHEAD
from xlogdecode.tea import decrypt_many
from xlogdecode.types import Buffer

__all__ = ["FastPath", "Run"]

_FEW, _MANY = 8, 1 << 20
"""Blocks taken at a time right after damage, when what is taken may be in vain, and at most."""


class Run(NamedTuple):
    """Sound blocks in step, and their texts."""

    base: int
    """Input offset of the buffer that all indices are of."""
    end: int
    """Index behind the last block."""
    buffer: bytes
    blocks: Sequence[RunBlock]
    texts: Sequence[Buffer]
    lines: PlainRun | None = None
    """In place of blocks: plain ones of a line each, whose text is one."""

    @property
    def offset(self) -> int:
        """Input offset of the first block."""
        return self.base + (self.lines.start if self.lines else self.blocks[0].start)

    @property
    def first(self) -> tuple[int, int]:
        """Seq and begin hour of the first block."""
        return self.lines.first if self.lines else (self.blocks[0].seq, self.blocks[0].hours & 0xFF)

    @property
    def last(self) -> tuple[int, int]:
        """Seq and end hour of the last block."""
        return self.lines.last if self.lines else (self.blocks[-1].seq, self.blocks[-1].hours >> 8)

    @property
    def hours(self) -> set[int]:
        """Begin hour, and end hour times 256, of the blocks, each pair once."""
        return self.lines.hours if self.lines else {block.hours for block in self.blocks}

    def places(self) -> tuple[list[int], list[int]]:
        """Return the input offset, and the bytes of text, of each block."""
        if self.lines is None:
            return [self.base + block.start for block in self.blocks], [*map(len, self.texts)]
        sizes, around = self.lines.sizes(), self.lines.reading.header_size + 1
        steps = accumulate((size + around for size in sizes[:-1]), initial=self.offset)
        return [*steps], sizes

    def kinds(self) -> Counter[str]:
        """Return how many blocks of each kind there are."""
        if self.lines is not None:
            return Counter({self.lines.reading.kind: self.lines.blocks})
        kinds: Counter[str] = Counter()
        for magic, count in Counter(map(_magic_of, self.blocks)).items():
            kinds[READINGS[magic].kind] += count
        return kinds

    def numbered(self) -> dict[int, Numbered]:
        """Return, by their input offset, what tells the compressed blocks from others."""
        view, codecs, encrypted, new = (
            memoryview(self.buffer),
            _codecs(),
            _encrypted(),
            tuple.__new__,
        )
        found = {}
        for start, begin, end, magic, seq, _ in self.blocks:
            if codecs[magic] is not Codec.PLAIN:
                owner = self.buffer[start + 9 : begin] if magic in encrypted else b""
                checksum = crc32(view[begin:end])
                fields = (magic, seq, end - begin, checksum, owner)
                found[self.base + start] = new(Numbered, fields)
        return found

    def split(self) -> Iterator["Run"]:
        """Yield the blocks one by one."""
        for block, text in zip(self.blocks, self.texts, strict=True):
            yield Run(self.base, block.end + 1, self.buffer, (block,), (text,))


class FastPath:
    """Takes runs, more at a time the longer that goes well."""

    def __init__(self, payloads: Payloads, soundness: Soundness) -> None:
        """Read encrypted payloads with the keys that `payloads` has proven."""
        _keep_freed_pages()
        self._payloads = payloads
        self._soundness = soundness
        self._most = _MANY
        self.is_blocked = False
        """Whether the last run ended at a block that does not fit."""

    def shrink(self) -> None:
        """Take few from now on: there is damage."""
        self._most = _FEW

    def take(self, window: InputWindow) -> Run | None:
        """Return the run at the window's start, if there is any."""
        found = walk(window, self._most)
        self.is_blocked = not (found.needs_more or found.lines_follow)
        if not found.blocks:
            return self._lines(window) if found.lines_follow else None
        texts = self._texts(found.buffer, found.blocks)
        self._most = _FEW if self.is_blocked else min(8 * self._most, _MANY)
        if not texts:
            return None
        blocks = found.blocks[: len(texts)]
        return Run(window.base, blocks[-1].end + 1, found.buffer, blocks, texts)

    def _lines(self, window: InputWindow) -> Run | None:
        buffer = window.buffer + bytes(AHEAD) if window.is_last else window.buffer
        lines = plain_run(buffer, window.start, READINGS[buffer[window.start]], self._most)
        self.is_blocked = lines is None
        if lines is None:
            return None
        self._most = min(8 * self._most, _MANY)
        return Run(window.base, lines.end, buffer, (), (lines.text,), lines)

    def _texts(self, buffer: bytes, blocks: Sequence[RunBlock]) -> list[Buffer]:
        """Return the texts of the blocks, up to the first that does not fit."""
        texts: list[Buffer] = []
        size = 0
        for text in self._iter_texts(buffer, blocks):
            if text is None:
                self.is_blocked = True
                break
            texts.append(text)
            size += len(text)
            if size > _MOST_TEXT:
                self.is_blocked = False
                break
        if not self._soundness.is_thorough:
            codecs = _codecs()
            packed = sum(codecs[block.magic] is not Codec.PLAIN for block in blocks[: len(texts)])
            self._soundness.learn_lines(packed)
        return texts

    def _iter_texts(self, buffer: bytes, blocks: Sequence[RunBlock]) -> Iterator[Buffer | None]:
        soundness = self._soundness
        holes = find_hole(buffer, blocks[0].begin, blocks[-1].end) >= 0
        codecs, encrypted = _codecs(), _encrypted()
        clear: dict[int, bytes] = {}
        for number, (start, begin, end, magic, _, _) in enumerate(blocks):
            source, first, last = buffer, begin, end
            if holes and find_hole(buffer, begin, end) >= 0:
                yield None
            if magic in encrypted:
                if start not in clear:
                    clear = self._decrypted(buffer, blocks, number)
                if start not in clear:
                    yield None
                source, first, last = clear[start], 0, end - begin
            codec = codecs[magic]
            if codec is Codec.PLAIN and is_noise(buffer, begin, end):
                yield None
            text = unpack_lines(codec, source, first, last)
            if text and codec is not Codec.PLAIN and soundness.is_thorough:
                payload = source[first:last]
                if not soundness.is_sound(codec, payload, text):
                    yield None
                soundness.learn(codec, payload, text)
            yield text

    def _decrypted(
        self, buffer: bytes, blocks: Sequence[RunBlock], number: int
    ) -> dict[int, bytes]:
        """Return, by where they start, the payloads in a row of the client key of block `number`.

        None where no key fits at once: the careful path tries all.
        """
        start, begin, end, magic, _, _ = blocks[number]
        client_key = buffer[start + 9 : begin]
        payload = memoryview(buffer)[begin:end]
        found = self._payloads.key_at_once(_codecs()[magic], client_key, payload)
        if found is None:
            return {}
        key, first = found
        encrypted = _encrypted()
        view = memoryview(buffer)
        clear = {} if first is None else {start: bytes(first) + b"\0\0"}
        payloads: dict[int, memoryview] = {}
        size = 0
        for index in range(number + len(clear), len(blocks)):
            start, begin, end, magic, _, _ = blocks[index]
            if magic not in encrypted:
                continue
            if buffer[start + 9 : begin] != client_key or size > _DECRYPTED:
                break
            payloads[start] = view[begin:end]
            size += end - begin
        decrypted = decrypt_many(tuple(payloads.values()), key)
        pairs = zip(payloads, decrypted, strict=True)
        return clear | {start: bytes(data) + b"\0\0" for start, data in pairs}


_magic_of = attrgetter("magic")

_MOST_TEXT = 8 << 20
"""Bytes of text after which a run ends."""

_DECRYPTED = 1 << 20
"""Bytes of payload after which no more are decrypted in one go."""


@cache
def _codecs() -> dict[int, Codec]:
    return {magic: reading.codec for magic, reading in READINGS.items()}


@cache
def _encrypted() -> frozenset[int]:
    return frozenset(magic for magic, reading in READINGS.items() if reading.encrypted)


@cache
def _keep_freed_pages() -> None:
    """Teach glibc's malloc not to hand freed memory back to the system at once.

    Texts of full blocks come in buffers just above its first idea of large, each mapped, faulted in
    page by page and unmapped again, which took 40 % of the time. It raises that idea to the largest
    block it has seen freed. Once a process; elsewhere than in glibc this does nothing.
    """
    bytes(16 << 20)  # zeros, mapped without being touched
