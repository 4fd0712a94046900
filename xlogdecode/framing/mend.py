"""A block in step whose magic alone was changed: all else still tells what it was."""

from xlogdecode.format import CRASH_BUFFER_SIZE, LONGEST_LINE, READINGS, Reading, is_plausible
from xlogdecode.framing.budget import MENDING
from xlogdecode.framing.events import Block, Damage, Reason, Verdict
from xlogdecode.framing.fit import Fit, Follow, Place, is_plain, measure, what_follows
from xlogdecode.framing.validator import LINE, Answer, Judge

__all__ = ["mend"]

_RENUMBERED = range(0x0E, 0x16)
"""Magics of variants that were never released: what they mean is not guessed (FORMAT.md, 7)."""

_LAYOUTS = {
    size: tuple({r.kind: r for r in readings if r.header_size == size and not r.masked}.values())
    for readings in [[reading for several in READINGS.values() for reading in several]]
    for size in (13, 73)
}
"""Every way to read a block once; the plain magics of one header size differ in nothing else."""


def mend(judge: Judge, place: Place, start: int) -> tuple[Damage, Block] | Answer:
    """Return the magic at `start` as damage, and the block behind it, from its second byte on.

    Believed only if its hours and length fit, its tailer, what follows, and all of its text.
    """
    if place.buffer[start] in _RENUMBERED or not judge.budget.affords(place, start, MENDING):
        return Answer.NO
    answers = [_weigh(judge, place, start, readings) for readings in _LAYOUTS.values()]
    block = next((answer for answer in answers if isinstance(answer, Block)), None)
    if block is None:
        return Answer.MORE if Answer.MORE in answers else Answer.NO
    offset, magic = place.base + start, place.buffer[start]
    damage = Damage(offset, 1, Reason.UNKNOWN_MAGIC, f"0x{magic:02x}")
    return damage, block._replace(offset=offset + 1, length=block.length - 1)


def _weigh(judge: Judge, place: Place, start: int, readings: tuple[Reading, ...]) -> Block | Answer:
    """Return the block at `start` that one of the readings, all of one header size, makes of it."""
    if not is_plausible(place.buffer, start, readings[0], CRASH_BUFFER_SIZE):
        return Answer.NO
    fit, header = measure(place, start, readings[0])
    if fit is Fit.MORE:
        return Answer.MORE
    if fit is not Fit.TAILER or header is None or not header.length:
        return Answer.NO
    length = readings[0].header_size + header.length + 1
    follow = what_follows(place, start + length)
    if follow is Follow.MORE:
        return Answer.MORE
    if follow not in (Follow.END, Follow.HEADER, Follow.FILL):
        return Answer.NO
    for reading in readings:
        block = Block(place.base + start, length, reading, header, place.buffer, start)
        if _is_whole(judge, block):
            return block
    return Answer.NO


def _is_whole(judge: Judge, block: Block) -> bool:
    if is_plain(block.reading):
        is_short = block.header.length <= LONGEST_LINE
        return is_short and LINE.fullmatch(block.payload) is not None
    return judge.verdict(block) is Verdict.WHOLE
