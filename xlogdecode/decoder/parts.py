"""A part of an input, decoded by itself, and what the decoder of the rest has to know of it."""

from typing import NamedTuple

from xlogdecode.decoder.options import Options
from xlogdecode.decoder.pipeline import Pipeline
from xlogdecode.decoder.report import Report
from xlogdecode.decoder.sequence import Numbered, Sequence
from xlogdecode.decoder.soundness import Soundness
from xlogdecode.types import Source

__all__ = ["Part", "PartPipeline"]

_MANY = 1 << 40
"""Flushes that are taken to have been lines of a log before the part: one that is none is a doubt.
"""


class Part(NamedTuple):
    """The counts of sound blocks in a row; offsets are those within the part."""

    report: Report
    numbered: dict[int, Numbered]
    """The compressed blocks, by their offsets."""
    last: tuple[int, int] | None
    """Seq and end hour of the last block."""
    ended: int
    opened: int
    """Flushes that ended lines, and that opened as records (`Soundness`)."""


class PartPipeline(Pipeline):
    """Decodes a part that begins and ends with a block."""

    def __init__(self, source: Source, options: Options) -> None:
        """Read all of `source`."""
        report = Report()
        self._recorder = _Recorder(report)
        soundness = Soundness(thorough=options.verify, before=_MANY)
        super().__init__(source, options, report, sequence=self._recorder, soundness=soundness)

    def part(self) -> Part | None:
        """Return what the part has, once it is decoded; None if that is not sound blocks alone."""
        report = self._report
        if not report.is_whole or report.plain_text or report.fill or report.noted:
            return None
        ended, opened = self._soundness.ended - _MANY, self._soundness.opened - _MANY
        return Part(report, self._recorder.numbered, self._losses.last, ended, opened)


class _Recorder(Sequence):
    """Takes down the blocks, for the sequence of all of the input."""

    def __init__(self, report: Report) -> None:
        super().__init__(report)
        self.numbered: dict[int, Numbered] = {}

    def take_run(self, blocks: dict[int, Numbered]) -> bool:
        self.numbered |= blocks
        return True

    def is_repeated(self, offset: int, block: Numbered) -> bool:
        self.numbered[offset] = block
        return False
