"""Text out of bytes: UTF-8, and what is none.

Nothing promises that a log is UTF-8, and on Chinese Windows some lines are GBK. A line that is not
UTF-8 is read by the codec that a person names, else as GB18030 where that gives Chinese. Inside
the package text stays one character a byte; it is decoded where somebody looks at it.
"""

import codecs
import re
from typing import Final

from xlogdecode.errors import UsageError

__all__ = [
    "GB18030",
    "UTF_8",
    "codec_of",
    "decoded",
    "decoded_lines",
    "is_utf8",
    "parse_encoding",
    "read_exactly",
]

UTF_8: Final = "utf-8"
GB18030: Final = "gb18030"

_PLAIN: Final = "\n\t []{}()|:=,.-+_/'\"0123456789AZaz"
"""Characters that a log cannot do without: a codec must have them where ASCII has."""

_RUNS: Final = re.compile(rb"([\x80-\xff]+[\x40-\x7e]?)")
"""Bytes that are not ASCII; the second byte of a character of GBK may be."""

_LATIN: Final = b"@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"

_UTF_8_CHINESE: Final = re.compile(
    rb"(?<![\x80-\xff])(?:[\xe3-\xef][\x80-\xbf]{2})+(?![\x80-\xff])"
)
_FIRST_HAN, _LAST_HAN = "\u4e00", "\u9fff"
_COMMON: Final = range(0xB0, 0xD8)
"""The first byte in GB 2312 of its 3,755 usual characters."""


def parse_encoding(text: str) -> str:
    """Return the name of the codec that `text` names. Raises UsageError for what is none.

    It must have the characters of ASCII as single bytes: the lines of a log are found by these.
    """
    try:
        found = codecs.lookup(text)
        is_fit = found.decode(_PLAIN.encode("ascii"))[0] == _PLAIN
    except (LookupError, ValueError, TypeError):
        is_fit = False
    if not is_fit:
        examples = "gb18030, big5, shift_jis, euc_kr, cp1252"
        raise UsageError(f"{text!r} is not an encoding of log text; examples: {examples}")
    return found.name


def codec_of(data: bytes, encoding: str | None) -> str | None:
    """Return the codec that decodes `data`, and encodes that to the same bytes; None for none.

    `encoding` is what a person says of bytes that are not UTF-8; None is to try GB18030.
    """
    if read_exactly(data, UTF_8) is not None:
        return UTF_8
    if _UTF_8_CHINESE.search(data):
        return None
    codec = encoding or GB18030
    text = read_exactly(data, codec)
    return codec if text is not None and (encoding or _is_chinese(text)) else None


def decoded(text: str, encoding: str | None) -> tuple[str, str]:
    """Return the meaning of `text`, one character a byte, and the codec that encodes it again.

    A byte that nothing reads becomes a lone surrogate, U+DC80 to U+DCFF, which `surrogateescape`
    turns into that byte.
    """
    if text.isascii():
        return text, UTF_8
    data = text.encode("latin-1")
    codec = codec_of(data, encoding) or UTF_8
    return data.decode(codec, "surrogateescape"), codec


def decoded_lines(text: str, encoding: str | None) -> str:
    """Return the meaning of `text`, one character a byte, whose lines may differ in encoding."""
    if text.isascii():
        return text
    data = text.encode("latin-1")
    codec = codec_of(data, encoding)
    if codec is not None:
        return data.decode(codec)
    lines = data.splitlines(keepends=True)
    if len(lines) == 1:
        return _stretches(data, encoding)
    return "".join(_line(line, encoding) for line in lines)


def _line(line: bytes, encoding: str | None) -> str:
    codec = codec_of(line, encoding)
    return line.decode(codec) if codec is not None else _stretches(line, encoding)


def _stretches(line: bytes, encoding: str | None) -> str:
    """Return the meaning of a line, each stretch of which that is not ASCII is read by itself."""
    return "".join(
        _run(part, encoding) if at % 2 else part.decode("ascii")
        for at, part in enumerate(_RUNS.split(line))
    )


def _run(run: bytes, encoding: str | None) -> str:
    for part in dict.fromkeys((run, run.rstrip(_LATIN))):
        codec = codec_of(part, encoding)
        if codec is not None:
            return part.decode(codec) + run[len(part) :].decode("ascii")
    return run.decode(UTF_8, "surrogateescape")


def read_exactly(data: bytes, codec: str) -> str | None:
    """Return `data` decoded, or None unless encoding that gives the same bytes."""
    try:
        text = data.decode(codec)
        return text if codec == UTF_8 or text.encode(codec) == data else None
    except UnicodeError:
        return None


def _is_chinese(text: str) -> bool:
    """Tell whether at least half of the Chinese characters are usual ones, and little else is."""
    others = re.sub(r"[\x00-\x7f]+", "", text)
    han = [sign for sign in others if _FIRST_HAN <= sign <= _LAST_HAN]
    if not han or len(han) * 3 < len(others):
        return False
    usual = sum(_in_gb2312(sign) and sign.encode("gb2312")[0] in _COMMON for sign in han)
    symbols = (sign for sign in others if not _FIRST_HAN <= sign <= _LAST_HAN)
    return usual * 2 >= len(han) and all(sign > "\uffff" or _in_gb2312(sign) for sign in symbols)


def _in_gb2312(sign: str) -> bool:
    try:
        return bool(sign.encode("gb2312"))
    except UnicodeEncodeError:
        return False


def is_utf8(text: str) -> bool:
    """Tell whether a text, one character a byte, is UTF-8."""
    if text.isascii():
        return True
    try:
        text.encode("latin-1").decode()
    except UnicodeDecodeError:
        return False
    return True
