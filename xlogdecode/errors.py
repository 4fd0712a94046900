"""Every exception raised on purpose; what is wrong with input is a value (`framing.Damage`)."""

__all__ = [
    "ConfigError", "InputError", "KeyFileError", "MissingExtraError", "OutputError", "UsageError",
    "XlogError",
]  # fmt: skip


class XlogError(Exception):
    """Base of all; its text is one line that starts in lower case and names the remedy."""


class UsageError(XlogError):
    """The caller asked for what cannot be."""


class ConfigError(UsageError):
    """A configuration file is wrong; the text starts with `FILE:LINE:COLUMN:`."""


class KeyFileError(ConfigError):
    """A key file cannot be used; the text names its line and never the key."""


class MissingExtraError(XlogError):
    """An optional dependency is needed and not installed; the text says which extra brings it."""


class InputError(XlogError):
    """An input cannot be opened or read; the text names it."""


class OutputError(XlogError):
    """An output cannot be made or written; the text names it."""
