"""Ages, sizes and times as people write them."""

import re
from datetime import timedelta

from xlogdecode.errors import UsageError

__all__ = ["parse_age", "parse_size"]

_AGE_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}
_SIZE_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


def parse_age(text: str) -> timedelta:
    """Return the age that `text` states: a whole number and one of `s m h d w`, as in `7d`.

    Raises UsageError for anything else, a number without a unit included.
    """
    match = re.fullmatch(r"([0-9]{1,9})([smhdw])", text.strip())
    if not match:
        raise UsageError(f"{text!r} is no age: write a whole number and a unit, such as 7d or 36h")
    try:
        return timedelta(seconds=int(match[1]) * _AGE_UNITS[match[2]])
    except OverflowError:
        raise UsageError(f"{text!r} is longer than any calendar: write a smaller age") from None


def parse_size(text: str) -> int:
    """Return the bytes that `text` states: a whole number, and `K M G T` for powers of 1024.

    Raises UsageError for anything else.
    """
    match = re.fullmatch(r"([0-9]{1,15})([KMGT]?)(?:i?B)?", text.strip(), re.IGNORECASE)
    if not match:
        raise UsageError(
            f"{text!r} is no size: write a whole number of bytes, or such as 500M or 2G"
        )
    return int(match[1]) * _SIZE_UNITS[match[2].upper()]
