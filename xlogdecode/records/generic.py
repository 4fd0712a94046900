"""The generic layout: lines of an app's own formatter that open with a date and time.

A formatter writes all its lines alike. So the first lines of a log settle how they look: the signs
of the time, and where the level is. A line that looks otherwise opens nothing, even if it opens
with a date: that one is part of a message.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final, NamedTuple

from xlogdecode.line_layouts import LEVEL_WORDS, ZONE
from xlogdecode.records.own_layout import GENERIC, HeadParts, level_of, of_epoch
from xlogdecode.records.timestamps import Stamp, Stamps

__all__ = ["GenericLayout", "settled_by"]

_MOST: Final = 256
"""Lines that open with a time and settle the layout."""

_YEAR, _MONTH = "[12][0-9]{3}", "(?:1[0-2]|0?[1-9])"
_DAY = "(?:3[01]|[12][0-9]|0?[1-9])"
_CLOCK = (
    r"(?P<hour>2[0-3]|[01]?[0-9]):(?P<minute>[0-5][0-9])"
    r"(?::(?P<second>[0-5][0-9])(?:[.,](?P<part>[0-9]{1,9})|:(?P<three>[0-9]{3}))?)?(?![0-9])"
)
_OFFSET = r"[+-](?:0[0-9]|1[0-4]):?(?:00|15|30|45)"
_BEHIND = (
    rf"(?: ?(?P<offset>{_OFFSET})(?![0-9:.])|(?P<tenths>[+-](?:[0-9]\.[0-9]{{1,2}}|1[0-4]\.[0-9]))"
    r"(?![0-9.])|(?P<short>[+-](?:0[0-9]|1[0-4]))(?![0-9:.-])|(?P<utc> ?(?:Z|UTC|GMT))"
    r"(?P<east>[+-][0-9]{1,2}(?::?[0-9]{2})?)?(?![0-9A-Za-z:]))?"
)
_DATES = (
    rf"(?P<year>{_YEAR})(?P<by>[-/.])(?P<month>{_MONTH})(?P=by)(?P<day>{_DAY})",
    rf"(?P<date>{_YEAR}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01]))",
    r"(?P<days>(?:0[1-9]|1[0-2])[-/](?:0[1-9]|[12][0-9]|3[01]))",
)
_TIME = (
    rf"(?:{'|'.join(_DATES)})(?:(?P<between>[Tt_/-]| {{1,2}})| (?P<logged>{ZONE}) )"
    rf"{_CLOCK}{_BEHIND}"
)
_EPOCH = r"(?P<epoch>(?:1[3-9]|2[0-4])[0-9]{8}(?:[0-9]{3}|[.,][0-9]{1,9})?)(?![0-9.])"
_KNOWN = sorted((word for words in LEVEL_WORDS.values() for word in words), key=len, reverse=True)
_LONG = [word for word in _KNOWN if len(word) > 2]
_BEFORE = (
    rf"(?P<before>[\[(<]?)(?P<first>(?i:{'|'.join(_LONG)})|[VDIWEFTAC])"
    r"(?P<after>[\])>][ |/:]?|[ |/:])"
)
_OPENING: Final = re.compile(
    rf"(?:{_BEFORE})?(?P<open>[\[(<{{]? ?)(?:{_TIME}|{_EPOCH})(?![0-9A-Za-z])"
)

# A level is one of these, as it is known, and as anything that is written in its place.
_LETTER = ("[VDIWEFTAC]", "[A-Z]")
_UPPER = ("|".join(_LONG), "[A-Z]{3,11}")
_TITLE = ("|".join(word.title() for word in _LONG), "[A-Z][a-z]{2,10}")
_LOWER = ("|".join(word.lower() for word in _LONG), "[a-z]{3,11}")
_KINDS: Final = (_LETTER, _UPPER, _TITLE, _LOWER)

_LEAD = r"[ \t|:,;\])>}-]{0,8}"
_MORE = r"[ \t]*(?:[|:;,]|-(?= ))?[ \t]*"
_NUMBERS = (
    r"(?:[ \t]*+(?:0x[0-9a-f]++|-?[0-9]++|\[[^\]\n]{0,64}+\]|\([^)\n]{0,64}+\))[ \t]*+[|,:/-]?)"
    r"{1,8}+[ \t]*+"
)
_ENCLOSED = tuple(
    (rf"\{one} *", rf" *\{other}") for one, other in ("[]", "()", "<>", "{}", "||", "//")
)


@dataclass(frozen=True, slots=True)
class LevelPlace:
    """One place of the level in a line."""

    before: str
    """The characters between the time and the level."""
    after: str
    kinds: tuple[tuple[str, str], ...] = _KINDS
    is_near: bool = True
    """The level is next to the time: the message begins behind it, else behind the time."""

    def patterns(self) -> Iterator["LineStyle"]:
        """Yield how a line may look that has its level there, by the kind of the level."""
        all_known = "|".join(known for known, _ in self.kinds)
        for known, any_level in self.kinds:
            written = f"{all_known}|{any_level}" if self.is_near else all_known
            message = "(?P<message>)" if self.is_near else ""
            yield LineStyle(
                *(
                    f"{self.before}(?P<level>{level}){self.after}{message}"
                    for level in (known, written)
                )
            )


class LineStyle(NamedTuple):
    """A place of the level and a way to write it, as patterns of what is behind a time."""

    known: str
    """With a level that is known."""
    any: str
    """With any level that is known, or, next to the time, with a word that is written like it."""


LEVEL_PLACES: Final = (
    LevelPlace(
        r" +(?P<pid>[0-9]{1,10}) +(?P<tid>[0-9]{1,10}) ",
        r" (?P<tag>[^\n:]{0,64}?) *: ?",
        (_LETTER,),
    ),  # Android's logcat
    LevelPlace(
        rf"{_LEAD}(?:(?P<pid>[0-9]{{1,10}})-(?P<tid>[0-9]{{1,10}})/[^\s/]{{1,128}} )?",
        r"/(?P<tag>[^\s:(|\]]{1,64}) *(?:\( *[0-9]{1,10}\))?[|:\]]?[ \t]*",
        (_LETTER, _UPPER, _TITLE),
    ),
    *(LevelPlace(_LEAD + one, other + _MORE) for one, other in _ENCLOSED),
    LevelPlace(rf"(?=[^A-Za-z0-9]){_LEAD}", rf"(?=[\s|:,;\])>}}]|\Z)[\])>}}]?{_MORE}"),
    LevelPlace(_NUMBERS, r"(?=[\s|:,;]|\Z)", (_LETTER,), is_near=False),
    *(LevelPlace(r"[^\n]{0,100}?" + one, other, is_near=False) for one, other in _ENCLOSED),
    LevelPlace(r"[^\n]{0,100}?(?<![\w.-])", r"(?![\w.-])", (_UPPER,), is_near=False),
    LevelPlace(r"""[^\n]{0,100}?\blevel["']?[=:] ?["']?""", r"\b", is_near=False),
)
"""Where the level of a line may be behind its time; the first that fits counts."""

_STYLES: Final = [style for place in LEVEL_PLACES for style in place.patterns()]
_compiled: Final = cache(re.compile)
"""Few of the styles are ever needed."""

Shape = tuple[str | int | None, ...]
"""The signs of a time that all lines of a formatter share."""


def _shape(found: re.Match[str]) -> Shape:
    """Return the signs of a time, and of a level before it."""
    (before, first, after, opening, by, days, between, logged, epoch) = found.group(
        "before", "first", "after", "open", "by", "days", "between", "logged", "epoch"
    )
    has_zone = bool(found["offset"] or found["tenths"] or found["short"] or found["utc"] or logged)
    has_year = not days
    size = len(epoch.partition(".")[0]) if epoch else 0
    is_word = first is not None and len(first) > 1
    mark = days[2] if days else by
    return (
        before, is_word, after, opening, mark, has_year, between, bool(found["second"]), has_zone,
        size,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class GenericLayout:
    """The layout that a log's first lines settled."""

    shape: Shape
    level: re.Pattern[str] | None
    """The characters behind the time of each line; None where most have no level."""
    name: str = GENERIC
    yields: bool = True

    def parts(self, line: str, stamps: Stamps) -> HeadParts | None:
        """Return the parts of a line, without its end; None where it opens no record."""
        time = _OPENING.match(line)
        if time is None or _shape(time) != self.shape:
            return None
        hour, clock, zone = _stamp_of(time, stamps) or (None, None, None)
        end = _end_of(time, line)
        level = level_of(time["first"])
        if self.level is None:
            return HeadParts(level, hour, clock, zone, message=line[end:].lstrip(" \t"))
        found = self.level.match(line, time.end())
        if found is None:
            return None
        groups = found.groupdict()
        pid, tid = groups.get("pid"), groups.get("tid")
        start = found.end() if "message" in groups else end
        return HeadParts(
            level or level_of(found["level"]),
            hour,
            clock,
            zone,
            f"{pid}-{tid}" if pid else None,
            groups.get("tag"),
            message=line[start:].lstrip(" \t"),
        )


def settled_by(lines: Iterable[str]) -> tuple[GenericLayout | None, int]:
    """Return the layout that `lines` have, if any opens with a time, and how many are of it.

    It is that of most lines; of the first of them where others are as many.
    """
    shapes: Counter[Shape] = Counter()
    styles: dict[Shape, Counter[LineStyle | None]] = {}
    for line in lines:
        found = _OPENING.match(line)
        if found is None:
            continue
        shape = _shape(found)
        shapes[shape] += 1
        styles.setdefault(shape, Counter())[_style_of(line, found.end())] += 1
        if shapes.total() >= _MOST:
            break
    if not shapes:
        return None, 0
    (shape, count), *_ = shapes.most_common(1)
    (style, times), *_ = styles[shape].most_common(1)
    is_usual = style is not None and times * 2 >= count
    return GenericLayout(shape, _compiled(style.any) if style and is_usual else None), count


def _style_of(line: str, start: int) -> LineStyle | None:
    """Return the first style that fits a line behind its time."""
    return next((each for each in _STYLES if _compiled(each.known).match(line, start)), None)


def _end_of(time: re.Match[str], line: str) -> int:
    """Return where the text behind the time begins, a bracket that closes it passed over."""
    end = time.end()
    opening = time["open"].strip()
    if opening and line[end : end + 1] == "])>}"["[(<{".index(opening)]:
        end += 1
    return end


def _stamp_of(time: re.Match[str], stamps: Stamps) -> Stamp | None:
    """Return the time that was found, as the records of the table have it."""
    if time["epoch"]:
        return of_epoch(time["epoch"], stamps.zone)
    if time["year"]:
        day = f"{time['year']}-{time['month']:0>2}-{time['day']:0>2}"
    elif date := time["date"]:
        day = f"{date[:4]}-{date[4:6]}-{date[6:]}"
    else:
        day = time["days"].replace("/", "-")
    part = (time["part"] or time["three"] or "")[:3]
    clock = f":{time['minute']}:{time['second'] or '00'}.{part:0<3}"
    return Stamp(f"{day}T{time['hour']:0>2}", clock, _zone_of(time))


def _zone_of(time: re.Match[str]) -> str | None:
    """Return the zone that a line states, as banners and Mars write it."""
    if time["utc"]:
        sign, hours, minutes = re.fullmatch(
            "([+-]?)([0-9]{0,2}):?([0-9]{0,2})", time["east"] or ""
        ).groups()  # type: ignore[union-attr]
        return f"{sign or '+'}{hours:0>2}{minutes:0<2}"
    if time["short"]:
        return f"{time['short']}00"
    offset = time["offset"]
    return offset.replace(":", "") if offset else time["tenths"] or time["logged"]
