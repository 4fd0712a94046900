"""Records, sessions and losses as objects of plain values."""

import json
import re
from collections.abc import Callable
from typing import Any, Final

from xlogdecode.encodings import UTF_8, read_exactly
from xlogdecode.records import Loss, Record
from xlogdecode.records.record import Place
from xlogdecode.records.sessions import SESSION_LAYOUTS, build_of
from xlogdecode.writers.fields import KEYS

__all__ = [
    "ESCAPED", "UTF_8", "Kept", "as_object", "context_of", "json_schema", "printable", "restore",
]  # fmt: skip

ESCAPED: Final = "utf-8, other bytes as \\xNN, backslashes doubled"
"""The value of `encoding` where no codec reads all of a record; else it is the codec."""


def as_object(item: Record | Loss, source: str = "") -> dict[str, Any]:
    """Return a record, a line that opens or closes a session, or a loss, with all of KEYS.

    A session has `event` and `build` as well, a loss (`"type": "damage"`) `length`, `reason` and
    `detail`. `source` is the loss's, which does not know it.
    """
    if not isinstance(item, Record):
        return _loss_as_object(item, source)
    encoding, (tag, file, function, message) = _read(item)
    is_session = item.layout in SESSION_LAYOUTS
    found = {
        "type": "session" if is_session else "record",
        "time": item.iso,
        "level": item.level or None,
        "severity": item.severity,
        **item.who._asdict(),
        "tag": tag,
        "file": file,
        "line": item.line,
        "function": function,
        "message": message,
        "session": item.session,
        "recovered": item.recovered,
        "source": printable(item.source),
        "block_offset": item.block_offset,
        "layout": item.layout,
        "encoding": encoding,
        **context_of(item.place),
    }
    if is_session:
        found |= {"event": item.layout, "build": build_of(message or "")}
    return found


def _read(item: Record) -> tuple[str, list[str | None]]:
    """Return how the tag, the file, the function and the message of a record are read, and these.

    By the codec that reads all of the record, so that its bytes can be had again, else escaped.
    """
    parts = [item[6], item[7], item[9], item[10]]
    codec = item.encoding
    if codec is not None:
        texts = [
            None if part is None else read_exactly(bytes(part, "latin-1"), codec) for part in parts
        ]
        if all(text is not None or part is None for text, part in zip(texts, parts, strict=True)):
            return codec, texts
    return ESCAPED, [_escaped(part) for part in parts]


def _loss_as_object(loss: Loss, source: str) -> dict[str, Any]:
    detail = f" ({loss.detail})" if loss.detail else ""
    return dict.fromkeys(KEYS) | {
        "type": "damage",
        "message": f"{loss.length} bytes lost: {loss.reason}{detail}",
        "source": printable(source),
        "block_offset": loss.offset,
        "encoding": UTF_8,
        "length": loss.length,
        "reason": loss.reason,
        "detail": loss.detail,
    }


def context_of(place: Place) -> dict[str, str | None]:
    """Return what is known of a session, if that was asked for."""
    context = place.context
    return (
        {}
        if context is None
        else {
            key: None if value is None else printable(value)
            for key, value in context._asdict().items()
        }
    )


class Kept(dict[Any, str]):
    """Texts that were made of something else, and are kept until there are too many."""

    _BOUND: Final = 4096

    def __init__(self, make: Callable[[Any], str]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, key: Any) -> str:
        if len(self) >= self._BOUND:
            self.clear()
        self[key] = made = self._make(key)
        return made


def printable(name: str) -> str:
    """Return a file's name as text that can be written; bytes that are no UTF-8 become `\\xNN`."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def restore(text: str, encoding: str) -> bytes:
    """Return the bytes of a string of an object whose `encoding` is as given."""
    if encoding != ESCAPED:
        return text.encode(encoding)
    return re.sub(rb"\\(?:\\|x([0-9a-f]{2}))", _unescape, text.encode())


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of one line of JSON."""
    from importlib.resources import files  # takes 10 ms that no row needs

    schema = files("xlogdecode").joinpath("data/line.schema.json").read_text("utf-8")
    return dict(json.loads(schema))


def _escaped(part: str | None) -> str | None:
    if part is None:
        return None
    return part.encode("latin-1").replace(b"\\", b"\\\\").decode("utf-8", "backslashreplace")


def _unescape(found: re.Match[bytes]) -> bytes:
    return bytes.fromhex(found[1].decode()) if found[1] else b"\\"
