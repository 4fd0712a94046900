"""The main way: a stream of bytes -> runs of blocks -> text, and a report of it.

Two paths, and nothing is taken back. Healthy blocks go many at a time (`FastPath`); from the first
that does not fit the framer goes on, one proven block at a time, until a few are believed again.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from xlogdecode.crypto import Keyring
from xlogdecode.decoder.fast_path import FastPath, Run
from xlogdecode.decoder.options import DamagedError, Options, Piece
from xlogdecode.decoder.payloads import Payloads
from xlogdecode.decoder.report import OTHER_CURVE, STREAM, Loss, Report
from xlogdecode.decoder.sequence import Numbered, Sequence
from xlogdecode.decoder.soundness import Soundness
from xlogdecode.format import begins_with_a_block
from xlogdecode.framing import Block, Damage, Event, Fill, Framer, PlainText, Verdict
from xlogdecode.secp256k1 import is_of_another_curve
from xlogdecode.types import Buffer, Source

if TYPE_CHECKING:
    from xlogdecode.decoder.evidence import Evidence
    from xlogdecode.decoder.parts import Part

__all__ = ["Pipeline"]

READ = 256 << 10
"""Bytes read at a time."""

_BELIEVED = 3
"""Blocks in a row that the careful path believes before the fast one is tried again."""

Item = Run | Piece | Loss


class Pipeline:
    """One input on its way."""

    def __init__(
        self,
        source: Source,
        options: Options,
        report: Report,
        *,
        sequence: Sequence | None = None,
        soundness: Soundness | None = None,
    ) -> None:
        """Read `source`; what came of it goes into `report`."""
        self._source = source
        self._options = options
        self._report = report
        self._soundness = soundness or Soundness(thorough=options.verify)
        self._payloads = Payloads(Keyring(options.keys), self._soundness)
        self._framer = Framer(self._payloads.probe, max_block=options.max_block)
        self._fast_path = FastPath(self._payloads, self._soundness)
        self._sequence = sequence or Sequence(report)
        self._losses = _Losses(report, self._sequence, options)
        self._fault: Exception | None = None
        """The error of the source: the text before it comes out first."""
        self._is_closed = False
        self._evidence: Evidence | None = None

    def take_part(self, part: "Part", offset: int) -> None:
        """Take in the part at `offset`, behind all before, whose text was written elsewhere."""
        report = self._report
        report.add_part(part.report)
        blocks = {offset + at: block for at, block in part.numbered.items()}
        if blocks and not self._sequence.take_run(blocks):
            for block in blocks.items():
                self._sequence.is_repeated(*block)
        self._soundness.learn_lines(part.ended, opened=part.opened)
        self._losses.last = part.last

    def start_at(self, offset: int) -> None:
        """Go on at `offset`, behind the last part."""
        self._framer.start_at(offset)

    def run(self) -> Iterator[Item]:
        """Yield text and losses in the order of the input."""
        yield from self._clog()
        believed = _BELIEVED
        while True:
            if believed >= _BELIEVED:
                yield from self._runs()
                believed = 0 if self._fast_path.is_blocked else _BELIEVED
            event = self._framer.next_event()
            if event is not None:
                believed = believed + 1 if isinstance(event, Block) else 0
                yield from self._event(event)
            elif not self._feed():
                break
        try:
            yield from self._losses.settle()
        except DamagedError:
            if self._fault is None:
                raise
        if self._fault is not None:
            raise self._fault
        self._sequence.end()
        self._report.add_unchecked(self._soundness.unchecked)
        self._report.add_untried(self._payloads.untried)
        self._explain()

    def _explain(self) -> None:
        """Look for what the input is where it is not a log, and for why it is not intact."""
        report, evidence = self._report, self._evidence
        if evidence is not None and evidence.head and report.gave_nothing:
            from xlogdecode.decoder.foreign import foreign_kind

            report.foreign = foreign_kind(evidence.head)
        if not report.is_whole:
            from xlogdecode.decoder.evidence import Evidence
            from xlogdecode.decoder.likely_cause import Facts, likely_cause

            jumps, keys = self._sequence.jumps, len(self._options.keys)
            report.why = likely_cause(Facts(report, evidence or Evidence(), jumps, keys))

    def _feed(self) -> bool:
        """Feed the framer what is at hand; tell whether there is anything more to come of it."""
        if self._is_closed or self._fault is not None:
            return False
        data = self._read()
        if data:
            self._framer.feed(data)
        if self._is_closed:
            self._framer.close()
        return bool(data) or self._is_closed

    def _read(self) -> bytes:
        """Return what is at hand; none at the end, or where the source fails.

        Where that is less than is wanted, the end of a file is looked for at once, so that a
        small file is one run; a source that may wait is read on while nothing can come of it yet.
        """
        parts: list[bytes] = []
        size = 0
        lacks = self._framer.lacks
        while size < READ and not self._is_closed:
            try:
                data = self._source.read(READ - size)
            except Exception as error:  # noqa: BLE001 - raised once all has come out that came before
                self._fault = error
                break
            self._is_closed = not data
            if data:
                parts.append(data)
                size += len(data)
            if size >= lacks and getattr(self._source, "may_wait", True):
                break
        self._report.bytes_in += size
        return parts[0] if len(parts) == 1 else b"".join(parts)

    # a log without blocks

    def _clog(self) -> Iterator[Item]:
        """Yield all of a `.clog`, up to blocks that follow; any other input goes to the framer."""
        head, is_clog = self._beginning()
        if is_clog:
            from xlogdecode.decoder.clog import Clog

            clog = Clog()
            while head and not clog.blocks_follow:
                yield from self._clog_items(clog.feed(head))
                head = b"" if clog.blocks_follow or self._fault else self._read()
            if self._is_closed and not clog.blocks_follow:
                yield from self._clog_items(clog.close())
            self._report.blocks[STREAM] += clog.streams
            self._framer.start_at(clog.offset)
            head = clog.rest if clog.blocks_follow else b""
        if head:
            self._framer.feed(head)
        if self._is_closed:
            self._framer.close()

    def _beginning(self) -> tuple[bytes, bool]:
        """Return as much of the input as it takes to know whether it is a `.clog`, and that."""
        head = b""
        while True:
            data = self._read()
            head += data
            if begins_with_a_block(head):
                return head, False
            from xlogdecode.decoder.clog_proof import opens_a_clog

            is_clog = opens_a_clog(head, is_all=not data)
            if is_clog is not None:
                return head, is_clog

    def _clog_items(self, items: Iterable[Piece | Loss | Fill]) -> Iterator[Item]:
        for item in items:
            match item:
                case Piece():
                    yield from self._losses.settle()
                    yield self._piece(item.offset, item.text)
                case Loss():
                    yield from self._losses.hold(item)
                case Fill():
                    self._report.fill += item.length

    # the fast path

    def _runs(self) -> Iterator[Item]:
        """Yield all runs at hand from here on, if the framer is in step."""
        window = self._framer.in_step()
        while window is not None:
            run = self._fast_path.take(window)
            if run is None:
                return
            self._framer.skip(run.end - window.start)
            yield from self._losses.settle()
            yield from self._tallied(run)

    def _tallied(self, run: Run) -> Iterator[Item]:
        """Yield a run, less the blocks that are there once more if those are not wanted."""
        numbered = run.numbered()
        if numbered and not self._sequence.take_run(numbered):
            for one in run.split():
                repeated = any(
                    self._sequence.is_repeated(*block) for block in one.numbered().items()
                )
                if not (repeated and self._options.dedup):
                    yield self._counted(one)
            return
        yield self._counted(run)

    def _counted(self, run: Run) -> Run:
        report = self._report
        for kind, count in run.kinds().items():
            report.blocks[kind] += count
        for pair in run.hours:
            report.add_hours(pair & 0xFF, pair >> 8)
        self._losses.meet(run.first, run.last)
        report.bytes_out += sum(map(len, run.texts))
        return run

    # the careful path

    def _event(self, event: Event) -> Iterator[Item]:
        match event:
            case Block():
                yield from self._block(event)
            case PlainText():
                yield from self._losses.settle()
                self._report.plain_text += event.length
                yield self._piece(event.offset, event.data)
            case Damage():
                yield from self._damage(event)
            case Fill():
                self._report.fill += event.length

    def _block(self, block: Block) -> Iterator[Item]:
        if block.reading.is_plain:
            yield from self._text(block, (block.payload,))
            return
        result = self._payloads.read(block)
        if result.verdict is Verdict.LOCKED:
            yield from self._lock(block)
        elif result.text is not None:
            yield from self._text(block, (result.text,))
        else:
            yield from self._text(block, self._payloads.iter_text(block))

    def _text(self, block: Block, texts: Iterable[Buffer]) -> Iterator[Item]:
        yield from self._losses.settle()
        header, reading = block.header, block.reading
        if not reading.is_plain:
            owner = header.client_key if reading.encrypted else b""
            numbered = Numbered.of(reading.magic, header.seq, block.payload, owner)
            if self._sequence.is_repeated(block.offset, numbered) and self._options.dedup:
                return
        self._report.blocks[reading.kind] += 1
        self._report.add_hours(header.begin_hour, header.end_hour)
        self._meet(block)
        for text in texts:
            yield self._piece(block.offset, text)

    def _meet(self, block: Block) -> None:
        header = block.header
        self._losses.meet((header.seq, header.begin_hour), (header.seq, header.end_hour))

    def _piece(self, offset: int, text: Buffer) -> Piece:
        self._report.bytes_out += len(text)
        return Piece(offset, text)

    def _damage(self, damage: Damage) -> Iterator[Item]:
        self._fast_path.shrink()
        self._soundness.is_thorough = True
        self._look(damage)
        kept = 0
        if damage.broken is not None:
            for text in self._payloads.salvage(damage.broken):
                if text:
                    yield from self._losses.settle()
                    yield self._piece(damage.offset, text)
                    kept += len(text)
        loss = Loss(damage.offset, damage.length, damage.reason.value, damage.detail, kept=kept)
        yield from self._losses.hold(loss)

    def _look(self, damage: Damage) -> None:
        if self._evidence is None:
            from xlogdecode.decoder.evidence import Evidence  # most inputs have no damage

            self._evidence = Evidence()
        self._evidence.look(damage)

    def _lock(self, block: Block) -> Iterator[Item]:
        keys = len(self._options.keys)
        fits = "the key does not fit" if keys == 1 else f"none of the {keys} keys fits"
        reason = fits if keys else "no key given"
        if is_of_another_curve(block.header.client_key):
            reason = OTHER_CURVE
        yield from self._losses.hold(Loss(block.offset, block.length, reason, locked_blocks=1))
        self._meet(block)


class _Losses:
    """Losses on their way: each is held back until text follows, for those that touch are one."""

    def __init__(self, report: Report, sequence: Sequence, options: Options) -> None:
        self._report = report
        self._sequence = sequence
        self._is_strict = options.strict
        self._held: Loss | None = None
        self._open: list[int] = []
        self.last: tuple[int, int] | None = None
        """Seq and end hour of the last block that came out."""

    def hold(self, loss: Loss) -> Iterator[Loss]:
        """Take a loss; of what touches the first reason counts."""
        held = self._held
        if held is None or bool(held.locked_blocks) != bool(loss.locked_blocks):
            yield from self.settle()
            self._held = loss._replace(after=self.last)
            return
        self._held = held._replace(
            length=loss.offset + loss.length - held.offset,
            locked_blocks=held.locked_blocks + loss.locked_blocks,
            kept=held.kept + loss.kept,
        )

    def settle(self) -> Iterator[Loss]:
        """Yield the loss that was held back. Raises DamagedError with `Options.strict`."""
        loss, self._held = self._held, None
        if loss is None:
            return
        self._sequence.lose()
        self._report.add_loss(loss)
        if self._report.losses[-1] is loss:
            self._open.append(len(self._report.losses) - 1)
        if self._is_strict:
            raise DamagedError(loss)
        yield loss

    def meet(self, first: tuple[int, int], last: tuple[int, int]) -> None:
        """Take in the seq and hour of blocks that came out: losses are between two such places."""
        self.last = last
        for index in self._open:
            loss = self._report.losses[index]
            self._report.losses[index] = loss._replace(before=first)
        self._open.clear()
