"""The message for when there is no space for temporary files."""

from collections.abc import Iterator
from contextlib import contextmanager

from xlogdecode.errors import OutputError

__all__ = ["keeping", "no_room"]


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
