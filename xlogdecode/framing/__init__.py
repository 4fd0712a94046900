"""Bytes into blocks: finds each block, and the next one after damage, in any stream."""

from xlogdecode.framing.events import (
    Block,
    Damage,
    Event,
    Fill,
    PlainRun,
    PlainText,
    Proof,
    Verdict,
)
from xlogdecode.framing.framer import MAX_BLOCK, Framer

__all__ = [
    "MAX_BLOCK", "Block", "Damage", "Event", "Fill", "Framer", "PlainRun", "PlainText", "Proof",
    "Verdict",
]  # fmt: skip
