"""A log's own old files, by the rule that `sweep` has for the IM SDK's."""

import contextlib
import os
import re
from datetime import date, datetime, timedelta
from pathlib import Path

from xlogdecode.errors import UsageError, XlogError
from xlogdecode.when import parse_age

__all__ = ["parse_keep", "retire"]


def parse_keep(text: str) -> timedelta:
    """Return the age that `text` (such as 7d) states; raises UsageError below a day."""
    if not isinstance(text, str):
        raise UsageError(f"{text!r} is not an age; write it as 7d")
    age = parse_age(text)
    if age < timedelta(days=1):
        raise UsageError(f"{text!r} would delete the log of today; keep 1d or more")
    return age


def retire(directory: Path, prefix: str, keep: timedelta, now: datetime) -> None:
    """Delete `<prefix>_YYYYMMDD.xlog`, split or decoded, where all of it is older than `keep`.

    Name and time of last writing must both be that old; a crash buffer, other names, links, and
    files held open stay; `directory` itself may be a link. A clock that is more than a year
    after the newest log deletes nothing, and no failure of this is one of the log's.
    """
    from xlogdecode.retention import LogName, Rule, carry_out, plan, scan
    from xlogdecode.retention.guards import check_clock, newest_day

    name = re.compile(
        re.escape(prefix) + r"_(?P<day>[0-9]{8})(?:_(?P<number>[1-9][0-9]{0,8}))?\.xlog(?:\.log)?"
    )
    with contextlib.suppress(XlogError, OSError):
        own = [
            candidate._replace(
                log=LogName(
                    _day(match["day"]),
                    int(match["number"] or 0),
                    candidate.name.removesuffix(".log"),
                )
            )
            for candidate in scan(os.path.realpath(directory), layout="path")
            if (match := name.fullmatch(candidate.name))
        ]
        check_clock(now, None, newest_day(own, now))
        carry_out(plan(own, Rule(keep=keep), now=now))


def _day(digits: str) -> date | None:
    with contextlib.suppress(ValueError):
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    return None
