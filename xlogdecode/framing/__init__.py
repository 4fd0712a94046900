"""Bytes into blocks: finds each block, and the next one after damage, in any stream."""

from xlogdecode.framing.events import (
    Block,
    Damage,
    Event,
    Fill,
    PlainRun,
    PlainText,
    Proof,
    Reason,
    Verdict,
)
from xlogdecode.framing.framer import Framer

__all__ = [
    "Block", "Damage", "Event", "Fill", "Framer", "PlainRun", "PlainText", "Proof", "Reason",
    "Verdict",
]  # fmt: skip
