"""Shapes of texts: most messages of a log differ from others only in their digits.

The rules find values at the same places in all texts of a shape, unless digits alone make a value
private (the number of a phone): in texts of such a shape they are always looked for.
"""

import re
from collections.abc import Callable, Sequence
from enum import Enum
from functools import partial
from itertools import compress, count
from operator import not_
from typing import Final, NamedTuple, TypeVar

from xlogdecode.redaction.fields import Span
from xlogdecode.redaction.rules import RedactionRules, built_in_rules

__all__ = ["BETWEEN", "Shapes", "SuspectText", "in_shape", "shape_of"]

T = TypeVar("T")

BETWEEN: Final = b"\0"
_DIGITS: Final = bytes.maketrans(b"123456789", b"0" * 9)
_HEX: Final = b"0x", b"\x02x"
_KEPT: Final = (
    (b"2c_", b"\x01c_"), (b"2C_", b"\x01C_"), _HEX,
    (b"%3D", b"%\x03D"), (b"%3d", b"%\x03d"), (b"%26", b"%\x04\x05"),
)  # fmt: skip
"""Digits that are not alike: of `c2c_`, of hexadecimal numbers, of `=` and `&` in URLs."""
_AS_ZERO: Final = str.maketrans(dict.fromkeys("\x01\x02\x03\x04\x05", "0"))
_MOST: Final = 4 << 20
"""Bytes of shapes that are remembered."""
DIGIT_KINDS: Final = frozenset({"phone", "card", "ip"})
"""The kinds that patterns of the package know by the digits."""
_BY_DIGITS: Final = re.compile(
    r"0{11}|0[ -]0{4}[ -]0{4}|\+0(?:[ -]?0){7}|\.0{1,3}\.0"
    r"|(?<![0a-z:.])(?=[a-f:]*0)[0a-f:]*(?:::|:[0a-f]{1,4}:[0a-f]{1,4}:)",
    re.IGNORECASE,
)
"""Shapes of all that these patterns find."""
_CLASSES: Final = re.compile(r"0-9|\{[0-9,]*\}|\\d")


class _State(Enum):
    """Facts about a shape of which the places of values are not known."""

    ONCE = 0
    """It was there once: the places were not worth a look."""
    UNLIKE = 1
    """Each text of it may have others."""
    FREE = 2
    """There are none."""


class SuspectText(NamedTuple):
    """A text that may have something private."""

    number: int
    """That of the text among all, the first is 0."""
    spans: Sequence[Span] | None
    """The places that the rules find in it; None if they must look for them."""
    by_digits: bool = False
    """Patterns of DIGIT_KINDS must look for more."""


class Shapes:
    """The shapes of the texts that were seen."""

    def __init__(
        self,
        rules: RedactionRules,
        find: Callable[[str], Sequence[Span] | None],
        has_word: Callable[[str], bool] | None = None,
    ) -> None:
        """Take rules, and two functions that are given a text and a shape.

        `find` finds all that is private in a text but DIGIT_KINDS of patterns, None if a digit
        decides. `has_word` tells whether a shape has that of a learnt word; without it neither
        words nor DIGIT_KINDS are looked for.
        """
        names = [name for name in (*rules.labels, *rules.endings) if re.search("[0-9]", name)]
        labels = ("[ _.-]*".join(map(re.escape, shape_of(name))) for name in names)
        values = (re.escape(shape_of(one)) for one in rules.not_values if re.search("[0-9].", one))
        unlike = ["APA00b", "base00_format", *labels, *values]
        self._unlike = re.compile("|".join(unlike), re.IGNORECASE)
        self._find = find
        self._has_word = has_word
        self._states: dict[bytes, _State | SuspectText] = {}
        self._size = 0
        self._free: set[bytes] = set()
        """The shapes in which the rules find nothing."""
        self._clear: set[bytes] = set()
        """Those of them that have no learnt word either."""
        self._wordy: set[bytes] = set()
        """Those of them that may have one."""
        own = set(rules.patterns) - set(built_in_rules().patterns)
        self._is_off = any(
            each.name in DIGIT_KINDS or re.search("[0-9]", _CLASSES.sub("", each.pattern))
            for each in own
        )

    def select(
        self, texts: Sequence[T], joined: bytes, read: Callable[[T], str]
    ) -> list[SuspectText]:
        """Return which of `texts` may have something private, in order.

        They are in `joined`, too, with BETWEEN between them, and `read` makes one readable.
        """
        shapes = in_shape(joined).split(BETWEEN)
        if self._is_off or len(shapes) != len(texts):
            return [SuspectText(number, None) for number in range(len(texts))]
        known = self._clear if self._has_word else self._free
        found: list[SuspectText] = []
        for number in compress(count(), map(not_, map(known.__contains__, shapes))):
            shape = shapes[number]
            state = self._state_of(shape, partial(read, texts[number]))
            if state is _State.FREE:
                if self._has_word and not self.is_clear(shape):
                    found.append(SuspectText(number, ()))
            elif isinstance(state, SuspectText):
                found.append(state._replace(number=number))
            else:
                found.append(SuspectText(number, None))
        return found

    def is_free(self, shape: bytes) -> bool | None:
        """Tell whether the rules find nothing in texts of a shape; None if it is not known yet."""
        if shape in self._free:
            return True
        return None if self._states.get(shape) in (None, _State.ONCE) else False

    def is_clear(self, shape: bytes) -> bool | None:
        """Tell whether there is no learnt word in these texts either."""
        if shape in self._clear:
            return True
        if shape in self._wordy:
            return False
        if shape not in self._free:
            return self.is_free(shape)
        text = shape.decode("utf-8", "surrogateescape")
        if self._has_word and self._has_word(text.translate(_AS_ZERO)):
            self._wordy.add(shape)
            return False
        self._clear.add(shape)
        return True

    def has_new_words(self) -> None:
        """Forget in which shapes there is no learnt word."""
        self._clear.clear()
        self._wordy.clear()

    def _state_of(self, shape: bytes, read: Callable[[], str]) -> _State | SuspectText:
        """Return what is known of a shape, of which `read` gives a text."""
        state = self._states.get(shape)
        if state is None:
            self._make_room(len(shape))
            state = self._states[shape] = _State.ONCE
        elif state is _State.ONCE:
            text = shape.decode("utf-8", "surrogateescape")
            spans = None if self._unlike.search(text) else self._find(read())
            by_digits = self._has_word is not None and _BY_DIGITS.search(text) is not None
            if spans is None:
                state = _State.UNLIKE
            elif spans or by_digits:
                state = SuspectText(0, tuple(spans), by_digits)
            else:
                state = _State.FREE
                self._free.add(shape)
            self._states[shape] = state
        return state

    def _make_room(self, size: int) -> None:
        if self._size > _MOST:
            for known in (self._states, self._free, self._clear, self._wordy):
                known.clear()
            self._size = 0
        self._size += size


def in_shape(data: bytes) -> bytes:
    """Return texts with all digits alike, but for a few; the length is the same."""
    for old, new in _KEPT:
        data = data.replace(old, new)
    return data.translate(_DIGITS)


def with_digits_alike(data: bytes) -> bytes:
    """Return texts with more digits alike than `in_shape` has; the length is the same."""
    return data.replace(*_HEX).translate(_DIGITS)


def may_be_in_shapes(data: bytes) -> bool:
    """Tell whether texts that `with_digits_alike` makes alike may be of different shapes."""
    return b"0c_" in data or b"0C_" in data or b"%0" in data


def shape_of(text: str) -> str:
    """Return `text` with all digits alike."""
    return re.sub("[1-9]", "0", text)
