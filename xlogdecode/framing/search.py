"""Out of step: the search for the next block that can be believed."""

from typing import NamedTuple

from xlogdecode.format import READINGS, Header, Reading
from xlogdecode.framing.events import Block, Damage, Fill, Reason, Verdict
from xlogdecode.framing.fit import Place, header_shape
from xlogdecode.framing.gap import Gap
from xlogdecode.framing.judge import Answer, Judge
from xlogdecode.framing.lines import LONGEST_OPENING, TextEnd, text_resumes

__all__ = ["Found", "Search"]

_FREE_WITHIN = 64 << 10
"""What failed probes may cost at least within one block: there may be one every few bytes."""

_SHORTEST_HEADER = 8
"""Bytes at the end of a buffer that a header's shape may need more of."""


class Found(NamedTuple):
    """What ends a gap, and what the gap is."""

    start: int
    """Where framing goes on; the block, where there is one, starts here."""
    events: tuple[Damage | Fill, ...]
    block: Block | None = None
    is_text: bool = False


class Search:
    """Looks for blocks wherever a header's shape is."""

    def __init__(self, judge: Judge, max_block: int) -> None:
        """Let `judge` say what to believe."""
        self._judge = judge
        self._shape = header_shape(max_block)
        self.has_second_reading = True
        """Whether magics may have their second reading: it proves too little elsewhere."""
        self._looked_within = (-1, 0)  # offset of a long block, and how far it was looked through

    def readings(self, magic: int) -> tuple[Reading, ...]:
        """Return what a magic may mean."""
        readings = READINGS.get(magic, ())
        if self.has_second_reading:
            return readings
        return tuple(reading for reading in readings if not reading.masked)

    def first(
        self, place: Place, begin: int, stop: int, *, since: int
    ) -> tuple[int, Block | Answer]:
        """Return the first index below `stop` where a block is, or takes more of the input to tell.

        `since` is the index at which the search began. `stop` and NO where there is none.
        """
        for match in self._shape.finditer(place.buffer, begin):
            index = match.start()
            if index >= stop:
                break
            if self._judge.can_afford(index - since):
                answer = self.weigh(place, index)
                if answer is not Answer.NO:
                    return index, answer
        return stop, Answer.NO

    def weigh(self, place: Place, index: int) -> Block | Answer:
        """Return the block at `index` if it proves itself."""
        return self._judge.weigh_any(place, index, self.readings(place.buffer[index]))

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

    def stands(self, place: Place, block: Block) -> bool:
        """Tell whether a block in step is one: its payload decodes, and swallows no other."""
        verdict = self._judge.verdict(block)
        if verdict is Verdict.OPEN:
            return not isinstance(self.within(place, block), Block)
        return verdict is not Verdict.BROKEN

    def within(self, place: Place, block: Block) -> Block | Answer:
        """Return the first block that starts within `block`, and can be believed."""
        budget = self._judge.budget  # of the search that goes on elsewhere
        self._judge.begin_search(_FREE_WITHIN)
        end = block.start + block.length
        _, answer = self.first(place, block.start + 1, end, since=block.start)
        self._judge.budget = budget
        return answer

    def holds_a_block(self, place: Place, start: int, header: Header) -> bool:
        """Tell whether a block can be believed within a payload that is longer than writers make.

        Then its length is a lie, and the rest of it need not be waited for.
        """
        offset, seen = self._looked_within
        if offset != place.base + start:
            offset, seen = place.base + start, place.base + start + 1
            self._judge.begin_search(_FREE_WITHIN)
        begin, stop = seen - place.base, start + header.length
        index, answer = self.first(place, begin, stop, since=start)
        seen = max(begin, min(index, len(place.buffer) - _SHORTEST_HEADER))
        self._looked_within = (offset, place.base + seen)
        return isinstance(answer, Block)

    def end_of(self, gap: Gap, place: Place) -> Found | int:
        """Return what ends the gap, or from where to keep the buffer if that takes more of it."""
        stop = len(place.buffer) if gap.limit is None else gap.limit - place.base
        resumes = text_resumes(place.buffer, gap.scan) if gap.after_text else None
        stop = stop if resumes is None else min(stop, resumes)
        since = gap.offset - place.base
        index, answer = self.first(place, gap.scan, stop, since=since)
        if isinstance(answer, Block):
            return Found(index, (gap.damage(place, place.base + index),), answer)
        if answer is Answer.NO:
            if gap.limit is not None or resumes is not None:
                damage = gap.damage(place, place.base + stop)
                return Found(stop, (damage,), is_text=gap.after_text)
            if place.closed:
                return Found(len(place.buffer), _at_the_end(gap, place))
        unseen = LONGEST_OPENING if gap.after_text else _SHORTEST_HEADER
        gap.scan = max(gap.scan, min(index, len(place.buffer) - unseen))
        return min(gap.keep_from(place), gap.scan)


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
