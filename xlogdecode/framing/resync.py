"""Out of step: the damage between two believed blocks, and the search for the second one."""

import re
from typing import NamedTuple, Self

from xlogdecode.format import (
    CRASH_BUFFER_SIZE,
    LAST_HOUR,
    LONGEST_LINE,
    READINGS,
    Header,
    Reading,
    is_plausible,
)
from xlogdecode.framing.candidates import SHORTEST_SHAPE, candidates
from xlogdecode.framing.events import Block, Damage, Fill, Reason, Verdict
from xlogdecode.framing.plaintext import (
    LONGEST_OPENING,
    TextEnd,
    log_begins,
    opens_a_log,
    text_resumes,
)
from xlogdecode.framing.validator import (
    LINE,
    MENDING,
    Answer,
    Fit,
    Follow,
    Validator,
    View,
    is_vouched_for,
    measure,
    what_follows,
)

__all__ = ["Gap", "Resync", "ResyncPoint", "mend"]

_WRECK = 1 << 20
"""Bytes kept of a broken block, to save text from; writers make no block of a sixth of that."""

_SHORTEST_FILL = 64
"""Zeros at the end of the input that are fill even where a payload is cut short there."""

_SAMPLE = 64 << 10
"""Bytes of damage that are shown to whoever asks for its cause."""

_ZEROS = re.compile(rb"\x00*")

_ANY_LENGTH = 1 << 32

_RENUMBERED = frozenset(range(0x0E, 0x16)) - READINGS.keys()
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
    ) -> Self:
        """Open a gap at index `start`."""
        offset = view.base + start
        magic = view.buffer[start]
        reading = READINGS.get(magic)
        if offset == 0 and _looks_xored(view.buffer):
            return cls(offset, Reason.XORED, start + 1, f"magic 0x{magic:02x}")
        if reading is None:
            reason = Reason.HOLE if magic == 0 else Reason.GARBAGE
            detail = ""
            if magic in _RENUMBERED and max(view.buffer[start + 3 : start + 5], default=0) < 24:
                reason, detail = Reason.UNKNOWN_MAGIC, f"0x{magic:02x}"
            return cls(offset, reason, start + 1, detail)
        fit, header = measure(view, start, reading)
        if not is_plausible(view.buffer, start, reading, _ANY_LENGTH):
            return cls(offset, Reason.GARBAGE, start + 1, limit=limit)
        cut = fit is Fit.CUT and (header is None or header.length <= CRASH_BUFFER_SIZE)
        reason = Reason.CUT if cut else Reason.LENGTH  # the same wherever the input is cut
        if limit is not None or fit is Fit.TAILER:
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


class ResyncPoint(NamedTuple):
    """The end of a gap, and the events that the gap becomes."""

    start: int
    """Where framing goes on; the block, where there is one, starts here."""
    events: tuple[Damage | Fill, ...]
    block: Block | None = None
    is_text: bool = False


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


class Resync:
    """Looks for blocks wherever a header's shape is."""

    def __init__(self, validator: Validator) -> None:
        """Let `validator` decide what to believe."""
        self._validator = validator
        self._looked_within = (-1, 0)  # offset of a long block, and how far it was looked through

    def first(self, view: View, begin: int, stop: int) -> tuple[int, Block | Answer]:
        """Return the first index below `stop` where a block is, or takes more of the input to tell.

        `stop` and NO where there is none.
        """
        for index, is_there in candidates(view, begin, stop):
            answer = self.weigh(view, index) if is_there else Answer.MORE
            if answer is not Answer.NO:
                return index, answer
        return stop, Answer.NO

    def weigh(self, view: View, index: int) -> Block | Answer:
        """Return the block at `index` if it proves itself."""
        answer = self._validator.weigh_out_of_step(view, index)
        return self.unless_it_swallows(view, answer)

    def unless_it_swallows(self, view: View, answer: Block | Answer) -> Block | Answer:
        """Return `answer`, but NO for a block whose end nothing vouches for, and in which another
        begins that ends beyond it: torn, it goes on with what was written next, and short ones of
        zstd, whose text is in it as it is, decode even so.
        """
        if not isinstance(answer, Block) or answer.reading.is_plain:
            return answer
        if is_vouched_for(view, answer.start, answer.reading):
            return answer
        end = answer.start + answer.length
        for index, is_there in candidates(view, answer.start + 1, end):
            inner: Block | Answer = Answer.MORE
            if is_there:
                inner = self._validator.weigh_out_of_step(view, index)
            if isinstance(inner, Block) and inner.start + inner.length <= end:
                continue
            if inner is not Answer.NO:
                return Answer.MORE if inner is Answer.MORE and not view.closed else Answer.NO
        return answer

    def header_before(self, end: TextEnd, view: View) -> int | None:
        """Return where text ends: at a block that can be believed, where one begins just before.

        None where more of the input will tell.
        """
        for index in end.headers:
            answer = self.weigh(view, index)
            if isinstance(answer, Block):
                return index
            if answer is Answer.MORE:
                return None
        return end.stop

    def is_believable(self, view: View, block: Block) -> Block | Answer:
        """Return a block in step if it is one: its payload decodes, and swallows no other."""
        verdict = self._validator.verdict(block)
        if verdict is Verdict.OPEN:
            answer = self.within(view, block)
            if answer is Answer.MORE and not view.closed:
                return answer
            return Answer.NO if isinstance(answer, Block) else block
        return Answer.NO if verdict is Verdict.BROKEN else block

    def within(self, view: View, block: Block) -> Block | Answer:
        """Return the first block that starts within `block`, and can be believed."""
        end = block.start + block.length
        return self.first(view, block.start + 1, end)[1]

    def trusted(self, view: View, start: int) -> int:
        """Return how long a payload in step may be that is not looked through before it is read:
        as long as writers make them, until too much was spent on such that do not decode.
        """
        return CRASH_BUFFER_SIZE if self._validator.budget.affords(view, start) else 0

    def holds_a_block(self, view: View, start: int, header: Header) -> bool:
        """Tell whether a block can be believed within a payload that is longer than is trusted.

        Then its length is a lie, and the rest of it need not be waited for.
        """
        if header.length <= self.trusted(view, start):
            return False
        offset, seen = self._looked_within
        if offset != view.base + start:
            offset, seen = view.base + start, view.base + start + 1
        begin, stop = seen - view.base, start + header.length
        index, answer = self.first(view, begin, stop)
        seen = max(begin, min(index, len(view.buffer) - SHORTEST_SHAPE))
        self._looked_within = (offset, view.base + seen)
        return isinstance(answer, Block)

    def end_of(self, gap: Gap, view: View) -> ResyncPoint | int:
        """Return what ends the gap, or from where to keep the buffer if that takes more of it."""
        if gap.reason is Reason.HOLE:
            filled = _fill_of_a_crash_buffer(gap, view)
            if filled is not None:
                return filled
        stop = len(view.buffer) if gap.limit is None else gap.limit - view.base
        resumes = text_resumes(view.buffer, gap.scan) if gap.after_text else None
        stop = stop if resumes is None else min(stop, resumes)
        index, answer = self.first(view, gap.scan, stop)
        looks_for_text = gap.limit is None and not gap.after_text
        if looks_for_text:
            look_from = max(gap.text_from, gap.offset) - view.base
            is_log, text = log_begins(view.buffer, look_from, index)
            if is_log:
                return ResyncPoint(text, gap.events_up_to(view, text), is_text=True)
            gap.text_from = view.base + text
        if isinstance(answer, Block):
            return ResyncPoint(index, gap.events_up_to(view, index), answer)
        if answer is Answer.NO:
            if gap.limit is not None or resumes is not None:
                damage = gap.damage(view, view.base + stop)
                return ResyncPoint(stop, (damage,), is_text=gap.after_text)
            if view.closed:
                return ResyncPoint(len(view.buffer), _at_the_end(gap, view))
        unseen = LONGEST_OPENING if gap.after_text else SHORTEST_SHAPE
        gap.scan = max(gap.scan, min(index, len(view.buffer) - unseen))
        keep = min(gap.keep_from(view), gap.scan)
        return min(keep, gap.text_from - view.base) if looks_for_text else keep


def _fill_of_a_crash_buffer(gap: Gap, view: View) -> ResyncPoint | int | None:
    """Return where to go on, in step, behind zeros that a crash buffer never used.

    From where to keep the buffer if more of it will tell; None where the zeros are none of that.
    """
    zeros = _ZEROS.match(view.buffer, gap.scan)
    end = zeros.end() if zeros and gap.solid <= gap.offset else len(view.buffer)
    if end == len(view.buffer) or not gap.ends_a_crash_buffer(view.base + end):
        return None
    if not view.closed and len(view.buffer) - end < LONGEST_OPENING:
        gap.scan = end
        return min(gap.keep_from(view), end)
    follows = what_follows(view, end) is Follow.HEADER or opens_a_log(view.buffer, end)
    fill = Fill(gap.offset, view.base + end - gap.offset)
    return ResyncPoint(end, (fill,)) if follows else None


def _at_the_end(gap: Gap, view: View) -> tuple[Damage | Fill, ...]:
    """Return what a gap is that the input ends in; zeros at its end are fill."""
    end = view.base + len(view.buffer)
    solid = gap.solid_end(view)
    events: list[Damage | Fill] = []
    if solid > gap.offset or gap.reason is Reason.TAILER:
        events.append(gap.damage(view, solid))
    if end > solid:
        events.append(Fill(solid, end - solid))
    return tuple(events)


_LAYOUTS = {
    size: tuple({r.kind: r for r in READINGS.values() if r.header_size == size}.values())
    for size in {reading.header_size for reading in READINGS.values()}
}
"""Every way to read a block once; the plain magics of one header size differ in nothing else."""


def mend(validator: Validator, view: View, start: int) -> tuple[Damage, Block] | Answer:
    """Return the magic at `start` as damage, and the block behind it, from its second byte on.

    Believed only if its hours and length fit, its tailer, what follows, and all of its text.
    """
    if view.buffer[start] in _RENUMBERED or not validator.budget.affords(view, start, MENDING):
        return Answer.NO
    answers = [_weigh(validator, view, start, readings) for readings in _LAYOUTS.values()]
    block = next((answer for answer in answers if isinstance(answer, Block)), None)
    if block is None:
        return Answer.MORE if Answer.MORE in answers else Answer.NO
    offset, magic = view.base + start, view.buffer[start]
    damage = Damage(offset, 1, Reason.UNKNOWN_MAGIC, f"0x{magic:02x}")
    return damage, block._replace(offset=offset + 1, length=block.length - 1)


def _weigh(
    validator: Validator, view: View, start: int, readings: tuple[Reading, ...]
) -> Block | Answer:
    """Return the block at `start` by one of `readings`, which have one header size."""
    if not is_plausible(view.buffer, start, readings[0], CRASH_BUFFER_SIZE):
        return Answer.NO
    fit, header = measure(view, start, readings[0])
    if fit is Fit.MORE:
        return Answer.MORE
    if fit is not Fit.TAILER or header is None or not header.length:
        return Answer.NO
    length = readings[0].header_size + header.length + 1
    follow = what_follows(view, start + length)
    if follow is Follow.MORE:
        return Answer.MORE
    if follow not in (Follow.END, Follow.HEADER, Follow.FILL):
        return Answer.NO
    for reading in readings:
        block = Block(view.base + start, length, reading, header, view.buffer, start)
        if _is_whole(validator, block):
            return block
    return Answer.NO


def _is_whole(validator: Validator, block: Block) -> bool:
    if block.reading.is_plain:
        is_short = block.header.length <= LONGEST_LINE
        return is_short and LINE.fullmatch(block.payload) is not None
    return validator.verdict(block) is Verdict.WHOLE
