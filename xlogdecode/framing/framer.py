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

from xlogdecode.format import READINGS, Header, Reading, is_plausible
from xlogdecode.framing.events import (
    Block,
    Damage,
    Event,
    Fill,
    PlainRun,
    PlainText,
    Reason,
    Verdict,
)
from xlogdecode.framing.fit import Fit, Follow, Place, header_shape, is_plain, measure, what_follows
from xlogdecode.framing.gap import Gap
from xlogdecode.framing.judge import Answer, Judge, Probe
from xlogdecode.framing.lines import TextEnd, opens_a_log, split_lines, text_end, text_resumes
from xlogdecode.framing.plain import plain_run
from xlogdecode.framing.window import Window

__all__ = ["MAX_BLOCK", "Framer"]

MAX_BLOCK = 16 << 20
"""Bytes of payload beyond which no length is believed."""

_SHORTEST_HEADER = 8
_LONGEST_OPENING = 32
"""Bytes at the end of a buffer that a header's shape, or a line's opening, may need more of."""

_BIG = 1 << 20
"""A payload of more is looked through for blocks before the rest of it is waited for."""


class Framer:
    """Finds the blocks of one input."""

    def __init__(
        self, probe: Probe, *, max_block: int = MAX_BLOCK, speculative: bool = False
    ) -> None:
        """Take the test of a payload, and the longest payload to believe in."""
        self._probe = probe
        self._judge = Judge(probe)
        self._max_block = max_block
        self._shape = header_shape(max_block)
        self._speculative = speculative
        self._window = Window(keeps=speculative)
        self._rejected: set[tuple[int, int]] = set()  # offset and header size
        self._gap: Gap | None = None
        self._ready: deque[Event | PlainRun] = deque()
        self._last: Reading | None = None
        self._in_text = False
        self._after_text = False
        self._looked_within = (-1, 0)  # offset of a long block, and how far it was looked through

    # what the caller says

    def feed(self, data: bytes) -> None:
        """Add bytes of the input."""
        self._window.feed(data)

    def close(self) -> None:
        """Say that the input ends here."""
        self._window.close()

    def reject(self, block: Block) -> Damage | None:
        """Take back a block whose payload does not decode.

        Returns the damage it is, where that can be told from what is at hand and changes nothing of
        what came after the block. Otherwise None: forget all events after the block; the framer
        goes back to it and finds them anew.
        """
        damage = self._reject_in_place(block)
        if damage is None:
            self._rejected.add((block.offset, block.reading.header_size))
            self._go_back(block.offset)
        return damage

    def doubt(self, block: Block) -> bool:
        """Look into a block whose payload ends in mid-stream: a length that lied may have swallowed
        others. True: forget all events after the block; the framer goes back to it.
        """
        place = Place(
            block.buffer, block.offset - block.start, closed=False, max_block=self._max_block
        )
        swallows = isinstance(self._swallowed(place, block), Block)
        if swallows:
            self._rejected.add((block.offset, block.reading.header_size))
            self._go_back(block.offset)
        return swallows

    def release(self, offset: int) -> None:
        """Promise to reject no block before `offset`: the framer need not keep those bytes."""
        self._window.release(offset)
        if self._rejected:
            self._rejected = {entry for entry in self._rejected if entry[0] >= offset}

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
                yield from event
            elif isinstance(event, PlainText):
                yield from split_lines(event)
            else:
                yield event

    def next_event(self) -> Event | PlainRun | None:
        """Return the next event, plain blocks and lines in bulk; None where input is needed."""
        while True:
            if self._ready:
                return self._ready.popleft()
            event = self._search(self._gap) if self._gap else self._step()
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
        if rest == 0 or (rest < _LONGEST_OPENING and not self._window.is_last and buffer[start]):
            return None
        if self._in_text or opens_a_log(buffer, start):
            text = self._text()
            if text is not None or self._in_text:
                return text
        readings = self._readings(buffer[start])
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
        return self._search(self._open_gap(readings, limit))

    def _readings(self, magic: int) -> tuple[Reading, ...]:
        """Return what a magic may mean here; the second reading only in a file of nothing else."""
        readings = READINGS.get(magic, ())
        if self._last is None or self._last.masked:
            return readings
        return tuple(reading for reading in readings if not reading.masked)

    def _run(self, reading: Reading) -> PlainRun | None:
        start = self._window.start
        if not is_plain(reading) or len(self._window.buffer) - start < reading.header_size:
            return None
        run = plain_run(self._window.buffer, start, self._window.offset, reading)
        if run is not None:
            self._window.start += run.length
            self._after_text = False
            self._last = reading
        return run

    def _weigh_in_step(self, reading: Reading) -> Block | Answer | int:
        """Return the block, or why not; the offset of its end where only its payload fails."""
        place, start = self._place(), self._window.start
        fit, header = measure(place, start, reading)
        if fit is Fit.TOO_LONG or (header and header.length > _BIG and self._holds_a_block(header)):
            return Answer.NO
        if fit is Fit.MORE and (header is None or header.length <= _BIG):
            return Answer.MORE
        if reading.masked and not is_plausible(place.buffer, start, reading, self._max_block):
            return Answer.NO
        if fit is Fit.TAILER and header is not None and not is_plain(reading):
            length = reading.header_size + header.length + 1
            follow = what_follows(place, start + length)
            if follow is Follow.MORE:
                return Answer.MORE
            if follow in (Follow.END, Follow.HEADER, Follow.MAGIC):
                offset = self._window.offset
                block = Block(offset, length, reading, header, place.buffer, start)
                if (offset, reading.header_size) in self._rejected:
                    return offset + length
                return block if self._speculative or self._stands(place, block) else offset + length
        return self._judge.weigh(place, start, reading, in_step=True)

    def _holds_a_block(self, header: Header) -> bool:
        """Tell whether a block can be believed within a payload that is longer than writers make.

        Then its length is a lie, and the rest of it need not be waited for.
        """
        place, start = self._place(), self._window.start
        offset, seen = self._looked_within
        if offset != place.base + start:
            offset, seen = place.base + start, place.base + start + 1
            self._judge.begin_search()
        seen -= place.base
        for match in self._shape.finditer(place.buffer, seen, start + header.length):
            seen = match.start()
            answer = self._weigh_candidate(place, seen, seen - start)
            if isinstance(answer, Block):
                return True
            if answer is Answer.MORE:
                break
        else:
            seen = max(seen, len(place.buffer) - _SHORTEST_HEADER)
        self._looked_within = (offset, place.base + seen)
        return False

    def _stands(self, place: Place, block: Block) -> bool:
        verdict = self._probe(block).verdict
        if verdict is Verdict.OPEN:
            return not isinstance(self._swallowed(place, block), Block)
        return verdict is not Verdict.BROKEN

    def _swallowed(self, place: Place, block: Block) -> Block | Answer:
        """Return the first block that starts within this one, and can be believed."""
        self._judge.begin_search()
        end = block.start + block.length
        for match in self._shape.finditer(place.buffer, block.start + 1):
            if match.start() >= end:
                break
            answer = self._weigh_candidate(place, match.start(), match.start() - block.start)
            if answer is not Answer.NO:
                return answer
        return Answer.NO

    def _take(self, block: Block) -> Block:
        """Go on behind a block; where its tailer is missing, that is where a gap begins."""
        self._window.start += block.length
        self._last = block.reading
        self._after_text = False
        if block.length == block.reading.header_size + block.header.length:
            self._gap = Gap(block.offset + block.length, Reason.TAILER, scan=self._window.start)
            self._judge.begin_search()
        return block

    def _text(self) -> PlainText | None:
        """Return what text there is; `_in_text` tells why there is none."""
        window, start = self._window, self._window.start
        end = text_end(window.buffer, start, closed=window.is_last)
        index = start if end is None else self._header_before(end)
        self._in_text = end is None or end.goes_on or index is None
        if end is None or index is None or index == start:
            return None
        window.start = index
        self._after_text = True
        return PlainText(window.base + start, window.buffer[start:index])

    def _header_before(self, end: TextEnd) -> int | None:
        """Return where text ends: at a block that can be believed, where one begins just before."""
        place = self._place()
        for index in end.headers:
            answer = self._judge.weigh_any(place, index, self._readings(place.buffer[index]))
            if isinstance(answer, Block):
                return index
            if answer is Answer.MORE:
                return None
        return end.index

    # out of step

    def _open_gap(self, readings: tuple[Reading, ...], limit: int | None) -> Gap:
        gap = Gap.at(
            self._place(),
            self._window.start,
            readings,
            limit,
            masked=bool(self._last and self._last.masked),
        )
        gap.after_text = self._after_text and limit is None
        self._gap = gap
        self._judge.begin_search()
        return gap

    def _search(self, gap: Gap) -> Event | None:
        """Look for the block that ends the gap."""
        place = self._place()
        stop = len(place.buffer) if gap.limit is None else gap.limit - place.base
        resumes = text_resumes(place.buffer, gap.scan) if gap.after_text else None
        stop = stop if resumes is None else min(stop, resumes)
        for match in self._shape.finditer(place.buffer, gap.scan):
            index = match.start()
            if index >= stop:
                break
            answer = self._weigh_candidate(place, index, place.base + index - gap.offset)
            if answer is Answer.MORE:
                gap.scan = index
                self._let_go(gap)
                return None
            if isinstance(answer, Block):
                return self._end_gap(gap, index, answer)
        if gap.limit is not None or resumes is not None:
            return self._end_gap(gap, stop, None)
        if place.closed:
            return self._end_input(gap)
        unseen = _LONGEST_OPENING if gap.after_text else _SHORTEST_HEADER
        gap.scan = max(gap.scan, len(place.buffer) - unseen)
        self._let_go(gap)
        return None

    def _weigh_candidate(self, place: Place, index: int, searched: int) -> Block | Answer:
        if not self._judge.can_afford(searched):
            return Answer.NO
        return self._judge.weigh_any(place, index, self._readings(place.buffer[index]))

    def _let_go(self, gap: Gap) -> None:
        """Let go of what a search is through with."""
        keep = gap.keep_from(self._place())
        self._window.start = min(keep, gap.scan)

    def _end_gap(self, gap: Gap, index: int, block: Block | None) -> Damage:
        damage = gap.damage(self._place(), self._window.base + index)
        self._gap = None
        self._window.start = index
        self._in_text = block is None and gap.after_text
        if block is not None:
            self._ready.append(self._take(block))
        return damage

    def _end_input(self, gap: Gap) -> Event | None:
        """End the gap with the input; zeros at its end are fill."""
        place = self._place()
        end = place.base + len(place.buffer)
        solid = gap.solid_end(place)
        if solid > gap.offset or gap.reason is Reason.TAILER:
            self._ready.append(gap.damage(place, solid))
        if end > solid:
            self._ready.append(Fill(solid, end - solid))
        self._gap = None
        self._window.start = len(self._window.buffer)
        return None

    def _place(self) -> Place:
        window = self._window
        return Place(window.buffer, window.base, window.is_last, self._max_block)

    # going back

    def _go_back(self, offset: int) -> None:
        self._window.go_back(offset)
        self._ready.clear()
        self._gap = None
        self._in_text = False

    def _reject_in_place(self, block: Block) -> Damage | None:
        """Return the damage that `block` is, unless another reading or a block inside it fits."""
        place = Place(
            block.buffer, block.offset - block.start, closed=False, max_block=self._max_block
        )
        end = block.start + block.length
        others = (r for r in READINGS[block.reading.magic] if r is not block.reading)
        for reading in others:
            answer = self._judge.weigh(place, block.start, reading, in_step=True)
            if answer is not Answer.NO:
                return None
        if self._swallowed(place, block) is not Answer.NO:
            return None
        gap = Gap.at(place, block.start, (block.reading,), place.base + end, masked=False)
        return gap.damage(place, place.base + end)
