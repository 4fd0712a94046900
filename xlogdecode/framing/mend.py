"""A block in step whose magic alone was changed: all else still tells what it was."""

from xlogdecode.format import CRASH_BUFFER_SIZE, LONGEST_LINE, READINGS, Reading, is_plausible
from xlogdecode.framing.events import Block, Damage, Reason, Verdict
from xlogdecode.framing.fit import Fit, Follow, Place, is_plain, measure, what_follows
from xlogdecode.framing.judge import LINE, Answer, Judge

__all__ = ["mend"]

_RENUMBERED = range(0x0E, 0x16)
"""Magics of variants that were never released: what they mean is not guessed (FORMAT.md, 7)."""

_LAYOUTS = {
    (reading.header_size, reading.kind): reading
    for readings in READINGS.values()
    for reading in readings
    if not reading.masked
}
"""Every way to read a block once; the plain magics of one header size differ in nothing else."""


def mend(judge: Judge, place: Place, start: int) -> tuple[Damage, Block] | Answer:
    """Return the magic at `start` as damage, and the block behind it, from its second byte on.

    Believed only if its hours and length fit, its tailer, what follows, and all of its text.
    """
    if place.buffer[start] in _RENUMBERED:
        return Answer.NO
    answers = [_weigh(judge, place, start, reading) for reading in _LAYOUTS.values()]
    block = next((answer for answer in answers if isinstance(answer, Block)), None)
    if block is None:
        return Answer.MORE if Answer.MORE in answers else Answer.NO
    offset, magic = place.base + start, place.buffer[start]
    damage = Damage(offset, 1, Reason.UNKNOWN_MAGIC, f"0x{magic:02x}")
    return damage, block._replace(offset=offset + 1, length=block.length - 1)


def _weigh(judge: Judge, place: Place, start: int, reading: Reading) -> Block | Answer:
    longest = LONGEST_LINE if is_plain(reading) else CRASH_BUFFER_SIZE
    if not is_plausible(place.buffer, start, reading, longest):
        return Answer.NO
    fit, header = measure(place, start, reading)
    if fit is Fit.MORE:
        return Answer.MORE
    if fit is not Fit.TAILER or header is None or not header.length:
        return Answer.NO
    length = reading.header_size + header.length + 1
    follow = what_follows(place, start + length)
    if follow is Follow.MORE:
        return Answer.MORE
    block = Block(place.base + start, length, reading, header, place.buffer, start)
    if follow not in (Follow.END, Follow.HEADER, Follow.FILL):
        return Answer.NO
    if is_plain(reading):
        return block if LINE.fullmatch(block.payload) else Answer.NO
    return block if judge.verdict(block) is Verdict.WHOLE else Answer.NO
