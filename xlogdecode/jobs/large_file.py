"""One large file, shared among processes: each decodes stretches of its blocks, in turns.

In a healthy file each block ends where the next one begins, so the headers alone show where it may
be cut. A stretch that is anything but sound blocks, and all behind it, is left to the process that
decodes any file. Text is written in order by the processes themselves (`ring`).
"""

import os
from collections.abc import Iterator
from functools import partial
from io import BytesIO
from typing import NamedTuple

from xlogdecode.decoder.decode import decode
from xlogdecode.decoder.fast_path import Run
from xlogdecode.decoder.options import DamagedError, Options
from xlogdecode.decoder.parts import Part, PartPipeline
from xlogdecode.decoder.pipeline import Pipeline
from xlogdecode.decoder.report import Loss, Report
from xlogdecode.errors import InputError
from xlogdecode.framing import walk
from xlogdecode.framing.buffer import InputWindow
from xlogdecode.inputs import Input
from xlogdecode.jobs.forked_workers import Left, Lost, in_turns
from xlogdecode.platform.files import OpenFile, SaveFile
from xlogdecode.platform.forks import may_fork, processes_of_use
from xlogdecode.types import Buffer, Sink

__all__ = ["decode_large", "processes_for"]

_STRETCH = 256 << 10
"""Bytes of a stretch, but for one longer block: its text is held until the turn comes."""

_MOST_TEXT = 8 << 20
"""Bytes of text of a stretch that are held; one that makes more is left."""


_DESCRIPTORS = (OpenFile, SaveFile)


class Stretch(NamedTuple):
    """Blocks in a row: where they begin and end in the file."""

    begin: int
    end: int


def processes_for(source: Input, sink: Sink, options: Options, wanted: int) -> int:
    """Return how many processes may share a file; `wanted` is how many are asked for, 0 for any.

    One where the sink is more than a descriptor, which all can write to.
    """
    is_shareable = source.is_regular and not options.dedup and isinstance(sink, _DESCRIPTORS)
    if not is_shareable or not may_fork():
        return 1
    return processes_of_use(wanted)


def decode_large(source: Input, sink: Sink, options: Options, processes: int) -> Report:
    """Decode all of a file into `sink`, as `decode` does; `processes` share what is sound.

    Raises as `decode` does, and InputError where a process ended early.
    """
    return decode(source, sink, options, first=partial(_share, source, sink, options, processes))


def _share(source: Input, sink: Sink, options: Options, processes: int, pipeline: Pipeline) -> None:
    """Have processes decode stretches, and `pipeline` go on behind them."""
    size = source.size
    stretches = list(_stretches(source.fd, size))
    if len(stretches) <= processes:
        return
    answers = in_turns(stretches, partial(_decode, source.fd, options), processes, sink=sink)
    end = 0
    for stretch, answer in zip(stretches, answers, strict=True):
        if isinstance(answer, Lost):
            how = "early" if answer.status is None else f"with {answer.status}"
            raise InputError(f"{source.name}: a process that decoded it ended {how}; try -T 1")
        if isinstance(answer, Left):
            break
        pipeline.take_part(answer, stretch.begin)
        end = stretch.end
        source.seek(end)
    pipeline.start_at(end)


def _stretches(fd: int, size: int) -> Iterator[Stretch]:
    """Yield the stretches of a file, up to the first block that does not fit."""
    begin = 0
    while begin < size:
        window = InputWindow()
        window.feed(os.pread(fd, _STRETCH, begin))
        window.refill()
        found = walk(window, _STRETCH)
        if not found.blocks:
            return
        yield Stretch(begin, begin + found.end)
        if not found.needs_more:
            return
        begin += found.end


def _decode(fd: int, options: Options, stretch: Stretch, sink: Sink | None) -> Part | Left:
    """Decode a stretch, and write its text; LEFT where it is not sound."""
    data = os.pread(fd, stretch.end - stretch.begin, stretch.begin)
    pipeline = PartPipeline(BytesIO(data), options)
    texts: list[Buffer] = []
    size = 0
    try:
        for item in pipeline.run():
            if isinstance(item, Loss):
                return Left.LEFT
            more = item.texts if isinstance(item, Run) else (item.text,)
            texts += more
            size += sum(map(len, more))
            if size > _MOST_TEXT:
                return Left.LEFT
    except DamagedError:
        return Left.LEFT
    part = pipeline.part()
    if part is None or not texts or texts[-1][-1:] != b"\n":
        return Left.LEFT
    if sink is not None:
        sink.write(b"".join(texts))
    return part
