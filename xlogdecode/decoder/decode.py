"""Decoding in one call: a stream of bytes in, text and a report out."""

from collections.abc import Iterable, Iterator
from functools import partial
from io import BytesIO

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


def decode(source: Source, sink: Sink, options: Options | None = None) -> Report:
    """Decode all of `source` into `sink`; return what came of it.

    Raises MissingExtraError if keys are given and the extra `crypt` is not installed, DamagedError
    with `Options.strict`; and whatever reading and writing raise. Damage raises nothing: it is in
    the report, and, with `Options.marks`, a line in the text.
    """
    options = options or Options()
    report = Report()
    outbox = _Outbox(source, sink)
    try:
        for text in iter_marked(iter_decode(outbox, options, report), options):
            outbox.add(text)
    finally:
        outbox.empty()
    return report


class _Outbox:
    """Text between a source and a sink: written in bulk, since each write is a race of the threads
    for the interpreter; but all there is before the source is read on, which may wait.
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

    def add(self, text: Buffer) -> None:
        self._texts.append(text)
        self._size += len(text)
        if self._size >= _BULK:
            self.empty()

    def empty(self) -> None:
        texts, self._texts, self._size = self._texts, [], 0
        if self._is_broken:
            return  # nothing is to stand behind a gap
        self._is_broken = True
        self._write_all(texts)
        self._is_broken = False


def _write_each(sink: Sink, texts: Iterable[Buffer]) -> None:
    for text in texts:
        sink.write(text)


def iter_marked(items: Iterable[Piece | Loss], options: Options) -> Iterator[Buffer]:
    """Yield the text of `items`, and, with `Options.marks`, a line of its own for each loss."""
    ends_in_line = False
    for item in items:
        if isinstance(item, Piece):
            if item.text:
                yield item.text
                ends_in_line = item.text[-1] != 0x0A
        elif options.marks:
            yield b"\n" * ends_in_line + item.mark()
            ends_in_line = False


def decode_bytes(data: Buffer, options: Options | None = None) -> tuple[bytes, Report]:
    """Decode a whole input that is in memory; return its text, and what came of it.

    Raises MissingExtraError and DamagedError as `decode` does, and TypeError for what is no bytes.
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
    yield from Pipeline(source, options, report if report is not None else Report()).run()
