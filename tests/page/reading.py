"""Reads a case page without a browser, with no code of the package."""

import base64
import json
import re
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LEVELS = ["", "V", "D", "I", "W", "E", "F", "loss"]


@dataclass(frozen=True, slots=True)
class Row:
    number: int
    time: int
    level: str
    has_time: bool
    site: list[Any]
    who: list[Any]
    session: list[Any]
    message: str


@dataclass(frozen=True, slots=True)
class Page:
    text: str
    head: dict[str, Any]
    rows: list[Row]


def read_page(path: Path) -> Page:
    """Return what is in a page, the rows in the order of the input."""
    text = path.read_text("utf-8")
    head = json.loads(re.findall(r'id="head">(.*?)</script>', text)[0])
    blobs = re.findall(r'<script type="text/plain" class="blob">(.*?)</script>', text)
    assert len(blobs) == len(head["blobs"])
    rows: list[Row] = []
    for (_, count, planes, size), blob in zip(head["blobs"], blobs, strict=True):
        packed = base64.b64decode(blob, validate=True)
        assert len(packed) == size
        rows += _rows(zlib.decompress(packed), count, planes, head)
    return Page(text, head, sorted(rows, key=lambda row: row.number))


def _rows(data: bytes, count: int, planes: list[int], head: dict[str, Any]) -> list[Row]:
    at, columns = 0, []
    for width in planes:
        column = [
            sum(data[at + plane * count + row] << 8 * plane for plane in range(width))
            for row in range(count)
        ]
        columns.append(column)
        at += width * count
    numbers, times, levels, sites, whos, sessions, lengths = columns
    rows, number, time = [], 0, 0
    for row in range(count):
        number += _signed(numbers[row])
        time += _signed(times[row])
        message = data[at : at + lengths[row]].decode("utf-8", "replace")
        at += lengths[row]
        rows.append(
            Row(
                number, time, LEVELS[levels[row] & 15], not levels[row] & 16,
                head["sites"][sites[row]], head["whos"][whos[row]],
                head["sessionIds"][sessions[row]], message,
            )
        )  # fmt: skip
    assert at == len(data)
    return rows


def _signed(step: int) -> int:
    return -((step + 1) // 2) if step % 2 else step // 2
