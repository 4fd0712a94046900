"""A small look at damaged bytes as they go by: what tells later why they are damaged."""

import re
from typing import Final

from xlogdecode.decoder.wrapped import REPLACEMENT, fork_magic, is_utf8
from xlogdecode.framing import Damage
from xlogdecode.framing.events import Reason

__all__ = ["Evidence"]

_LOOKED_AT: Final = 256
"""Places that are looked at; they are alike in most files."""

_ZEROS: Final = re.compile(rb"\0{512,}")
_SECTOR, _PAGE = 512, 4096
_NEAR: Final = 8
"""Zeros beside a page that may be the log's own."""

_HEADER: Final = 13
"""Bytes in front of a line: text may hold U+FFFD where it was so when it was logged."""


class Evidence:
    """The signs that were seen in the damage of one input."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.places = 0
        self.head = b""
        """The first bytes of the input, where damage begins it."""
        self.packed = 0
        """Bytes of packed blocks that were looked at, zeros aside."""
        self.pages = 0
        """Stretches of zeros that begin and end as pages of a disk do."""
        self.page_bytes = 0
        self.first_page = 0
        """Input offset of the first of them."""
        self.joined: tuple[int, int] | None = None
        """Input offset and length of zeros between two blocks that are none of a page."""
        self.replaced = 0
        """Characters U+FFFD in UTF-8."""
        self.is_utf8 = True
        self.is_ascii = True
        self.feeds = 0
        self.feeds_after_returns = 0
        self.torn_into = 0
        """Blocks in which another begins before they end."""
        self.fork_magics: set[int] = set()
        self.ends_a_block = False
        """Whether the damage that begins the input ends as a block does."""

    def look(self, damage: Damage) -> None:
        """Take in damage."""
        self.places += 1
        if self.places > _LOOKED_AT:
            return
        sample = damage.sample
        if damage.offset == 0:
            self.head = sample
            self.ends_a_block = damage.length == len(sample) and sample[-1:] == b"\0"
        broken = damage.broken
        if broken is not None and not broken.reading.is_plain:
            self._look_for_text(sample)
            claimed = broken.reading.header_size + broken.header.length
            self.torn_into += damage.reason is not Reason.CUT and damage.length < claimed
        elif broken is not None:
            text = sample if 30 * sample.count(REPLACEMENT) > len(sample) else sample[:_HEADER]
            self.replaced += text.count(REPLACEMENT)
            self.is_utf8 = self.is_utf8 and is_utf8(sample)
        if damage.reason is Reason.UNKNOWN_MAGIC and (magic := fork_magic(sample)):
            self.fork_magics.add(magic)
        self._look_at_zeros(damage)

    def _look_for_text(self, sample: bytes) -> None:
        """Take in a packed block, in which text is not to be expected."""
        self.packed += len(sample) - sample.count(0)
        self.replaced += sample.count(REPLACEMENT)
        self.is_utf8 = self.is_utf8 and is_utf8(sample)
        self.is_ascii = self.is_ascii and sample.isascii()
        self.feeds += sample.count(b"\n")
        self.feeds_after_returns += sample.count(b"\r\n")

    def _look_at_zeros(self, damage: Damage) -> None:
        sample, base = damage.sample, damage.offset
        for run in _ZEROS.finditer(sample):
            begin, end = base + run.start(), base + run.end()
            if run.end() == len(sample) < damage.length:
                end = base + damage.length  # beyond what is shown
            is_all = damage.reason is Reason.HOLE and end == base + damage.length
            begins = -begin % _SECTOR <= _NEAR or damage.reason is Reason.HOLE
            if (begins and end % _SECTOR <= _NEAR) or (end - begin) % _PAGE == 0:
                self.first_page = self.first_page if self.pages else begin
                self.pages += 1
                self.page_bytes += end - begin
            elif is_all and end - begin > _PAGE and self.joined is None:
                self.joined = (begin, end - begin)
