"""Items that are held for a while, and the message for when there is no space for them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Generic, Self, TypeVar

from xlogdecode.errors import OutputError

__all__ = ["Held", "keeping", "no_room"]

T = TypeVar("T")

_IN_MEMORY: Final = 32 << 20
"""Bytes that are held in memory; more lie in a temporary file without a name."""


class Held(Generic[T]):
    """A list of items that may be larger than memory. For use in `with`."""

    def __init__(self, what: str) -> None:
        """Start with none; errors call them `what`."""
        from tempfile import SpooledTemporaryFile  # takes time that most runs need not spend

        self._what = what
        self._file = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - closed by __exit__

    def __enter__(self) -> Self:
        """Return it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Forget all items."""
        self._file.close()

    def add(self, item: T) -> None:
        """Hold an item. Raises OutputError where there is no room."""
        from pickle import HIGHEST_PROTOCOL, dump

        with keeping(self._what):
            dump(item, self._file, HIGHEST_PROTOCOL)

    def clear(self) -> None:
        """Forget the items so far."""
        self._file.seek(0)
        self._file.truncate()

    def __iter__(self) -> Iterator[T]:
        """Yield all items, in the order in which they came."""
        from pickle import load

        self._file.seek(0)
        while True:
            try:
                yield load(self._file)  # noqa: S301 - we wrote it ourselves
            except EOFError:
                return


def no_room(error: OSError) -> str:
    """Return why something cannot be kept for a while, and what to do about it."""
    from tempfile import gettempdir  # takes time that most runs need not spend

    return (
        f"cannot be kept in {gettempdir()}: {error.strerror}; make room there, or let $TMPDIR name "
        "another folder"
    )


@contextmanager
def keeping(what: str) -> Iterator[None]:
    """Say of what goes wrong within that `what` cannot be kept: OutputError."""
    try:
        yield
    except OSError as error:
        raise OutputError(f"{what}: {no_room(error)}") from None
