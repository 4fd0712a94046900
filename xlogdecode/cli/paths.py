"""Paths as options take them."""

from typing import Any

import click

__all__ = ["PathOption"]


class PathOption(click.Path):
    """A path that is not empty: an unset variable names nothing, and is no wish for a default."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path; it need not exist."""
        if not value:
            self.fail("it is empty: is a variable unset?", param, ctx)
        return super().convert(value, param, ctx)
