"""What must happen to an object when its process forks."""

import os
import weakref
from collections.abc import Callable
from typing import Protocol

__all__ = ["Forking", "follow_forks"]


class Forking(Protocol):
    """An object that a fork concerns."""

    def before_fork(self) -> None:
        """Prepare, in the parent."""

    def after_fork_in_parent(self) -> None:
        """Go on as before."""

    def after_fork_in_child(self) -> None:
        """Let go of what is the parent's."""


def follow_forks(owner: Forking) -> None:
    """Call the three methods of `owner` around each fork for as long as it lives."""
    if not hasattr(os, "register_at_fork"):  # Windows
        return
    reference = weakref.ref(owner)

    def call(method: str) -> Callable[[], None]:
        def run() -> None:
            alive = reference()
            if alive is not None:
                getattr(alive, method)()

        return run

    os.register_at_fork(
        before=call("before_fork"),
        after_in_parent=call("after_fork_in_parent"),
        after_in_child=call("after_fork_in_child"),
    )
