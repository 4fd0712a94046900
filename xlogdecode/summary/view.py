"""How a summary is shown: in which language, how wide, and in colours or not."""

from typing import Final, NamedTuple

from xlogdecode.chinese import phrase
from xlogdecode.outputs.table import Look
from xlogdecode.summary.events import EventRule

__all__ = ["SummaryView"]

_NARROW: Final = 48
"""Cells of a terminal in which a name, a number and a time leave room for little else."""


class SummaryView(NamedTuple):
    """The look of a summary, and the language of its words."""

    look: Look = Look()
    language: str = "en"
    """It is `en` or `zh`."""
    bar: str = "\u2587"
    """The character of the bars."""

    @property
    def is_narrow(self) -> bool:
        """The terminal has room for the most important columns only."""
        return self.look.width is not None and self.look.width < _NARROW

    def say(self, text: str, *values: object) -> str:
        """Return a phrase of `data/chinese.csv` with values in its gaps."""
        return phrase(self.language, text, *values)

    def named(self, name: str, value: str) -> str:
        """Return a value behind its name."""
        return f"{self.say(name)}{self.say(': ')}{value}"

    def name_of(self, rule: EventRule) -> str:
        """Return the name of an event."""
        return (self.language == "zh" and rule.look.zh) or rule.name
