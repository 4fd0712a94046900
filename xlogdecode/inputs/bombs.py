"""How much an archive may unpack to before it is taken for a bomb."""

from collections.abc import Callable

from xlogdecode.errors import InputError

__all__ = ["BombError", "Meter"]

ALLOWANCE = 64 << 20
"""Bytes that anything may unpack to: a folder of empty crash buffers packs 1,000 to 1."""

RATIO = 200
"""Beyond that, how many times its packed size; logs of plain text pack 30 to 1 at most."""

TOTAL = 64 << 30
"""Bytes that no archive may unpack to."""


class BombError(InputError):
    """An archive unpacks to far more than logs do."""


class Meter:
    """Counts what one archive, and all that is in it, has unpacked to."""

    def __init__(self, name: str, packed: Callable[[], int]) -> None:
        """Count for the archive `name`, of which `packed()` bytes have been read."""
        self.name = name
        self.burst = False
        self._packed = packed
        self._unpacked = 0

    def count(self, data: bytes) -> bytes:
        """Count `data`, and return it. Raises BombError."""
        self._unpacked += len(data)
        if self._unpacked > ALLOWANCE:
            self._judge()
        return data

    def _judge(self) -> None:
        packed = max(self._packed(), 1)
        if self._unpacked > RATIO * packed:
            why = f"{self._unpacked:,} bytes out of {packed:,}, more than {RATIO} to 1"
        elif self._unpacked > TOTAL:
            why = f"more than {TOTAL >> 30} GiB"
        else:
            return
        self.burst = True
        raise BombError(
            f"{self.name}: unpacks to {why}: taken for a bomb, the rest is not read; unpack it "
            "with other tools if you trust it"
        )
