"""The text of a broken payload, up to its last sound flush."""

import re
from collections.abc import Iterator

from xlogdecode.codecs import CodecError, flushed_texts
from xlogdecode.decoder.soundness import find_hole, is_text
from xlogdecode.format import LONGEST_LINE, NOT_TEXT, Codec
from xlogdecode.framing.plaintext import opens_a_log
from xlogdecode.types import Buffer

__all__ = ["salvage_plain", "up_to_the_fault"]

_PIECE = 1 << 20
"""Bytes of text that come at a time."""

_ERASED = rb"\x00|\xff{4}"
"""The fill of erased pages; single bytes of 0xFF are in what apps log."""

_JUNK = re.compile(NOT_TEXT.pattern + rb"|" + _ERASED)
_NO_CHARACTER = re.compile(_ERASED)


def salvage_plain(remains: memoryview, *, to_the_end: bool) -> Iterator[bytes]:
    """Yield a plain payload up to its first NUL (its tailer, if the length lied), if it is text."""
    text = bytes(remains[: LONGEST_LINE + 1]).partition(b"\0")[0]
    if to_the_end and len(text) + 1 != len(remains):
        return
    if len(text) <= LONGEST_LINE and not _JUNK.search(text):
        yield text


def up_to_the_fault(codec: Codec, data: Buffer) -> Iterator[bytes]:
    """Yield the text of all flushes before the first that is not sound.

    A fault shows in its own flush or later: inflating goes on for many lines of junk at times. So
    a flush must end at its mark, end a line as those before it do, and open as a record or be text.
    """
    data = bytes(data)
    hole = find_hole(data, 0, len(data))
    texts: list[bytes] = []
    size = 0
    is_log = False
    try:
        for text in flushed_texts(codec, data if hole < 0 else data[:hole]):
            if _NO_CHARACTER.search(text) or (texts and text and not text.endswith(b"\n")):
                break
            opens = text != b"" and opens_a_log(text, 0)
            if is_log and not opens and not is_text(text):
                break
            is_log = is_log or opens
            texts.append(text)
            size += len(text)
            if size > _PIECE:
                yield b"".join(texts)
                texts, size = [b"\n"[:0]], 0
    except CodecError:
        pass
    yield b"".join(texts)
