"""JSON, one object a line, at 150,000 records a second.

Made by hand, since `json.dumps` alone would take half of that time: strings come from the C
encoder of `json`, whatever comes again and again is made once, and everything stays one
character a byte until the end, so that UTF-8 is never decoded. A line that turns out to be no
UTF-8 is made again by `as_object`, which escapes what is none; so are sessions and losses.
"""

import json
from collections.abc import Sequence
from json.encoder import encode_basestring as quote
from typing import Final

from xlogdecode.records import Loss, Record
from xlogdecode.records.record import Place, parse_who
from xlogdecode.records.sessions import SESSION_LAYOUTS
from xlogdecode.writers.objects import Kept, as_object, printable

__all__ = ["JsonWriter"]

_BOOLEANS: Final = {None: "null", True: "true", False: "false"}


class JsonWriter:
    """Writes objects (`objects.as_object`), a line each."""

    header = b""

    def __init__(self, *, marks: bool = True) -> None:
        """Without `marks`, losses are passed over."""
        self._marks = marks
        self._who: Final = Kept(_who_as_json)
        self._quoted: Final = Kept(lambda text: "null" if text is None else quote(text))

    def write(self, batch: Sequence[Record | Loss], source: str = "") -> bytes:
        """Return the lines of `batch`; `source` is that of the losses."""
        if not self._marks:
            batch = [item for item in batch if isinstance(item, Record)]
        data = "".join(self._lines(batch, source)).encode("latin-1")
        return data if data.isascii() else _repaired(data, batch)

    def close(self) -> bytes:
        """Return nothing: each line is complete."""
        return b""

    def _lines(self, batch: Sequence[Record | Loss], source: str) -> list[str]:
        who_of, quoted, lines, last = self._who, self._quoted, [], None
        for item in batch:
            if not isinstance(item, Record):
                lines.append(_dumped(as_object(item, source)))
                continue
            (_, level, hour, clock, zone, who, tag, file, at, function, message,
             layout, place, offset, _) = item  # fmt: skip
            if layout in SESSION_LAYOUTS:
                lines.append(_dumped(as_object(item, source)))
                continue
            if place is not last:
                last, stamps, end = place, place.stamps, _end(place)
            around = stamps[hour, zone] if clock else None
            time = f'"{around[0]}{clock}{around[1]}"' if around else "null"
            lines.append(
                f'{{"type":"record","time":{time},"level":{quoted[level]},{who_of[who]},'
                f'"tag":{quoted[tag]},"file":{quoted[file]},"line":{at or "null"},'
                f'"function":{quoted[function]},"message":{quote(message)}'
                f'{end}{offset},"encoding":"utf-8"}}\n'
            )
        return lines


def _end(place: Place) -> str:
    """Return what all records of a place have between message and block offset."""
    session = "null" if place.session is None else place.session
    source = quote(printable(place.source)).encode().decode("latin-1")
    return f',"session":{session},"source":{source},"block_offset":'


def _who_as_json(text: str | None) -> str:
    pid, tid, main = parse_who(text)
    numbers = f'"pid":{"null" if pid is None else pid},"tid":{"null" if tid is None else tid}'
    return f'{numbers},"main_thread":{_BOOLEANS[main]}'


def _dumped(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"
    return text.encode().decode("latin-1")


def _repaired(data: bytes, batch: Sequence[Record | Loss]) -> bytes:
    """Return the lines of `batch`, those that are no UTF-8 being made anew."""
    view, parts, start, number = memoryview(data), [], 0, 0
    while start < len(data):
        try:
            str(view[start:], "utf-8")
        except UnicodeDecodeError as error:
            line = max(start, data.rfind(b"\n", start, start + error.start) + 1)
            number += data.count(b"\n", start, line)
            parts += [data[start:line], _dumped(as_object(batch[number])).encode("latin-1")]
            start = data.index(b"\n", line) + 1
            number += 1
        else:
            break
    return b"".join([*parts, data[start:]])
