"""The result that a filter must have, found in expected texts by other means than the package's."""

import re
from dataclasses import dataclass

_RECORD = re.compile(
    rb"TIM: (?P<time>2[\d-]{9} [\d:.]{12}) (?P<level>[VDIWEF]) (?P<pid>\d+)-(?P<tid>\d+)"
    rb"|\[(?P<level_>[VDIWEF])\]\[(?P<time_>2[\d-]{9}) \+8\.0 (?P<clock>[\d:.]{12})\]"
    rb"\[(?P<pid_>\d+), (?P<tid_>\d+)(?P<main>\*?)\]\[(?P<tag>[^\]]*)\]"
)
_NOTE = re.compile(
    rb"\^{10}|\${10}|~~~~~ |get mmap|log app|del time|(log|cache) dir|MARS_|TIM: ="
    rb"|\[F\]\[ (sg|last)"
)


@dataclass(frozen=True, slots=True)
class Told:
    """One record, as a person reads it."""

    text: bytes
    time: str | None = None
    level: str | None = None
    pid: int | None = None
    tid: int | None = None
    tag: str | None = None
    session: int | None = None
    is_note: bool = False


def told_in(text: bytes) -> list[Told]:
    """Return the records of a text of the IM SDK's or Mars's layout, line by line."""
    found: list[Told] = []
    session = None
    for line in text.splitlines(keepends=True):
        if line.startswith(b"^^^^^^^^^^"):
            session = (session or 0) + 1
        opened = _RECORD.match(line)
        if opened:
            parts = {name.rstrip("_"): part for name, part in opened.groupdict().items() if part}
            time = b" ".join(parts[n] for n in ("time", "clock") if n in parts).decode()
            level, tag = parts["level"].decode(), parts.get("tag")
            who = int(parts["pid"]), int(parts["tid"])
            mars = b"tag" if line.startswith(b"[") else None
            found.append(
                Told(line, time, level, *who, tag.decode() if tag else mars and "", session)
            )
        elif _NOTE.match(line):
            stamp = re.search(rb"\]\[(2[\d-]{9}) \+0800 ([\d:]{8})\]", line)
            time = f"{stamp[1].decode()} {stamp[2].decode()}.000" if stamp else None
            found.append(Told(line, time, session=session, is_note=True))
        elif found and not found[-1].is_note:
            last = found.pop()
            fields = {n: getattr(last, n) for n in ("time", "level", "pid", "tid", "tag")}
            found.append(Told(last.text + line, **fields, session=last.session))
        else:
            found.append(Told(line, session=session))
    return found


def with_times(records: list[Told]) -> list[tuple[str, Told]]:
    """Return each record with its time, or that of the one before it."""
    found, last = [], ""
    for record in records:
        last = record.time or last
        found.append((last, record))
    return found
