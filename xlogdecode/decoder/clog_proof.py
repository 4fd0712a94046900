"""Whether bytes are a log that is one raw deflate stream, which has no magic.

Deflate accepts much, so text is the proof: lines of a known layout, or lines enough of any other
that end where flushes do. A foreign stream has neither.
"""

import re
from collections.abc import Iterator

from xlogdecode.codecs import CodecError
from xlogdecode.codecs.deflate import flushes_in, iter_flushes, iter_inflate, may_inflate
from xlogdecode.format import NOT_TEXT, READINGS
from xlogdecode.line_layouts import signatures

__all__ = ["OPENS_A_LINE", "begins_here", "opens_a_clog"]

_FIELDS = 9
"""Bytes of a block's header that tell whether it is one."""

_ENOUGH = 64 << 10
"""Bytes of a stream that are looked at, at most."""

OPENS_A_LINE = re.compile(rb"(?:\A|(?<=\n))" + signatures())

_MOST_TEXT = 8 << 10
_HEADS = (64, 1024, _ENOUGH)
"""Bytes that are tried first: a fault shows itself soon."""

_FEWEST_LINES, _SHORTEST_TEXT = 4, 256
"""Lines, and bytes, of text of any layout that are enough."""

_FEWEST_RECORDS = 3
"""Records of a known layout that are enough without a flush, or behind a fault."""


def opens_a_clog(head: bytes, *, is_all: bool) -> bool | None:
    """Tell whether an input that begins with `head`, and no block, is a `.clog`.

    None where it takes more to know; with `is_all` there is no more.
    """
    if not head or (head[0] in READINGS and len(head) < _FIELDS):
        return False if is_all else None
    if head[0] & 1:  # the last block of a stream that ends
        return False
    if OPENS_A_LINE.match(head):  # plain text
        return False
    return _is_proven(head, is_all=is_all, in_damage=False)


def begins_here(data: bytes, index: int, *, is_last: bool) -> bool | None:
    """Tell whether a log's stream begins at `index`, in the midst of what is damaged.

    None where it takes more to know; with `is_last` `data` ends with the input.
    """
    for size in _HEADS[:-1]:
        head = data[index : index + size]
        if not head or not may_inflate(head):
            return False
    head = data[index : index + _ENOUGH]
    return _is_proven(head, is_all=is_last and len(head) < _ENOUGH, in_damage=True)


def _is_proven(head: bytes, *, is_all: bool, in_damage: bool) -> bool | None:
    if not may_inflate(head[: _HEADS[0]]):
        return False
    text = b"".join(_up_to_a_fault(iter_flushes(flushes_in(head[:_ENOUGH]), marks_may_lie=True)))
    if in_damage and not _decodes(text.partition(b"\n")[0], "utf-8"):
        return False  # a place that is a byte off
    fewest = _FEWEST_RECORDS if in_damage else 1
    records = len(OPENS_A_LINE.findall(text))
    if records >= fewest or (records and is_all and _is_sound(head)) or _is_log_of_any_kind(text):
        return True
    if is_all or len(head) >= _ENOUGH or len(text) >= _MOST_TEXT or not _is_sound(head):
        text = b"".join(_up_to_a_fault(iter_inflate(head[:_ENOUGH])))
        return len(OPENS_A_LINE.findall(text)) >= _FEWEST_RECORDS
    return None


def _up_to_a_fault(texts: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the first of `texts`, up to a fault."""
    size = 0
    try:
        for text in texts:
            yield text[:_MOST_TEXT]
            size += len(text)
            if size >= _MOST_TEXT:
                return
    except CodecError:
        return


def _is_sound(head: bytes) -> bool:
    """Tell whether no fault shows in the first bytes."""
    return may_inflate(head[:_ENOUGH])


def _is_log_of_any_kind(text: bytes) -> bool:
    """Tell whether the text of flushes is lines, and enough of them."""
    if text.count(b"\n") < _FEWEST_LINES or len(text) < _SHORTEST_TEXT or NOT_TEXT.search(text):
        return False
    complete = text[: text.rfind(b"\n") + 1]
    return any(_decodes(complete, encoding) for encoding in ("utf-8", "gb18030"))


def _decodes(text: bytes, encoding: str) -> bool:
    try:
        text.decode(encoding)
    except UnicodeError:
        return False
    return True
