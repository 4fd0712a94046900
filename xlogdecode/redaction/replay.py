"""Events that are read twice: once to learn what is private in them, and once to be written."""

from collections.abc import Iterable, Iterator
from typing import Final

from xlogdecode.platform.temporary import Held
from xlogdecode.records import Event, Loss
from xlogdecode.redaction.redactor import Redactor

__all__ = ["learn_first", "learn_from"]

_CHUNK: Final = 256 << 10
"""Characters of text that are searched in one go."""


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
            lines, _, last = b"".join(parts).rpartition(b"\n")
            redactor.learn_lines(lines)
            parts, size = [last], len(last)
        yield event
    redactor.learn_lines(b"".join(parts))
    redactor.has_learnt = True
