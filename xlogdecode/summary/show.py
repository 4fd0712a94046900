"""A summary as a table to read, and as one object."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from xlogdecode.outputs.table import as_table
from xlogdecode.records.sessions import Session
from xlogdecode.summary.collect import Seen, Summary
from xlogdecode.summary.tells import EVENTS, meaning_of

__all__ = ["as_dict", "as_text"]

_LEVELS = "VDIWEF"
_BAR = 24
"""Characters of the longest bar."""


def as_dict(summary: Summary) -> dict[str, Any]:
    """Return the summary as JSON can hold it; times are ISO 8601, as logged."""
    return {
        "records": summary.records,
        "levels": {level or "none": n for level, n in sorted(summary.levels.items())},
        "hours": [
            {"hour": hour or None, **{level or "none": n for level, n in sorted(levels.items())}}
            for hour, levels in sorted(summary.hours.items())
        ],
        "sessions": [_session_as_dict(session) for session in summary.sessions],
        "events": {name: _seen(seen) for name, seen in summary.events.items()},
        "codes": [
            {"code": code, "meaning": meaning_of(code), **_seen(seen)}
            for code, seen in _by_count(summary.codes)
        ],
        "losses": {
            "count": summary.losses.total(),
            "bytes": summary.lost_bytes,
            "by_reason": dict(summary.losses),
            "dropped": summary.dropped,
            "clock_jumps": summary.clock_jumps,
        },
    }


def as_text(summary: Summary, *, bar: str = "\u2587") -> str:
    """Return the summary as tables; `bar` is what the bars are made of."""
    parts = [_sessions(summary), _hours(summary, bar), _events(summary), _codes(summary)]
    return "\n".join([part for part in parts if part] + [_losses(summary)])


def _sessions(summary: Summary) -> str:
    rows = [("SESSION", "OPENED", "RECORDS", "SDK", "DEVICE", "ENDED")]
    several = _are_several(summary)
    for session in summary.sessions:
        number = "before" if session.number is None else str(session.number)
        device = " ".join(filter(None, [session.platform, session.system_version]))
        device = ", ".join(filter(None, [session.device_type, device]))
        rows.append(
            (
                f"{session.source} {number}" if several else number,
                _when(session.opened),
                str(session.records),
                session.sdk_version or session.mars.get("MARS_PATH", "-"),
                device or "-",
                session.ended,
            )
        )
    return as_table(rows, right={2}) if summary.sessions else ""


def _hours(summary: Summary, bar: str) -> str:
    if not summary.hours:
        return ""
    shown = [level for level in (*_LEVELS, "") if summary.levels[level]]
    most = max(levels.total() for levels in summary.hours.values())
    rows = [("HOUR", *(level or "none" for level in shown), "")]
    for hour, levels in sorted(summary.hours.items()):
        length = -(-levels.total() * _BAR // most)
        rows.append((hour.replace("T", " ") or "-", *(str(levels[x]) for x in shown), bar * length))
    if len(rows) > 2:
        rows.append(("all", *(str(summary.levels[level]) for level in shown), ""))
    return as_table(rows, right=set(range(1, len(shown) + 1)))


def _events(summary: Summary) -> str:
    rows = [
        (name, str(seen.count), *_times(seen), _where(seen))
        for name in EVENTS
        if (seen := summary.events.get(name))
    ]
    head = ("EVENT", "COUNT", "FIRST", "LAST", "IN")
    return _seen_table(summary, [head, *rows], right={1}) if rows else ""


def _codes(summary: Summary) -> str:
    rows = [
        (str(code), str(seen.count), meaning_of(code) or "-", *_times(seen), _where(seen))
        for code, seen in _by_count(summary.codes)
    ]
    head = ("ERROR CODE", "COUNT", "MEANING", "FIRST", "LAST", "IN")
    return _seen_table(summary, [head, *rows], right={0, 1}) if rows else ""


def _seen_table(summary: Summary, rows: Sequence[Sequence[str]], *, right: set[int]) -> str:
    """Return the table; where all is of one log, without the column that names it."""
    return as_table(rows if _are_several(summary) else [row[:-1] for row in rows], right=right)


def _where(seen: Seen) -> str:
    first, *others = seen.sources
    return f"{len(seen.sources)} logs" if others else first


def _are_several(summary: Summary) -> bool:
    return len({session.source for session in summary.sessions}) > 1


def _losses(summary: Summary) -> str:
    total = summary.losses.total()
    reasons = ", ".join(f"{reason}: {n}" for reason, n in summary.losses.most_common())
    lines = [
        f"losses: {total:,}, {summary.lost_bytes:,} bytes ({reasons})" if total else "losses: none"
    ]
    if summary.dropped:
        lines.append(
            f"lines left out by the writer, its buffer being full: {summary.dropped} times"
        )
    if summary.clock_jumps:
        lines.append(f"jumps of the device's clock: {summary.clock_jumps}")
    return "\n".join(lines) + "\n"


def _session_as_dict(session: Session) -> dict[str, Any]:
    return {
        "source": session.source,
        "session": session.number,
        "opened": _iso(session.opened),
        "closed": _iso(session.closed),
        "ended": session.ended,
        "closed_in_order": session.closed_in_order,
        "records": session.records,
        "recovered": session.recovered,
        "first": session.first.iso if session.first else None,
        "last": session.last.iso if session.last else None,
        "pid": session.pid or session.process_id,
        "build": session.build,
        "sdk_version": session.sdk_version,
        "sdk_app_id": session.sdk_app_id,
        "platform": session.platform,
        "system_version": session.system_version,
        "device_type": session.device_type,
        "device_id": session.device_id,
        "log_path": session.log_path,
        "mars": session.mars,
    }


def _seen(seen: Seen) -> dict[str, Any]:
    return {
        "count": seen.count,
        "first": seen.first,
        "last": seen.last,
        "sources": dict(seen.sources.most_common()),
    }


def _by_count(codes: dict[int, Seen]) -> list[tuple[int, Seen]]:
    return sorted(codes.items(), key=lambda item: (-item[1].count, item[0]))


def _times(seen: Seen) -> Iterator[str]:
    for iso in (seen.first, seen.last):
        yield iso[:19].replace("T", " ") if iso else "-"


def _when(time: datetime | None) -> str:
    return f"{time:%Y-%m-%d %H:%M:%S %z}".strip() if time else "-"


def _iso(time: datetime | None) -> str | None:
    return time.isoformat(timespec="milliseconds") if time else None
