"""Constants and the error that the codecs share."""

__all__ = ["END", "PIECE", "CodecError", "ends_with_mark"]

PIECE = 1 << 20
"""Bytes of text that come at most at a time where a payload is taken in pieces."""

END = b"\0xlogend"
"""Text that shows that a stream ended where it was made to, and not before: no log text holds a
NUL."""


def ends_with_mark(text: bytes | bytearray) -> bool:
    """Tell whether `text` ends with `END` and holds no other NUL, as no log text does."""
    return text.endswith(END) and text.find(b"\0") == len(text) - len(END)


class CodecError(Exception):
    """The payload does not decode any further; all text before the fault has been handed out."""

    def __init__(self, detail: str, consumed: int) -> None:
        """Take what is wrong, and how many bytes of payload were read."""
        super().__init__(detail)
        self.consumed = consumed
