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
from collections.abc import Iterable, Iterator
from itertools import chain

from xlogdecode.format import READINGS, Reading, is_plausible
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
from xlogdecode.framing.lines import opens_a_log, split_lines, text_end, text_resumes
from xlogdecode.framing.plain import plain_run

__all__ = ["MAX_BLOCK", "Framer"]

MAX_BLOCK = 16 << 20
"""Bytes of payload beyond which no length is believed."""

_SHORTEST_HEADER = 8
_LONGEST_OPENING = 32
"""Bytes at the end of a buffer that a header's shape, or a line's opening, may need more of."""

_BIG = 1 << 20
"""A payload of more is tried by its beginning before the rest of it is waited for."""


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
        self._buffer = b""
        self._base = 0
        self._start = 0  # index of the next block, or of what a gap must keep
        self._pending: list[bytes] = []
        self._closed = False
        self._kept: deque[tuple[int, bytes, int]] = deque()  # base, buffer, bytes used of it
        self._rejected: set[tuple[int, int]] = set()  # offset and header size
        self._gap: Gap | None = None
        self._ready: deque[Event | PlainRun] = deque()
        self._last: Reading | None = None
        self._in_text = False
        self._after_text = False

    # what the caller says

    def feed(self, data: bytes) -> None:
        """Add bytes of the input."""
        self._pending.append(data)

    def close(self) -> None:
        """Say that the input ends here."""
        self._closed = True

    def reject(self, block: Block) -> Damage | None:
        """Take back a block whose payload does not decode.

        Returns the damage it is, where that can be told from what is at hand and changes nothing of
        what came after the block. Otherwise None: forget all events after the block; the framer
        goes back to it and finds them anew.
        """
        damage = self._reject_in_place(block)
        if damage is None:
            self._rejected.add((block.offset, block.reading.header_size))
            self._rewind(block.offset)
        return damage

    def release(self, offset: int) -> None:
        """Promise to reject no block before `offset`: the framer need not keep those bytes."""
        while self._kept and self._kept[0][0] + self._kept[0][2] <= offset:
            self._kept.popleft()
        if self._rejected:
            self._rejected = {entry for entry in self._rejected if entry[0] >= offset}

    @property
    def _is_unmasked(self) -> bool:
        """Whether the file is known not to be one of the second reading: it proves too little."""
        return self._last is not None and not self._last.masked

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
            if not self._pending:
                return None
            self._refill()

    # in step

    def _step(self) -> Event | PlainRun | None:
        buffer, start = self._buffer, self._start
        rest = len(buffer) - start
        if rest == 0 or (rest < _LONGEST_OPENING and not self._place().closed and buffer[start]):
            return None
        if self._in_text or opens_a_log(buffer, start):
            text = self._text()
            if text is not None or self._in_text:
                return text
        readings = READINGS.get(buffer[start], ())
        limit = None
        for reading in readings:
            if reading.masked and self._is_unmasked:
                continue
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

    def _run(self, reading: Reading) -> PlainRun | None:
        start = self._start
        if not is_plain(reading) or len(self._buffer) - start < reading.header_size:
            return None
        run = plain_run(self._buffer, start, self._base + start, reading)
        if run is not None:
            self._start += run.length
            self._after_text = False
            self._last = reading
        return run

    def _weigh_in_step(self, reading: Reading) -> Block | Answer | int:
        """Return the block, or why not; the offset of its end where only its payload fails."""
        place, start = self._place(), self._start
        fit, header = measure(place, start, reading)
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
                offset = self._base + start
                block = Block(offset, length, reading, header, place.buffer, start)
                if (offset, reading.header_size) in self._rejected:
                    return offset + length
                if self._speculative or self._probe(block).verdict is not Verdict.BROKEN:
                    return block
                return offset + length
        return self._judge.weigh(place, self._base, start, reading, in_step=True)

    def _take(self, block: Block) -> Block:
        """Go on behind a block; where its tailer is missing, that is where a gap begins."""
        self._start += block.length
        self._last = block.reading
        self._after_text = False
        if block.length == block.reading.header_size + block.header.length:
            self._gap = Gap(block.offset + block.length, Reason.TAILER, scan=self._start)
            self._judge.begin_search()
        return block

    def _text(self) -> PlainText | None:
        """Return what text there is; `_in_text` tells why there is none."""
        start = self._start
        end = text_end(self._buffer, start, closed=self._place().closed)
        self._in_text = end is None or end.goes_on
        if end is None or end.index == start:
            return None
        self._start = end.index
        self._after_text = True
        return PlainText(self._base + start, self._buffer[start : end.index])

    # out of step

    def _open_gap(self, readings: tuple[Reading, ...], limit: int | None) -> Gap:
        gap = Gap.at(
            self._place(),
            self._base,
            self._start,
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
        stop = len(place.buffer) if gap.limit is None else gap.limit - self._base
        resumes = text_resumes(place.buffer, gap.scan) if gap.after_text else None
        stop = stop if resumes is None else min(stop, resumes)
        for match in self._shape.finditer(place.buffer, gap.scan):
            index = match.start()
            if index >= stop:
                break
            answer = self._weigh_candidate(place, self._base, gap, index)
            if answer is Answer.MORE:
                gap.scan = index
                self._let_go(gap)
                return None
            if isinstance(answer, Block):
                return self._end_gap(gap, index, answer)
        if gap.limit is not None or resumes is not None:
            return self._end_gap(gap, stop, None)
        if self._closed and not self._pending:
            return self._end_input(gap)
        unseen = _LONGEST_OPENING if gap.after_text else _SHORTEST_HEADER
        gap.scan = max(gap.scan, len(place.buffer) - unseen)
        self._let_go(gap)
        return None

    def _weigh_candidate(self, place: Place, base: int, gap: Gap, index: int) -> Block | Answer:
        if not self._judge.can_afford(base + index - gap.offset):
            return Answer.NO
        for reading in READINGS[place.buffer[index]]:
            if reading.masked and self._is_unmasked:
                continue
            answer = self._judge.weigh(place, base, index, reading, in_step=False)
            if answer is not Answer.NO:
                return answer
        return Answer.NO

    def _let_go(self, gap: Gap) -> None:
        """Let go of what a search is through with."""
        keep = gap.keep_from(self._buffer, self._base)
        self._start = min(keep, gap.scan)

    def _end_gap(self, gap: Gap, index: int, block: Block | None) -> Damage:
        damage = gap.damage(self._buffer, self._base, self._base + index)
        self._gap = None
        self._start = index
        self._in_text = block is None and gap.after_text
        if block is not None:
            self._ready.append(self._take(block))
        return damage

    def _end_input(self, gap: Gap) -> Event | None:
        """End the gap with the input; zeros at its end are fill."""
        end = self._base + len(self._buffer)
        solid = gap.solid_end(self._buffer, self._base)
        if solid > gap.offset or gap.reason is Reason.TAILER:
            self._ready.append(gap.damage(self._buffer, self._base, solid))
        if end > solid:
            self._ready.append(Fill(solid, end - solid))
        self._gap = None
        self._start = len(self._buffer)
        return None

    # the buffer

    def _place(self) -> Place:
        return Place(self._buffer, self._closed and not self._pending, self._max_block)

    def _refill(self) -> None:
        start = self._start
        if self._speculative and start:
            self._kept.append((self._base, self._buffer, start))
        rest: Iterable[bytes] = (self._buffer[start:],) if start < len(self._buffer) else ()
        self._buffer = b"".join(chain(rest, self._pending))
        self._pending.clear()
        self._base += start
        self._start = 0
        if self._gap:
            self._gap.scan -= start

    def _rewind(self, offset: int) -> None:
        parts = [
            buffer[max(0, offset - base) : used]
            for base, buffer, used in self._kept
            if base + used > offset
        ]
        if parts:
            self._buffer = b"".join((*parts, self._buffer))
            self._base = offset
            self._kept.clear()
        self._start = offset - self._base
        self._ready.clear()
        self._gap = None
        self._in_text = False

    def _reject_in_place(self, block: Block) -> Damage | None:
        """Return the damage that `block` is, unless another reading or a block inside it fits."""
        place = Place(block.buffer, closed=False, max_block=self._max_block)
        base = block.offset - block.start
        end = block.start + block.length
        for reading in READINGS[block.reading.magic]:
            if (
                reading is not block.reading
                and self._judge.weigh(place, base, block.start, reading, in_step=True)
                is not Answer.NO
            ):
                return None
        gap = Gap.at(place, base, block.start, (block.reading,), base + end, masked=False)
        self._judge.begin_search()
        for match in self._shape.finditer(block.buffer, gap.scan):
            if match.start() >= end:
                break
            if self._weigh_candidate(place, base, gap, match.start()) is not Answer.NO:
                return None
        return gap.damage(block.buffer, base, base + end)
