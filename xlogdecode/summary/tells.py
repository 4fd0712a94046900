"""What the IM SDK's log lines tell: events as its callbacks name them, and error codes.

Source: the SDK's own log lines (5.x to 8.x) and Tencent's list of IM error codes.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from xlogdecode.records import Record

__all__ = ["CODES", "EVENTS", "codes_of", "events_of", "meaning_of"]

CODES: Final = {
    6013: "SDK not initialized",
    6014: "not logged in",
    6015: "in progress",
    6017: "invalid parameters",
    6206: "UserSig expired",
    6208: "kicked off by another device",
    7004: "file error",
    7005: "file error",
    7006: "file error",
    7007: "file error",
    9506: "rate limited",
    9508: "network",
    9520: "timeout",
    70001: "UserSig expired",
    70014: "UserSig of another SDKAppID",
}
"""Error code -> what it means."""

_CODE: Final = re.compile(
    r"(?<![A-Za-z0-9_])(?:(?:error[ _])?code[:= ]|failed:)(-?[0-9]{1,9})(?![0-9])"
)


@dataclass(frozen=True, slots=True)
class _Tell:
    """One kind of line that tells of an event; what is left out is not asked."""

    event: str
    function: str | None = None
    says: str = ""
    """A regular expression that the message has to fit from its start."""
    codes: frozenset[int] | None = None
    fails: bool | None = None
    """Its error code is, or is not, other than 0."""


_TELLS: Final = (
    _Tell("onConnecting", "Connect", r"channel connect\|channel id:"),
    _Tell("onConnectSuccess", "NotifyConnectResult", fails=False),
    _Tell("onConnectSuccess", "OnConnectComplete", ".*successfully"),
    _Tell("onConnectFailed", "NotifyConnectResult", fails=True),
    _Tell("onConnectFailed", "OnConnectComplete", ".*failed"),
    _Tell("onKickedOffline", "OnKickout"),
    _Tell("onKickedOffline", "HandleKickoutNotify"),
    _Tell("onKickedOffline", "ForceOffline"),
    _Tell("onKickedOffline", None, r"ForceOffline\|"),
    _Tell("onKickedOffline", codes=frozenset([6208])),
    _Tell("onUserSigExpired", "OnUserSigExpired"),
    _Tell("onUserSigExpired", codes=frozenset([6206, 70001])),
    _Tell("login begun", "LogRequestBegin", "Login begin"),
    _Tell("login done", "LogRequestEnd", "Login success"),
    _Tell("login failed", "LogRequestEnd", "Login fail"),
    _Tell("login failed", "HandleA2D2OnlineResponse", fails=True),
)

EVENTS: Final = tuple(dict.fromkeys(tell.event for tell in _TELLS))
"""The names of events, in the order in which they are shown."""

_BY_FUNCTION: Final = {
    function: [(tell, re.compile(tell.says)) for tell in _TELLS if tell.function == function]
    for function in {tell.function for tell in _TELLS}
}
_KNOWN: Final = frozenset(code for tell in _TELLS for code in tell.codes or ())


def meaning_of(code: int) -> str | None:
    """Return what an error code means, or None where that is not known."""
    return CODES.get(code)


def codes_of(record: Record) -> set[int]:
    """Return the error codes that a record states; 0 is success."""
    message = record[10]  # a code is ASCII
    if "code" not in message and "failed:" not in message:
        return set()
    return {int(code) for code in _CODE.findall(message)}


def events_of(record: Record, codes: set[int]) -> Iterator[str]:
    """Yield the events that a record with these error codes tells of, each once."""
    function, message = record[9], record[10]
    tells = _BY_FUNCTION.get(function, []) if function else []
    if not tells and codes.isdisjoint(_KNOWN) and not message.startswith("ForceOffline|"):
        return
    found = {
        tell.event: None
        for tell, says in (*tells, *_BY_FUNCTION[None])
        if says.match(message)
        and (tell.codes is None or not codes.isdisjoint(tell.codes))
        and (tell.fails is None or (bool(codes) and (codes != {0}) == tell.fails))
    }
    yield from found
