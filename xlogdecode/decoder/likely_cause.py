"""The most likely cause of damage, with its evidence and a remedy: a table.

A cause is named only where something shows it. Asked only of inputs that are not intact.
"""

import re
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from xlogdecode.decoder.evidence import Evidence
from xlogdecode.decoder.report import Report
from xlogdecode.decoder.sequence import Place
from xlogdecode.format import CRASH_BUFFER_SIZE
from xlogdecode.framing.events import Reason

__all__ = ["Facts", "likely_cause"]


class Facts(NamedTuple):
    """All that is known of one input."""

    report: Report
    evidence: Evidence
    jumps: Sequence[tuple[Place, Place]]
    """The blocks on both sides of places where the count does not go on."""
    keys: int
    """Private keys that were given."""


class Cause(NamedTuple):
    """One cause of damage."""

    test: Callable[[Facts], str | None]
    """Returns the evidence that the sentence names, None where there is none."""
    sentence: str


def likely_cause(facts: Facts) -> str:
    """Return what most likely happened to an input, in a line; empty where nothing shows it."""
    if facts.report.is_whole or facts.report.foreign:
        return ""
    for test, sentence in _CAUSES:
        evidence = test(facts)
        if evidence is not None:
            return sentence.format(evidence)
    return ""


_MANY, _ENOUGH = 8, 512
"""Signs of a transfer as text, and bytes without any of the other kind, that are not chance."""


def _wrong_key(facts: Facts) -> str | None:
    report = facts.report
    if not facts.keys or not report.locked_blocks:
        return None
    blocks = "1 block is" if report.locked_blocks == 1 else f"{report.locked_blocks:,} blocks are"
    given = "the one" if facts.keys == 1 else f"the {facts.keys}"
    return f"{blocks} encrypted for another key than {given} given"


def _fork(facts: Facts) -> str | None:
    return ", ".join(f"0x{magic:02x}" for magic in sorted(facts.evidence.fork_magics)) or None


def _sent_as_text(facts: Facts) -> str | None:
    seen = facts.evidence
    if seen.is_utf8 and seen.replaced >= _MANY:
        return f"{seen.replaced:,} or more bytes were replaced (EF BF BD)"
    if seen.feeds >= _MANY and seen.feeds == seen.feeds_after_returns:
        return "a CR is before each LF"
    if seen.is_ascii and seen.packed >= _ENOUGH:
        return "no byte above 0x7F is left in what is damaged"
    return None


def _upload_form(facts: Facts) -> str | None:
    head = facts.evidence.head
    if re.match(rb"--[^\r\n]{1,200}\r?\nContent-Disposition:", head, re.IGNORECASE):
        return "an upload form"
    return "the headers of an HTTP answer" if head.startswith(b"HTTP/") else None


def _two_writers(facts: Facts) -> str | None:
    """Tell by a count of blocks that goes on behind blocks of another one, or goes back often.

    A process that begins counts from 1, and no count ever goes back to another number.
    """
    left: list[Place] = []
    returns: list[tuple[Place, Place]] = []
    backs = 0
    for before, behind in facts.jumps:
        if _goes_on(before, behind):
            continue
        found = next((one for one in left if _goes_on(one, behind)), None)
        if found is not None:
            left.remove(found)
            returns.append((found, behind))
        backs += before[1] == behind[1] and 1 < behind[0] <= before[0]
        left.append(before)
    if not facts.report.lost:
        return None
    is_torn = bool(facts.evidence.torn_into)
    if returns:
        (last, _), (seq, owner) = returns[0]
        if len(returns) > 1 or (is_torn and (owner or seq > _STEP)):
            return f"seq {seq} follows {last} behind blocks of another count"
    return f"seq goes back {backs} times, and on again" if is_torn and backs >= _OFTEN else None


def _goes_on(before: Place, behind: Place) -> bool:
    return before[1] == behind[1] and 0 < behind[0] - before[0] <= _STEP


_STEP: Final = 16
"""Blocks of a count that may be lost where another process wrote over them."""

_OFTEN: Final = 3
"""Times that logs of a day or two, joined in the wrong order, do not go back."""


def _pages(facts: Facts) -> str | None:
    seen = facts.evidence
    if not seen.pages:
        return None
    places = "" if seen.pages == 1 else f" in {seen.pages:,} places, the first"
    return f"{seen.page_bytes:,} zero bytes{places} at offset {seen.first_page}, as pages of a disk"


def _joined(facts: Facts) -> str | None:
    offset, length = facts.evidence.joined or (0, 0)
    fits = 0 < length < CRASH_BUFFER_SIZE and facts.report.blocks
    return f"{length:,} zero bytes at offset {offset}, between blocks" if fits else None


def _cut_by_an_upload(facts: Facts) -> str | None:
    report = facts.report
    last = report.losses[-1]
    is_last = last.offset + last.length + report.fill == report.bytes_in
    if last.reason != Reason.CUT.value or not is_last or report.bytes_in % _UNITS[-1][0]:
        return None
    size, name = next(unit for unit in _UNITS if report.bytes_in % unit[0] == 0)
    return f"its size is {report.bytes_in // size:,} x {name}"


_UNITS: Final = ((5 << 20, "5 MiB"), (1 << 20, "1 MiB"), (64 << 10, "64 KiB"), (4 << 10, "4 KiB"))


def _head_is_missing(facts: Facts) -> str | None:
    seen, first = facts.evidence, facts.report.losses[0]
    is_garbage = first.offset == 0 and first.reason == Reason.GARBAGE.value
    fits = seen.ends_a_block and first.length < CRASH_BUFFER_SIZE and first.before is not None
    return f"its first {first.length:,} bytes end as a block does" if is_garbage and fits else None


_CAUSES: Final = (
    Cause(_wrong_key, "wrong key: {}; ask for the key of the app that wrote it"),
    Cause(_fork, "a fork of Mars wrote it: magic {}; ask the app's developers for their decoder"),
    Cause(_sent_as_text, "sent as text: {}; send it anew as binary, or in a zip"),
    Cause(_upload_form, "{} was saved with it; save the body alone, as binary"),
    Cause(_two_writers, "two processes wrote it: {}; give each process a log name of its own"),
    Cause(_pages, "a power cut, or a full disk: {}; what was there cannot be had back"),
    Cause(_joined, "a crash buffer was joined to it: {}; keep crash buffer and log two files"),
    Cause(_cut_by_an_upload, "cut off by an upload or a copy: {}; get the file anew"),
    Cause(_head_is_missing, "its beginning is missing: {}; get the file anew, from its first byte"),
)
"""In order: the first that something shows counts."""
