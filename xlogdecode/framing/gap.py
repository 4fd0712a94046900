"""The damage between two believed blocks, while it grows."""

from typing import Self

from xlogdecode.format import (
    CRASH_BUFFER_SIZE,
    LAST_HOUR,
    READINGS,
    Header,
    Reading,
    is_plausible,
)
from xlogdecode.framing.events import Block, Damage, Fill, Reason
from xlogdecode.framing.validator import Fit, View, measure

__all__ = ["RENUMBERED", "Gap"]

_WRECK = 1 << 20
"""Bytes kept of a broken block, to save text from; writers make no block of a sixth of that."""

_SHORTEST_FILL = 64
"""Zeros at the end of the input that are fill even where a payload is cut short there."""

_SAMPLE = 64 << 10
"""Bytes of damage that are shown to whoever asks for its cause."""

_ANY_LENGTH = 1 << 32

_REASONS = {Fit.CUT: Reason.CUT, Fit.TAILER: Reason.PAYLOAD}

RENUMBERED = frozenset(range(0x0E, 0x16)) - READINGS.keys()
"""Magics of variants that were never released (FORMAT: a branch of Mars renumbers to these)."""


class Gap:
    """Damage that is still growing."""

    def __init__(
        self,
        offset: int,
        reason: Reason,
        scan: int,
        detail: str = "",
        limit: int | None = None,
        *,
        reading: Reading | None = None,
        header: Header | None = None,
    ) -> None:
        self.offset = offset
        self.reason = reason
        self.scan = scan
        """Index of the next byte to look at."""
        self.detail = detail
        self.limit = limit
        """Input offset where the gap ends for certain: the block it began in fits, but for its
        text.
        """
        self.after_text = False
        self.begun = offset
        """Input offset of the block before: where it is a crash buffer's, that begins there."""
        self.text_from = 0
        """Input offset to look for the lines of a log from."""
        self.reading = reading
        self.header = header
        self.wreck: bytes | None = None
        self.solid = 0
        """Input offset behind the last byte let go of that was not zero."""
        self._sample = bytearray()

    @classmethod
    def at(
        cls,
        view: View,
        start: int,
        limit: int | None,
        *,
        is_a_lie: bool,
    ) -> Self:
        """Open a gap at index `start`; `is_a_lie`: another block begins within what its length
        claims. The reason is the same wherever the input is cut.
        """
        offset = view.base + start
        magic = view.buffer[start]
        reading = READINGS.get(magic)
        if offset == 0 and _looks_xored(view.buffer):
            return cls(offset, Reason.XORED, start + 1, f"magic 0x{magic:02x}")
        if reading is None:
            reason = Reason.HOLE if magic == 0 else Reason.GARBAGE
            detail = ""
            if magic in RENUMBERED and max(view.buffer[start + 3 : start + 5], default=0) < 24:
                reason, detail = Reason.UNKNOWN_MAGIC, f"0x{magic:02x}"
            return cls(offset, reason, start + 1, detail)
        fit, header = measure(view, start, reading)
        if not is_plausible(view.buffer, start, reading, _ANY_LENGTH):
            return cls(offset, Reason.GARBAGE, start + 1, limit=limit)
        is_long = header is not None and header.length > CRASH_BUFFER_SIZE  # not waited for
        reason = Reason.LENGTH if is_a_lie or is_long else _REASONS.get(fit, Reason.LENGTH)
        if limit is not None:
            reason = Reason.PAYLOAD
        detail = "" if header is None else f"magic 0x{magic:02x}, length {header.length}"
        return cls(offset, reason, start + 1, detail, limit, reading=reading, header=header)

    def keep_from(self, view: View) -> int:
        """Return the index from which the buffer must be kept."""
        buffer, base = view.buffer, view.base
        seen = len(buffer[: self.scan].rstrip(b"\0"))
        if seen:
            self.solid = max(self.solid, base + seen)
        if self.header is None:
            self._take_sample(view, self.scan)
        if self.header is None or self.wreck is not None:
            return self.scan
        begin = self.offset - base
        if len(buffer) - begin <= _WRECK:
            return begin
        self.wreck = buffer[begin : begin + _WRECK]
        return self.scan

    def solid_end(self, view: View) -> int:
        """Return the input offset from which on zeros are fill, and no end of a cut payload."""
        seen = len(view.buffer.rstrip(b"\0"))
        solid = max(self.offset, self.solid, view.base + seen if seen else 0)
        end = view.base + len(view.buffer)
        return end if self.reason is Reason.CUT and end - solid < _SHORTEST_FILL else solid

    def ends_a_crash_buffer(self, end: int) -> bool:
        """Tell whether a crash buffer that begins here, or with the block before, ends at input
        offset `end`. A page that was lost ends where pages do, which is elsewhere.
        """
        return end > self.offset and 0 in (
            (end - self.offset) % CRASH_BUFFER_SIZE,
            (end - self.begun) % CRASH_BUFFER_SIZE,
        )

    def events_up_to(self, view: View, index: int) -> tuple[Damage | Fill, ...]:
        """Return what the gap is, if it ends at `index`: damage, and the fill of a crash buffer."""
        end = view.base + index
        if not self.ends_a_crash_buffer(end) or self.limit is not None:
            return (self.damage(view, end),)
        solid = max(self.offset, self.solid, view.base + len(view.buffer[:index].rstrip(b"\0")))
        if self.reading is not None and self.header is not None:
            behind = self.offset + self.reading.header_size + self.header.length
            solid = max(solid, min(behind, end))
        damage = (self.damage(view, solid),) if solid > self.offset else ()
        return (*damage, Fill(solid, end - solid)) if end > solid else damage

    def damage(self, view: View, end: int) -> Damage:
        """Return what the gap is, if it ends at input offset `end`."""
        length = end - self.offset
        if self.reading is not None and self.header is not None:
            wreck = self.wreck or view.buffer[self.offset - view.base : end - view.base]
            broken = Block(self.offset, len(wreck), self.reading, self.header, wreck, 0)
            sample = wreck[:_SAMPLE]
            return Damage(self.offset, length, self.reason, self.detail, broken, sample)
        self._take_sample(view, end - view.base)
        sample = bytes(self._sample[:length])
        return Damage(self.offset, length, self.reason, self.detail, None, sample)

    def _take_sample(self, view: View, stop: int) -> None:
        """Keep the first bytes, up to index `stop`."""
        begin = self.offset + len(self._sample) - view.base
        if len(self._sample) < _SAMPLE and begin < stop:
            self._sample += view.buffer[begin : min(stop, begin + _SAMPLE - len(self._sample))]


def _looks_xored(buffer: bytes) -> bool:
    """Tell whether a file begins as only Mars's C decoder knows: headers of 5 and of 9 bytes.

    0x01 and 0x02 have just a length; 0x03 to 0x05 have no key field, which is zero otherwise.
    """
    if buffer[0] in (0x01, 0x02):
        return 0 < int.from_bytes(buffer[1:5], "little") <= CRASH_BUFFER_SIZE
    hours_fit = max(buffer[3:5], default=0) <= LAST_HOUR
    length = int.from_bytes(buffer[5:9], "little")
    has_key = any(buffer[9:13])
    fits = hours_fit and has_key and 0 < length <= CRASH_BUFFER_SIZE
    return buffer[0] in (0x03, 0x04, 0x05) and fits
