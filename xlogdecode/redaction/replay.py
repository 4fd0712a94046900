"""Events that are read twice: once to learn what is private in them, and once to be written."""

from collections.abc import Iterable, Iterator
from typing import Final

from xlogdecode.platform.temporary import Held
from xlogdecode.records import Event, Loss
from xlogdecode.redaction.redactor import Redactor

__all__ = ["learn_first", "learn_from"]

_CHUNK: Final = 256 << 10
"""Characters of text that are searched in one go."""
_LONGEST_LINE: Final = 1 << 20
"""Bytes of a line that are learnt from in one go."""
_NEAR_END: Final = 4096
"""Bytes at the end of such a part where it may be cut."""


def learn_first(events: Iterable[Event], redactor: Redactor) -> Iterator[Event]:
    """Yield `events` once `redactor` has learnt from all of them; they are held until then.

    Raises OutputError where there is no room for them.
    """
    with Held[Event]("the text to be redacted") as held:
        total = 0
        for event in learn_from(events, redactor):
            held.add(event)
            total += _size_of(event)
        for event in held:
            yield event
            if redactor.on_replay is not None and total:
                redactor.on_replay(_size_of(event) / total)


def _size_of(event: Event) -> int:
    return 0 if isinstance(event, Loss) else len(event[1])


def learn_from(events: Iterable[Event], redactor: Redactor) -> Iterator[Event]:
    """Yield `events` while `redactor` learns from them, whole lines at a time."""
    parts: list[bytes] = []
    size = 0
    for event in events:
        match event:
            case (_, text):
                parts.append(bytes(text))
                size += len(text)
        if size >= _CHUNK:
            lines, last = _cut(b"".join(parts))
            redactor.learn_lines(lines)
            parts, size = [last], len(last)
        yield event
    redactor.learn_lines(b"".join(parts))
    redactor.has_learnt = True


def _cut(text: bytes) -> tuple[bytes, bytes]:
    """Return the complete lines of `text`, and the rest; of a long line the complete fields."""
    at = text.rfind(b"\n") + 1
    if not at and len(text) >= _LONGEST_LINE:
        at = max(text.rfind(sign, -_NEAR_END) for sign in (b" ", b"|", b",")) + 1 or len(text)
    return text[:at], text[at:]
