"""Bytes into blocks: finds each block, and the next one after damage, in any stream."""

from xlogdecode.framing.events import Block, Damage, Event, Fill, PlainText, Proof, Verdict
from xlogdecode.framing.framer import MAX_BLOCK, Framer
from xlogdecode.framing.runs import PlainRun, RunBlock, Walk, plain_run, walk

__all__ = [
    "MAX_BLOCK", "Block", "Damage", "Event", "Fill", "Framer", "PlainRun", "PlainText", "Proof",
    "RunBlock", "Verdict", "Walk", "plain_run", "walk",
]  # fmt: skip
