"""JSON, one object a line.

Text comes from the C encoder of `json`, one character a byte; `rows` has the rest.
"""

from collections.abc import Iterable, Sequence
from json.encoder import encode_basestring as quote
from typing import Final

from xlogdecode.writers.fields import KEYS
from xlogdecode.writers.rows import RowWriter, Value

__all__ = ["JsonWriter"]

_WORDS: Final = {None: "null", True: "true", False: "false"}


class _JsonDialect:
    null = "null"
    quote = '"'
    first = "{"
    last = "}\n"

    def label(self, key: str) -> str:
        """Return the text before each value of a key."""
        return f'"{key}":'

    def value(self, value: Value) -> str:
        """Return a value as it is written."""
        if isinstance(value, str):
            return quote(value)
        return _WORDS[value] if value is None or isinstance(value, bool) else str(value)

    def messages(self, texts: Sequence[str]) -> Iterable[str]:
        """Return each text as it is written."""
        return map(quote, texts)


class JsonWriter(RowWriter):
    """Writes objects (`objects.as_object`), a line each."""

    def __init__(
        self, *, marks: bool = True, keys: Sequence[str] = (), more: Sequence[str] = ()
    ) -> None:
        """Write `keys`, else all, and then `more`; without `marks`, losses are passed over."""
        super().__init__(_JsonDialect(), keys or (*KEYS, *more), marks=marks, is_open=not keys)
