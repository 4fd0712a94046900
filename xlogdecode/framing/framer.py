"""The careful path: bytes in, in any cuts; blocks, damage, fill and plain text out, one at a time.

The contract: feed it, close it, take events until there are none. It never raises on input. The
lengths of all events add up to the length of the input, and the events do not depend on the cuts.

In step (the last block ended here) a block is believed if its tailer is there and a known magic, or
the end of the input, follows; and then its payload must decode. Whatever else looks like a block
must prove itself: `Validator`. All other bytes are damage, up to the next block that is believed.
"""

from collections import deque
from collections.abc import Iterator

from xlogdecode.format import CRASH_BUFFER_SIZE, READINGS, Reading
from xlogdecode.framing.buffer import InputWindow
from xlogdecode.framing.events import Block, Event, PlainText, Reason
from xlogdecode.framing.gap import Gap
from xlogdecode.framing.plaintext import (
    LONGEST_OPENING,
    first_junk,
    opens_a_log,
    split_lines,
    text_end,
)
from xlogdecode.framing.resync import Resync, mend
from xlogdecode.framing.validator import (
    Answer,
    Fit,
    Follow,
    Probe,
    Validator,
    View,
    holds_a_header,
    measure,
    what_follows,
)

__all__ = ["MAX_BLOCK", "Framer"]

MAX_BLOCK = 16 << 20
"""Bytes of payload beyond which no length is believed."""


class Framer:
    """Finds the blocks of one input."""

    def __init__(self, probe: Probe, *, max_block: int = MAX_BLOCK) -> None:
        """Take the test of a payload, and the longest payload to believe in."""
        self._validator = Validator(probe)
        self._resync = Resync(self._validator)
        self._max_block = max_block
        self._window = InputWindow()
        self._gap: Gap | None = None
        self._ready: deque[Event] = deque()
        self._in_text = False
        self._after_text = False
        self._begun = 0
        """Input offset of the last block."""

    def start_at(self, offset: int) -> None:
        """Start at `offset` of the input, in step, before anything is fed."""
        self._window.base = offset

    def feed(self, data: bytes) -> None:
        """Add bytes of the input."""
        self._window.feed(data)

    def close(self) -> None:
        """Note that the input ends here."""
        self._window.close()

    def in_step(self) -> InputWindow | None:
        """Return the bytes at hand if the last block, or line of text, ended where they start."""
        if self._gap is not None or self._ready or self._in_text:
            return None
        self._window.refill()
        return self._window

    def skip(self, length: int) -> None:
        """Go on behind a run of blocks in step (`runs`), which the caller found to be sound."""
        self._pass(length)

    @property
    def lacks(self) -> int:
        """Bytes without which no event can come, once there is none: of a block in step the rest of
        it; 1 where that is not known.
        """
        buffer, start = self._window.buffer, self._window.start
        rest = len(buffer) - start
        reading = READINGS.get(buffer[start]) if rest and self._gap is None else None
        if reading is None or self._in_text:
            return 1
        size = reading.header_size
        if rest >= size:
            length = int.from_bytes(buffer[start + 5 : start + 9], "little")
            size += length + 1 if length <= CRASH_BUFFER_SIZE else 0
        return max(1, size - rest)

    def __iter__(self) -> Iterator[Event]:
        """Yield all events there are for the bytes fed, one line of text at a time."""
        while (event := self.next_event()) is not None:
            if isinstance(event, PlainText):
                yield from split_lines(event)
            else:
                yield event

    def next_event(self) -> Event | None:
        """Return the next event, plain lines in bulk; None where input is needed."""
        while True:
            if self._ready:
                return self._ready.popleft()
            event = self._step() if self._gap is None else self._end_gap(self._gap)
            if event is not None:
                return event
            if self._ready:
                continue
            moved = self._window.refill()
            if moved is None:
                return None
            if self._gap:
                self._gap.scan -= moved

    # in step

    def _step(self) -> Event | None:
        buffer, start = self._window.buffer, self._window.start
        rest = len(buffer) - start
        if rest == 0 or (rest < LONGEST_OPENING and not self._window.is_last and buffer[start]):
            return None
        if self._in_text or opens_a_log(buffer, start):
            text = self._text()
            if text is not None or self._in_text:
                return text
        reading = READINGS.get(buffer[start])
        if reading is None:
            return self._mend()
        answer = self._weigh_in_step(reading)
        if isinstance(answer, Block):
            return self._take(answer)
        if answer is Answer.MORE:
            if rest > CRASH_BUFFER_SIZE:  # its head is sound: what follows it waits in any case
                self._window.grow_by_half()
            return None
        limit = answer if isinstance(answer, int) else None
        return self._end_gap(self._open_gap(limit, is_a_lie=answer is Reason.LENGTH))

    def _mend(self) -> Event | None:
        """Go on where no known magic is: with a block that lacks nothing else, or a gap."""
        mended = mend(self._validator, self._view(), self._window.start)
        if mended is Answer.MORE:
            return None
        if mended is Answer.NO:
            return self._end_gap(self._open_gap(None))
        damage, block = mended
        self._pass(damage.length + block.length)
        self._ready.append(block)
        return damage

    def _weigh_in_step(self, reading: Reading) -> Block | Answer | Reason | int:
        """Return the block, or why not: the offset of its end where only its payload fails, LENGTH
        where that is a lie, however much of the block is at hand.
        """
        view, start = self._view(), self._window.start
        fit, header = measure(view, start, reading)
        if fit is Fit.TOO_LONG or (header and holds_a_header(view, start, reading, header)):
            return Reason.LENGTH
        if header and self._resync.holds_a_block(view, start, header):
            return Reason.LENGTH
        if fit is Fit.MORE and (header is None or header.length <= CRASH_BUFFER_SIZE):
            return Answer.MORE
        if fit is Fit.TAILER and header is not None and not reading.is_plain:
            length = reading.header_size + header.length + 1
            follow = what_follows(view, start + length)
            if follow is Follow.MORE:
                return Answer.MORE
            if follow in (Follow.END, Follow.HEADER):
                offset = self._window.offset
                block = Block(offset, length, reading, header, view.buffer, start)
                answer = self._resync.is_believable(view, block)
                return offset + length if answer is Answer.NO else answer
        answer = self._validator.weigh(view, start, reading, in_step=True)
        return self._resync.unless_it_swallows(view, answer)

    def _pass(self, length: int) -> None:
        """Go on behind a block."""
        self._begun = self._window.offset
        self._window.start += length
        self._after_text = False

    def _take(self, block: Block) -> Block:
        """Go on behind a block; where its tailer is missing, that is where a gap begins."""
        self._pass(block.length)
        if block.length == block.reading.header_size + block.header.length:
            self._gap = Gap(block.offset + block.length, Reason.TAILER, scan=self._window.start)
        return block

    def _text(self) -> PlainText | None:
        """Return the text there is; `_in_text` tells why there is none."""
        window, start = self._window, self._window.start
        end = text_end(window.buffer, start, closed=window.is_last)
        index = start if end is None else self._resync.header_before(end, self._view())
        self._in_text = end is None or end.goes_on or index is None
        if end is None or index is None or index == start:
            return None
        junk = first_junk(window.buffer, start, index)
        if junk < index:
            self._in_text = False
        if junk == start:
            return None
        window.start = junk
        self._after_text = True
        return PlainText(window.base + start, window.buffer[start:junk])

    # out of step

    def _open_gap(self, limit: int | None, *, is_a_lie: bool = False) -> Gap:
        gap = Gap.at(self._view(), self._window.start, limit, is_a_lie=is_a_lie)
        gap.begun = self._begun
        gap.after_text = self._after_text = self._after_text and limit is None
        self._gap = gap
        return gap

    def _end_gap(self, gap: Gap) -> Event | None:
        """Look for the end of the gap, and go on there."""
        found = self._resync.end_of(gap, self._view())
        if isinstance(found, int):
            self._window.start = found
            return None
        self._gap = None
        self._begun = gap.offset
        self._window.start = found.start
        self._in_text = found.is_text
        self._ready.extend(found.events)
        if found.block is not None:
            self._ready.append(self._take(found.block))
        return self._ready.popleft() if self._ready else None

    def _view(self) -> View:
        window = self._window
        return View(window.buffer, window.base, window.is_last, self._max_block)
