"""JSON, one object a line, at 150,000 records a second.

Made by hand, since `json.dumps` alone would take half of that time: strings come from the C
encoder of `json`, whatever comes again and again is made once, and everything stays one
character a byte until the end, so that UTF-8 is never decoded. A line that turns out to be no
UTF-8 is made again by `as_object`, which escapes what is none; so are sessions and losses.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from json.encoder import encode_basestring as quote
from typing import Final

from xlogdecode.records import Loss, Record
from xlogdecode.records.record import Place, parse_who
from xlogdecode.sessions import SESSION_LAYOUTS
from xlogdecode.writers.objects import as_object, printable

__all__ = ["JsonWriter"]

_BATCH: Final = 1024


class JsonWriter:
    """Writes objects (`objects.as_object`), a line each."""

    header = b""

    def __init__(self) -> None:
        self._who: Final = _Kept(_who_as_json)
        self._quoted: Final = _Kept(lambda text: "null" if text is None else quote(text))
        self._quoted_place: tuple[Place | None, str] = None, ""
        self._source = ""

    def write(self, items: Iterable[Record | Loss], source: str = "") -> Iterator[bytes]:
        """Yield the lines of `items`; `source` is that of the losses."""
        rest = iter(items)
        while batch := list(islice(rest, _BATCH)):
            lines = self._lines(batch, source)
            data = "".join(lines).encode("latin-1")
            if not _is_utf8(data):
                data = b"".join(map(_sound, lines, batch))
            yield data

    def _lines(self, batch: list[Record | Loss], source: str) -> list[str]:
        who_of, quoted, lines = self._who, self._quoted, []
        for item in batch:
            if not isinstance(item, Record) or item[11] in SESSION_LAYOUTS:
                lines.append(_dumped(as_object(item, source)))
                continue
            _, level, hour, clock, zone, who, tag, file, at, function, message = item[:11]
            place, offset = item[12:14]
            around = place.stamps[hour, zone] if clock else None
            time = f'"{around[0]}{clock}{around[1]}"' if around else "null"
            lines.append(
                f'{{"type":"record","time":{time},"level":{quoted[level]},{who_of[who]},'
                f'"tag":{quoted[tag]},"file":{quoted[file]},"line":{at or "null"},'
                f'"function":{quoted[function]},"message":{quote(message)}'
                f'{self._end(place)}{offset},"encoding":"utf-8"}}\n'
            )
        return lines

    def _end(self, place: Place) -> str:
        """Return what all records of a place have between message and block offset."""
        if self._quoted_place[0] is not place:
            session = "null" if place.session is None else place.session
            source = quote(printable(place.source)).encode().decode("latin-1")
            end = f',"session":{session},"source":{source},"block_offset":'
            self._quoted_place = place, end
        return self._quoted_place[1]


class _Kept(dict[str | None, str]):
    """Texts that were made of others, and are kept until there are too many."""

    _BOUND: Final = 4096

    def __init__(self, make: Callable[[str | None], str]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, key: str | None) -> str:
        if len(self) >= self._BOUND:
            self.clear()
        self[key] = made = self._make(key)
        return made


def _who_as_json(text: str | None) -> str:
    return json.dumps(parse_who(text)._asdict(), separators=(",", ":"))[1:-1]


def _dumped(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"
    return text.encode().decode("latin-1")


def _is_utf8(data: bytes) -> bool:
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _sound(line: str, item: Record | Loss) -> bytes:
    """Return the line of `item` as UTF-8."""
    data = line.encode("latin-1")
    return data if _is_utf8(data) else _dumped(as_object(item)).encode("latin-1")
