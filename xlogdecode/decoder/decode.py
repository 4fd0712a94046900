"""Decoding in one call: a stream of bytes in, text and a report out."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from io import BytesIO
from itertools import accumulate

from xlogdecode.decoder.fast_path import Run
from xlogdecode.decoder.options import DamagedError, Options, Piece
from xlogdecode.decoder.pipeline import Pipeline
from xlogdecode.decoder.report import Loss, Report
from xlogdecode.types import Buffer, Sink, Source

__all__ = [
    "DamagedError", "Options", "Piece", "decode", "decode_bytes", "iter_decode",
    "iter_marked",
]  # fmt: skip

_BULK = 2 << 20
"""Bytes of text that wait at most to be written together."""
_MOST_HELD = 1000
"""Marks that wait at most for the first text."""


def decode(
    source: Source,
    sink: Sink,
    options: Options | None = None,
    *,
    first: Callable[[Pipeline], object] | None = None,
) -> Report:
    """Decode all of `source` into `sink`; return what came of it.

    `first` may take in parts that were decoded elsewhere (`Pipeline.take_part`).

    Raises MissingExtraError if keys are given and the extra `crypt` is not installed, DamagedError
    with `Options.strict`; and whatever reading and writing raise. Damage raises nothing: it is in
    the report, and, with `Options.marks`, a line in the text.
    """
    options = options or Options()
    report = Report()
    outbox = _Outbox(source, sink)
    pipeline = Pipeline(outbox, options, report)
    if first is not None:
        first(pipeline)
    marks = _Marks(options, has_text=report.bytes_out > 0)
    try:
        for item in pipeline.run():
            if isinstance(item, Run):
                outbox.add(*marks.before(item.texts), *item.texts)
            else:
                outbox.add(*marks.texts_of(item))
    finally:
        outbox.empty()
    return report


class _Marks:
    """A line of its own for each loss, with `Options.marks`; without, a loss ends a line at least.

    Marks wait for the first text: what is not a log gives none.
    """

    def __init__(self, options: Options, *, has_text: bool = False) -> None:
        self._are_wanted = options.marks
        self._in_line = False
        self._is_cut = False
        """Whether a loss came after a part of a line."""
        self._held: list[Buffer] | None = None if has_text else []

    def before(self, texts: Sequence[Buffer]) -> Sequence[Buffer]:
        """Return what comes before the next texts."""
        last = next((text for text in reversed(texts) if text), None)
        if last is None:
            return ()
        waiting = [*self._release(), b"\n"] if self._is_cut else self._release()
        self._in_line, self._is_cut = last[-1] != 0x0A, False
        return waiting

    def texts_of(self, item: Piece | Loss) -> Sequence[Buffer]:
        """Return the text of an item, or the mark of a loss."""
        if isinstance(item, Piece):
            return (*self.before((item.text,)), item.text) if item.text else ()
        if not self._are_wanted:
            self._is_cut = self._in_line
            return ()
        mark = b"\n" * self._in_line + item.mark()
        self._in_line = False
        if self._held is None or item.locked_blocks or len(self._held) >= _MOST_HELD:
            return (*self._release(), mark)
        self._held.append(mark)
        return ()

    def _release(self) -> Sequence[Buffer]:
        held, self._held = self._held or (), None
        return held


class _Outbox:
    """Text between a source and a sink: written in bulk, but all there is before the source is
    read on, which may wait.
    """

    def __init__(self, source: Source, sink: Sink) -> None:
        self._source = source
        self._write_all = getattr(sink, "write_all", None) or partial(_write_each, sink)
        self._texts: list[Buffer] = []
        self._size = 0
        self._is_broken = False

    def __getattr__(self, name: str) -> object:
        return getattr(self._source, name)  # such as `may_wait`, if it has that

    def read(self, size: int) -> bytes:
        if self._texts:
            self.empty()
        return self._source.read(size)

    def add(self, *texts: Buffer) -> None:
        self._texts += texts
        self._size += sum(map(len, texts))
        if self._size >= _BULK:
            self.empty()

    def empty(self) -> None:
        texts, self._texts, self._size = self._texts, [], 0
        if self._is_broken:
            return  # nothing may follow a gap
        self._is_broken = True
        self._write_all(texts)
        self._is_broken = False


def _write_each(sink: Sink, texts: Iterable[Buffer]) -> None:
    for text in texts:
        sink.write(text)


def iter_marked(items: Iterable[Piece | Loss], options: Options) -> Iterator[Buffer]:
    """Yield the text of `items`, and, with `Options.marks`, a line of its own for each loss."""
    marks = _Marks(options)
    for item in items:
        yield from marks.texts_of(item)


def decode_bytes(data: Buffer, options: Options | None = None) -> tuple[bytes, Report]:
    """Decode an input that is in memory; return its text, and what came of it.

    Raises MissingExtraError and DamagedError as `decode` does, and TypeError for what is not bytes.
    """
    memoryview(data).release()  # BytesIO takes None for no bytes at all
    sink = BytesIO()
    report = decode(BytesIO(data), sink, options)
    return sink.getvalue(), report


def iter_decode(
    source: Source, options: Options | None = None, report: Report | None = None
) -> Iterator[Piece | Loss]:
    """Yield the text of `source` and its losses, in the order of the input, filling in `report`."""
    options = options or Options()
    for item in Pipeline(source, options, report if report is not None else Report()).run():
        if not isinstance(item, Run):
            yield item
        elif not options.per_block:
            yield Piece(item.offset, _joined(item.texts), item)
        else:
            yield from _pieces(item)


def _joined(texts: Sequence[Buffer]) -> Buffer:
    return texts[0] if len(texts) == 1 else b"".join(texts)


def _pieces(run: Run) -> Iterator[Piece]:
    offsets, sizes = run.places()
    texts = run.texts
    if run.lines is not None:
        ends = accumulate(sizes)
        texts = [run.lines.text[end - size : end] for end, size in zip(ends, sizes, strict=True)]
    for offset, text in zip(offsets, texts, strict=True):
        yield Piece(offset, text)
