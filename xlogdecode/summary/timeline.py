"""The story of a log: what happened, in order of time, a line for each episode."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from xlogdecode.outputs.colour import painted
from xlogdecode.outputs.table import Look, as_table
from xlogdecode.summary.collect import Silence, Summary
from xlogdecode.summary.machine import Episode
from xlogdecode.summary.show import names_of, wrapped
from xlogdecode.summary.sightings import seconds_of
from xlogdecode.summary.view import SummaryView

__all__ = ["StoryLine", "as_timeline", "story_lines"]

_OUTCOMES: Final = {
    "onConnectSuccess": "onConnecting", "onConnectFailed": "onConnecting",
    "login done": "login begun", "login failed": "login begun",
    "re-login done": "re-login begun", "re-login failed": "re-login begun",
}  # fmt: skip
"""An event -> the one whose outcome it is: both are one line."""

_SCREEN: Final = 40
"""Lines of a day up to which each episode has its own; of more, those alike are one."""

_DAY: Final = 24 * 3600


@dataclass(frozen=True, slots=True)
class StoryLine:
    """One line of the story."""

    iso: str
    """When it began: ISO 8601, as logged."""
    what: str
    details: tuple[str, ...] = ()
    source: str = ""
    times: int = 1
    last: str = ""
    """When the last of several began."""


def as_timeline(summary: Summary, look: Look | None = None, language: str = "en") -> str:
    """Return the story as text: the episodes of each day, the errors, the slowest requests.

    The language is `en` or `zh`.
    """
    view = SummaryView(look or Look(), language)
    names, parts = names_of(summary), []
    day: list[StoryLine] = []
    for line in [*story_lines(summary, view), None]:
        if day and (line is None or line.iso[:10] != day[0].iso[:10]):
            parts.append(_day(day, names, view))
            day = []
        if line is not None:
            day.append(line)
    places = summary.error_places.most_common(5)
    if places:
        counts = [tuple(map(view.say, ("FUNCTION", "ERRORS")))]
        counts += [(place, str(n)) for place, n in places]
        parts.append(as_table(counts, right={1}, look=view.look))
    if summary.slowest:
        rows = [tuple(map(view.say, ("SLOWEST REQUEST", "MS", "AT")))]
        slowest = sorted(summary.slowest, reverse=True)
        rows += [(r.place, str(r.milliseconds), r.iso[:19].replace("T", " ")) for r in slowest]
        spare = [2] if view.is_narrow else []
        parts.append(as_table(rows, right={1}, spare=spare, look=view.look))
    return "\n".join(parts) or f"{view.say('nothing happened')}\n"


def story_lines(summary: Summary, view: SummaryView) -> list[StoryLine]:
    """Return the episodes, the ends of sessions and the gaps, in order of time."""
    lines = [*_episodes(summary.episodes, view), *_sessions(summary, view)]
    lines += [
        StoryLine(gap.after, view.say("silence"), (_length(gap, view),), gap.source)
        for gap in summary.gaps
    ]
    return sorted(lines, key=lambda line: seconds_of(line.iso))


def _sessions(summary: Summary, view: SummaryView) -> Iterator[StoryLine]:
    for story in summary.sessions:
        session = story.session
        first = session.first.iso if session.first else None
        began = session.opened.isoformat(timespec="milliseconds") if session.opened else first
        about = (session.sdk_version and f"SDK {session.sdk_version}", session.device_type)
        if began:
            begins = view.say("session begins")
            yield StoryLine(began, begins, tuple(filter(None, about)), session.source)
        last = session.last.iso if session.last else None
        if last:
            details = [view.say(session.ended)]
            if story.last_error:
                details.append(view.say("last error: {}", story.last_error))
            yield StoryLine(last, view.say("session ends"), tuple(details), session.source)


def _episodes(episodes: Iterable[Episode], view: SummaryView) -> Iterator[StoryLine]:
    """Yield a line for each episode; one with its outcome is one."""
    begun: dict[tuple[str, str], StoryLine] = {}
    for episode in episodes:
        if episode.iso is None:
            continue
        name, source = episode.rule.name, episode.source
        details = tuple(_details(episode, view))
        line = StoryLine(episode.iso, view.name_of(episode.rule), details, source)
        if name in _OUTCOMES.values():
            if (source, name) in begun:
                yield begun.pop((source, name))
            begun[source, name] = line
            continue
        before = begun.pop((source, _OUTCOMES.get(name, "")), None)
        if before is not None:
            details = tuple(dict.fromkeys([*before.details, *line.details]))
            line = replace(line, iso=before.iso, details=details)
        yield line
    yield from begun.values()


def _details(episode: Episode, view: SummaryView) -> Iterator[str]:
    if episode.rule.name == "init":
        return
    for name, value in episode.details.items():
        is_plain = name in ("reason", "network", "cost", "error")
        yield value if is_plain else f"{view.say(name)} {value}"
    yield from (view.say("code {}", code) for code in sorted(episode.codes))


def _day(lines: list[StoryLine], names: dict[str, str], view: SummaryView) -> str:
    look = view.look
    joined = _joined(lines, alike=len(_joined(lines)) > _SCREEN)
    date = lines[0].iso[:10]
    text = [f"{painted(date, 'heading') if look.colours else date}\n"]
    for line in joined:
        clock = line.iso[11:19]
        what = line.what
        if line.times > 1:
            what = view.say("{} x {} until {}", what, line.times, line.last[11:19])
        if line.details:
            what = view.named(what, view.say("; ").join(line.details))
        source = f" [{names.get(line.source, line.source)}]" if len(names) > 1 else ""
        shown = wrapped(f"{clock}  {what}{source}", width=look.width)
        if look.colours:
            shown = painted(clock, "time") + shown.removeprefix(clock)
        text.append(shown)
    return "".join(text)


def _joined(lines: Iterable[StoryLine], *, alike: bool = False) -> list[StoryLine]:
    """Return the lines; neighbours that say the same are one, with `alike` those of one event."""
    joined: list[StoryLine] = []
    for line in lines:
        last = joined[-1] if joined else None
        is_same = last is not None and (last.what, last.source) == (line.what, line.source)
        if last is not None and is_same and (alike or last.details == line.details):
            joined[-1] = replace(last, times=last.times + 1, last=line.iso)
        else:
            joined.append(line)
    return joined


def _length(gap: Silence, view: SummaryView) -> str:
    seconds = int(seconds_of(gap.after) - seconds_of(gap.before))
    days, rest = divmod(seconds, _DAY)
    hours, rest = divmod(rest, 3600)
    parts = [view.say("{} d", days)] * bool(days) + [view.say("{} h", hours)] * bool(hours)
    return view.say("{} without a record", " ".join([*parts, view.say("{} min", rest // 60)]))
