"""The options of decoding, and the items that it yields."""

from typing import NamedTuple

from xlogdecode.decoder.fast_path import Run
from xlogdecode.decoder.report import Loss
from xlogdecode.errors import XlogError
from xlogdecode.framing import MAX_BLOCK
from xlogdecode.types import Buffer

__all__ = ["DamagedError", "Options", "Piece"]


class DamagedError(XlogError):
    """The input is damaged, and `Options.strict` is set."""

    def __init__(self, loss: Loss) -> None:
        """Take the first loss."""
        super().__init__(f"{loss}; leave out --strict to get the rest")
        self.loss = loss

    def __reduce__(self) -> tuple[type["DamagedError"], tuple[Loss]]:
        """Let it come back from another process."""
        return DamagedError, (self.loss,)


class Options(NamedTuple):
    """The options of decoding."""

    keys: tuple[bytes | str, ...] = ()
    """Server private keys, 32 bytes or 64 hex digits each."""
    marks: bool = True
    """A line `[F][xlogdecode] ...` is put into the text where bytes were lost."""
    strict: bool = False
    """Raise DamagedError at the first loss."""
    max_block: int = MAX_BLOCK
    """Bytes of payload beyond which no length is believed."""
    dedup: bool = False
    """Leave out a compressed block that is there once more, byte for byte."""
    per_block: bool = False
    """Hand out each block's text by itself (`iter_decode`)."""
    verify: bool = False
    """Check each block flush by flush (manual/format.md, A sound payload), whatever it costs."""

    def __repr__(self) -> str:
        """Return all of them but the keys, which are secret."""
        shown = (f"{name}={value!r}" for name, value in self._asdict().items() if name != "keys")
        return f"Options({', '.join(shown)})"


class Piece(NamedTuple):
    """Text of the block, or of the run of blocks, at `offset` of the input; or a part of it."""

    offset: int
    text: Buffer
    run: Run | None = None
    """The blocks that the text is all of, where they are several."""
