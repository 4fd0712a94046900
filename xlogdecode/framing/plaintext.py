"""Plain-text logs, as the IM SDK wrote them before 4.7.1, alone or glued to blocks."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from xlogdecode.format import NOT_TEXT, READINGS, is_plausible
from xlogdecode.framing.events import PlainText
from xlogdecode.line_layouts import LONGEST_OPENING, signatures

__all__ = [
    "LONGEST_OPENING", "TextEnd", "first_junk", "is_noise", "log_begins", "opens_a_log",
    "split_lines", "text_end", "text_resumes",
]  # fmt: skip

_OPENING = signatures()
_OPENS = re.compile(_OPENING)
_RESUMES = rb"(?<=[\n\x00])" + _OPENING

_LONGEST = 64 << 10
"""A line of more is handed out in pieces of this size."""

_LOG_LINES = 3
"""Lines of known layouts, no NUL between, that are a log: a plain block whose header is damaged
holds one.
"""

_HEADER_NUL = 9
"""A NUL is within the first nine bytes of every header: its length's highest byte."""

_CONTROLS = bytes(byte for byte in range(256) if NOT_TEXT.match(bytes((byte,))))
_NEVER = bytes((0xC0, 0xC1, *range(0xF5, 0x100)))
"""Bytes that are not in UTF-8; one of 20 of compressed data is one."""
_SIGNLESS = bytes({*range(256)} - {*_CONTROLS, *_NEVER})
_NO_CONTROLS = bytes({*range(256)} - {*_CONTROLS})
_KINDS, _ONE_OF = 6, 16
"""Different control characters, and their share, that make a block noise: one of nine bytes of
what is encrypted is one, and what apps log has one or two kinds of them, as separators.
"""
_LOST = "\ufffd".encode()
_NO_CHARACTER = re.compile(_LOST + rb"|\xc2[\x80-\x9f]")
"""The bytes that an editor, or a wrong conversion, makes in UTF-8 of bytes that were not text."""
_TORN_OPENING = re.compile(rb"[^\n]{1,79}?" + _OPENING, re.DOTALL)
"""A line of a log behind the remains of a block's header."""
_LINES = 4096
"""Bytes of lines that are looked at together."""
_JUNK, _SHARE = 16, 8
"""Bytes that are not text, in number and as one of so many, that make a line none."""


class TextEnd(NamedTuple):
    """The end of the text in the buffer, and whether only because the buffer does."""

    stop: int
    goes_on: bool
    headers: tuple[int, ...] = ()
    """Where else it ends, if a block can be believed there."""


def opens_a_log(buffer: bytes, start: int) -> bool:
    """Tell whether a line of a known layout, outside any block, starts here."""
    return buffer[start] >= 0x20 and _OPENS.match(buffer, start) is not None


def text_resumes(buffer: bytes, start: int) -> int | None:
    """Return where the next line of a known layout starts."""
    match = re.compile(_RESUMES).search(buffer, start)
    return match.start() if match else None


def log_begins(buffer: bytes, begin: int, stop: int) -> tuple[bool, int]:
    """Return whether a log begins in `buffer[begin:stop]`, and where.

    Where none does, the index is the one to look from once there is more. What is torn may end
    in mid-line: only behind the first line's opening must the others open lines.
    """
    first, last, seen, count = begin, begin, begin, 0
    for match in _OPENS.finditer(buffer, begin, stop):
        index = match.start()
        goes_on = index - last <= _LONGEST and buffer.find(b"\0", seen, index) < 0
        seen = index
        if count and goes_on and buffer[index - 1] != 0x0A:
            continue
        count = count + 1 if goes_on else 1
        first, last = (index if count == 1 else first), index
        if count == _LOG_LINES:
            return True, first
    if count and stop - last <= _LONGEST and buffer.find(b"\0", seen, stop) < 0:
        return False, first
    return False, max(begin, stop - LONGEST_OPENING)


def text_end(buffer: bytes, start: int, *, closed: bool) -> TextEnd | None:
    """Return the end of the text at `start`: log text holds no NUL, every header does.

    None where the buffer ends in mid-line and the input does not.
    """
    nul = buffer.find(b"\0", start)
    if nul >= 0:
        return _end_before(buffer, start, nul, closed=closed)
    if closed:
        return TextEnd(len(buffer), goes_on=True)
    cut = buffer.rfind(b"\n", start, max(start, len(buffer) - _HEADER_NUL)) + 1
    if cut > start:
        return TextEnd(cut, goes_on=True)
    if len(buffer) - start > _LONGEST + _HEADER_NUL:
        return TextEnd(start + _LONGEST, goes_on=True)
    return None


def _end_before(buffer: bytes, start: int, nul: int, *, closed: bool) -> TextEnd | None:
    """Return where the header begins that a NUL at `nul` belongs to, or what else ends the text."""
    first = max(start, nul - _HEADER_NUL + 1)
    if not closed and len(buffer) - nul < 16:
        return None
    headers = [
        index
        for index in range(first, nul)
        if (reading := READINGS.get(buffer[index]))
        and is_plausible(buffer, index, reading, 1 << 24)
        and is_plausible(buffer, index, reading, 1 << 24)
    ]
    behind_a_line = [i for i in headers if i == start or buffer[i - 1] == 0x0A]
    junk = NOT_TEXT.search(buffer, first)
    likely = (*behind_a_line[-1:], *headers, junk.start() if junk else nul)
    return TextEnd(likely[0], goes_on=False, headers=tuple(headers))


def first_junk(buffer: bytes, start: int, stop: int) -> int:
    """Return where in `buffer[start:stop]` the first line begins that is none, or `stop`.

    That is: blocks from which NULs were stripped, say. A line of a known layout may hold anything.
    """
    while start < stop:
        end = buffer.find(b"\n", min(start + _LINES, stop), stop) + 1 or stop
        text = buffer[start:end]
        for line in () if _is_clean(text) else text.split(b"\n"):
            if not _OPENS.match(line):
                for index in range(0, len(line), _LONGEST):
                    if _is_junk(line[index : index + _LONGEST]):
                        return start + index
            start += len(line) + 1
        start = end
    return stop


def _is_clean(text: bytes) -> bool:
    """Tell quickly that a text shows no sign of bytes that are none."""
    return not text.translate(None, _SIGNLESS) and _LOST not in text


def _is_junk(line: bytes) -> bool:
    if _is_clean(line):
        return False
    printable = line.translate(None, _CONTROLS)
    bad = len(line) - len(printable) + sum(map(len, _NO_CHARACTER.findall(line)))
    if bad or not _is_in(line, "gb18030"):
        bad += len(printable) - len(printable.decode("utf-8", "ignore").encode())
    is_torn = bad > 0 and _TORN_OPENING.match(line) is not None
    return is_torn or (bad >= _JUNK and bad * _SHARE > len(line))


def _is_in(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def is_noise(buffer: bytes, begin: int, end: int) -> bool:
    """Tell whether a plain payload is none: an encrypted one of whose magic a bit was flipped."""
    controls = buffer[begin:end].translate(None, _NO_CONTROLS)
    is_much = len(controls) * _ONE_OF > end - begin and len(set(controls)) >= _KINDS
    return is_much and not _OPENS.match(buffer, begin)


def split_lines(text: PlainText) -> Iterator[PlainText]:
    """Yield a stretch of text line by line, an endless line in pieces."""
    offset = text.offset
    for line in text.data.split(b"\n"):
        whole = line + b"\n"
        if offset + len(whole) > text.offset + text.length:
            whole = line
        for begin in range(0, len(whole), _LONGEST):
            piece = whole[begin : begin + _LONGEST]
            yield PlainText(offset, piece)
            offset += len(piece)
