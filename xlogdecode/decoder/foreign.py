"""The kind of a file that is not a log, and what to do about it, in a sentence: a table.

Asked only where no block was found in an input, so that no log pays for it.
"""

import binascii
import json
import re
import zlib
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from xlogdecode.decoder.wrapped import (
    REPLACEMENT,
    base64_body,
    base64_of_a_log,
    fork_magic,
    opens_as_mangled,
)
from xlogdecode.format import CRASH_BUFFER_SIZE, NOT_TEXT

__all__ = ["foreign_kind"]


class Kind(NamedTuple):
    """Files of one kind."""

    test: Callable[[bytes], str | None]
    """Takes the first 64 KiB; returns the detail that the sentence names, None for another kind."""
    sentence: str


def foreign_kind(head: bytes) -> str:
    """Return by its first bytes (64 KiB at most) the kind of a file, and the next step.

    Empty where that is not known.
    """
    for test, sentence in _KINDS:
        detail = test(head)
        if detail is not None:
            return sentence.format(detail)
    return ""


# logs, but not as Mars writes them, or not as they were


def _fork(head: bytes) -> str | None:
    magic = fork_magic(head)
    return f"0x{magic:02x}" if magic else None


def _byte(value: int) -> bytes:
    return bytes((value,))


def _sent_as_text(head: bytes) -> str | None:
    return f"{head.count(REPLACEMENT):,}" if opens_as_mangled(head) else None


def _sent_as_ascii(head: bytes) -> str | None:
    """Tell by what no compressed block is: without any byte above 0x7F, for hundreds of them."""
    is_header = head[:1] in map(_byte, range(0x03, 0x0E)) and len(head) > 200
    return "" if is_header and head.isascii() and b"\0" in head[:9] else None


def _utf_16_of_bytes(head: bytes) -> str | None:
    text = _utf_16(head)
    return "" if text and 3 <= ord(text[0]) < 0x16 else None


def _logan(head: bytes) -> str | None:
    """Tell by Logan's own frame: 0x01, a big-endian length of AES blocks, their bytes, 0x00."""
    length = int.from_bytes(head[1:5], "big")
    if head[:1] != b"\x01" or not 0 < length <= CRASH_BUFFER_SIZE or length % 16:
        return None
    behind = head[5 + length : 7 + length]
    return "" if behind in (b"", b"\0", b"\0\x01") else None


# answers of servers

_MARKUP: Final = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<(?=[!?a-zA-Z])")
_OF_XML: Final = {name: re.compile(rf"<{name}>([^<]*)</{name}>") for name in ("Code", "Message")}
_OF_HTML: Final = re.compile(r"<(?:!doctype html|html|head|body)\b", re.IGNORECASE)
_TITLE: Final = re.compile(r"<title[^>]*>\s*([^<]*)", re.IGNORECASE)


def _xml_of_a_store(head: bytes) -> str | None:
    text = _readable(head)
    if not _MARKUP.match(head) or "<Error" not in text:
        return None
    found = [match[1] for pattern in _OF_XML.values() if (match := pattern.search(text))]
    return _clipped(": ".join(found) or "no code")


def _html(head: bytes) -> str | None:
    text = _readable(head[:4096])
    if not _MARKUP.match(head) or not re.search(
        r"<(?:!doctype html|html|head|body)\b", text, re.IGNORECASE
    ):
        return None
    title = _TITLE.search(text)
    return _clipped(title[1].strip() if title and title[1].strip() else "without a title")


def _xml(head: bytes) -> bool:
    return bool(_MARKUP.match(head)) and _is_text(head)


def _json_with_a_log(head: bytes) -> str | None:
    fields = re.finditer(rb'"([^"\\\n]{0,64})"\s*:\s*"([A-Za-z0-9+/_=\\-]{128,})', head)
    is_json = head.lstrip()[:1] in (b"{", b"[")
    return next((_readable(m[1]) for m in fields if is_json and base64_of_a_log(m[2])), None)


def _base64_of_an_archive(head: bytes) -> str | None:
    body = base64_body(head[:512])[:64]
    try:
        opening = binascii.a2b_base64(body, strict_mode=True)
    except binascii.Error:
        return None
    return next((name for magic, name in _PACKED if opening.startswith(magic)), None)


_PACKED: Final = (
    (b"\x1f\x8b\x08", "gzip data"),
    (b"PK\x03\x04", "a ZIP"),
    (b"\x28\xb5\x2f\xfd", "zstd data"),
)


def _json(head: bytes) -> str | None:
    if not re.match(rb'\s*(?:\{\s*["}]|\[\s*[\[\]{"0-9])', head) or not _is_text(head):
        return None
    try:
        fields = json.loads(head)
    except ValueError:
        return "no error in it"
    return _clipped(", ".join(_errors_in(fields)) or "no error in it")


def _errors_in(value: Any) -> Iterator[str]:
    """Yield the fields that say what went wrong."""
    if not isinstance(value, dict):
        return
    for name, one in value.items():
        if isinstance(one, dict):
            yield from _errors_in(one)
        elif re.search("code|message|msg|error|status", str(name), re.IGNORECASE):
            yield f"{name}: {one}"


def _http(head: bytes) -> str | None:
    line = re.match(rb"HTTP/[0-9.]+ ([0-9]{3}[^\r\n]*)", head)
    return None if line is None else _clipped(_readable(line[1]))


# other files

_SIGNATURES: Final = (
    (b"SQLite format 3\0", "an SQLite database"),
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"%PDF-", "a PDF document"),
    (b"\x7fELF", "a program or library (ELF)"),
    (b"dex\n", "Android program code (DEX)"),
    (b"bplist00", "an Apple property list"),
    (b"MDMP", "a crash dump (minidump)"),
    (b"JAVA PROFILE", "a heap dump of Java"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a document of Microsoft Office"),
)


def _signature(head: bytes) -> str | None:
    return next((name for opening, name in _SIGNATURES if head.startswith(opening)), None)


def _is_zlib(head: bytes) -> bool:
    if head[:2] not in (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda"):
        return False
    try:
        return bool(zlib.decompressobj().decompress(head, 64))
    except zlib.error:
        return False


def _is_of_git_lfs(head: bytes) -> bool:
    return head.startswith(b"version https://git-lfs.github.com/spec/")


def _is_bugreport(head: bytes) -> bool:
    return b"== dumpstate:" in head[:4096]


def _zip_within(head: bytes) -> str | None:
    """Return the number of the byte where a ZIP begins, counted from 1 as `tail -c` does."""
    found = re.search(rb"PK\x03\x04[\x0a\x14\x2d]\x00.{2}[\x00\x08]\x00", head, re.DOTALL)
    return None if found is None else f"{found.start() + 1}"


_LOGCAT: Final = re.compile(
    rb"-{9} beginning of |\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} +\d+ +\d+ [VDIWEFA] "
)


def _clipped(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 100 else f"{line[:99]}…"


def _readable(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _utf_16(head: bytes) -> str:
    marked = head[:2] in (b"\xff\xfe", b"\xfe\xff")
    return head[: len(head) // 2 * 2].decode("utf-16", "replace") if marked else ""


def _is_text(head: bytes) -> bool:
    """Tell whether it is text in UTF-8 or GB18030: the last character may be cut."""
    if not head.strip() or NOT_TEXT.search(head):
        return False
    for encoding in ("utf-8", "gb18030"):
        for cut in range(min(4, len(head))):
            try:
                head[: len(head) - cut].decode(encoding)
            except UnicodeDecodeError:
                continue
            return True
    return False


def _when(test: Callable[[bytes], object]) -> Callable[[bytes], str | None]:
    """Return a test whose sentence names no detail."""
    return lambda head: "" if test(head) else None


_SENT: Final = "a log that was sent as text"
_ANEW: Final = "send it anew as binary, or in a zip"
_LOST: Final = "bytes were replaced (EF BF BD) and are lost"
_POWERSHELL: Final = "UTF-16, as > of PowerShell writes it"
_FROM_PHONE: Final = "pull the app's log folder"

_KINDS: Final = (
    Kind(_fork, "a log of a fork of Mars (magic {}); ask the app's developers for their decoder"),
    Kind(_logan, "a log of Meituan Logan, not of Mars; use Logan's parser with the app's key"),
    Kind(_sent_as_text, f"{_SENT}: {{}} or more {_LOST}; {_ANEW}"),
    Kind(_sent_as_ascii, f"{_SENT}: no byte above 0x7F is left; {_ANEW}"),
    Kind(_utf_16_of_bytes, f"{_SENT} ({_POWERSHELL}); {_ANEW}"),
    Kind(_xml_of_a_store, "an XML error page of a store ({}), not the log; download it again"),
    Kind(_html, "an HTML page ({}), not the log; download it again"),
    Kind(_when(_xml), "an XML document; look for the log elsewhere"),
    Kind(_http, "an HTTP answer with its headers ({}); save its body alone, as binary"),
    Kind(_json_with_a_log, 'JSON with a log in base64 in "{}"; save the value of that as a file'),
    Kind(_base64_of_an_archive, "{} in base64; run base64 -d first, and decode what that gives"),
    Kind(_json, "JSON ({}), not the log; look for the log elsewhere"),
    Kind(_when(_is_of_git_lfs), "a pointer of Git LFS, not the log; run git lfs pull"),
    Kind(_when(_is_bugreport), f"an Android bugreport, which holds no xlog files; {_FROM_PHONE}"),
    Kind(_when(_LOGCAT.match), "the text of Android's logcat; read it as it is"),
    Kind(_signature, "{}; look for the log elsewhere"),
    Kind(_zip_within, "a file with a ZIP in it; cut that out with tail -c +{}, and decode it"),
    Kind(_when(_is_zlib), "zlib data that hold no log; look for the log elsewhere"),
    Kind(_when(_utf_16), "plain text in UTF-16; read it as it is"),
    Kind(_when(_is_text), "plain text of another logger; read it as it is"),
)
"""In order: the first that fits counts."""
