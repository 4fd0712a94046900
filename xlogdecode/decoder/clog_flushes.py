"""The flushes of a `.clog`, and the first that is not what was logged.

Deflate has no checksum. What shows a fault, besides a code that does not exist: a mark that is on
no boundary, bytes that no text holds, and text that went astray. A fault that changes the length of
the text moves all that later flushes take from it, so that lines soon lose their ends and heads;
one that changes a letter shows in nothing.
"""

import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from xlogdecode.codecs import FLUSH, CodecError, count_lines
from xlogdecode.codecs.deflate import flushes_in, iter_flushes, iter_inflate
from xlogdecode.decoder.clog_proof import OPENS_A_LINE
from xlogdecode.decoder.soundness import find_hole
from xlogdecode.format import NOT_TEXT

if TYPE_CHECKING:
    from xlogdecode.codecs.deflate import Inflater

__all__ = ["MOST_TEXT", "inflated", "is_astray", "up_to_the_fault"]

MOST_TEXT = 8 << 20
"""Bytes of text that are held at a time."""

_NO_TEXT = (b"\0", b"\xff" * 4)
"""No log's text holds these."""

_TAIL = 4 << 10
"""Bytes of text that show whether text went astray before: it does not come back."""

_FEWEST, _AHEAD = 4, 64
"""Lines, or flushes, that show how lines of a log look, and that are looked at."""

_USUAL, _ASTRAY = 0.9, 0.7
"""Records for a line: in a log of one-line records, and at most in text that went astray. 0.6 was
the most of 106 flipped bits that changed the text's length.
"""


class _Flush(NamedTuple):
    text: bytes
    end: int
    """Bytes up to its end."""


def inflated(inflater: "Inflater", data: bytes) -> bytes | None:
    """Return the text of `data`, at most MOST_TEXT bytes of it; None where there is a fault."""
    if find_hole(data, 0, len(data)) >= 0:
        return None
    try:
        text = inflater.decompress(data, MOST_TEXT)
    except zlib.error:
        return None
    return None if any(sign in text for sign in _NO_TEXT) else text


def is_astray(before: "Inflater", data: bytes, text: bytes, sample: bytes) -> bool:
    """Tell whether the text of `data`, which is `text`, is not what was logged from some flush on.

    `sample` is the text before. Cheap where lines look as they should.
    """
    behind = text[-_TAIL:]
    share = _records_a_line(behind[behind.find(b"\n") + 1 :])
    ends_lines = text.endswith(b"\n") and count_lines(text) >= data.count(FLUSH)
    if ends_lines and (share is None or share >= _ASTRAY):
        return False
    texts = [flush.text for flush in _flushes(before.copy(), data)]
    return _first_astray(texts, sample) is not None


def up_to_the_fault(before: "Inflater", data: bytes, sample: bytes) -> tuple[bytes, int, int]:
    """Return the text of `data` up to its fault, the bytes of its sound flushes, and how many bytes
    of the text are of the flush behind them: its complete records, where flushes have many.
    """
    flushes = list(_flushes(before.copy(), data))
    number = _first_astray([flush.text for flush in flushes], sample, fault_follows=True)
    flushes = flushes[:number]
    end = flushes[-1].end if flushes else 0
    if number is not None:
        return b"".join(flush.text for flush in flushes), end, 0
    text = b"".join(flush.text for flush in flushes)
    records = b""
    if text.count(b"\n") >= 2 * len(flushes) if flushes else data.count(FLUSH) <= 1:
        before.decompress(data[:end])
        records = _complete_records(before, data[end:])
    return text + records, end, len(records)


def _flushes(inflater: "Inflater", data: bytes) -> Iterator[_Flush]:
    """Yield the flushes up to the first that does not end at its mark, or is not text."""
    seen = 0

    def stretches() -> Iterator[bytes]:
        nonlocal seen
        for stretch in flushes_in(data):
            seen += len(stretch)
            yield stretch

    try:
        for text in iter_flushes(stretches(), marks_may_lie=False, stream=inflater):
            if any(sign in text for sign in _NO_TEXT):
                return
            yield _Flush(text, seen)
    except CodecError:
        return


def _first_astray(texts: list[bytes], sample: bytes, *, fault_follows: bool = False) -> int | None:
    """Return the index of the first text that may not be what was logged, if they go astray.

    That is so where texts opened records before, and few do from there on. The one before may be
    wrong already.
    """
    opens = [not text or OPENS_A_LINE.match(text) is not None for text in texts]
    usual = _records_a_line(sample[sample.find(b"\n") + 1 :]) or 0
    before, behind = 0, sum(opens)
    for number, text in enumerate(texts):
        left = len(texts) - number
        is_odd = not opens[number] or (text and not text.endswith(b"\n"))
        if is_odd and (usual >= _USUAL or (number >= _FEWEST and before >= _USUAL * number)):
            is_rest_odd = behind < _ASTRAY * left and _are_astray(texts[number : number + _AHEAD])
            if is_rest_odd or (fault_follows and left < _FEWEST):
                return max(number - 1, 0)
        before += opens[number]
        behind -= opens[number]
    return None


def _are_astray(texts: list[bytes]) -> bool:
    """Tell whether few lines open a record, wherever flushes end."""
    share = _records_a_line(b"".join(texts))
    return share is not None and share < _ASTRAY


def _records_a_line(text: bytes) -> float | None:
    """Return how many of the lines open a record; None for few lines."""
    lines = text.count(b"\n")
    return len(OPENS_A_LINE.findall(text)) / lines if lines >= _FEWEST else None


def _complete_records(inflater: "Inflater", data: bytes) -> bytes:
    """Return the records of a broken flush up to the one that the fault may be in."""
    text = b""
    try:
        for piece in iter_inflate(data, inflater):
            text += piece
    except CodecError:
        pass
    junk = NOT_TEXT.search(text)
    end = junk.start() if junk else len(text)
    starts = [found.start() for found in OPENS_A_LINE.finditer(text, 0, end)]
    return text[: starts[-1] if starts else 0]
