"""Objects that have to prepare for a fork of their process, such as those that hold locks."""

import os
import threading
import weakref
from typing import Protocol

__all__ = ["Forking", "follow_forks"]


class Forking(Protocol):
    """An object with something to do around each fork."""

    def before_fork(self) -> None:
        """Prepare, in the parent."""

    def after_fork_in_parent(self) -> None:
        """Go on as before."""

    def after_fork_in_child(self) -> None:
        """Let go of what belongs to the parent."""


_living: weakref.WeakSet[Forking] = weakref.WeakSet()
_lock = threading.Lock()
"""Held to add an object, and during a fork, so that no other thread adds one meanwhile."""
_registered = False


def follow_forks(owner: Forking) -> None:
    """Call the three methods of `owner` around each fork for as long as it lives."""
    global _registered  # noqa: PLW0603 - a hook of a process cannot be taken back
    with _lock:
        _living.add(owner)
    if not _registered and hasattr(os, "register_at_fork"):  # Windows has no fork
        _registered = True
        os.register_at_fork(
            before=_before, after_in_parent=_after_in_parent, after_in_child=_after_in_child
        )


def _before() -> None:
    _lock.acquire()
    for owner in _living:
        owner.before_fork()


def _after_in_parent() -> None:
    _lock.release()
    for owner in _living:
        owner.after_fork_in_parent()


def _after_in_child() -> None:
    _lock.release()
    for owner in _living:
        owner.after_fork_in_child()
