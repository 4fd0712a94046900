"""What damage does to a file's text, block by block, and whether an output agrees with that."""

import enum
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tests.mars import KINDS, Block

MARK = b"[F][xlogdecode] "
_LEGAL = {kind.magic for kind in KINDS.values()}
_NEVER_RELEASED = range(0x0E, 0x16)  # what such a magic means is not to be guessed


class Fate(enum.Enum):
    """What may come out of a block."""

    INTACT = "all of it, and nothing else"
    TORN = "its text up to some point"
    ALTERED = "its text up to the fault, then anything: no format here has a checksum"


@dataclass(frozen=True, slots=True)
class Piece:
    """The true text of one block, and how much of it must come out at the least."""

    text: bytes
    fate: Fate = Fate.INTACT
    at_least: int = 0


@dataclass(frozen=True, slots=True)
class Intact:
    """Where an intact block lies in a damaged file, and which of all blocks it is."""

    start: int
    stop: int
    number: int


@dataclass(frozen=True, slots=True)
class Case:
    """A damaged file and its truth."""

    name: str
    data: bytes
    pieces: tuple[Piece, ...]
    losses: tuple[int, int]
    """The least and the greatest number of losses that an honest report has."""
    blocks: tuple[Block, ...] = ()
    """What the file held before."""
    intact: tuple[Intact, ...] = ()
    headers: tuple[int, ...] = ()
    """Where each block's header ends in the damaged file."""

    def around(self, offset: int, length: int) -> tuple[int, int]:
        """Return the numbers of the intact blocks next to bytes of `data`; -1, or how many blocks
        there are, where there is none.
        """
        left = [one.number for one in self.intact if one.stop <= offset]
        right = [one.number for one in self.intact if one.start >= offset + length]
        return max(left, default=-1), min(right, default=len(self.blocks))

    def may_speak(self, number: int, loss: int) -> bool:
        """Tell whether a damaged block may come out as one, and so be a neighbour of the loss at
        `loss`: also one whose wrong length ends at a zero, which the loss then begins behind.
        """
        piece = self.pieces[number]
        whole = piece.fate is Fate.ALTERED or piece.at_least == len(piece.text)
        return whole or self.headers[number] < loss


@dataclass(frozen=True, slots=True)
class Edit:
    """Replaces bytes `start` to `stop` of a file."""

    start: int
    stop: int
    data: bytes = b""

    @property
    def in_place(self) -> bool:
        return len(self.data) == self.stop - self.start


def damaged(
    name: str, blocks: Sequence[Block], edits: Iterable[Edit], losses: tuple[int, int]
) -> Case:
    """Make the edits (which do not overlap) in the file of `blocks`."""
    edits = sorted(edits, key=lambda edit: edit.start)
    data = b"".join(block.data for block in blocks)
    pieces, intact, headers = [], [], []
    bounds = [0, *itertools.accumulate(len(block.data) for block in blocks)]
    places = itertools.pairwise(bounds)
    for number, (block, (start, stop)) in enumerate(zip(blocks, places, strict=True)):
        touching = [edit for edit in edits if _touches(edit, start, stop, data)]
        piece = _fate(block, start, touching, bounds)
        pieces.append(piece)
        moved = sum(len(e.data) - (e.stop - e.start) for e in edits if e.stop <= start)
        headers.append(start + moved + block.kind.header_size)
        if piece.fate is Fate.INTACT:
            intact.append(Intact(start + moved, stop + moved, number))
    for edit in reversed(edits):
        data = data[: edit.start] + edit.data + data[edit.stop :]
    return Case(name, data, tuple(pieces), losses, tuple(blocks), tuple(intact), tuple(headers))


def _touches(edit: Edit, start: int, stop: int, data: bytes) -> bool:
    if edit.start == edit.stop:  # an insertion hurts a block only from inside
        return start < edit.start < stop
    low, high = max(edit.start, start), min(edit.stop, stop)
    if low >= high:
        return False
    return not edit.in_place or data[low:high] != edit.data[low - edit.start : high - edit.start]


def _fate(block: Block, start: int, edits: list[Edit], bounds: list[int]) -> Piece:
    if not edits:
        return Piece(block.text)
    head, end = block.kind.header_size, len(block.data) - 1
    first = min(_first_change(edit, block, start) for edit in edits)
    if first >= end:  # the tailer alone
        return Piece(block.text, Fate.TORN, len(block.text))
    if first < head:
        if _harmless(edits, block, start) or _only_a_magic(edits, start):
            return Piece(block.text, Fate.TORN, len(block.text))
        return Piece(block.text, _fate_of_header(block, start, edits))
    kept = _flushed(block, first - head)
    # after a cut that ends where a block begins, nothing of the old stream can follow
    clean = all(not edit.data and edit.stop in bounds for edit in edits)
    zeroed = not block.kind.compressed and all(
        edit.in_place and not any(edit.data) for edit in edits
    )
    return Piece(block.text, Fate.TORN if clean or zeroed else Fate.ALTERED, kept)


def _first_change(edit: Edit, block: Block, start: int) -> int:
    """Return the first byte of the block that is no longer what it was."""
    low, high = max(edit.start - start, 0), min(edit.stop - start, len(block.data))
    if edit.in_place:
        new = edit.data[low + start - edit.start : high + start - edit.start]
        return low + next(i for i, byte in enumerate(new) if byte != block.data[low + i])
    return low


def _harmless(edits: list[Edit], block: Block, start: int) -> bool:
    """Seq, hours and a key that nothing is encrypted with do not bear on the text."""
    key = block.kind.header_size if not block.kind.encrypted else 9
    for edit in edits:
        low, high = edit.start - start, edit.stop - start
        if not edit.in_place or not (1 <= low < high <= 5 or 9 <= low < high <= key):
            return False
    return True


def _only_a_magic(edits: list[Edit], start: int) -> bool:
    """A block is still known by all the rest of its header if its magic alone is none any more."""
    edit = edits[0]
    alone = len(edits) == 1 and edit.in_place and (edit.start, edit.stop) == (start, start + 1)
    return alone and edit.data[0] not in {*_LEGAL, *_NEVER_RELEASED}


def _fate_of_header(block: Block, start: int, edits: list[Edit]) -> Fate:
    """One legal magic made of another, or a payload hurt as well, may bring out anything."""
    for edit in edits:
        if not edit.in_place:
            continue
        if edit.start <= start and edit.data[start - edit.start] != block.data[0]:
            return Fate.ALTERED if edit.data[start - edit.start] in _LEGAL else Fate.TORN
        if edit.stop - start > block.kind.header_size:
            return Fate.ALTERED
    return Fate.TORN


def _flushed(block: Block, fault: int) -> int:
    """Return how much text the payload's first `fault` bytes hold for certain."""
    if not block.kind.compressed:
        return fault
    usable = fault // 8 * 8 if block.kind.encrypted else fault
    return max((text for size, text in block.flushes if size <= usable), default=0)


def faults_of(output: bytes, pieces: Sequence[Piece]) -> str | None:
    """Return what an output (without marks) has wrong, or None."""
    at = 0
    doubtful: list[Piece] = []
    for number, piece in enumerate(pieces):
        if piece.fate is not Fate.INTACT:
            doubtful.append(piece)
            continue
        found = output.find(piece.text, at + sum(p.at_least for p in doubtful)) if doubtful else at
        if found < 0 or not output.startswith(piece.text, found):
            return f"intact block {number} is missing or out of order at {at}: {piece.text[:60]!r}"
        if not _fits(output[at:found], doubtful):
            return f"before intact block {number}: {output[at:found]!r} for {doubtful!r}"
        at, doubtful = found + len(piece.text), []
    if not _fits(output[at:], doubtful):
        return f"at the end: {output[at:]!r} for {doubtful!r}"
    return None


def _fits(output: bytes, pieces: Sequence[Piece]) -> bool:
    if not pieces:
        return not output
    piece, rest = pieces[0], pieces[1:]
    if not output.startswith(piece.text[: piece.at_least]):
        return False
    longest = len(output)
    if piece.fate is Fate.TORN:
        longest = _common(output, piece.text)
    return any(
        _fits(output[size:], rest)
        or (_ends_a_line(output, size) and _fits(output[size + 1 :], rest))
        for size in range(longest, piece.at_least - 1, -1)
    )


def _ends_a_line(output: bytes, size: int) -> bool:
    """Tell whether a line feed follows a line that was torn: a loss ends it."""
    return size > 0 and output[size - 1 : size] != b"\n" and output[size : size + 1] == b"\n"


def _common(left: bytes, right: bytes) -> int:
    pairs = enumerate(zip(left, right, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(left), len(right)))


def same_but_for_marks(marked: bytes, plain: bytes) -> int | None:
    """Return the number of marks in `marked`, or None if it is not `plain` with marks.

    A mark is a line of its own; where the text before it ends in mid-line, one line feed is set.
    """
    parts, start = [], 0
    while (mark := _next_mark(marked, start)) >= 0:
        parts.append(marked[start:mark])
        start = marked.index(b"\n", mark) + 1
    return len(parts) if _joins([*parts, marked[start:]], plain) else None


def _next_mark(marked: bytes, start: int) -> int:
    if marked.startswith(MARK, start):
        return start
    found = marked.find(b"\n" + MARK, start)
    return found + 1 if found >= 0 else -1


def _joins(parts: list[bytes], plain: bytes) -> bool:
    if len(parts) == 1:
        return parts[0] == plain
    head, rest = parts[0], parts[1:]
    endings = [head, head[:-1]] if head.endswith(b"\n") else [head]
    return any(plain.startswith(end) and _joins(rest, plain[len(end) :]) for end in endings)
