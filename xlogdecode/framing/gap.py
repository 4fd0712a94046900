"""What lies between two believed blocks, while the second is being looked for."""

from typing import Self

from xlogdecode.format import CRASH_BUFFER_SIZE, Header, Reading, is_plausible
from xlogdecode.framing.events import Block, Damage, Reason
from xlogdecode.framing.fit import Fit, Place, measure

__all__ = ["Gap"]

_WRECK = 1 << 20
"""Bytes kept of a broken block, to save text from; writers make no block of a sixth of that."""

_SHORTEST_FILL = 64
"""Zeros at the end of the input that are fill even where a payload is cut short there."""

_ANY_LENGTH = 1 << 32

_RENUMBERED = range(0x0E, 0x16)
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
        self.text_from = 0
        """Input offset to look for the lines of a log from."""
        self.reading = reading
        self.header = header
        self.wreck: bytes | None = None
        self.solid = 0
        """Input offset behind the last byte let go of that was not zero."""

    @classmethod
    def at(
        cls,
        place: Place,
        start: int,
        readings: tuple[Reading, ...],
        limit: int | None,
        *,
        masked: bool,
    ) -> Self:
        """Open a gap at index `start`, where `readings` say what the magic may mean."""
        offset = place.base + start
        magic = place.buffer[start]
        if not readings:
            reason = Reason.HOLE if magic == 0 else Reason.GARBAGE
            detail = ""
            if magic in _RENUMBERED and max(place.buffer[start + 3 : start + 5], default=0) < 24:
                reason, detail = Reason.UNKNOWN_MAGIC, f"0x{magic:02x}"
            return cls(offset, reason, start + 1, detail)
        reading = next((r for r in readings if r.masked == masked), readings[0])
        fit, header = measure(place, start, reading)
        if not is_plausible(place.buffer, start, reading, _ANY_LENGTH):
            return cls(offset, Reason.GARBAGE, start + 1, limit=limit)
        cut = fit is Fit.CUT and (header is None or header.length <= CRASH_BUFFER_SIZE)
        reason = Reason.CUT if cut else Reason.LENGTH  # the same wherever the input is cut
        if limit is not None or fit is Fit.TAILER:
            reason = Reason.PAYLOAD
        detail = "" if header is None else f"magic 0x{magic:02x}, length {header.length}"
        return cls(offset, reason, start + 1, detail, limit, reading=reading, header=header)

    def keep_from(self, place: Place) -> int:
        """Return the index from which the buffer must be kept."""
        buffer, base = place.buffer, place.base
        seen = len(buffer[: self.scan].rstrip(b"\0"))
        if seen:
            self.solid = max(self.solid, base + seen)
        if self.header is None or self.wreck is not None:
            return self.scan
        begin = self.offset - base
        if len(buffer) - begin <= _WRECK:
            return begin
        self.wreck = buffer[begin : begin + _WRECK]
        return self.scan

    def solid_end(self, place: Place) -> int:
        """Return the input offset from which on zeros are fill, and no end of a cut payload."""
        seen = len(place.buffer.rstrip(b"\0"))
        solid = max(self.offset, self.solid, place.base + seen if seen else 0)
        end = place.base + len(place.buffer)
        return end if self.reason is Reason.CUT and end - solid < _SHORTEST_FILL else solid

    def damage(self, place: Place, end: int) -> Damage:
        """Return what the gap is, if it ends at input offset `end`."""
        broken = None
        if self.reading is not None and self.header is not None:
            wreck = self.wreck or place.buffer[self.offset - place.base : end - place.base]
            broken = Block(self.offset, len(wreck), self.reading, self.header, wreck, 0)
        return Damage(self.offset, end - self.offset, self.reason, self.detail, broken)
