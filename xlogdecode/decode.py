"""The main road: a stream of bytes -> blocks -> text."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Protocol

from xlogdecode.codecs import Buffer
from xlogdecode.crypto import Keyring
from xlogdecode.errors import XlogError
from xlogdecode.framing import (
    Block,
    Damage,
    Event,
    Fill,
    Framer,
    PlainRun,
    PlainText,
    Verdict,
)
from xlogdecode.framing.fit import is_plain
from xlogdecode.framing.framer import MAX_BLOCK
from xlogdecode.jobs import Batch, Lookahead
from xlogdecode.payloads import Payloads, Unpacked
from xlogdecode.report import Loss, Report

__all__ = ["DamagedError", "Options", "Piece", "decode", "decode_bytes", "iter_decode"]

READ = 512 << 10
"""Bytes read at a time."""

_SMALL = 16 << 10
"""Texts shorter than this on average are joined before they are handed on."""


class Source(Protocol):
    """What can be decoded: any binary file, pipe or socket file."""

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes; none at the end."""


class Sink(Protocol):
    """What text can be written to."""

    def write(self, data: Buffer, /) -> object:
        """Take bytes."""


class DamagedError(XlogError):
    """The input is damaged, and `Options.strict` was asked for."""

    def __init__(self, loss: Loss) -> None:
        """Take the first loss."""
        super().__init__(f"{loss}; leave out --strict to get the rest")
        self.loss = loss


@dataclass(frozen=True, slots=True)
class Options:
    """How to decode."""

    keys: tuple[bytes, ...] = ()
    """Server private keys, 32 bytes each."""
    threads: int = 1
    marks: bool = True
    """A line `[F][xlogdecode] ...` stands in the text where bytes were lost."""
    strict: bool = False
    """Raise DamagedError at the first loss."""
    max_block: int = MAX_BLOCK
    """Bytes of payload beyond which no length is believed."""
    per_block: bool = False
    """Hand out each block's text by itself (`iter_decode`)."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Text of the block, or of the run of blocks, at `offset` of the input; or a part of it."""

    offset: int
    text: Buffer


def decode(source: Source, sink: Sink, options: Options | None = None) -> Report:
    """Decode all of `source` into `sink`; return what came of it.

    Raises MissingExtraError if keys are given and the extra `crypt` is not installed, DamagedError
    with `Options.strict`; and whatever reading and writing raise. Damage raises nothing: it is in
    the report, and, with `Options.marks`, a line in the text.
    """
    options = options or Options()
    report = Report()
    ends_in_line = False
    for item in iter_decode(source, options, report):
        if isinstance(item, Piece):
            if item.text:
                sink.write(item.text)
                ends_in_line = item.text[-1] != 0x0A
        elif options.marks:
            sink.write(b"\n" * ends_in_line + item.mark())
            ends_in_line = False
    return report


def decode_bytes(data: bytes, options: Options | None = None) -> tuple[bytes, Report]:
    """Decode a whole input that is in memory; return its text, and what came of it."""
    sink = BytesIO()
    report = decode(BytesIO(data), sink, options)
    return sink.getvalue(), report


def iter_decode(
    source: Source, options: Options | None = None, report: Report | None = None
) -> Iterator[Piece | Loss]:
    """Yield the text of `source` and its losses, in the order of the input, filling in `report`."""
    options = options or Options()
    road = _Road(source, options, report if report is not None else Report())
    try:
        yield from road.run()
    finally:
        road.close()


class _Road:
    """One input on its way."""

    def __init__(self, source: Source, options: Options, report: Report) -> None:
        self._source = source
        self._options = options
        self._report = report
        self._payloads = Payloads(Keyring(options.keys))
        self._framer = Framer(self._payloads.probe, max_block=options.max_block, speculative=True)
        self._ahead = Lookahead(self._payloads.read_many, options.threads)
        self._at_end = False
        self._locked: Loss | None = None
        self._after: tuple[int, int] | None = None

    def close(self) -> None:
        self._ahead.close()

    def run(self) -> Iterator[Piece | Loss]:
        while self._look_ahead():
            step = self._ahead.take()
            if isinstance(step, Batch):
                yield from self._batch(step)
            else:
                yield from self._event(step)
        yield from self._end_locked()

    def _look_ahead(self) -> bool:
        """Frame until there is something to take; tell whether there is."""
        while not self._ahead.is_full:
            event = self._framer.next_event()
            if event is not None:
                packed = isinstance(event, Block) and not is_plain(event.reading)
                self._ahead.add(event, packed=packed)
            elif self._at_end or (self._framer.is_searching and self._ahead):
                # what a search may have to go back behind is settled first
                self._ahead.flush()
                break
            else:
                self._read()
        return bool(self._ahead)

    def _read(self) -> None:
        if not self._ahead:
            self._framer.release(self._report.bytes_in)
        data = self._source.read(READ)
        self._report.bytes_in += len(data)
        if data:
            self._framer.feed(data)
        else:
            self._framer.close()
            self._at_end = True

    # steps

    def _event(self, event: Event | PlainRun) -> Iterator[Piece | Loss]:
        match event:
            case PlainRun():
                yield from self._end_locked()
                yield from self._plain(event)
            case Block():
                yield from self._text(event, event.payload)
            case PlainText():
                yield from self._end_locked()
                self._report.plain_text += event.length
                yield self._piece(event.offset, event.data)
            case Damage():
                yield from self._damage(event)
            case Fill():
                self._report.fill += event.length

    def _plain(self, run: PlainRun) -> Iterator[Piece]:
        self._report.blocks[run.reading.kind] += run.count
        if not self._options.per_block:
            yield self._piece(run.offset, run.text)
            return
        for block in run:
            yield self._piece(block.offset, block.payload)

    def _batch(self, batch: Batch) -> Iterator[Piece | Loss]:
        blocks = batch.blocks
        results = self._ahead.results(batch)
        while blocks:
            for block, result in zip(blocks, results, strict=False):
                if result.verdict is Verdict.BROKEN:
                    damage = self._framer.reject(block)
                    if damage is None:
                        self._ahead.forget()
                        return
                    yield from self._damage(damage)
                else:
                    yield from self._block(block, result)
            blocks = blocks[len(results) :]
            results = self._payloads.read_many(blocks) if blocks else []
        last = batch.blocks[-1]
        self._framer.release(last.offset + last.length)
        self._ahead.succeed()

    def _block(self, block: Block, result: Unpacked) -> Iterator[Piece | Loss]:
        if result.verdict is Verdict.LOCKED:
            self._lock(block)
        elif result.text is not None:
            yield from self._text(block, result.text)
        else:
            yield from self._text(block, b"")
            for text in self._payloads.iter_text(block):
                yield self._piece(block.offset, text)

    def _text(self, block: Block, text: Buffer) -> Iterator[Piece | Loss]:
        yield from self._end_locked()
        self._report.blocks[block.reading.kind] += 1
        self._report.hours.update((block.header.begin_hour, block.header.end_hour))
        self._after = (block.header.seq, block.header.end_hour)
        yield self._piece(block.offset, text)

    def _piece(self, offset: int, text: Buffer) -> Piece:
        self._report.bytes_out += len(text)
        return Piece(offset, text)

    # losses

    def _damage(self, damage: Damage) -> Iterator[Piece | Loss]:
        yield from self._end_locked()
        if damage.broken is not None:
            for text in self._payloads.salvage(damage.broken):
                yield self._piece(damage.offset, text)
        yield self._lose(
            Loss(
                damage.offset,
                damage.length,
                damage.reason.value,
                damage.detail,
                after=self._after,
            )
        )

    def _lock(self, block: Block) -> None:
        """Count a block that no key opens; a row of them is one loss."""
        locked = self._locked
        reason = "no key that fits" if self._options.keys else "encrypted, and no key"
        self._locked = Loss(
            locked.offset if locked else block.offset,
            block.length + (locked.length if locked else 0),
            reason,
            locked_blocks=1 + (locked.locked_blocks if locked else 0),
            after=self._after,
        )

    def _end_locked(self) -> Iterator[Loss]:
        locked, self._locked = self._locked, None
        if locked is not None:
            yield self._lose(locked)

    def _lose(self, loss: Loss) -> Loss:
        self._report.add_loss(loss)
        if self._options.strict:
            raise DamagedError(loss)
        return loss
