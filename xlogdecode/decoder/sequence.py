"""Sequence numbers: sessions, gaps and repeated blocks that they hint at. Hints, not proof.

Seq counts the compressed blocks of one process: 1, 2, ... 65535, 1. All logs of a process share it,
so each file of an app with two logs has gaps and has lost nothing.
"""

from typing import NamedTuple

from xlogdecode.codecs.deflate_library import crc32
from xlogdecode.decoder.report import Note, Report
from xlogdecode.types import Buffer

__all__ = ["Numbered", "Place", "Sequence"]

_LAST_SEQ = 65535
_REMEMBERED = 1000
"""Blocks among which a repeated one is looked for, at the least."""

_MOST_GAPS = 1000
"""Gaps of one session that are remembered until it is known whether they mean anything."""


class Numbered(NamedTuple):
    """A compressed block, by what tells it from others."""

    magic: int
    seq: int
    length: int
    checksum: int
    owner: bytes
    """The client key where the payload is encrypted with it; nothing tells elsewhere."""

    @classmethod
    def of(cls, magic: int, seq: int, payload: Buffer, owner: bytes) -> "Numbered":
        """Return what tells a block from others."""
        return cls(magic, seq, len(payload), crc32(payload), owner)


Place = tuple[int, bytes]
"""Seq and client key of a block."""


class Sequence:
    """Follows the seqs of one input and adds what they tell to its report."""

    def __init__(self, report: Report) -> None:
        """Note things in `report`."""
        self._report = report
        self._seen: dict[Numbered, int] = {}
        self._seen_before: dict[Numbered, int] = {}
        self._last: Place | None = None
        self._steps = 0
        self._gap_count = 0
        self._gaps: list[Note] = []
        self._after_loss = False
        self.jumps: list[tuple[Place, Place]] = []
        """The blocks on both sides of places where the count does not go on."""

    def take_run(self, blocks: dict[int, Numbered]) -> bool:
        """Take compressed blocks, by their offsets, unless one of them was there before."""
        news = dict(zip(blocks.values(), blocks, strict=True))
        is_new = all(seen.keys().isdisjoint(news) for seen in (self._seen, self._seen_before))
        if not is_new or len(news) < len(blocks):
            return False
        self._remember(news)
        for offset, block in blocks.items():
            if self._last == (block.seq - 1, block.owner) and not self._after_loss:
                self._last = (block.seq, block.owner)
                self._steps += 1
            else:
                self._step(block, offset)
        return True

    def is_repeated(self, offset: int, block: Numbered) -> bool:
        """Take a compressed block; tell whether the same bytes were there before."""
        first = self._seen.get(block, self._seen_before.get(block))
        if first is not None:
            text = f"the block of seq {block.seq} at offset {first} is here once more"
            self._report.add_note(Note(offset, text))
            return True
        self._remember({block: offset})
        self._step(block, offset)
        return False

    def _remember(self, blocks: dict[Numbered, int]) -> None:
        self._seen.update(blocks)
        if len(self._seen) > _REMEMBERED:
            self._seen, self._seen_before = {}, self._seen

    def lose(self) -> None:
        """Say that bytes were lost here: they account for the next gap."""
        self._after_loss = True

    def end(self) -> None:
        """End a session: note its gaps, unless they are so many that the seq is a shared one."""
        if self._gap_count < 2 or 3 * self._gap_count <= self._steps:
            for gap in self._gaps:
                self._report.add_note(gap)
            self._report.noted += self._gap_count - len(self._gaps)
            self._report.gaps += self._gap_count
        self._steps = self._gap_count = 0
        self._gaps = []

    def _step(self, block: Numbered, offset: int) -> None:
        seq, owner = block.seq, block.owner
        last, self._last = self._last, (seq, owner)
        after_loss, self._after_loss = self._after_loss, False
        if last is not None and len(self.jumps) < _MOST_GAPS:
            self.jumps.append((last, self._last))
        wraps = last is not None and last[0] == _LAST_SEQ and seq == 1
        if last is None or owner != last[1] or (seq <= last[0] and not wraps):
            self.end()
            self._report.sessions += 1
            return
        self._steps += 1
        missing = seq - last[0] % _LAST_SEQ - 1
        if missing and not after_loss:
            self._gap_count += 1
            if len(self._gaps) < _MOST_GAPS:
                blocks = "a block is" if missing == 1 else f"{missing} blocks are"
                text = f"seq {seq} follows seq {last[0]}: {blocks} missing"
                self._gaps.append(Note(offset, text))
