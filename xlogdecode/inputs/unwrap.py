"""Logs that became text on their way, read as the logs they are: base64, hex, zlib, mangled bytes.

What reads as base64 or hex of a header is taken for that. What was sent as text is put right only
where that proves itself: more blocks decode then than before.
"""

import zlib
from collections.abc import Callable
from typing import NamedTuple

from xlogdecode.decoder.wrapped import (
    base64_of_a_log,
    dump_of_a_log,
    hex_of_a_log,
    is_utf8,
    opens_a_block,
)
from xlogdecode.inputs.bombs import Meter
from xlogdecode.inputs.compressed import Inflated, may_be_wrapped
from xlogdecode.inputs.files import Entry, Input, Member
from xlogdecode.inputs.wrappings import Base64, Dump, Hex, LineFeeds, Mapped, SingleBytes, Step
from xlogdecode.types import Source

__all__ = ["Unwrapped", "as_log", "unwrapped"]

_TRIED = 256 << 10
"""Bytes on which it is tried whether a log can be put right: blocks have 150 KiB at most."""

_LOOKED_AT = 512


class Unwrapped(Member):
    """The log within another source, which is closed with it."""

    def __init__(self, source: Input | Member, read: Callable[[int], bytes], note: str) -> None:
        """Read with `read` what `source` holds."""
        count = None
        if isinstance(source, Input):  # members are counted already
            count = Meter(source.name, lambda: source.bytes_read).count
        super().__init__(read, (ValueError, EOFError, zlib.error), count)
        self.note = note
        """The words for people on how it was read."""
        self._source = source

    def close(self) -> None:
        """Close the source."""
        self._source.close()

    def __exit__(self, *_: object) -> None:
        """Close the source."""
        self._source.close()


def as_log(entry: Entry, head: bytes) -> Entry:
    """Return the entry of a source that begins with `head`, to be read as the log it holds."""
    found = unwrapped(entry.source, head) if may_be_wrapped(head) else None
    return entry if found is None else entry._replace(source=found, note=found.note)


def unwrapped(source: Input | Member, head: bytes) -> Unwrapped | None:
    """Return the log that is wrapped in a source which begins with `head`, if one is."""
    if head[:1] > b"\x1f":
        for test, reader, note in _WRAPPINGS:
            if test(head):
                return Unwrapped(source, reader(source), note)
        return None
    suspects = [mangling for mangling in _MANGLINGS if mangling.test(head)]
    if not suspects:
        return None
    data = _sample(source)
    source.unread(data)
    for _, undo, note in suspects:
        if _proves_itself(data, undo()):
            return Unwrapped(source, Mapped(source, undo()).read, note)
    return None


# wrapped


class _Wrapping(NamedTuple):
    test: Callable[[bytes], bool]
    """Takes the first bytes of a source."""
    reader: Callable[[Source], Callable[[int], bytes]]
    note: str


def _zlib_of_a_log(head: bytes) -> bool:
    if head[:1] != b"\x78" or len(head) < 2 or int.from_bytes(head[:2], "big") % 31:
        return False
    try:
        return opens_a_block(zlib.decompressobj().decompress(head, _LOOKED_AT))
    except zlib.error:
        return False


def _by(make: Callable[[], Step]) -> Callable[[Source], Callable[[int], bytes]]:
    return lambda source: Mapped(source, make()).read


_WRAPPINGS = (
    _Wrapping(base64_of_a_log, _by(Base64), "is base64 text: the log in it is read"),
    _Wrapping(dump_of_a_log, _by(Dump), "is a hex dump: the log in it is read"),
    _Wrapping(hex_of_a_log, _by(Hex), "is hex text: the log in it is read"),
    _Wrapping(
        _zlib_of_a_log,
        lambda source: Inflated(source, zlib.MAX_WBITS).read,
        "is zlib data: the log in it is read",
    ),
)


# mangled


class _Mangling(NamedTuple):
    test: Callable[[bytes], bool]
    """Tells at the first bytes whether it may be."""
    undo: Callable[[], Step]
    note: str


def _has_carriage_returns(head: bytes) -> bool:
    return 0 < head.count(b"\n") == head.count(b"\r\n")


def _is_utf8_of_bytes(head: bytes) -> bool:
    return not head.isascii() and is_utf8(head)


_SENT = "was sent as text, which made {}: that is undone; send logs as binary"

_MANGLINGS = (
    _Mangling(_has_carriage_returns, LineFeeds, _SENT.format("CR LF of each LF")),
    _Mangling(_has_carriage_returns, lambda: LineFeeds(2), _SENT.format("CR CR LF of each LF")),
    _Mangling(_is_utf8_of_bytes, SingleBytes, _SENT.format("UTF-8 of its bytes")),
)


def _sample(source: Input | Member) -> bytes:
    """Read what a trial takes, and of a pipe no more than is there."""
    data = source.read(_TRIED)
    while len(data) < _TRIED and not source.may_wait:
        more = source.read(_TRIED - len(data))
        if not more:
            break
        data += more
    return data


def _proves_itself(data: bytes, undo: Step) -> bool:
    """Tell whether more blocks decode once it is undone."""
    from xlogdecode.decoder.decode import decode_bytes

    try:
        undone = undo(data)
    except ValueError:
        return False
    before, after = (decode_bytes(each)[1] for each in (data, undone))
    found = [report.blocks.total() + report.locked_blocks for report in (before, after)]
    return bool(before.lost) and found[0] < found[1]
