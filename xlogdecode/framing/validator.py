"""Whether to believe a block: its place in the buffer, the bytes after it, its payload."""

import enum
import re
from collections.abc import Callable
from typing import NamedTuple

from xlogdecode.format import (
    CRASH_BUFFER_SIZE,
    LONGEST_LINE,
    READINGS,
    TAILER,
    Header,
    Reading,
    is_plausible,
    is_torn,
    parse_header,
)
from xlogdecode.framing.events import Block, Proof, Verdict
from xlogdecode.framing.plaintext import is_noise

__all__ = [
    "LINE", "LONGEST_SEARCHED", "MENDING", "Answer", "Budget", "Fit", "Follow", "Probe",
    "Validator", "View", "holds_a_header", "is_vouched_for", "measure", "what_follows",
]  # fmt: skip

LONGEST_SEARCHED = 256 << 10
"""No payload over this is believed out of step; writers stop at 150 KiB."""

_SHORTEST_HEADER = min(reading.header_size for reading in READINGS.values())

_FILL_SEEN = 32
"""Zeros in a row that are taken for fill, or a hole, rather than for a stray tailer."""


class Fit(enum.Enum):
    """The fit of a block that would start here with what is in the buffer."""

    TAILER = "a tailer is where the length says"
    BARE = "some other byte is there, or the input ends just before it"
    CUT = "the input ends within the block"
    TOO_LONG = "its length is beyond belief"
    MORE = "the buffer ends within the block"


class Follow(enum.Enum):
    """The bytes behind a tailer."""

    END = "the end of the input"
    HEADER = "a header with plausible fields"
    MAGIC = "a known magic"
    FILL = "zeros"
    OTHER = "anything else"
    MORE = "the end of the buffer"


_VOUCHES = (Follow.HEADER, Follow.END, Follow.MORE)
_ENDS = (Follow.HEADER, Follow.END, Follow.FILL)


class View(NamedTuple):
    """A place to read blocks: a buffer and its offset in the input, whether that ends there, the
    longest payload.
    """

    buffer: bytes
    base: int
    closed: bool
    max_block: int


def measure(view: View, start: int, reading: Reading) -> tuple[Fit, Header | None]:
    """Return how a block at `start` fits, and its header where all of it is in the buffer."""
    buffer = view.buffer
    begin = start + reading.header_size
    if begin > len(buffer):
        return (Fit.CUT if view.closed else Fit.MORE), None
    header = parse_header(buffer, start, reading)
    if header.length > view.max_block:
        return Fit.TOO_LONG, header
    end = begin + header.length
    if end < len(buffer):
        return (Fit.BARE if buffer[end] else Fit.TAILER), header
    if not view.closed:
        return Fit.MORE, header
    return (Fit.BARE if end == len(buffer) else Fit.CUT), header


def what_follows(view: View, index: int) -> Follow:
    """Return what is at `index`, right behind a tailer."""
    buffer = view.buffer
    if index >= len(buffer):
        return Follow.END if view.closed else Follow.MORE
    if buffer[index] == 0:
        zeros = buffer[index : index + _FILL_SEEN]
        if any(zeros):
            return Follow.OTHER
        return Follow.FILL if len(zeros) == _FILL_SEEN or view.closed else Follow.MORE
    reading = READINGS.get(buffer[index])
    if reading is None:
        return Follow.OTHER
    if len(buffer) - index < _SHORTEST_HEADER and not view.closed:
        return Follow.MORE
    plausible = is_plausible(buffer, index, reading, view.max_block)
    return Follow.HEADER if plausible else Follow.MAGIC


def holds_a_header(view: View, start: int, reading: Reading, header: Header) -> bool:
    """Tell whether a header is cut off: the next block's one is in its key field."""
    end = start + reading.header_size + header.length
    return reading.has_key and is_torn(view.buffer, start, end)


def is_vouched_for(view: View, start: int, reading: Reading) -> bool:
    """Tell, at little cost, whether a tailer and another header may stand behind a block."""
    buffer = view.buffer
    length = int.from_bytes(buffer[start + 5 : start + 9], "little")
    end = start + reading.header_size + length
    if end >= len(buffer):
        return not view.closed
    return buffer[end] == TAILER and what_follows(view, end + 1) in _VOUCHES


_FREE = 200_000_000
_A_BYTE = 100
"""Nanoseconds that may be spent in any case, and for each byte of the input up to where it is."""

MENDING, SEARCHING, VOUCHED = 0.25, 1, 2
"""Shares of that: for what is nice to have, what has to be, and what the surroundings speak for."""


class Budget:
    """Keeps count of what failed tries cost in one input, in nanoseconds as they are estimated."""

    __slots__ = ("_spent",)

    def __init__(self) -> None:
        """Start with nothing spent."""
        self._spent = 0

    def spend(self, cost: int) -> None:
        """Take note of a try that failed."""
        self._spent += cost

    def earn(self, cost: int) -> None:
        """Take note of a try that did not fail: another that costs as much may."""
        self._spent = max(0, self._spent - cost)

    def affords(self, view: View, index: int, share: float = SEARCHING) -> bool:
        """Tell whether a block at `index` may be tried."""
        return self._spent <= share * (_FREE + _A_BYTE * (view.base + index))


Probe = Callable[[Block], Proof]
"""Tries whether a block's payload decodes; the payload may be cut short by the buffer's end."""

_SHORTEST_OPEN = 64
"""Payload bytes below which a stream that ends in mid-air proves nothing."""

_HEADERS_IN_A_ROW = 2
LINE = re.compile(rb"[^\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f]*\n")

_WEIGHING = 10_000
"""Nanoseconds that it takes to find out that a block is none, its probe aside."""


class Answer(enum.Enum):
    """The answer where there is not a block that can be believed."""

    NO = "no block"
    MORE = "that takes more of the input to tell"


class Validator:
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

    def weigh(self, view: View, start: int, reading: Reading, *, in_step: bool) -> Block | Answer:
        """Return the block at `start` if it can be believed.

        `in_step`: the block before ended here. A block without a tailer is returned without one.
        """
        fit, header = measure(view, start, reading)
        if header is None:
            return Answer.NO if fit is Fit.CUT else Answer.MORE
        if fit in (Fit.TOO_LONG, Fit.CUT):
            return Answer.NO
        plausible = is_plausible(view.buffer, start, reading, view.max_block)
        if not plausible and not in_step:
            return Answer.NO
        if not in_step and not 0 < header.length <= LONGEST_SEARCHED:
            return Answer.NO
        if holds_a_header(view, start, reading, header):
            return Answer.NO
        tailer = 1 if fit is Fit.TAILER else 0
        length = reading.header_size + header.length + tailer
        block = Block(view.base + start, length, reading, header, view.buffer, start)
        weigh = self._weigh_plain if reading.is_plain else self._weigh_packed
        return weigh(view, block, fit, in_step=in_step)

    def weigh_out_of_step(self, view: View, start: int) -> Block | Answer:
        """Return the block at `start` if it proves itself.

        Where too much was spent on others, only a block that its surroundings vouch for is looked
        at; and none where those were wrong as well.
        """
        reading = READINGS.get(view.buffer[start])
        if reading is None:
            return Answer.NO
        if not self.budget.affords(view, start):
            vouched = is_vouched_for(view, start, reading)
            if not vouched or not self.budget.affords(view, start, VOUCHED):
                return Answer.NO
        answer = self.weigh(view, start, reading, in_step=False)
        if answer is Answer.NO:
            self.budget.spend(_WEIGHING)
        return answer

    def _weigh_plain(self, view: View, block: Block, fit: Fit, *, in_step: bool) -> Block | Answer:
        begin = block.start + block.reading.header_size
        end = begin + block.header.length
        if not in_step and block.header.length > LONGEST_LINE:
            return Answer.NO
        if view.buffer.find(b"\0", begin, end) >= 0:
            return Answer.NO
        if fit is Fit.MORE:
            return Answer.MORE
        if is_noise(view.buffer, begin, end):
            return Answer.NO
        follow = what_follows(view, end + 1)
        if fit is Fit.TAILER:
            if follow is Follow.MORE:
                return Answer.MORE
            if follow not in _ENDS and not LINE.fullmatch(view.buffer, begin, end):
                return Answer.NO
            return self._unless_cut_short(view, block, end) if in_step else block
        instead = what_follows(view, end)
        if Follow.MORE in (follow, instead):
            return Answer.MORE
        if follow is Follow.HEADER or Follow.END in (follow, instead):
            return block
        # a line's end is a magic, too: with no tailer at all, all in front of it must be lines
        fits = instead is Follow.HEADER and LINE.fullmatch(view.buffer, begin, end)
        return block if fits else Answer.NO

    def _unless_cut_short(self, view: View, block: Block, end: int) -> Block | Answer:
        """Return a plain block that has its tailer, and no NUL before that.

        Its length can be wrong still: cut short by a few bytes, it ends within the next header,
        whose seq has the next NUL.
        """
        for index in range(max(block.start + block.reading.header_size, end - 8), end):
            reading = READINGS.get(view.buffer[index])
            if reading is None:
                continue
            answer = self.weigh(view, index, reading, in_step=False)
            if answer is not Answer.NO:
                return self._unless_lines_fit(view, block, answer)
        return block

    def _unless_lines_fit(self, view: View, block: Block, inner: Block | Answer) -> Block | Answer:
        """Return a plain block in whose last bytes `inner` begins: the next header vouches for it.

        A line may end in bytes that look like a header.
        """
        follow = what_follows(view, block.start + block.length)
        if follow in (Follow.HEADER, Follow.END):
            return block
        is_open = inner is Answer.MORE or follow is Follow.MORE
        return Answer.MORE if is_open else Answer.NO

    def _weigh_packed(self, view: View, block: Block, fit: Fit, *, in_step: bool) -> Block | Answer:
        if not block.header.length:  # a crash buffer in which nothing was logged yet
            empty = fit is Fit.TAILER and what_follows(view, block.start + block.length)
            return block if empty in (Follow.END, Follow.FILL) else Answer.NO
        proof = self._probe(block)
        if proof.verdict is Verdict.BROKEN:
            self.budget.spend(proof.cost)
            return Answer.NO
        if proof.verdict is Verdict.LOCKED:
            answer = self._weigh_locked(view, block, fit, in_step=in_step)
            self.budget.spend(proof.cost if answer is Answer.NO else 0)
            return answer
        if fit is Fit.MORE:
            return Answer.MORE
        if proof.verdict is Verdict.WHOLE:
            if not in_step:
                self.budget.earn(proof.cost)
            return block
        follow = what_follows(view, block.start + block.length)
        if follow is Follow.MORE:
            return Answer.MORE
        fits = fit is Fit.TAILER and follow in (Follow.END, Follow.HEADER)
        if fits and block.header.length >= _SHORTEST_OPEN:
            return block
        self.budget.spend(proof.cost)
        return Answer.NO

    def _weigh_locked(self, view: View, block: Block, fit: Fit, *, in_step: bool) -> Block | Answer:
        if block.header.length > CRASH_BUFFER_SIZE:
            return Answer.NO
        if fit is Fit.MORE:
            return Answer.MORE
        if fit is not Fit.TAILER:
            return Answer.NO
        behind = what_follows(view, block.start + block.length)
        if behind is Follow.FILL and in_step:
            return block  # a crash buffer
        wanted = 1 if in_step else _HEADERS_IN_A_ROW
        return _if_headers_follow(view, block, wanted)


def _if_headers_follow(view: View, block: Block, wanted: int) -> Block | Answer:
    """Return the block if behind it `wanted` headers in a row fit, or the input ends in step."""
    index = block.start + block.length
    for _ in range(wanted):
        follow = what_follows(view, index)
        if follow is Follow.MORE:
            return Answer.MORE
        if follow is Follow.END:
            return block
        if follow is not Follow.HEADER:
            return Answer.NO
        reading = READINGS[view.buffer[index]]
        fit, header = measure(view, index, reading)
        if fit is Fit.MORE:
            return Answer.MORE
        if fit is not Fit.TAILER or header is None:
            return Answer.NO
        index += reading.header_size + header.length + 1
    return block
