"""A summary as one object, for JSON."""

from datetime import datetime
from typing import Any

from xlogdecode.summary.codes import LITEAV, code_info
from xlogdecode.summary.collect import SessionStory, Summary
from xlogdecode.summary.sightings import Sightings

__all__ = ["as_dict", "codes_by_count", "layouts_of"]


def as_dict(summary: Summary, language: str = "en") -> dict[str, Any]:
    """Return the summary as JSON can hold it; times are ISO 8601, as logged."""
    return {
        "records": summary.records,
        "levels": {level or "none": n for level, n in sorted(summary.levels.items())},
        "hours": [
            {"hour": hour or None, **{level or "none": n for level, n in sorted(levels.items())}}
            for hour, levels in sorted(summary.hours.items())
        ],
        "layouts": layouts_of(summary),
        "sessions": [_session_as_dict(story) for story in summary.sessions],
        "events": {
            name: summary.events[name].as_dict()
            for name in summary.table.rules
            if name in summary.events
        },
        "codes": [_code_as_dict(*row, language) for row in codes_by_count(summary.codes)],
        "error_places": dict(summary.error_places.most_common()),
        "slowest": [
            {"ms": r.milliseconds, "time": r.iso or None, "place": r.place, "source": r.source}
            for r in sorted(summary.slowest, reverse=True)
        ],
        "gaps": [
            {"source": gap.source, "before": gap.before, "after": gap.after} for gap in summary.gaps
        ],
        "losses": {
            "count": summary.losses.total(),
            "bytes": summary.lost_bytes,
            "by_reason": dict(summary.losses),
            "dropped": summary.dropped,
            "clock_jumps": summary.clock_jumps,
            "missing": summary.missing,
        },
    }


def layouts_of(summary: Summary) -> list[str]:
    """Return the layouts of the records; `unknown` if there are records, and none is in any."""
    return [*summary.layouts] or ["unknown"] * bool(summary.records)


def _session_as_dict(story: SessionStory) -> dict[str, Any]:
    session = story.session
    return {
        "source": session.source,
        "session": session.number,
        "opened": _iso(session.opened),
        "closed": _iso(session.closed),
        "ended": session.ended,
        "closed_in_order": session.closed_in_order,
        "last_error": story.last_error or None,
        "records": session.records,
        "recovered": session.recovered,
        "first": session.first.iso if session.first else None,
        "last": session.last.iso if session.last else None,
        "pid": session.pid or session.process_id,
        "build": session.build,
        "sdk_version": session.sdk_version,
        "sdk_app_id": session.sdk_app_id,
        "users": list(story.users),
        "networks": list(story.networks),
        "platform": session.platform,
        "system_version": session.system_version,
        "device_type": session.device_type,
        "device_id": session.device_id,
        "log_path": session.log_path,
        "mars": session.mars,
    }


def _code_as_dict(series: str, code: int, seen: Sightings, language: str) -> dict[str, Any]:
    info = code_info(code, language) if series != LITEAV else None
    return {
        "code": code,
        "series": series or None,
        "meaning": info.meaning if info else None,
        "next_step": info.advice if info else None,
        **seen.as_dict(),
    }


def codes_by_count(codes: dict[tuple[str, int], Sightings]) -> list[tuple[str, int, Sightings]]:
    """Return series, code and sightings, the most frequent first; those of LiteAV come last."""
    rows = [(series, code, seen) for (series, code), seen in codes.items()]
    return sorted(rows, key=lambda row: (row[0] == LITEAV, -row[2].count, row[1]))


def _iso(time: datetime | None) -> str | None:
    return time.isoformat(timespec="milliseconds") if time else None
