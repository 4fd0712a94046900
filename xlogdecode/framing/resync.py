"""Out of step: the search for the next block that can be believed."""

from typing import NamedTuple

from xlogdecode.format import CRASH_BUFFER_SIZE, READINGS, Header, Reading
from xlogdecode.framing.candidates import SHORTEST_SHAPE, candidates
from xlogdecode.framing.events import Block, Damage, Fill, Reason, Verdict
from xlogdecode.framing.fit import Place, is_plain, is_vouched_for
from xlogdecode.framing.gap import Gap
from xlogdecode.framing.plaintext import LONGEST_OPENING, TextEnd, log_begins, text_resumes
from xlogdecode.framing.validator import Answer, Judge

__all__ = ["Found", "Search"]


class Found(NamedTuple):
    """What ends a gap, and what the gap is."""

    start: int
    """Where framing goes on; the block, where there is one, starts here."""
    events: tuple[Damage | Fill, ...]
    block: Block | None = None
    is_text: bool = False


class Search:
    """Looks for blocks wherever a header's shape is."""

    def __init__(self, judge: Judge) -> None:
        """Let `judge` say what to believe."""
        self._judge = judge
        self.has_second_reading = True
        """Whether magics may have their second reading: it proves too little elsewhere."""
        self._looked_within = (-1, 0)  # offset of a long block, and how far it was looked through

    def readings(self, magic: int) -> tuple[Reading, ...]:
        """Return what a magic may mean."""
        readings = READINGS.get(magic, ())
        if self.has_second_reading:
            return readings
        return tuple(reading for reading in readings if not reading.masked)

    def first(self, place: Place, begin: int, stop: int) -> tuple[int, Block | Answer]:
        """Return the first index below `stop` where a block is, or takes more of the input to tell.

        `stop` and NO where there is none.
        """
        for index, is_there in candidates(
            place, begin, stop, has_second_reading=self.has_second_reading
        ):
            answer = self.weigh(place, index) if is_there else Answer.MORE
            if answer is not Answer.NO:
                return index, answer
        return stop, Answer.NO

    def weigh(self, place: Place, index: int) -> Block | Answer:
        """Return the block at `index` if it proves itself."""
        answer = self._judge.weigh_any(place, index, self.readings(place.buffer[index]))
        return self.unless_it_swallows(place, answer)

    def unless_it_swallows(self, place: Place, answer: Block | Answer) -> Block | Answer:
        """Return `answer`, but NO for a block whose end nothing vouches for, and in which another
        begins that ends beyond it: torn, it goes on with what was written next, and short ones of
        zstd, whose text stands as it is, decode even so.
        """
        if not isinstance(answer, Block) or is_plain(answer.reading):
            return answer
        if is_vouched_for(place, answer.start, answer.reading):
            return answer
        end = answer.start + answer.length
        for index, is_there in candidates(
            place, answer.start + 1, end, has_second_reading=self.has_second_reading
        ):
            inner: Block | Answer = Answer.MORE
            if is_there:
                readings = self.readings(place.buffer[index])
                inner = self._judge.weigh_any(place, index, readings)
            if isinstance(inner, Block) and inner.start + inner.length <= end:
                continue
            if inner is not Answer.NO:
                return Answer.MORE if inner is Answer.MORE and not place.closed else Answer.NO
        return answer

    def header_before(self, end: TextEnd, place: Place) -> int | None:
        """Return where text ends: at a block that can be believed, where one begins just before.

        None where more of the input will tell.
        """
        for index in end.headers:
            answer = self.weigh(place, index)
            if isinstance(answer, Block):
                return index
            if answer is Answer.MORE:
                return None
        return end.stop

    def stands(self, place: Place, block: Block) -> Block | Answer:
        """Return a block in step if it is one: its payload decodes, and swallows no other."""
        verdict = self._judge.verdict(block)
        if verdict is Verdict.OPEN:
            answer = self.within(place, block)
            if answer is Answer.MORE and not place.closed:
                return answer
            return Answer.NO if isinstance(answer, Block) else block
        return Answer.NO if verdict is Verdict.BROKEN else block

    def within(self, place: Place, block: Block) -> Block | Answer:
        """Return the first block that starts within `block`, and can be believed."""
        end = block.start + block.length
        return self.first(place, block.start + 1, end)[1]

    def damage_in_place(self, place: Place, block: Block) -> Damage | None:
        """Return the damage that `block` is, unless another reading or a block inside it fits."""
        end = place.base + block.start + block.length
        others = (r for r in READINGS[block.reading.magic] if r is not block.reading)
        answers = (self._judge.weigh(place, block.start, r, in_step=True) for r in others)
        if any(a is not Answer.NO for a in (*answers, self.within(place, block))):
            return None
        return Gap.at(place, block.start, (block.reading,), end, masked=False).damage(place, end)

    def trusted(self, place: Place, start: int) -> int:
        """Return how long a payload in step may be that is not looked through before it is read:
        as long as writers make them, until too much was spent on such that do not decode.
        """
        return CRASH_BUFFER_SIZE if self._judge.budget.affords(place, start) else 0

    def holds_a_block(self, place: Place, start: int, header: Header) -> bool:
        """Tell whether a block can be believed within a payload that is longer than is trusted.

        Then its length is a lie, and the rest of it need not be waited for.
        """
        if header.length <= self.trusted(place, start):
            return False
        offset, seen = self._looked_within
        if offset != place.base + start:
            offset, seen = place.base + start, place.base + start + 1
        begin, stop = seen - place.base, start + header.length
        index, answer = self.first(place, begin, stop)
        seen = max(begin, min(index, len(place.buffer) - SHORTEST_SHAPE))
        self._looked_within = (offset, place.base + seen)
        return isinstance(answer, Block)

    def end_of(self, gap: Gap, place: Place) -> Found | int:
        """Return what ends the gap, or from where to keep the buffer if that takes more of it."""
        stop = len(place.buffer) if gap.limit is None else gap.limit - place.base
        resumes = text_resumes(place.buffer, gap.scan) if gap.after_text else None
        stop = stop if resumes is None else min(stop, resumes)
        index, answer = self.first(place, gap.scan, stop)
        looks_for_text = gap.limit is None and not gap.after_text
        if looks_for_text:
            look_from = max(gap.text_from, gap.offset) - place.base
            is_log, text = log_begins(place.buffer, look_from, index)
            if is_log:
                return Found(text, (gap.damage(place, place.base + text),), is_text=True)
            gap.text_from = place.base + text
        if isinstance(answer, Block):
            return Found(index, (gap.damage(place, place.base + index),), answer)
        if answer is Answer.NO:
            if gap.limit is not None or resumes is not None:
                damage = gap.damage(place, place.base + stop)
                return Found(stop, (damage,), is_text=gap.after_text)
            if place.closed:
                return Found(len(place.buffer), _at_the_end(gap, place))
        unseen = LONGEST_OPENING if gap.after_text else SHORTEST_SHAPE
        gap.scan = max(gap.scan, min(index, len(place.buffer) - unseen))
        keep = min(gap.keep_from(place), gap.scan)
        return min(keep, gap.text_from - place.base) if looks_for_text else keep


def _at_the_end(gap: Gap, place: Place) -> tuple[Damage | Fill, ...]:
    """Return what a gap is that the input ends in; zeros at its end are fill."""
    end = place.base + len(place.buffer)
    solid = gap.solid_end(place)
    events: list[Damage | Fill] = []
    if solid > gap.offset or gap.reason is Reason.TAILER:
        events.append(gap.damage(place, solid))
    if end > solid:
        events.append(Fill(solid, end - solid))
    return tuple(events)
