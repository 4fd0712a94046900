"""`--format sessions`: a JSON object a session, as the summary knows it."""

import json
from collections.abc import Sequence
from typing import Any, Final

from xlogdecode.records import Loss, Record
from xlogdecode.records.layouts import LEVELS
from xlogdecode.summary.collect import SessionStory, SourceReader, Summary
from xlogdecode.writers import printable

__all__ = ["SessionWriter"]

_NONE: Final = "none"
"""The key for records that have no level."""


class SessionWriter:
    """Writes the sessions of a source when all its records have come."""

    header = b""
    with_banners = True

    def __init__(self, *, marks: bool = True) -> None:
        """Without `marks`, losses are not counted."""
        self._marks = marks
        self._summary = Summary()
        self._reader: SourceReader | None = None
        self._losses: list[tuple[SessionStory | None, Loss]] = []
        """Each with the session before it, if there was one."""

    def write(self, batch: Sequence[Record | Loss], source: str = "") -> bytes:  # noqa: ARG002 - records know it
        """Take in `batch`; return nothing yet."""
        for item in batch:
            if isinstance(item, Record):
                self._reader = self._reader or SourceReader(self._summary, item.source)
                self._reader.add(item)
            elif self._marks:
                self._losses.append((self._reader.story if self._reader else None, item))
        return b""

    def close(self) -> bytes:
        """Return the row of each session that has records."""
        if self._reader is not None:
            self._reader.end()
        first = next(iter(self._summary.sessions), None)
        rows = [
            _row(story, [loss for of, loss in self._losses if (of or first) is story])
            for story in self._summary.sessions
        ]
        self._summary, self._reader, self._losses = Summary(), None, []
        return "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows).encode()


def _row(story: SessionStory, losses: Sequence[Loss]) -> dict[str, Any]:
    session = story.session
    times = [record.iso for record in (session.first, session.last) if record is not None]
    opened, closed = (
        time and time.isoformat(timespec="milliseconds")
        for time in (session.opened, session.closed)
    )
    row = {
        "source": session.source,
        "session": session.number,
        "began": opened or (times[0] if times else None),
        "ended": closed or (times[-1] if times else None),
        "how_ended": session.ended,
        "records": session.records,
        "levels": {level: story.levels[level] for level in LEVELS} | {_NONE: story.levels[""]},
        "recovered": session.recovered,
        "losses": len(losses),
        "lost_bytes": sum(loss.length for loss in losses),
        "last_error": story.last_error or None,
        "sdk_version": session.sdk_version,
        "device": session.device_type,
        "sdk_app_id": session.sdk_app_id,
        "users": list(story.users),
        "networks": list(story.networks),
        "pid": session.pid or session.process_id,
        "platform": session.platform,
        "system_version": session.system_version,
        "device_id": session.device_id,
        "build": session.build,
    }
    return {key: _printable(value) for key, value in row.items()}


def _printable(value: Any) -> Any:
    if isinstance(value, list):
        return [_printable(each) for each in value]
    return printable(value) if isinstance(value, str) else value
