"""The main road: a stream of bytes -> blocks -> text, many blocks being decoded at a time."""

from collections.abc import Iterable, Iterator

from xlogdecode.crypto import Keyring
from xlogdecode.decoder.lookahead import Batch, Lookahead
from xlogdecode.decoder.options import DamagedError, Options, Piece
from xlogdecode.decoder.payloads import Payloads, Unpacked
from xlogdecode.decoder.report import Loss, Report
from xlogdecode.decoder.sequence import Sequence
from xlogdecode.format import Header, parse_header
from xlogdecode.framing import (
    Block,
    Damage,
    Event,
    Fill,
    Framer,
    PlainRun,
    PlainText,
    Verdict,
    is_plain,
)
from xlogdecode.types import Buffer, Source

__all__ = ["Road"]

READ = 1 << 20
"""Bytes read at a time."""


class Road:
    """One input on its way."""

    def __init__(self, source: Source, options: Options, report: Report) -> None:
        self._source = source
        self._options = options
        self._report = report
        self._payloads = Payloads(Keyring(options.keys))
        self._framer = Framer(self._payloads.probe, max_block=options.max_block, speculative=True)
        self._ahead = Lookahead(self._payloads.read_many, options.threads)
        self._sequence = Sequence(report)
        self._at_end = False
        self._fault: Exception | None = None
        """What the source raised: what came before it comes out first."""
        self._was_short = False
        self._open_losses: list[int] = []
        self._held: Loss | None = None
        self._after: tuple[int, int] | None = None

    def close(self) -> None:
        """End the threads."""
        self._ahead.close()

    def run(self) -> Iterator[Piece | Loss]:
        """Yield text and losses in the order of the input."""
        while self._look_ahead():
            step = self._ahead.take()
            if isinstance(step, Batch):
                yield from self._batch(step)
            else:
                yield from self._event(step)
        try:
            yield from self._settle()
        except DamagedError:
            if self._fault is None:
                raise
        if self._fault is not None:
            raise self._fault
        self._sequence.end()

    def _look_ahead(self) -> bool:
        """Frame until there is something to take; tell whether there is."""
        while not self._ahead.is_full:
            event = self._framer.next_event()
            if event is not None:
                packed = isinstance(event, Block) and not is_plain(event.reading)
                self._ahead.add(event, packed=packed)
            elif self._at_end or self._fault or (self._ahead and self._settles_first()):
                self._ahead.flush()
                break
            else:
                self._read()
        return bool(self._ahead)

    def _settles_first(self) -> bool:
        """Tell whether what is there goes on before more is read.

        A search may have to go back behind it, or reading may wait.
        """
        searches = self._framer.is_searching
        return searches or bool(getattr(self._source, "may_wait", self._was_short))

    def _read(self) -> None:
        if not self._ahead:
            self._framer.release(self._framer.offset)
        try:
            data = self._source.read(READ)
        except Exception as error:  # noqa: BLE001 - raised once all is told that came before
            self._fault = error
            return
        self._was_short = len(data) < READ
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
                yield from self._settle()
                yield from self._plain(event)
            case Block():
                yield from self._text(event, (event.payload,))
            case PlainText():
                yield from self._settle()
                self._report.plain_text += event.length
                yield self._piece(event.offset, event.data)
            case Damage():
                yield from self._damage(event)
            case Fill():
                self._report.fill += event.length

    def _plain(self, run: PlainRun) -> Iterator[Piece]:
        self._report.blocks[run.reading.kind] += run.blocks
        first, last = (parse_header(run.buffer, i, run.reading) for i in (run.start, run.last))
        for begin, end in run.hours:
            self._report.add_hours(begin, end)
        self._meet(first, last)
        if not self._options.per_block:
            yield self._piece(run.offset, run.text, run)
            return
        for block in run.split():
            yield self._piece(block.offset, block.payload)

    def _batch(self, batch: Batch) -> Iterator[Piece | Loss]:
        blocks = batch.blocks
        results = self._ahead.results(batch)
        while blocks:
            for block, result in zip(blocks, results, strict=False):
                if result.verdict is Verdict.OPEN and self._framer.doubt(block):
                    self._ahead.forget()
                    return
                if result.verdict is Verdict.BROKEN:
                    damage = self._framer.reject(block, result.cost)
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
            yield from self._lock(block)
        elif result.text is not None:
            yield from self._text(block, (result.text,))
        else:
            yield from self._text(block, self._payloads.iter_text(block))

    def _text(self, block: Block, texts: Iterable[Buffer]) -> Iterator[Piece | Loss]:
        yield from self._settle()
        repeated = not is_plain(block.reading) and self._sequence.is_repeated(block)
        if repeated and self._options.dedup:
            return
        self._report.blocks[block.reading.kind] += 1
        self._report.add_hours(block.header.begin_hour, block.header.end_hour)
        self._meet(block.header, block.header)
        for text in texts:
            yield self._piece(block.offset, text)

    def _meet(self, first: Header, last: Header) -> None:
        """Take in the place in the log that blocks tell of: losses lie between two such places."""
        self._after = (last.seq, last.end_hour)
        for index in self._open_losses:
            loss = self._report.losses[index]
            self._report.losses[index] = loss._replace(before=(first.seq, first.begin_hour))
        self._open_losses.clear()

    def _piece(self, offset: int, text: Buffer, run: PlainRun | None = None) -> Piece:
        self._report.bytes_out += len(text)
        return Piece(offset, text, run)

    # losses

    def _damage(self, damage: Damage) -> Iterator[Piece | Loss]:
        kept = 0
        if damage.broken is not None:
            for text in self._payloads.salvage(damage.broken):
                if text:
                    yield from self._settle()
                    yield self._piece(damage.offset, text)
                    kept += len(text)
        loss = Loss(damage.offset, damage.length, damage.reason.value, damage.detail, kept=kept)
        yield from self._hold(loss)

    def _lock(self, block: Block) -> Iterator[Loss]:
        reason = "no key that fits" if self._options.keys else "encrypted, and no key"
        yield from self._hold(Loss(block.offset, block.length, reason, locked_blocks=1))
        self._meet(block.header, block.header)

    def _hold(self, loss: Loss) -> Iterator[Loss]:
        """Hold a loss back until text follows: what touches is one loss, for the first reason."""
        held = self._held
        if held is None or bool(held.locked_blocks) != bool(loss.locked_blocks):
            yield from self._settle()
            self._held = loss._replace(after=self._after)
            return
        self._held = held._replace(
            length=loss.offset + loss.length - held.offset,
            locked_blocks=held.locked_blocks + loss.locked_blocks,
            kept=held.kept + loss.kept,
        )

    def _settle(self) -> Iterator[Loss]:
        """Tell the loss that was held back."""
        loss, self._held = self._held, None
        if loss is None:
            return
        self._sequence.lose()
        self._report.add_loss(loss)
        if self._report.losses[-1] is loss:
            self._open_losses.append(len(self._report.losses) - 1)
        if self._options.strict:
            raise DamagedError(loss)
        yield loss
