"""Reasons for which a file stays or goes, in words."""

import enum

__all__ = ["DecisionReason"]


class DecisionReason(enum.Enum):
    """Why a file stays or goes."""

    AGE = "older than {age} (date in name and last change)"
    CEILING = "one of the oldest, and the logs take more than max_total"
    YOUNG = "not older than {age} (date in name)"
    TOUCHED = "written to less than {age} ago"
    KEEP_LAST = "one of the newest {last} here"
    FUTURE_DATE = "dated in the future"
    FUTURE_MTIME = "last written in the future"
    IMPOSSIBLE_DATE = "the date in its name does not exist"
    UNKNOWN_NAME = "not an SDK log file"
    CRASH_BUFFER = "crash buffer: never deleted"
    LINK = "a link"
    SPECIAL = "not a regular file"
    FOREIGN = "on another file system"
    SET_ASIDE = "left by an interrupted sweep; the next one puts it back"
    IN_USE = "held open"
    CHANGED = "changed since it was looked at"
    STOPPED = "the sweep was stopped before it"
    UNREADABLE = "cannot be read"

    def __init__(self, words: str) -> None:
        self.words = words
        self.clears = self.name in ("AGE", "CEILING")
        """Whether it is a reason to go."""

    __hash__ = object.__hash__  # counted for every file, and an Enum's own is slow
