"""The report on one input: counts, losses, notes."""

from collections import Counter
from functools import cache
from typing import Any, NamedTuple

__all__ = ["OTHER_CURVE", "STREAM", "Loss", "Note", "Report"]

STREAM = "deflate stream"
"""The kind under which `Report.blocks` counts what is not a block: the streams of a `.clog`."""

OTHER_CURVE = "encrypted for another curve (prime256v1), as logs of early 2017 are: not supported"
"""The reason of a loss that no key is a remedy for."""

LISTED = 1000
"""Losses, and notes, that a report lists; its totals are exact."""


class Loss(NamedTuple):
    """Bytes of the input whose text is lost, all or some of it."""

    offset: int
    length: int
    reason: str
    detail: str = ""
    locked_blocks: int = 0
    """Whole blocks that wait for a key; 0 where the bytes are damage."""
    kept: int = 0
    """Bytes of the broken block's text that could be had."""
    after: tuple[int, int] | None = None
    """Seq and end hour of the block before."""
    before: tuple[int, int] | None = None
    """Seq and begin hour of the block behind."""

    def mark(self) -> bytes:
        """Return the line that is put into the text for what was lost."""
        return f"[F][xlogdecode] {self}\n".encode()

    def __str__(self) -> str:
        """Say what was lost, where and why, in a line."""
        size = _count(self.length, "byte")
        what = f"{size} damaged" if self.length else "damaged"
        if self.locked_blocks:
            what = f"{_count(self.locked_blocks, 'encrypted block')} ({size})"
        detail = f" ({self.detail})" if self.detail else ""
        bytes_were = (
            f"{_count(self.kept, 'byte')} of its text {'was' if self.kept == 1 else 'were'}"
        )
        kept = f"; {bytes_were} recovered" if self.kept else ""
        return f"{what} at offset {self.offset}: {self.reason}{detail}{kept}"


class Note(NamedTuple):
    """Something worth knowing that is not a loss."""

    offset: int
    text: str


class Report:
    """The report on one input. Lists end at a thousand entries; all numbers are exact."""

    def __init__(self) -> None:
        """Start before the input: all is 0, or empty."""
        self.blocks: Counter[str] = Counter()
        """Blocks that gave their text, by kind (`Reading.kind`)."""
        self.bytes_in = 0
        self.bytes_out = 0
        """Text, without marks."""
        self.plain_text = 0
        """Bytes of the input that were text already, outside any block."""
        self.fill = 0
        """Zeros at the end of the input, or of a crash buffer within it."""
        self.lost: Counter[str] = Counter()
        """Losses by reason, those for want of a key aside."""
        self.lost_bytes = 0
        self.locked_blocks = 0
        self.losses: list[Loss] = []
        self.noted = 0
        self.notes: list[Note] = []
        self.gaps = 0
        """Notes of blocks that are missing by the count of their session."""
        self.sessions = 0
        """Runs of blocks of one opening of the log, as seq and client keys tell."""
        self.hours: set[int] = set()
        """Hours of the day, device-local, that blocks were begun or flushed in."""
        self.foreign = ""
        """The kind of file that the input is in place of a log, and the next step, if known."""
        self.why = ""
        """The most likely cause of damage, with evidence and a remedy, if something shows it."""

    def __eq__(self, other: object) -> bool:
        """Tell whether all of both is the same."""
        return isinstance(other, Report) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]  # it changes as the input comes

    def __repr__(self) -> str:
        """Return all of it."""
        return f"Report({self.as_dict()})"

    @property
    def is_whole(self) -> bool:
        """Nothing was lost, and nothing is locked."""
        return not self.lost and not self.locked_blocks

    @property
    def gave_nothing(self) -> bool:
        """There was something, and it is neither a log nor a log that waits for its key."""
        return bool(self.lost) and not self.bytes_out and not self.locked_blocks

    @property
    def is_not_a_log(self) -> bool:
        """Nothing of the input is a log."""
        return self.gave_nothing and not self.blocks

    def add_part(self, part: "Report") -> None:
        """Add the counts of a part that has only sound blocks."""
        for kind, count in part.blocks.items():
            self.blocks[kind] += count
        self.hours |= part.hours
        self.bytes_in += part.bytes_in
        self.bytes_out += part.bytes_out

    def add_loss(self, loss: Loss) -> None:
        """Count a loss, and list it while there is room."""
        if loss.locked_blocks:
            self.locked_blocks += loss.locked_blocks
        else:
            self.lost[loss.reason] += 1
            self.lost_bytes += loss.length
        if len(self.losses) < LISTED:
            self.losses.append(loss)

    def add_note(self, note: Note) -> None:
        """Count a note, and list it while there is room."""
        self.noted += 1
        if len(self.notes) < LISTED:
            self.notes.append(note)

    def add_unchecked(self, blocks: int) -> None:
        """Note how many blocks cannot be checked flush by flush."""
        if blocks:
            many = _count(blocks, "block")
            text = f"{many} cannot be checked: flushes do not end with a line feed in this log"
            self.add_note(Note(0, text))

    def add_untried(self, sessions: int) -> None:
        """Note how many sessions were left before all keys were tried on them."""
        if sessions:
            many = _count(sessions, "session")
            text = f"{many} locked before all keys were tried: too many that no key fits"
            self.add_note(Note(0, text))

    def add_hours(self, begin: int, end: int) -> None:
        """Take in all hours from `begin` to `end`, across midnight if need be."""
        self.hours |= _hours(begin % 24, end % 24)

    def summary(self) -> str:
        """Return what came of the input in a line."""
        blocks = self.blocks.total()
        text = f"{self._parts()}, {_count(self.bytes_out, 'byte')} of text"
        if self.is_whole:
            if self.plain_text and not blocks:
                return f"already plain text, {_count(self.plain_text, 'byte')}"
            if self.fill and not blocks:
                return f"OK: no records, {_count(self.fill, 'zero byte')}"
            return f"OK: {text}{self._missing()}"
        parts = []
        if self.lost:
            places = _count(self.lost.total(), "place")
            parts.append(f"damaged: {places}, {_count(self.lost_bytes, 'byte')} lost")
        if self.locked_blocks:
            locked = _count(self.locked_blocks, "block")
            parts.append(f"encrypted: {locked}, {self.lock_reason}")
        if self.bytes_out or not self.locked_blocks:
            parts.append(text)
        return "; ".join(parts) + self._missing()

    def outcome(self) -> str:
        """Return the summary, or that the input is not a log."""
        if self.is_not_a_log:
            return f"not an xlog file: {self.foreign or f'no block found; {self.losses[0]}'}"
        return self.summary()

    def _parts(self) -> str:
        """Return how many blocks gave text, and how many streams, if any did."""
        streams = self.blocks[STREAM]
        blocks = self.blocks.total() - streams
        parts = [_count(blocks, "block")] if blocks or not streams else []
        return ", ".join([*parts, _count(streams, STREAM)] if streams else parts)

    @property
    def lock_reason(self) -> str:
        """Why no block that is locked could be read; empty if none is."""
        listed = (one.reason for one in self.losses if one.locked_blocks)
        return next(listed, "no key fits") if self.locked_blocks else ""

    def _missing(self) -> str:
        """Return a hint at blocks that are missing by the count of their session."""
        places = _count(self.gaps, "place")
        return f"; blocks are missing in {places} (by sequence number)" if self.gaps else ""

    def as_dict(self) -> dict[str, Any]:
        """Return all of it as JSON can hold it."""
        return {
            "whole": self.is_whole,
            "blocks": dict(self.blocks),
            "bytes_in": self.bytes_in,
            "bytes_out": self.bytes_out,
            "plain_text": self.plain_text,
            "fill": self.fill,
            "lost": dict(self.lost),
            "lost_bytes": self.lost_bytes,
            "locked_blocks": self.locked_blocks,
            "losses": [_loss_as_dict(loss) for loss in self.losses],
            "noted": self.noted,
            "gaps": self.gaps,
            "notes": [{"offset": note.offset, "text": note.text} for note in self.notes],
            "sessions": self.sessions,
            "hours": sorted(self.hours),
            "foreign": self.foreign or None,
            "why": self.why or None,
        }


@cache
def _hours(begin: int, end: int) -> frozenset[int]:
    return frozenset(hour % 24 for hour in range(begin, begin + (end - begin) % 24 + 1))


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _loss_as_dict(loss: Loss) -> dict[str, Any]:
    return {
        "offset": loss.offset,
        "length": loss.length,
        "reason": loss.reason,
        "detail": loss.detail,
        "locked_blocks": loss.locked_blocks,
        "kept": loss.kept,
        "after": _place_as_dict(loss.after),
        "before": _place_as_dict(loss.before),
    }


def _place_as_dict(place: tuple[int, int] | None) -> dict[str, int] | None:
    return None if place is None else {"seq": place[0], "hour": place[1]}
