"""What the seqs of a file tell: sessions, gaps, blocks that stand there twice. Hints, not proof.

Seq counts the compressed blocks of one process: 1, 2, ... 65535, 1. All logs of a process share it,
so each file of an app with two logs has gaps and has lost nothing.
"""

from collections import OrderedDict

from deflate import crc32

from xlogdecode.decoder.report import Note, Report
from xlogdecode.framing import Block

__all__ = ["Sequence"]

_LAST_SEQ = 65535
_REMEMBERED = 1000
"""Blocks among which a repeated one is looked for."""

_MOST_GAPS = 1000
"""Gaps of one session that are remembered until it is known whether they mean anything."""


class Sequence:
    """Follows the seqs of one input and adds what they tell to its report."""

    def __init__(self, report: Report) -> None:
        """Note things in `report`."""
        self._report = report
        self._seen: OrderedDict[tuple[int, int, int, int, bytes], int] = OrderedDict()
        self._last: tuple[int, bytes] | None = None
        self._steps = 0
        self._gap_count = 0
        self._gaps: list[Note] = []
        self._after_loss = False

    def is_repeated(self, block: Block) -> bool:
        """Take a compressed block; tell whether the same bytes stood there before."""
        header = block.header
        key = (block.reading.magic, header.seq, header.length, crc32(block.payload), _owner(block))
        first = self._seen.get(key)
        if first is not None:
            text = f"the block of seq {header.seq} at offset {first} stands here once more"
            self._report.add_note(Note(block.offset, text))
            return True
        self._seen[key] = block.offset
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        self._step(block)
        return False

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

    def _step(self, block: Block) -> None:
        seq, owner = block.header.seq, _owner(block)
        last, self._last = self._last, (seq, owner)
        after_loss, self._after_loss = self._after_loss, False
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
                self._gaps.append(Note(block.offset, text))


def _owner(block: Block) -> bytes:
    """Return what tells one opening of a log from another; unencrypted, nothing does."""
    return block.header.client_key if block.reading.encrypted else b""
