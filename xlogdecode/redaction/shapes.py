"""Shapes of texts: most messages of a log differ from others only in their digits.

The rules find values at the same places in all texts of a shape, unless digits alone make a value
private (the number of a phone): in texts of such a shape they are always looked for.
"""

import re
from collections.abc import Callable, Sequence
from enum import Enum
from functools import partial
from typing import Final, NamedTuple, TypeVar

from xlogdecode.redaction.fields import Span
from xlogdecode.redaction.rules import RedactionRules, built_in_rules

__all__ = ["BETWEEN", "Shapes", "SuspectText", "shape_of"]

T = TypeVar("T")

BETWEEN: Final = b"\0"
_DIGITS: Final = bytes.maketrans(b"123456789", b"0" * 9)
_KEPT: Final = ((b"2c_", b"\x01c_"), (b"2C_", b"\x01C_"), (b"0x", b"\x02x"))
"""Digits that are not alike: those of `c2c_`, and those of numbers in hexadecimal."""
_MOST: Final = 4 << 20
"""Bytes of shapes that are remembered."""
_BY_DIGITS: Final = (
    r"0{11}", r"0[ -]0{4}[ -]0{4}", r"\+0(?:[ -]?0){7}", r"\.0{1,3}\.0", r"APA00b",
)  # fmt: skip
"""Shapes of all that the patterns of the package know by its digits: numbers of phones and cards,
addresses, tokens."""
_CLASSES: Final = re.compile(r"0-9|\{[0-9,]*\}|\\d")


class _State(Enum):
    """Facts about a shape of which the places of values are not known."""

    ONCE = 0
    """It was there once: the places were not worth a look."""
    BY_DIGITS = 1
    """Each text of it may have others."""
    WORDS = 2
    """There are none, but a learnt word may be in a text."""
    DONE = 3
    """There are none, and no learnt word either."""


class SuspectText(NamedTuple):
    """A text that may have something private."""

    number: int
    """That of the text among all, the first is 0."""
    spans: Sequence[Span] | None
    """The places that the rules find in it; None if they must look for them."""


class Shapes:
    """The shapes of the texts that were seen."""

    def __init__(self, rules: RedactionRules, find: Callable[[str], Sequence[Span] | None]) -> None:
        """Take rules, and what finds all that is private in a text; None if a digit decides."""
        names = [name for name in (*rules.labels, *rules.endings) if re.search("[0-9]", name)]
        labels = ("[ _.-]*".join(map(re.escape, shape_of(name))) for name in names)
        self._by_digits = re.compile("|".join([*_BY_DIGITS, *labels]), re.IGNORECASE)
        self._find = find
        self._states: dict[bytes, _State | tuple[Span, ...]] = {}
        self._size = 0
        own = set(rules.patterns) - set(built_in_rules().patterns)
        self._is_off = any(re.search("[0-9]", _CLASSES.sub("", each.pattern)) for each in own)

    def select(
        self,
        texts: Sequence[T],
        joined: bytes,
        read: Callable[[T], str],
        has_word: Callable[[str], bool] | None = None,
    ) -> list[SuspectText]:
        """Return which of `texts` may have something private, in order.

        They are in `joined`, too, with BETWEEN between them, and `read` makes one readable.
        `has_word` tells whether a shape has that of a learnt word; None while words are learnt.
        """
        for old, new in _KEPT:
            joined = joined.replace(old, new)
        shapes = joined.translate(_DIGITS).split(BETWEEN)
        if self._is_off or len(shapes) != len(texts):
            return [SuspectText(number, None) for number in range(len(texts))]
        states = self._states
        found: list[SuspectText] = []
        for number, shape in enumerate(shapes):
            state = states.get(shape)
            if state is None or state is _State.ONCE or not state:
                state = self._look(state, shape, partial(read, texts[number]), has_word)
                states[shape] = state
            if state is _State.WORDS:
                found.append(SuspectText(number, ()))
            elif state is not _State.DONE and state != ():
                found.append(SuspectText(number, None if isinstance(state, _State) else state))
        return found

    def _look(
        self,
        state: _State | tuple[Span, ...] | None,
        shape: bytes,
        read: Callable[[], str],
        has_word: Callable[[str], bool] | None,
    ) -> _State | tuple[Span, ...]:
        """Return what is known of a shape once `read` gives a text of it."""
        if state is None:
            if self._size > _MOST:
                self._states.clear()
                self._size = 0
            self._size += len(shape)
            return _State.ONCE
        in_shape = shape.decode("utf-8", "surrogateescape")
        if state is _State.ONCE:
            spans = None if self._by_digits.search(in_shape) else self._find(read())
            state = _State.BY_DIGITS if spans is None else tuple(spans)
        if not isinstance(state, _State) and not state and has_word:
            in_shape = in_shape.replace("\x01", "0").replace("\x02", "0")
            return _State.WORDS if has_word(in_shape) else _State.DONE
        return state


def shape_of(text: str) -> str:
    """Return `text` with all digits alike."""
    return re.sub("[1-9]", "0", text)
