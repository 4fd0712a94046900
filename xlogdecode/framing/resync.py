"""Out of step: the search for the next block that can be believed."""

import re
from typing import NamedTuple

from xlogdecode.format import (
    CRASH_BUFFER_SIZE,
    LONGEST_LINE,
    READINGS,
    Header,
    Reading,
    is_plausible,
)
from xlogdecode.framing.candidates import SHORTEST_SHAPE, candidates
from xlogdecode.framing.events import Block, Damage, Fill, Reason, Verdict
from xlogdecode.framing.gap import RENUMBERED, Gap
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

__all__ = ["Resync", "ResyncPoint", "mend"]

_ZEROS = re.compile(rb"\x00*")


class ResyncPoint(NamedTuple):
    """The end of a gap, and the events that the gap becomes."""

    start: int
    """Where framing goes on; the block, where there is one, starts here."""
    events: tuple[Damage | Fill, ...]
    block: Block | None = None
    is_text: bool = False


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
    if view.buffer[start] in RENUMBERED or not validator.budget.affords(view, start, MENDING):
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
