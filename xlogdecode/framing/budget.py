"""What may be spent on blocks that turn out to be none: all of it is linear in the input."""

from xlogdecode.framing.fit import Place

__all__ = ["MENDING", "VOUCHED", "Budget"]

_FREE = 200_000_000
_A_BYTE = 100
"""Nanoseconds that may be spent in any case, and for each byte of the input up to where it is."""

MENDING, SEARCHING, VOUCHED = 0.25, 1, 2
"""Shares of that: for what is nice to have, what has to be, and what the surroundings speak for."""


class Budget:
    """Keeps count of what failed tries cost in one input, in nanoseconds as they are estimated."""

    __slots__ = ("_spent",)

    def __init__(self) -> None:
        """Start with nothing spent."""
        self._spent = 0

    def spend(self, cost: int) -> None:
        """Take note of a try that failed."""
        self._spent += cost

    def earn(self, cost: int) -> None:
        """Take note of a try that did not fail: another that costs as much may."""
        self._spent = max(0, self._spent - cost)

    def affords(self, place: Place, index: int, share: float = SEARCHING) -> bool:
        """Tell whether a block at `index` may be tried."""
        return self._spent <= share * (_FREE + _A_BYTE * (place.base + index))
