"""Whether a text that was unpacked can be what was logged: the format has no checksum.

Huffman codes fall into step again, so a payload that unpacks to its end may still be wrong text.
What shows it (manual/format.md, A sound payload): a payload never holds
64 bytes of zero, or of 0xFF, in a row; what each flush adds ends a line, since Mars's formatter
ends each line itself; and it opens as a record does, or is at least text. An app may log otherwise;
its own blocks tell, and then nothing here can be checked.
"""

from typing import NamedTuple, Self

from xlogdecode.codecs import CodecError, count_flushes, count_lines, flushed_texts
from xlogdecode.format import NOT_TEXT, Codec
from xlogdecode.framing.plaintext import opens_a_log
from xlogdecode.types import Buffer

__all__ = ["Soundness", "find_hole", "find_hole_in_view", "is_text"]

_HOLES = (bytes(64), b"\xff" * 64)
"""More zeros, and bytes of 0xFF, than any payload holds: at most 15 and 4 were seen in a row."""

_PIECE = 1 << 20

_ENOUGH = 8
"""Flushes that end lines from which on one that does not is a fault, if most do."""

_A_LOG = 3
"""Flushes that open as records, which Mars's formatter sees to, from which on one that does not and
is not text is a fault.
"""

_GOES_ON = bytes(range(0x80, 0xC0))
"""Bytes by which a character of UTF-8 goes on."""


def find_hole(data: bytes, begin: int, end: int) -> int:
    """Return the first index of what no writer leaves in a payload, in `data[begin:end]`; or -1."""
    found = [index for hole in _HOLES if (index := data.find(hole, begin, end)) >= 0]
    return min(found, default=-1)


def find_hole_in_view(data: memoryview) -> int:
    """Return the same for a view, of which no more than a piece is copied at a time."""
    for begin in range(0, len(data), _PIECE):
        piece = bytes(data[begin : begin + _PIECE + len(_HOLES[0]) - 1])
        hole = find_hole(piece, 0, len(piece))
        if hole >= 0:
            return begin + hole
    return -1


class Soundness:
    """Judges the texts of one input; what was seen of it before is the measure."""

    def __init__(self, *, thorough: bool, before: int = 0) -> None:
        """Look at each flush if `thorough`, else only where a cheap test fails.

        `before` is how many flushes that ended lines, and opened as records, were seen before.
        """
        self.is_thorough = thorough
        self.unchecked = 0
        """Blocks that could not be checked, since this log's flushes do not end lines."""
        self.ended = before
        """Flushes that ended lines."""
        self.opened = before
        """Flushes that opened as records do, of those that were looked at."""
        self._open = 0
        self._seen: tuple[Buffer, _Flushes] | None = None  # a payload is learnt once it was weighed

    def is_sound(self, codec: Codec, payload: Buffer, text: Buffer) -> bool:
        """Tell whether `text` can be what the decrypted `payload` was made of."""
        if codec is Codec.PLAIN or (not self.is_thorough and _passes(codec, payload, text)):
            return True
        flushes = self._flushes(codec, payload)
        if flushes.strange and self.opened + flushes.opened >= _A_LOG:
            return False
        if not flushes.open or flushes.only_last_is_open:
            return True
        ended, open_ones = self.ended + flushes.ended, self._open + flushes.open
        return ended < max(_ENOUGH, 2 * open_ones)

    def learn(self, codec: Codec, payload: Buffer, text: Buffer) -> None:
        """Take in a block that was believed."""
        if codec is Codec.PLAIN:
            return
        passes = _passes(codec, payload, text)
        if passes:
            self.learn_lines(1)  # as the fast path does: which path it took depends on the cuts
        if passes and not self.is_thorough:
            return
        flushes, self._seen = self._flushes(codec, payload), None
        self.opened += flushes.opened
        if passes:
            return
        self.ended += flushes.ended
        if flushes.open and not flushes.only_last_is_open:
            self._open += flushes.open
            self.unchecked += 1

    def _flushes(self, codec: Codec, payload: Buffer) -> "_Flushes":
        if self._seen is None or self._seen[0] is not payload:
            self._seen = (payload, _Flushes.of(codec, payload))
        return self._seen[1]

    def learn_lines(self, ended: int, *, opened: int = 0) -> None:
        """Take in so many flushes that ended lines: one of each block that ends one; and so many
        that opened as records.
        """
        self.ended += ended
        self.opened += opened


class _Flushes(NamedTuple):
    """The numbers of flushes of a payload: those that end a line, and those that do not; those that
    open as a record, and those that neither do that nor are text.
    """

    ended: int
    open: int
    opened: int
    strange: int
    only_last_is_open: bool
    """A full buffer may end in mid-line, and so may the last text that an app hands over."""

    @classmethod
    def of(cls, codec: Codec, payload: Buffer) -> Self:
        ended = open_ones = opened = strange = 0
        text = b""
        try:
            for text in flushed_texts(codec, payload, marks_may_lie=True):
                if not text:
                    continue
                ended += text.endswith(b"\n")
                open_ones += not text.endswith(b"\n")
                opens = opens_a_log(text, 0)
                opened += opens
                strange += not (opens or is_text(text))
        except CodecError:
            return cls(ended, open_ones + 1, opened, strange, only_last_is_open=False)
        is_last = open_ones == 1 and not text.endswith(b"\n")
        return cls(ended, open_ones, opened, strange, only_last_is_open=is_last)


def is_text(flush: bytes) -> bool:
    """Tell whether a flush that opens no record goes on with one, or is a text of another kind.

    A line that is too long is cut off by its bytes, so a character may be torn at either end.
    """
    if NOT_TEXT.search(flush):
        return False
    try:
        flush.lstrip(_GOES_ON).rstrip(b"\n").decode()
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data"
    return True


def _passes(codec: Codec, payload: Buffer, text: Buffer) -> bool:
    """Tell whether a text ends a line, and has as many as there are flushes."""
    if not text or text[-1] != 0x0A:
        return False
    return count_lines(bytes(text)) >= count_flushes(codec, payload)
