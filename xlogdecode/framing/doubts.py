"""Blocks that are not taken as they stand any more: the framer has gone back to them."""

from xlogdecode.framing.events import Block

__all__ = ["Doubts"]


class Doubts:
    """Remembers them as long as the framer may meet them again."""

    def __init__(self) -> None:
        """Begin with none."""
        self._rejected: set[tuple[int, int]] = set()  # offset and header size
        self._undecided: set[int] = set()

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self._rejected or self._undecided)

    def reject(self, block: Block) -> None:
        """Have it believed no more."""
        self._rejected.add((block.offset, block.reading.header_size))

    def has_rejected(self, block: Block) -> bool:
        """Tell whether it is not to be believed."""
        return (block.offset, block.reading.header_size) in self._rejected

    def leave_open(self, block: Block) -> bool:
        """Have it looked into once more of the input is there; tell whether that is news."""
        is_new = block.offset not in self._undecided
        self._undecided.add(block.offset)
        return is_new

    def has_left_open(self, block: Block) -> bool:
        """Tell whether it has to be looked into before it is taken."""
        return block.offset in self._undecided

    def release(self, offset: int) -> None:
        """Forget what begins before `offset`."""
        self._rejected = {entry for entry in self._rejected if entry[0] >= offset}
        self._undecided = {entry for entry in self._undecided if entry >= offset}
