"""The framer: bytes in, in any cuts; blocks, damage, fill and plain text out.

The contract: feed it, close it, take events until there are none. It never raises on input. The
lengths of all events add up to the length of the input, and the events do not depend on the cuts.

In step (the last block ended here) a block is believed if its tailer is there and a known magic, or
the end of the input, follows; and then its payload must decode. Whatever else looks like a block
must prove itself: `Judge`. What neither makes is damage, up to the next block that is believed.

A framer that is `speculative` hands out blocks in step before their payloads are decoded, so that
many can be decoded at once; whoever decodes them gives back each that does not (`reject`).
"""

from collections import deque
from collections.abc import Iterator

from xlogdecode.format import CRASH_BUFFER_SIZE, READINGS, Reading, is_plausible
from xlogdecode.framing.buffer import Window
from xlogdecode.framing.bulk import Bulk
from xlogdecode.framing.doubts import Doubts
from xlogdecode.framing.events import Block, Damage, Event, PlainRun, PlainText, Reason
from xlogdecode.framing.fit import Fit, Follow, Place, is_plain, measure, what_follows
from xlogdecode.framing.gap import Gap
from xlogdecode.framing.mend import mend
from xlogdecode.framing.plaintext import LONGEST_OPENING, opens_a_log, split_lines, text_end
from xlogdecode.framing.resync import Search
from xlogdecode.framing.validator import Answer, Judge, Probe

__all__ = ["MAX_BLOCK", "Framer"]

MAX_BLOCK = 16 << 20
"""Bytes of payload beyond which no length is believed."""


class Framer:
    """Finds the blocks of one input."""

    def __init__(
        self, probe: Probe, *, max_block: int = MAX_BLOCK, speculative: bool = False
    ) -> None:
        """Take the test of a payload, and the longest payload to believe in."""
        self._judge = Judge(probe)
        self._search = Search(self._judge)
        self._max_block = max_block
        self._speculative = speculative
        self._window = Window(keeps=speculative)
        self._doubts = Doubts()
        self._gap: Gap | None = None
        self._bulk = Bulk()
        self._ready: deque[Event | PlainRun] = deque()
        self._is_masked = False  # the last block was one of the second reading
        self._turns: list[tuple[int, bool, bool]] = []  # where that changed, and what was before
        self._in_text = False
        self._after_text = False

    # what the caller says

    def feed(self, data: bytes) -> None:
        """Add bytes of the input."""
        self._window.feed(data)

    def close(self) -> None:
        """Say that the input ends here."""
        self._window.close()

    def reject(self, block: Block, cost: int = 0) -> Damage | None:
        """Take back a block whose payload does not decode, which took `cost` (`Proof`) to find out.

        Returns the damage it is, where that can be told from what is at hand and changes nothing of
        what came after the block. Otherwise None: forget all events after the block; the framer
        goes back to it and finds them anew.
        """
        self._judge.budget.spend(cost)
        damage = self._search.damage_in_place(Place.around(block, self._max_block), block)
        if damage is None:
            self._reject(block)
        return damage

    def doubt(self, block: Block) -> bool:
        """Look into a block whose payload ends in mid-stream: a length that lied may have swallowed
        others. True: forget all events after the block; the framer goes back to it.
        """
        place = Place.around(block, self._max_block)
        answer = self._search.within(place, block)
        if isinstance(answer, Block):
            self._reject(block)
        elif answer is Answer.MORE and self._doubts.leave_open(block):
            self._go_back(block)
        else:
            return False
        return True

    def release(self, offset: int) -> None:
        """Promise to reject no block before `offset`: the framer need not keep those bytes."""
        self._window.release(offset)
        self._doubts.release(offset)
        self._turns = [turn for turn in self._turns if turn[0] >= offset]

    @property
    def offset(self) -> int:
        """Input offset up to which events have been handed out."""
        return self._window.offset

    @property
    def is_searching(self) -> bool:
        """Whether the framer is out of step, and waits for more input to find a block in."""
        return self._gap is not None

    # what the caller gets

    def __iter__(self) -> Iterator[Event]:
        """Yield all events there are for what was fed, one block at a time, one line at a time."""
        while (event := self.next_event()) is not None:
            if isinstance(event, PlainRun):
                yield from event.split()
            elif isinstance(event, PlainText):
                yield from split_lines(event)
            else:
                yield event

    def next_event(self) -> Event | PlainRun | None:
        """Return the next event, plain blocks and lines in bulk; None where input is needed."""
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

    def _step(self) -> Event | PlainRun | None:
        buffer, start = self._window.buffer, self._window.start
        rest = len(buffer) - start
        if rest == 0 or (rest < LONGEST_OPENING and not self._window.is_last and buffer[start]):
            return None
        if self._in_text or opens_a_log(buffer, start):
            text = self._text()
            if text is not None or self._in_text:
                return text
        readings = self._search.readings(buffer[start])
        limit = None
        for reading in readings:
            run = self._run(reading)
            if run is not None:
                return run
            answer = self._weigh_in_step(reading)
            if isinstance(answer, Block):
                return self._take(answer)
            if answer is Answer.MORE:
                return None
            if isinstance(answer, int) and limit is None:
                limit = answer
        return self._end_gap(self._open_gap(readings, limit)) if readings else self._mend()

    def _mend(self) -> Event | PlainRun | None:
        """Go on where no known magic stands: with a block that lacks nothing else, or a gap."""
        mended = mend(self._judge, self._place(), self._window.start)
        if mended is Answer.MORE:
            return None
        if mended is Answer.NO:
            return self._end_gap(self._open_gap((), None))
        damage, block = mended
        self._pass(damage.length + block.length, block.reading)
        self._ready.append(block)
        return damage

    def _run(self, reading: Reading) -> PlainRun | Block | None:
        """Return blocks of a kind in bulk, or the first of them, the others being ready."""
        window = self._window
        if reading.masked or len(window.buffer) - window.start < reading.header_size:
            return None
        if is_plain(reading):
            run = self._bulk.plain(window, reading)
            if run is not None:
                self._pass(run.length, reading)
            return run
        if self._doubts or not self._speculates(reading):
            return None
        trusted = self._search.trusted(self._place(), window.start)
        blocks = self._bulk.packed(window, reading, min(trusted, self._max_block))
        if not blocks:
            return None
        self._pass(blocks[-1].start + blocks[-1].length - window.start, reading)
        self._ready.extend(blocks[1:])
        return blocks[0]

    def _weigh_in_step(self, reading: Reading) -> Block | Answer | int:
        """Return the block, or why not; the offset of its end where only its payload fails."""
        place, start = self._place(), self._window.start
        fit, header = measure(place, start, reading)
        if fit is Fit.TOO_LONG or (header and self._search.holds_a_block(place, start, header)):
            return Answer.NO
        if fit is Fit.MORE and (header is None or header.length <= CRASH_BUFFER_SIZE):
            return Answer.MORE
        if reading.masked and not is_plausible(place.buffer, start, reading, self._max_block):
            return Answer.NO
        if fit is Fit.TAILER and header is not None and not is_plain(reading):
            length = reading.header_size + header.length + 1
            follow = what_follows(place, start + length)
            if follow is Follow.MORE:
                return Answer.MORE
            if follow in (Follow.END, Follow.HEADER):
                offset = self._window.offset
                block = Block(offset, length, reading, header, place.buffer, start)
                if self._doubts.has_rejected(block):
                    return offset + length
                if self._speculates(reading) and not self._doubts.has_left_open(block):
                    return block
                answer = self._search.stands(place, block)
                return offset + length if answer is Answer.NO else answer
        answer = self._judge.weigh(place, start, reading, in_step=True)
        return self._search.unless_it_swallows(place, answer)

    def _speculates(self, reading: Reading) -> bool:
        """Tell whether a block in step need not be proven at once, as one must that would end the
        second reading for those behind it.
        """
        is_open = self._search.has_second_reading and len(READINGS[reading.magic]) > 1
        return self._speculative and not is_open and not self._is_masked

    def _pass(self, length: int, reading: Reading) -> None:
        """Go on behind a block, or a run of them."""
        before = (self._is_masked, self._search.has_second_reading)
        if before != (reading.masked, reading.masked):
            self._turns.append((self._window.offset, *before))
            self._is_masked = self._search.has_second_reading = reading.masked
        self._window.start += length
        self._after_text = False

    def _take(self, block: Block) -> Block:
        """Go on behind a block; where its tailer is missing, that is where a gap begins."""
        self._pass(block.length, block.reading)
        if block.length == block.reading.header_size + block.header.length:
            self._gap = Gap(block.offset + block.length, Reason.TAILER, scan=self._window.start)
        return block

    def _text(self) -> PlainText | None:
        """Return what text there is; `_in_text` tells why there is none."""
        window, start = self._window, self._window.start
        end = text_end(window.buffer, start, closed=window.is_last)
        index = start if end is None else self._search.header_before(end, self._place())
        self._in_text = end is None or end.goes_on or index is None
        if end is None or index is None or index == start:
            return None
        window.start = index
        self._after_text = True
        return PlainText(window.base + start, window.buffer[start:index])

    # out of step

    def _open_gap(self, readings: tuple[Reading, ...], limit: int | None) -> Gap:
        gap = Gap.at(self._place(), self._window.start, readings, limit, masked=self._is_masked)
        gap.after_text = self._after_text = self._after_text and limit is None
        self._gap = gap
        self._bulk.shrink()
        return gap

    def _end_gap(self, gap: Gap) -> Event | PlainRun | None:
        """Look for what ends the gap, and go on there."""
        found = self._search.end_of(gap, self._place())
        if isinstance(found, int):
            self._window.start = found
            return None
        self._gap = None
        self._window.start = found.start
        self._in_text = found.is_text
        self._ready.extend(found.events)
        if found.block is not None:
            self._ready.append(self._take(found.block))
        return self._ready.popleft() if self._ready else None

    # going back

    def _reject(self, block: Block) -> None:
        """Go back to a block that is not to be believed again."""
        self._doubts.reject(block)
        self._go_back(block)

    def _go_back(self, block: Block) -> None:
        self._window.go_back(block.offset)
        while self._turns and self._turns[-1][0] >= block.offset:
            _, self._is_masked, self._search.has_second_reading = self._turns.pop()
        self._ready.clear()
        self._gap = None
        self._bulk.shrink()
        self._in_text = False

    def _place(self) -> Place:
        window = self._window
        return Place(window.buffer, window.base, window.is_last, self._max_block)
