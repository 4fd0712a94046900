"""The main road: a stream of bytes -> blocks -> text."""

from collections.abc import Generator, Iterable, Iterator

from xlogdecode.crypto import Keyring
from xlogdecode.decoder.options import DamagedError, Options, Piece
from xlogdecode.decoder.payloads import Payloads, Unpacked
from xlogdecode.decoder.report import Loss, Report
from xlogdecode.decoder.sequence import Sequence
from xlogdecode.format import Header
from xlogdecode.framing import (
    Block,
    Damage,
    Event,
    Fill,
    Framer,
    PlainText,
    Verdict,
)
from xlogdecode.types import Buffer, Source

__all__ = ["Pipeline"]

READ = 1 << 20
"""Bytes read at a time."""


class Pipeline:
    """One input on its way from bytes to text."""

    def __init__(self, source: Source, options: Options, report: Report) -> None:
        """Decode `source`; fill in `report`."""
        self._source = source
        self._options = options
        self._report = report
        self._payloads = Payloads(Keyring(options.keys))
        self._framer = Framer(self._payloads.probe, max_block=options.max_block)
        self._sequence = Sequence(report)
        self._open_losses: list[int] = []
        self._held: Loss | None = None
        self._after: tuple[int, int] | None = None

    def run(self) -> Iterator[Piece | Loss]:
        """Yield text and losses in the order of the input."""
        fault = yield from self._careful()
        try:
            yield from self._settle()
        except DamagedError:
            if fault is None:
                raise
        if fault is not None:
            raise fault
        self._sequence.end()

    def _careful(self) -> Generator[Piece | Loss, None, Exception | None]:
        """Take one block at a time; return the exception that the source raised, if any.

        All text that came before that exception is handed out first.
        """
        is_over = False
        while not is_over:
            try:
                data = self._source.read(READ)
            except Exception as error:  # noqa: BLE001 - raised once the text before it is out
                return error
            self._report.bytes_in += len(data)
            is_over = not data
            if is_over:
                self._framer.close()
            else:
                self._framer.feed(data)
            while (event := self._framer.next_event()) is not None:
                yield from self._event(event)
        return None

    # steps

    def _event(self, event: Event) -> Iterator[Piece | Loss]:
        match event:
            case Block() if event.reading.is_plain:
                yield from self._text(event, (event.payload,))
            case Block():
                yield from self._block(event, self._payloads.read(event))
            case PlainText():
                yield from self._settle()
                self._report.plain_text += event.length
                yield self._piece(event.offset, event.data)
            case Damage():
                yield from self._damage(event)
            case Fill():
                self._report.fill += event.length

    def _block(self, block: Block, result: Unpacked) -> Iterator[Piece | Loss]:
        if result.verdict is Verdict.LOCKED:
            yield from self._lock(block)
        elif result.text is not None:
            yield from self._text(block, (result.text,))
        else:
            yield from self._text(block, self._payloads.iter_text(block))

    def _text(self, block: Block, texts: Iterable[Buffer]) -> Iterator[Piece | Loss]:
        yield from self._settle()
        repeated = not block.reading.is_plain and self._sequence.is_repeated(block)
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

    def _piece(self, offset: int, text: Buffer) -> Piece:
        self._report.bytes_out += len(text)
        return Piece(offset, text)

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
