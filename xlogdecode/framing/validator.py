"""Whether to believe in a block that its surroundings do not vouch for."""

import enum
import re
from collections.abc import Callable

from xlogdecode.format import (
    CRASH_BUFFER_SIZE,
    LONGEST_LINE,
    READINGS,
    Codec,
    Header,
    Reading,
    is_plausible,
    unmasked,
)
from xlogdecode.framing.budget import VOUCHED, Budget
from xlogdecode.framing.events import Block, Proof, Verdict
from xlogdecode.framing.fit import (
    LONGEST_SEARCHED,
    Fit,
    Follow,
    Place,
    is_plain,
    is_vouched_for,
    measure,
    what_follows,
)

__all__ = ["LINE", "Answer", "Judge", "Probe"]

Probe = Callable[[Block], Proof]
"""Tries whether a block's payload decodes; the payload may be cut short by the buffer's end."""

_SHORTEST_OPEN = 64
"""Payload bytes below which a stream that ends in mid-air proves nothing."""

_HEADERS_IN_A_ROW = 2
LINE = re.compile(rb"[^\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f]*\n")

_WEIGHING = 10_000
"""Nanoseconds that it takes to find out that a block is none, its probe aside."""


class Answer(enum.Enum):
    """What stands here if it is no block that can be believed."""

    NO = "no block"
    MORE = "that takes more of the input to tell"


class Judge:
    """Weighs single blocks; keeps count of what those cost that are none."""

    def __init__(self, probe: Probe) -> None:
        """Take the test of a payload."""
        self._probe = probe
        self.budget = Budget()

    def verdict(self, block: Block) -> Verdict:
        """Return what becomes of a block's payload."""
        proof = self._probe(block)
        if proof.verdict is Verdict.BROKEN:
            self.budget.spend(_WEIGHING + proof.cost)
        return proof.verdict

    def weigh(self, place: Place, start: int, reading: Reading, *, in_step: bool) -> Block | Answer:
        """Return the block at `start` if it can be believed.

        `in_step`: the block before ended here. A block without a tailer is returned without one.
        """
        fit, header = measure(place, start, reading)
        if header is None:
            return Answer.NO if fit is Fit.CUT else Answer.MORE
        if fit in (Fit.TOO_LONG, Fit.CUT) or (reading.masked and fit is Fit.BARE):
            return Answer.NO
        plausible = is_plausible(place.buffer, start, reading, place.max_block)
        if not plausible and (reading.masked or not in_step):
            return Answer.NO
        if not in_step and not 0 < header.length <= LONGEST_SEARCHED:
            return Answer.NO
        tailer = 1 if fit is Fit.TAILER else 0
        length = reading.header_size + header.length + tailer
        block = Block(place.base + start, length, reading, header, place.buffer, start)
        weigh = self._weigh_plain if is_plain(reading) else self._weigh_packed
        return weigh(place, block, fit, in_step=in_step)

    def weigh_any(self, place: Place, start: int, readings: tuple[Reading, ...]) -> Block | Answer:
        """Return the block at `start`, out of step, by the first of `readings` that is believed.

        Where too much was spent on others, only a block that its surroundings speak for is looked
        at; and none where those lied as well.
        """
        for reading in readings:
            if not self.budget.affords(place, start):
                vouched = is_vouched_for(place, start, reading)
                if not vouched or not self.budget.affords(place, start, VOUCHED):
                    continue
            answer = self.weigh(place, start, reading, in_step=False)
            if answer is not Answer.NO:
                return answer
            self.budget.spend(_WEIGHING)
        return Answer.NO

    def _weigh_plain(
        self, place: Place, block: Block, fit: Fit, *, in_step: bool
    ) -> Block | Answer:
        begin = block.start + block.reading.header_size
        end = begin + block.header.length
        if not in_step and block.header.length > LONGEST_LINE:
            return Answer.NO
        if place.buffer.find(b"\0", begin, end) >= 0:
            return Answer.NO
        if fit is Fit.MORE:
            return Answer.MORE
        if fit is Fit.TAILER and in_step and block.header.length:
            return self._unless_torn(place, block, end)
        follow = what_follows(place, end + 1)
        if fit is Fit.TAILER:
            if follow in (Follow.END, Follow.HEADER, Follow.FILL):
                return block
            if follow is Follow.MORE:
                return Answer.MORE
            return block if LINE.fullmatch(place.buffer, begin, end) else Answer.NO
        instead = what_follows(place, end)
        if Follow.MORE in (follow, instead):
            return Answer.MORE
        if follow is Follow.HEADER or Follow.END in (follow, instead):
            return block
        # a line's end is a magic, too: with no tailer at all, all in front of it must be lines
        fits = instead is Follow.HEADER and LINE.fullmatch(place.buffer, begin, end)
        return block if fits else Answer.NO

    def _unless_torn(self, place: Place, block: Block, end: int) -> Block | Answer:
        """Return a plain block that has its tailer, and no NUL before that.

        Its length can be wrong still: cut short by a few bytes, it ends within the next header,
        whose seq has the next NUL.
        """
        for index in range(max(block.start + block.reading.header_size, end - 8), end):
            for reading in READINGS.get(place.buffer[index], ()):
                answer = self.weigh(place, index, reading, in_step=False)
                if answer is not Answer.NO:
                    return answer if answer is Answer.MORE else Answer.NO
        return block

    def _weigh_packed(
        self, place: Place, block: Block, fit: Fit, *, in_step: bool
    ) -> Block | Answer:
        if not block.header.length:  # a crash buffer in which nothing was logged yet
            empty = fit is Fit.TAILER and what_follows(place, block.start + block.length)
            return block if empty in (Follow.END, Follow.FILL) else Answer.NO
        proof = self._probe(block)
        if proof.verdict is Verdict.BROKEN:
            self.budget.spend(proof.cost)
            return Answer.NO
        if proof.verdict is Verdict.LOCKED:
            answer = self._weigh_locked(place, block, fit, in_step=in_step)
            self.budget.spend(proof.cost if answer is Answer.NO else 0)
            return answer
        if fit is Fit.MORE:
            return Answer.MORE
        proves_itself = block.reading.codec is not Codec.PLAIN or (in_step and _is_a_line(block))
        if proof.verdict is Verdict.WHOLE and proves_itself:
            if not in_step:
                self.budget.earn(proof.cost)
            return block
        follow = what_follows(place, block.start + block.length)
        if follow is Follow.MORE:
            return Answer.MORE
        fits = fit is Fit.TAILER and follow in (Follow.END, Follow.HEADER)
        if fits and (block.header.length >= _SHORTEST_OPEN or not proves_itself):
            return block
        self.budget.spend(proof.cost)
        return Answer.NO

    def _weigh_locked(
        self, place: Place, block: Block, fit: Fit, *, in_step: bool
    ) -> Block | Answer:
        if block.header.length > CRASH_BUFFER_SIZE:
            return Answer.NO
        if fit is Fit.MORE:
            return Answer.MORE
        if fit is not Fit.TAILER:
            return Answer.NO
        behind = what_follows(place, block.start + block.length)
        if behind is Follow.FILL and in_step:
            return block  # a crash buffer
        wanted = 1 if in_step else _HEADERS_IN_A_ROW
        return _if_headers_follow(place, block, wanted)


def _if_headers_follow(place: Place, block: Block, wanted: int) -> Block | Answer:
    """Return the block if behind it `wanted` headers in a row fit, or the input ends in step."""
    index = block.start + block.length
    for _ in range(wanted):
        follow = what_follows(place, index)
        if follow is Follow.MORE:
            return Answer.MORE
        if follow is Follow.END:
            return block
        if follow is not Follow.HEADER:
            return Answer.NO
        fits = [(r, *measure(place, index, r)) for r in READINGS[place.buffer[index]]]
        if any(fit is Fit.MORE for _, fit, _ in fits):
            return Answer.MORE
        ends = [
            index + reading.header_size + _length(header) + 1
            for reading, fit, header in fits
            if fit is Fit.TAILER
        ]
        if not ends:
            return Answer.NO
        index = ends[0]
    return block


def _is_a_line(block: Block) -> bool:
    text = unmasked(block.payload, block.header, block.reading)
    return LINE.fullmatch(text) is not None


def _length(header: Header | None) -> int:
    return header.length if header else 0
